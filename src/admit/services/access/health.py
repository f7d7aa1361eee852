"""Whether all is well: what `admit doctor` finds, asked from afar."""

from typing import Literal

from admit.rpc.operation import Call
from admit.rpc.shape import Shape
from admit.services.access.errors import NobodyLooks
from admit.services.access.vocabulary import access


class HealthFinding(Shape):
    """What one look found."""

    check: str
    state: Literal["ok", "warn", "fail"]
    """ok, warn or fail."""
    seen: str
    advice: str
    """What to do; empty if it is well."""


@access.operation("get", errors=(NobodyLooks,), slow=True)
class GetHealth(Shape):
    """Looks at what the server stands on, as `admit doctor` does: keys, clock, disk, database, mail and more.

    What others depend on comes first. A mail server that does not answer makes it take some seconds.
    """

    class Response(Shape):
        """What was found."""

        findings: tuple[HealthFinding, ...]

    def handle(self, call: Call) -> Response:
        """Look."""
        examine = call.world.doctor.examine
        if examine is None:
            raise NobodyLooks
        return self.Response(
            findings=tuple(
                HealthFinding(check=each.check, state=each.state.value, seen=each.seen, advice=each.advice)
                for each in examine()
            )
        )
