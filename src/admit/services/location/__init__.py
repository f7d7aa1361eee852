"""The location service, location 2015-06-12."""

from admit.services.location import endpoints
from admit.services.location.vocabulary import location

__all__ = ["endpoints", "location"]
