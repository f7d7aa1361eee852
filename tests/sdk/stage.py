"""Where stories are told: calls that make sense one after the other, until every operation was called."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

import pytest

from admit.main import SERVICES
from admit.rpc.signing import SigningKey
from tests.sdk.sdk import Sdk, Way
from tests.sdk.server import Server


@dataclass
class Stage:
    """A server that several stories share, and the SDKs that call it in one way."""

    server: Server
    way: Way
    runner: asyncio.Runner
    _sdks: dict[str, Sdk] = field(default_factory=dict)

    def sdk(self, product: str) -> Sdk:
        """The product's SDK with the account's own key."""
        if product not in self._sdks:
            self._sdks[product] = self.sdk_with(self.server.key, product)
        return self._sdks[product]

    def sdk_with(self, key: SigningKey, product: str) -> Sdk:
        """The product's SDK with another key."""
        return Sdk(product, self.way, self.server, key, self.runner)

    def named(self, name: str) -> str:
        """A name that is of this way alone, where all ways share what it is unique in."""
        return f"{name}{self.way.name.lower()}"


Story: TypeAlias = Callable[[Stage], None]


def assert_driven(stage: Stage, product: str, stories: Iterable[Story], subtests: pytest.Subtests) -> None:
    """Tell the stories; then every operation of the product must have been called, and answered."""
    for story in stories:
        with subtests.test(story.__name__):
            story(stage)
    with subtests.test("every operation was called"):
        never_called = declared(product) - stage.sdk(product).called
        assert never_called == set()


def declared(product: str) -> set[str]:
    """The operations that admit declares of a product."""
    return {action for service in SERVICES if service.product == product for action in service.operations}
