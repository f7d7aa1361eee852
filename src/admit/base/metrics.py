"""Every metric, its unit and labels."""

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""Of :meth:`Metrics.text`."""

BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""From a read that finds all in memory to a write that waits for a slow disk."""


class Metrics:
    """What one running system counts; two in one process do not share it."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.rpc_seconds = Histogram(
            "admit_rpc_seconds",
            "How long requests for the API took until their answer was ready.",
            ["service", "action", "code"],
            buckets=BUCKETS_S,
            registry=self._registry,
        )
        self._calls: dict[tuple[str, str, str], Histogram] = {}
        self.revision = Gauge(
            "admit_revision", "The number of the newest policy change.", registry=self._registry
        )
        self.index_revision = Gauge(
            "admit_index_revision",
            "The version of the policy that the index was last kept up with; 0 if there is no index.",
            registry=self._registry,
        )
        behind = "By how much the machine's clock is behind the latest time it has told."
        self.clock_set_back = Gauge("admit_clock_set_back_seconds", behind, registry=self._registry)
        self.index_bytes = Gauge(
            "admit_index_bytes", "About how much memory the index takes.", registry=self._registry
        )
        self.facts = Gauge(
            "admit_facts",
            "How often the facts for a question of now were in the index, and how often in the database.",
            ["place"],
            registry=self._registry,
        )
        self.certificate_days_left = Gauge(
            "admit_certificate_days_left",
            "Whole days until the server's certificate ends.",
            ["door"],
            registry=self._registry,
        )
        self.background_failures = Counter(
            "admit_background_failures",
            "How often something that runs beside the answering of requests failed and began anew.",
            ["task"],
            registry=self._registry,
        )
        self.sign_ins = Counter(
            "admit_sign_ins",
            "Tries to sign in at a door, by what was shown last and what became of it.",
            ["how", "outcome"],
            registry=self._registry,
        )
        self.activity_dropped = Counter(
            "admit_activity_dropped",
            "How many activities were never written down, since the database did not take them in time.",
            registry=self._registry,
        )
        self.mail = Gauge(
            "admit_mail", "How many messages are waiting, or have failed.", ["state"], registry=self._registry
        )
        self._count_sessions()
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def _count_sessions(self) -> None:
        """Have what is about sessions at the doors."""
        self.sessions_live = Gauge(
            "admit_sessions_live", "Sessions that live at a door.", ["door"], registry=self._registry
        )
        self.sessions_ended = Counter(
            "admit_sessions_ended",
            "Sessions that ended, by how.",
            ["door", "outcome"],
            registry=self._registry,
        )
        self.glass_broken = Counter(
            "admit_glass_broken",
            "How often somebody took, in an emergency, what was agreed beforehand.",
            registry=self._registry,
        )
        self.logouts_told = Counter(
            "admit_logouts_told",
            "Times an application was told that somebody is signed out: told, again (later), given up.",
            ["outcome"],
            registry=self._registry,
        )
        self.session_cut_seconds = Histogram(
            "admit_session_cut_seconds",
            "From the change, or the end of a grant, to the closing of a session it ended.",
            ["outcome"],
            buckets=BUCKETS_S,
            registry=self._registry,
        )

    def observe_call(self, service: str, action: str, code: str, took_s: float) -> None:
        """Count a request for the API. Each label must be one of few: each set of them is kept."""
        labels = (service, action, code)
        child = self._calls.get(labels)
        if child is None:
            child = self._calls[labels] = self.rpc_seconds.labels(*labels)
        child.observe(took_s)

    def text(self) -> bytes:
        """All of it, in the text form of Prometheus."""
        return generate_latest(self._registry)
