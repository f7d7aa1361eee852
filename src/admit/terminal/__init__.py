"""The web terminal: what the SSH door opens, in a page."""

from admit.terminal.page import routes

__all__ = ["routes"]
