"""The door for systems that want to be told: Shared Signals (SSF 1.0), streams of signed security events."""

from admit.signals.http import routes

__all__ = ["routes"]
