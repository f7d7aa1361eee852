"""The words of STS, and finding what they name."""

from admit.rpc.operation import Service

sts = Service(
    product="sts",
    version="2015-04-01",
    title="STS",
    ram_prefix="sts",
    arn_prefix="acs:ram:*:{account}:",
)
