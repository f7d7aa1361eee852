"""A complete running example: a real server, called by the vendor's own SDK."""
