"""Playing a recorded terminal: what of it may reach the terminal it is played on, and when."""
