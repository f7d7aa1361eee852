"""The words of App Streaming, and finding what they name."""

from admit.rpc.operation import Service

appstream = Service(
    product="appstream-center",
    version="2021-09-01",
    title="App Streaming",
    ram_prefix="appstreaming",
    denied="Forbidden.NoPermission",
    form="*",
)
