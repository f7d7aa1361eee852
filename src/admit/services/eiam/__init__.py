"""IDaaS EIAM, eiam 2021-12-01."""

from admit.services.eiam.vocabulary import eiam

__all__ = ["eiam"]
