"""The words of the billing service."""

from typing import Annotated

from admit.rpc.operation import Service
from admit.rpc.shape import like

billing = Service(product="bssopenapi", version="2017-12-14", title="Billing", ram_prefix="bssapi")

ProductCode = Annotated[str, like("rds", "The code of the product.", max_length=64)]
PageNum = Annotated[int, like(1, "Which page to answer, from 1.", ge=1, le=1_000_000)]
PageSize = Annotated[int, like(20, "How many entries a page has: 1 to 300.", ge=1, le=300)]
