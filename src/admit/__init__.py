"""admit decides who may use what, until when, and enforces it."""

__version__ = "0.1.0"
