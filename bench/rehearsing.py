"""A restore as a stick: a store of so many unfinished runs is backed up, restored, settled and brought live again.

`lull` puts runs to sleep. Some more were under way when the hub of `fill` died: what became of each is looked up (every
second one had happened) while the main switch is on `observe`; then `mode live`, and the others are sent.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

from bench import machine
from bench.line import SCRATCH, folder, say
from bench.sleepers import AT_ONCE, BODY, YEAR, asleep, fall_asleep, key_beside
from bench.work import BY_LOOK_UP, Counts, Imported, envelope, gathered, household, hub, until
from pawline.runtime import Engine, Said, command
from pawline.store import Keyring, back_up, restore

UNDER_WAY = 1_000


async def lull(url: str, keyring: Keyring, runs: int) -> None:
    """More sleepers, until there are so many."""
    async with hub(url, Counts(), keyring=keyring, settle=BY_LOOK_UP) as engine:
        later = time.time() + YEAR
        await fall_asleep(engine, range(await asleep(engine), runs), lambda _: later)
        say({"asleep": await asleep(engine)})


async def fill(url: str, keyring: Keyring) -> None:
    """Runs under way beside the sleepers; dies without a word."""
    port = Counts()
    async with hub(url, port, keyring=keyring, settle=BY_LOOK_UP) as engine:
        port.hang = True

        async def one(number: int) -> None:
            event = Imported(id=f"i{number}", body=f"{number} {BODY}", house=household(number, 500))
            await engine.record(envelope(event, number, "under way"))

        await gathered(AT_ONCE, (one(-number) for number in range(1, UNDER_WAY + 1)))
        await until(lambda: not engine.intake.dispatching)
        await asyncio.sleep(1)
        say({"under_way": len(engine.live), "asleep": await asleep(engine)})
        os._exit(0)


async def live_again(engine: Engine, port: Counts) -> None:
    """`pawline mode live`, and everything that was under way is done."""
    said = Said(name="*", account="*", mode="live")
    row = command(engine.store, "*", "mode", "shop", by="bench", reason="rehearsal", said=said)
    await engine.intake.write(("insert_command", row))
    await until(lambda: len(port.ledger) >= UNDER_WAY // 2, 120)


async def rehearse(url: str, target: str, keyring: Keyring, place: Path) -> dict[str, Any]:
    """The seconds of each part."""
    marks = [time.monotonic()]
    saved = await back_up(url, place / "saved.backup")
    marks.append(time.monotonic())
    port = Counts()
    restored = await restore(place / "saved.backup", target, keyring, by="bench", reason="rehearsal")
    marks.append(time.monotonic())
    async with hub(target, port, keyring=keyring, settle=BY_LOOK_UP) as engine:
        marks.append(time.monotonic())
        await until(lambda: len(port.asked) >= UNDER_WAY, 180)
        marks.append(time.monotonic())
        sent_in_observe = len(port.ledger)
        await live_again(engine, port)
        marks.append(time.monotonic())
        names = ("backup_s", "restore_s", "open_s", "settle_s", "live_s")
        parts = {name: round(b - a, 2) for name, a, b in zip(names, marks, marks[1:], strict=False)}
        return {
            **parts,
            "restore_to_live_s": round(marks[-1] - marks[1], 2),
            "bytes": saved.bytes,
            "runs": restored.unfinished,
            "looked_up": len(port.asked),
            "sent_in_observe": sent_in_observe,
            "sent_after": len(port.ledger),
            "twice": sum(times - 1 for times in port.ledger.values()),
            "asleep": await asleep(engine),
        }


def main() -> None:
    """One line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("lull", "fill", "rehearse"))
    parser.add_argument("--runs", type=int, default=1_000_000, help="how many are to be asleep")
    parser.add_argument("--store", type=Path, required=True, help="the file, and the key beside it")
    parser.add_argument("--url", help="a PostgreSQL database instead of the file")
    parser.add_argument("--target", help="an empty one that is restored to, instead of a file")
    parser.add_argument("--dir", type=Path, default=SCRATCH)
    given = parser.parse_args()
    sys.setswitchinterval(0.0005)
    keyring, url = key_beside(given.store), given.url or str(given.store)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if given.what == "lull":
            runner.run(lull(url, keyring, given.runs))
        elif given.what == "fill":
            runner.run(fill(url, keyring))
        else:
            with folder(given.dir) as place:
                target = given.target or str(place / "restored.sqlite3")
                say(runner.run(rehearse(url, target, keyring, place)) | {"load1": machine.load()})


if __name__ == "__main__":
    main()
