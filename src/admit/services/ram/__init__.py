"""RAM, ram 2015-05-01."""

from admit.services.ram.vocabulary import ram

__all__ = ["ram"]
