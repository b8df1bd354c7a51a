"""A backfill: 100,000 orders of history into a running hub, killed on its way; the views against a straight sum.

The hub is `pawline up` with the flows of an adopted day and no account: one call to a vendor would be a case. Once the
command line is killed in the middle, once the hub is; then the same command goes on. What the hub's process held at
most is the kernel's own figure (`VmHWM`).
"""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from bench.line import folder
from bench.registry import Bar, Check, Options
from pawline.model import Envelope, Event, HouseholdId, OrderCancelled, OrderPlaced, ShipmentDelivered, ShipmentId
from pawline.model.cloudevents import to_cloudevent
from pawline.model.cloudevents_wire import to_structured
from pawline.store import Keyring
from pawline.testing.orders import SHOP, order

BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
SETTINGS = f"""\
shops = ["{SHOP}"]
flows = ["pawline.flows.adopt_order", "pawline.flows.remember_a_pet", "pawline.flows.act_on_recall"]
"""
Expected = dict[str, tuple[float, int, float | None, float | None]]
"""By order: placed, total, delivered, ended."""


def write(file: Path, orders: int) -> tuple[Expected, Counter[str], int]:
    """A history whose events of one order stand apart and in any order, and what it comes to."""
    chance, expected, units, events = random.Random(7), Expected(), Counter[str](), 0
    later: list[bytes] = []

    def line(event: Event, at: datetime) -> bytes:
        envelope = Envelope(shop=SHOP, source="old", id=f"{type(event).__name__}/{event.subject}", at=at, event=event)
        return to_structured(to_cloudevent(envelope)) + b"\n"

    with file.open("wb") as out:
        for n in range(orders):
            at = BEGAN + timedelta(seconds=n * 30)
            one = order(n, quantity=1 + n % 3, placed_at=at)
            one = msgspec.structs.replace(one, household=HouseholdId(f"h{n % 60_000}"))
            delivered = at + timedelta(days=2) if chance.random() < 0.5 else None
            ended = at + timedelta(hours=1) if delivered is None and chance.random() < 0.1 else None
            lines = [line(OrderPlaced(order=one), at)]
            if delivered is not None:
                parcel = ShipmentDelivered(shipment=ShipmentId(f"s{n}"), order=one.id, at=delivered)
                lines.append(line(parcel, delivered))
            if ended is not None:
                lines.append(line(OrderCancelled(order=one.id, at=ended, by="shopper", because="no more"), ended))
            events += len(lines)
            out.write(lines[0])
            later += lines[1:]
            if len(later) > 1_000:
                out.write(later.pop(chance.randrange(len(later))))
            expected[one.id] = (at.timestamp(), one.total.minor, _at(delivered), _at(ended))
            units.update({item.sku: item.quantity for item in one.lines[0].items()})
        out.writelines(later)
    return expected, units, events


def _at(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


class Hub:
    """`pawline up` in a folder of its own; remembers the most memory that any of its lives held."""

    def __init__(self, place: Path) -> None:
        self._place, self.peak_mb = place, 0.0
        (place / "pawline.toml").write_text(SETTINGS, "utf-8")
        Keyring.generate().save(place / "pawline.key")

    def begin(self) -> None:
        self._process = subprocess.Popen(self._command("up", "--json"), stdout=subprocess.DEVNULL)
        for _ in range(1_000):
            if (self._place / "pawline.db.sock").exists():
                return
            time.sleep(0.02)
        raise RuntimeError("the hub does not come up")

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "pawline.cli", *words, "--config", str(self._place / "pawline.toml")]

    def importing(self, file: Path) -> subprocess.Popen[bytes]:
        words = ("import", str(file), "--go", "--reason", "bench", "--json")
        return subprocess.Popen(self._command(*words), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def measure(self) -> None:
        status = Path(f"/proc/{self._process.pid}/status").read_text("ascii")
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        self.peak_mb = max(self.peak_mb, int(peak.split()[1]) / 1024)

    def end(self, how: int) -> None:
        self.measure()
        self._process.send_signal(how)
        self._process.wait(60)
        if how == signal.SIGKILL:
            (self._place / "pawline.db.sock").unlink(missing_ok=True)

    def lines(self) -> int:
        """Of the file, taken so far."""
        with sqlite3.connect(f"file:{self._place}/pawline.db?mode=ro", uri=True) as db:
            return int((db.execute("select max(cast(cursor as integer)) from checkpoint").fetchone() or [0])[0] or 0)


def _until(hub: Hub, lines: int, process: subprocess.Popen[bytes]) -> None:
    while hub.lines() < lines and process.poll() is None:
        time.sleep(0.05)


def imported(place: Path, orders: int) -> dict[str, Any]:
    """What came of it; raises AssertionError where the views say anything but the straight sum, or a run began."""
    file = place / "past.jsonl"
    expected, units, events = write(file, orders)
    hub, began = Hub(place), time.monotonic()
    hub.begin()
    killed = hub.importing(file)
    _until(hub, events // 3, killed)
    killed.kill()
    killed.wait(60)
    first = hub.lines()
    orphaned = hub.importing(file)
    _until(hub, events * 2 // 3, orphaned)
    hub.end(signal.SIGKILL)
    orphaned.communicate(timeout=60)
    second = hub.lines()
    hub.begin()
    last = hub.importing(file)
    said = json.loads(last.communicate(timeout=1_800)[0])
    took = time.monotonic() - began
    hub.end(signal.SIGTERM)
    line = {
        "orders": orders, "events": events, "lines_at_kill_of_command": first, "lines_at_kill_of_hub": second,
        "last": {name: said[name] for name in ("new", "known", "live", "bad")}, "seconds": round(took, 1),
        "peak_mb": round(hub.peak_mb, 1), "hub_ended_by_kill": orphaned.returncode != 0,
    }  # fmt: skip
    _compare(place, expected, units, events)
    assert 0 < first < second < events, line
    return line


def _compare(place: Path, expected: Expected, units: Counter[str], events: int) -> None:
    with sqlite3.connect(place / "pawline.db") as db:
        rows = db.execute("select id, placed, total, delivered, ended from view_order")
        assert {row[0]: tuple(row[1:]) for row in rows} == expected, "orders differ from the straight sum"
        sums = dict(db.execute("select sku, sum(quantity) from view_item group by sku"))
        assert sums == dict(units), "items differ from the straight sum"
        for table, count in (
            ("event", events),
            ("run", 0),
            ("wait", 0),
            ("inquiry", 0),
            ("journal", 0),
            ("command", 0),
        ):
            found = db.execute(f"select count(*) from {table}").fetchone()[0]  # noqa: S608 - our own names
            assert found == count, f"{found} rows in {table}, not {count}"


def backfill(options: Options) -> tuple[float, dict[str, Any]]:
    """MB that the hub held at most."""
    with folder(options.place) as place:
        line = imported(place, options.scaled(100_000, 3_000))
    return line["peak_mb"], line


CHECKS = [
    Check("backfill", Bar("<=", 512, "MB"), "an import of 100,000 orders, two kills: the hub's memory", work=backfill)
]
