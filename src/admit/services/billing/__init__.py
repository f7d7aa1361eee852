"""The billing service, as far as a client asks it before it begins: bssopenapi 2017-12-14."""

from admit.services.billing import instances
from admit.services.billing.vocabulary import billing

__all__ = ["billing", "instances"]
