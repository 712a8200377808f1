"""How long requests take, counted in the memory of each web process for ``/metrics``; imports nothing of ours."""

import os
import threading
from bisect import bisect_left
from collections.abc import Iterator, Mapping

EDGES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Requests:
    """How long requests took, by route and class of status: one row of counts each."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], list[float]] = {}

    def observe(self, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        key = (route, f"{status // 100}xx")
        place = bisect_left(EDGES, seconds)
        with self._lock:
            row = self._counts.get(key)
            if row is None:
                row = self._counts[key] = [0.0] * (len(EDGES) + 2)  # the buckets, beyond them, and the sum of seconds
            row[place] += 1
            row[-1] += seconds

    def lines(self) -> Iterator[str]:
        """Write the histogram."""
        with self._lock:
            rows = {key: list(row) for key, row in self._counts.items()}
        name, process = "otklik_http_request_seconds", f"{os.getpid()}"
        yield f"# HELP {name} Time from the request to its answer, by route and class of status, of the process asked."
        yield f"# TYPE {name} histogram"
        for (route, status), row in sorted(rows.items()):
            labels = {"route": route, "status": status, "process": process}
            total = 0.0
            for edge, count in zip((*map(str, EDGES), "+Inf"), row[:-1], strict=True):
                total += count
                yield line(f"{name}_bucket", {**labels, "le": edge}, total)
            yield line(f"{name}_sum", labels, row[-1])
            yield line(f"{name}_count", labels, total)


requests = Requests()


def line(name: str, labels: Mapping[str, str], value: float) -> str:
    """Write one sample in the text format of Prometheus."""
    shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    number = f"{round(value, 6):.15g}"
    return f"{name}{{{shown}}} {number}" if shown else f"{name} {number}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
