"""Convenience users, eds-user 2021-03-08."""

from admit.services.edsuser.vocabulary import edsuser

__all__ = ["edsuser"]
