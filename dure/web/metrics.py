"""What Prometheus reads at ``/metrics``: counted in this process, or kept by the worker (``dure.core.readings``)."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from dure.accounts.hashing import gate
from dure.core import clock
from dure.core.models import Reading
from dure.core.readings import all_kept

TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
OUTCOMES = {"wrong_credentials": "refused", "slowed_down": "slowed", "too_busy": "busy", "passkey_refused": "refused"}

registry = CollectorRegistry()
ProcessCollector(registry=registry)
_requests = Counter("dure_requests", "Requests answered.", ("route", "method", "status"), registry=registry)
_seconds = Histogram("dure_request_seconds", "Seconds to answer.", ("route",), buckets=BUCKETS, registry=registry)
_sign_ins = Counter("dure_sign_ins", "Tries to sign in, by what became of them.", ("outcome",), registry=registry)
for _outcome in ("ok", "refused", "slowed", "busy"):
    _sign_ins.labels(_outcome)


def count_request(route: str, method: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    _requests.labels(route, method, str(status)).inc()
    _seconds.labels(route).observe(seconds)


def count_sign_in(code: str = "") -> None:
    """Count one try to sign in; ``code`` is that of the refusal, empty for a right password or passkey."""
    _sign_ins.labels(OUTCOMES.get(code, "refused") if code else "ok").inc()


class Kept(Collector):
    """Gauges of the moment: the hashing queue of this process, and what the worker last wrote down."""

    def collect(self) -> Iterable[Metric]:
        """Return them; one small table is read."""
        yield GaugeMetricFamily("dure_hashing_waiting", "Password hashes waiting or running.", value=gate.waiting)
        kept = all_kept()
        yield _by_label(kept, "letters", "dure_letters", "Letters not delivered, by state.", "state")
        yield _by_label(kept, "members", "dure_members", "Members of the whole server, by stored state.", "state")
        yield _single(kept, "oldest_letter", "dure_oldest_letter_seconds", "Age of the oldest letter that waits.")
        yield _single(kept, "worker_rounds", "dure_worker_rounds_total", "Rounds of the worker.")
        yield _age(kept, "worker_rounds", "dure_worker_age_seconds", "Seconds since the worker last wrote to us.")
        yield _age(kept, "backup", "dure_backup_age_seconds", "Seconds since the newest backup.")


def _by_label(kept: dict[str, Reading], group: str, name: str, meaning: str, label: str) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for key, reading in kept.items():
        if key.startswith(f"{group}."):
            family.add_metric([key.removeprefix(f"{group}.")], reading.value)
    return family


def _single(kept: dict[str, Reading], key: str, name: str, meaning: str) -> Metric:
    return GaugeMetricFamily(name, meaning, value=kept[key].value if key in kept else 0)


def _age(kept: dict[str, Reading], key: str, name: str, meaning: str) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=[])
    if key in kept:
        family.add_metric([], max((clock.now() - kept[key].at).total_seconds(), 0.0))
    return family


registry.register(Kept())  # type: ignore[arg-type]


def text() -> bytes:
    """Return all of it in Prometheus' own format."""
    return generate_latest(registry)
