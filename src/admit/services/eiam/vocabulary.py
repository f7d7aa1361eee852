"""The words of IDaaS EIAM, and finding what they name."""

from admit.rpc.operation import Service

eiam = Service(
    product="eiam",
    version="2021-12-01",
    title="IDaaS EIAM",
    ram_prefix="eiam",
    form=frozenset({"client_token"}),
)
