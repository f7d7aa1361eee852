"""What a person meets in the browser: signing in, and what they may use."""
