"""The vendor's own SDKs, calling a running server, each answer looked at from both ends."""

import asyncio
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any

import pytest
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.runtime import RuntimeOptions

from admit.rpc.signing import SigningKey
from tests.conformance import vendor
from tests.sdk.answers import lost, misfits
from tests.sdk.server import Server


class Way(Enum):
    """How an SDK is used: called, signed and carried."""

    SYNC = "sync-acs3-http"
    ASYNC = "async-acs3-https"
    V1 = "sync-v1-https"

    @property
    def scheme(self) -> str:
        """http or https."""
        return self.value.rpartition("-")[2]


@dataclass
class Sdk:
    """The SDK of one product, calling in one way."""

    product: str
    way: Way
    server: Server
    key: SigningKey
    runner: asyncio.Runner
    called: set[str] = field(default_factory=set)
    """The operations that were answered."""
    _client: Any = field(init=False)

    def __post_init__(self) -> None:
        config = Config(
            access_key_id=self.key.access_key_id,
            access_key_secret=self.key.secret,
            security_token=self.key.security_token,
            endpoint=self.server.urls[self.way.scheme],
            protocol=self.way.scheme,
            ca=self.server.ca_certificate,
            region_id="cn-hangzhou",
            signature_algorithm="v2" if self.way is Way.V1 else None,
        )
        self._client = _observed(vendor.client_class(self.product))(config)

    def __call__(self, action: str, **parameters: Any) -> dict[str, Any]:
        """What the SDK understands of the answer to a call with wire-named parameters.

        Raises:
            AlibabaCloudException: the answer is an error.
        """
        runtime = RuntimeOptions()
        if self.way is Way.ASYNC:
            call = vendor.call_async(self.product, action, self._client, parameters, runtime=runtime)
            understood = self.runner.run(call)
        else:
            understood = vendor.call(self.product, action, self._client, parameters, runtime=runtime)
        answer = self._client.observed.pop()
        body = answer["body"]
        assert misfits(vendor.operations(self.product)[action].response, body) == []
        assert lost(body, understood) == []
        assert understood == vendor.round_trip(self.product, action, body)
        assert answer["headers"]["x-acs-request-id"] == body["RequestId"]
        self.called.add(action)
        return understood

    def refusal(self, action: str, **parameters: Any) -> tuple[int, str]:
        """Status and code of the error that a call is answered with, as the SDK raises it."""
        with pytest.raises(AlibabaCloudException) as caught:
            self(action, **parameters)
        assert caught.value.request_id
        return caught.value.status_code, caught.value.code


@cache
def _observed(client: type[Any]) -> type[Any]:
    """The client itself, whose HTTP answers are kept as well: what it makes of them tells only half."""

    class Observed(client):
        def __init__(self, config: Config) -> None:
            super().__init__(config)
            self.observed: list[dict[str, Any]] = []

        def call_api(self, *arguments: Any) -> dict[str, Any]:
            answer = super().call_api(*arguments)
            self.observed.append(answer)
            return answer

        async def call_api_async(self, *arguments: Any) -> dict[str, Any]:
            answer = await super().call_api_async(*arguments)
            self.observed.append(answer)
            return answer

    return Observed
