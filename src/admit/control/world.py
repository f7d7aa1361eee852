"""What a running admit is made of, as the verbs need it."""

from dataclasses import dataclass, field

from admit.base.chance import Chance
from admit.base.clock import Clock
from admit.base.metrics import Metrics
from admit.base.sealing import Sealer
from admit.core.validity import Millis


@dataclass(frozen=True, slots=True)
class World:
    """The things every verb may need, handed in once by ``main``."""

    account_id: str
    account_key: int
    """Key of the account's own thing."""
    region: str
    clock: Clock
    chance: Chance
    sealer: Sealer
    endpoint: str = "127.0.0.1:8080"
    """``host:port`` under which clients reach this server."""
    propagation_ms: Millis = 0
    """How much later than the grant itself the client view of App Streaming honours it."""
    metrics: Metrics = field(default_factory=Metrics)
