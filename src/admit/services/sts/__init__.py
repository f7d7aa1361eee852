"""STS, sts 2015-04-01."""

from admit.services.sts import errors, sessions
from admit.services.sts.vocabulary import sts

__all__ = ["errors", "sessions", "sts"]
