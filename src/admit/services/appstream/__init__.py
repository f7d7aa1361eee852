"""App Streaming, appstream-center 2021-09-01."""

from admit.services.appstream.vocabulary import appstream

__all__ = ["appstream"]
