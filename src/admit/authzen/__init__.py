"""The door for programs: OpenID AuthZEN Authorization API 1.0, answered by the one decision."""

from admit.authzen.http import bare, routes

__all__ = ["bare", "routes"]
