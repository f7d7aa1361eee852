"""Every operation in the browser: a form, a call with one's own rights, and the code that makes it."""
