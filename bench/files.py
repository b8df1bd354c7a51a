"""An export of 100,000 rows, one in a hundred bad: the hub reads it in little memory, is killed half-way, and goes on.

The file is CSV in a folder; the store is SQLite with every commit synced. Each row must be an event once, and each bad
row be named in a case with its line, column and reason, also those that were read before the kill.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from bench.line import folder
from bench.registry import Bar, Check, Options
from pawline.cli.demo.hub_process import HubProcess

SETTINGS: Final = """\
shops = ["paws"]
[[accounts]]
name = "files/erp"
[accounts.settings]
place = "%s"
every = 0.05
[[accounts.settings.exports]]
kind = "stock"
files = "stock-*.csv"
columns = { sku = "ARTNR", location = "LAGER", on_hand = "BESTAND", as_of = "STAND" }
delimiter = ";"
decimal = ","
thousands = "."
dates = "%%d.%%m.%%Y %%H:%%M"
zone = "Europe/Berlin"
end = "#end"
"""
LINES: Final = r"stock-1\.csv lines? ([0-9, ]+): BESTAND is no count"
BAD: Final = 100
PATIENCE: Final = 600.0


def written(place: Path, rows: int) -> set[int]:
    """The lines that are bad."""
    bad = set()
    with (place / "stock-1.csv.part").open("w", encoding="utf-8") as file:
        file.write("ARTNR;BEZEICHNUNG;LAGER;BESTAND;STAND\n")
        for n in range(rows):
            count = "viele" if n % BAD == BAD // 2 else f"{n % 5_000:,}".replace(",", ".") + ",000"
            file.write(f'sku-{n:06};"Kauknochen; groß {n}";0{n % 2};{count};27.11.2026 04:00\n')
            if n % BAD == BAD // 2:
                bad.add(n + 2)
        file.write("#end\n")
    (place / "stock-1.csv.part").replace(place / "stock-1.csv")
    return bad


async def killed(place: Path, rows: int) -> dict[str, Any]:
    """The whole story; `wrong` says in words what does not hold."""
    (place / "erp").mkdir()
    bad = written(place / "erp", rows)
    return await told_once(HubProcess(place, SETTINGS % (place / "erp"), {}), place, rows, bad, _ended, LINES)


async def told_once(
    hub: HubProcess, place: Path, rows: int, bad: set[int], ended: Callable[[Path], Awaitable[None]], lines: str
) -> dict[str, Any]:  # fmt: skip
    """Of whatever it reads: killed half-way, each row is an event once, and each bad one named as `lines` says."""
    begun = time.monotonic()
    await hub.start()
    try:
        at_kill = await reached(place, rows // 2)
        peaks = [peak(hub)]
        await hub.kill()
        await ended(place)
        peaks.append(peak(hub))
        named = await named_in(hub, lines)
    finally:
        await hub.end()
    took = time.monotonic() - begun
    with closing(sqlite3.connect(place / "pawline.db")) as db:
        events, subjects = db.execute("select count(*), count(distinct subject) from event").fetchone()
    wrong = [
        *([f"{events} events of {subjects} SKUs"] if (events, subjects) != (rows - len(bad),) * 2 else []),
        *([f"{len(named)} rows named"] if named != sorted(bad) else []),
    ]
    return {
        "rows": rows, "bad_rows": len(bad), "events_at_the_kill": at_kill, "peak_mb": [round(one) for one in peaks],
        "seconds": round(took, 1), "rows_per_second": round(rows / took), "wrong": wrong,
    }  # fmt: skip


async def reached(place: Path, events: int) -> int:
    """Waits until so many rows are recorded; how many there are then."""
    until = time.monotonic() + PATIENCE
    while (found := int(one_of(place, "select count(*) from event"))) < events:
        assert time.monotonic() < until, f"{found} events, and no more come"
        await asyncio.sleep(0.02)
    return found


async def _ended(place: Path) -> None:
    """Waits until the cursor says that the file was read to its end."""
    await until_read(place, lambda cursor: '"done":["' in cursor and "reading" not in cursor)


async def until_read(place: Path, ended: Callable[[str], bool]) -> None:
    """Waits until the cursor says so."""
    until = time.monotonic() + PATIENCE
    statement = "select coalesce(max(cursor), '') from checkpoint where name = 'stock'"
    while not ended(cursor := str(one_of(place, statement))):
        assert time.monotonic() < until, f"it does not end: {cursor[:200]}"
        await asyncio.sleep(0.1)


def one_of(place: Path, statement: str) -> int | str:
    with closing(sqlite3.connect(f"file:{place / 'pawline.db'}?mode=ro", uri=True)) as db:
        found: int | str = db.execute(statement).fetchone()[0]
        return found


async def named_in(hub: HubProcess, lines: str) -> list[int]:
    """Every line that a case names, with its column and reason; `lines` is how a case says it."""
    found = []
    for case in await hub.ask("cases", shop="paws", limit=1_000):
        detail = (await hub.ask("case", no=case["no"]))["detail"]
        told = re.fullmatch(lines, detail)
        assert told is not None, detail
        found += [int(one) for one in told[1].split(", ")]
    return sorted(found)


def peak(hub: HubProcess) -> float:
    """The most memory that the process ever had, in MB: what ru_maxrss says once it is gone."""
    assert hub.process is not None
    (line,) = [one for one in Path(f"/proc/{hub.process.pid}/status").read_text("ascii").splitlines() if "VmHWM" in one]
    return int(line.split()[1]) / 1024


def file_rows(options: Options) -> tuple[float, dict[str, Any]]:
    """The peak of both lives, or infinity where a row is not there once, or a bad one not named."""
    with folder(options.place) as place:
        line = asyncio.run(killed(place.resolve(), options.scaled(100_000, 2_000)))
    return float("inf") if line["wrong"] else float(max(line["peak_mb"])), line


CHECKS = [
    Check("file_rows", Bar("<=", 256, "MB"), "100,000 rows by file, killed half-way: peak memory", work=file_rows),
]
