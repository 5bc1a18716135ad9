"""Metrics for Prometheus, read from the inventory when they are fetched."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bots import now
from bots.inventory import Inventory, stamp
from payers import registry

_ACCOUNTS = """SELECT CASE WHEN EXISTS (SELECT 1 FROM incidents AS i WHERE i.account = a.name AND i.kind = 'freeze'
    AND i.closed_at IS NULL) THEN 'frozen' WHEN a.last_good_sign_in_at IS NULL THEN 'never signed in' ELSE 'fine' END
    AS state, count(*) AS n FROM accounts AS a GROUP BY 1"""

_RUN = ["flow", "error"]
_ENDED = """SELECT flow, ifnull(error, 'none') AS error, ifnull(sign_in, 'none') AS sign_in, count(*) AS n FROM runs
    WHERE portal = ? AND ended_at > ? AND ended_at <= ? GROUP BY 1, 2, 3"""
_SETTLED = timedelta(seconds=2)  # by then what ended before is committed


class Metrics(Collector):
    """`text` is what /metrics answers."""

    def __init__(self, inventory: Inventory, last_tick: Callable[[], float]) -> None:
        self._inventory = inventory
        self._last_tick = last_tick
        self._counted_until = stamp(now.utc())
        self._ended: Counter[tuple[str, str]] = Counter()
        self._sign_ins: Counter[str] = Counter()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def text(self) -> bytes:
        """Everything, in Prometheus's text form."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """One look at the inventory."""
        yield self._due()
        yield self._by("portalkeeper_accounts", "Accounts by how they stand.", _ACCOUNTS, ("state",))
        open_ones = "SELECT kind, count(*) AS n FROM incidents WHERE closed_at IS NULL GROUP BY kind"
        yield self._by("portalkeeper_incidents_open", "Open incidents by kind.", open_ones, ("kind",))
        self._count_ended()
        runs = CounterMetricFamily("portalkeeper_runs", "Runs ended since the start, by flow and error.", labels=_RUN)
        for (flow, error), count in self._ended.items():
            runs.add_metric([flow, error], count)
        ways = CounterMetricFamily("portalkeeper_sign_ins", "Runs ended since the start, by sign-in.", labels=["way"])
        for way, count in self._sign_ins.items():
            ways.add_metric([way], count)
        yield from (runs, ways)
        age = "Seconds since the clock last ticked."
        yield GaugeMetricFamily("portalkeeper_last_tick_age_seconds", age, value=time.monotonic() - self._last_tick())

    def _due(self) -> Metric:
        at = stamp(now.utc())
        found = GaugeMetricFamily("portalkeeper_due", "Due rows: waiting, running, late.", labels=["state"])
        for state, where in (
            ("waiting", "state = 'due' AND due_at <= ?1"),
            ("running", "state = 'running' AND ?1 <> ''"),
            ("late", "state IN ('due', 'running') AND ready_by < ?1"),
        ):
            row = self._inventory.rows(f"SELECT count(*) AS n FROM due WHERE {where}", (at,))[0]
            found.add_metric([state], row["n"])
        return found

    def _by(self, name: str, words: str, sql: str, labels: tuple[str, ...]) -> Metric:
        found = GaugeMetricFamily(name, words, labels=list(labels))
        for row in self._inventory.rows(sql):
            found.add_metric([str(row[label]) for label in labels], row["n"])
        return found

    def _count_ended(self) -> None:
        """Count the runs that ended since the last look; never the whole table, which holds years."""
        until = stamp(now.utc() - _SETTLED)
        for portal in registry.portals():
            for row in self._inventory.rows(_ENDED, (portal, self._counted_until, until)):
                self._ended[row["flow"], row["error"]] += row["n"]
                self._sign_ins[row["sign_in"]] += row["n"]
        self._counted_until = max(until, self._counted_until)
