"""Signing in, at every door: what people show, whom it proves, and what a browser is given for it."""
