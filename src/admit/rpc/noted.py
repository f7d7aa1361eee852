"""What the log and the metrics tell of a request, however far it came."""

import re
from dataclasses import dataclass
from time import perf_counter

import structlog

from admit.base.log import often
from admit.control.world import World
from admit.core.activity import Activity, ActivityKind, Outcome
from admit.core.validity import Millis
from admit.rpc.operation import Operation
from admit.rpc.response import Answer

log = structlog.get_logger("admit.rpc")

UNKNOWN = "unknown"
"""The label of a request for no operation there is: what callers make up must not become time series."""

_ODD = re.compile(r"[^A-Za-z0-9_.-]")
_LONGEST = 64
"""Characters of an action that are logged: the longest there is has 55."""


@dataclass(slots=True)
class Noted:
    """What is known of one request by the time it is answered."""

    request_id: str
    peer: str
    began: float
    """When it came, by the counter that measures how long things take."""
    asked: str = ""
    """The action it names, known or not, without what could disturb a log."""
    service: str = UNKNOWN
    action: str = UNKNOWN
    caller: str = ""
    """Who signed it; empty until that is proven."""

    def ask(self, action: str) -> None:
        """Note which action is asked for, whatever a caller made of it."""
        self.asked = _ODD.sub("_", action[:_LONGEST])

    def find(self, operation: Operation) -> None:
        """Note which operation that is."""
        self.service, self.action = operation.service.product, operation.action

    def tell(self, world: World, answer: Answer) -> Answer:
        """Count the request and log it; who is proven to have made it has it among their activity."""
        took_s = perf_counter() - self.began
        # What follows the dot may be anything a caller sent.
        code = answer.code.partition(".")[0]
        world.metrics.observe_call(self.service, self.action, code, took_s)
        duration_ms, now = round(took_s * 1000, 3), world.clock.now()
        often(
            log,
            now,
            "request",
            request_id=self.request_id,
            caller=self.caller,
            action=self.asked,
            status=answer.status,
            code=answer.code,
            peer=self.peer,
            duration_ms=duration_ms,
        )
        # Of a stranger's requests there may be any number: they are counted and logged, and fill no disk.
        if self.caller:
            world.activities.note(self._activity(now, answer, duration_ms))
        return answer

    def _activity(self, now: Millis, answer: Answer, duration_ms: float) -> Activity:
        status = answer.status
        return Activity(
            now,
            ActivityKind.API_CALL,
            Outcome.OK if status < 400 else Outcome.REFUSED if status < 500 else Outcome.FAILED,
            self.caller,
            f"{self.service}:{self.action}",
            answer.code,
            request_id=self.request_id,
            peer=self.peer,
            details={"status": status, "duration_ms": duration_ms},
        )
