"""The words of Convenience users, and finding what they name."""

from admit.rpc.operation import Service

edsuser = Service(
    product="eds-user",
    version="2021-03-08",
    title="Convenience users",
    ram_prefix="ecd",
)
