"""The words of RAM, and finding what they name."""

from admit.rpc.operation import Service

ram = Service(
    product="ram",
    version="2015-05-01",
    title="RAM",
    ram_prefix="ram",
    arn_prefix="acs:ram:*:{account}:",
)
