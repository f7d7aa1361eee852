"""The code that makes a call, in each language: with the values of the form, and never with a key."""
