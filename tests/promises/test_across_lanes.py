"""What one owner does for another's lanes: runs, waits and commands cross over, in order, each once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import msgspec
import pytest

from pawline.model import Envelope, Event
from pawline.runtime import (
    UNLIMITED,
    Binding,
    Bindings,
    Question,
    RuntimeSettings,
    Said,
    ask,
    command,
    flow,
    now,
    sealed,
    use,
    wait_for,
)
from pawline.runtime.flow import digest63
from pawline.store import LANES, EventRow, Status
from pawline.testing import open_cases, runs
from tests.databases import databases
from tests.promises.owners import BRIEF, EVEN, ODD, House, Owner, Recorder, until
from tests.unit.runtime.clerk import FOR_EVER, Begun, Clerk, Paid, Shelf

_ids = count(1)
SLOW = RuntimeSettings(look=0.05, lease=60.0)


def key(begun: Begun) -> str:
    return f"the key of {begun.id}"


@flow(on=Begun, key=key)
async def in_line(begun: Begun) -> None:
    await use(Shelf).put(f"{begun.id} {begun.body}")


@flow(on=Begun, key=key, busy="latest")
async def newest(begun: Begun) -> None:
    await use(Shelf).put(f"newest {begun.body}")


@flow(on=Begun, key=key, busy="skip")
async def oldest(begun: Begun) -> None:
    await use(Shelf).put(f"oldest {begun.body}")


@flow(on=Begun, key=key)
async def is_paid(begun: Begun) -> None:
    paid = await wait_for(Paid, key=begun.id, until=now() + timedelta(minutes=5))
    await use(Shelf).put(f"{begun.id} {None if paid is None else paid.amount}")


@flow(on=Begun, key=key)
async def asks(begun: Begun) -> None:
    answer = await ask(Question(f"what of {begun.id}?", choices=("yes", "no")))
    await use(Shelf).put(f"{begun.id} {answer}")


@pytest.fixture(scope="module")
def new_database() -> Iterator[Callable[[], str]]:
    with databases() as new:
        yield new


def lane(text: str) -> int:
    return digest63("s", text) % LANES


def subjects(event: int, run: int, many: int) -> list[str]:
    """Whose events are in lanes that leave this rest by 2, and whose runs in lanes that leave that one."""
    found = (f"o{n}" for n in count() if (lane(f"o{n}") % 2, lane(f"the key of o{n}") % 2) == (event, run))
    return [next(found) for _ in range(many)]


CROSSING = [*subjects(0, 1, 4), *subjects(1, 0, 4)]


def said(event: Event, *, at: float = 0.0) -> Envelope:
    return Envelope(shop="s", source="test", id=str(next(_ids)), at=datetime.fromtimestamp(at, UTC), event=event)


def shelf(clerk: Clerk) -> Bindings:
    return Bindings(
        [Binding("shelf/eu", Shelf, clerk, {"put": FOR_EVER, "take": FOR_EVER, "weigh": FOR_EVER}, UNLIMITED)]
    )


def ended(recorder: Recorder, many: int) -> Callable[[], Any]:
    async def all_are() -> bool:
        return sorted(run.status for run in await runs(recorder.store, "s")) == [Status.DONE] * many

    return all_are


async def owns_all(recorder: Recorder, owner: Owner) -> bool:
    return await recorder.owners() == {owner.store.owner: LANES}


def put(clerk: Clerk) -> list[str]:
    """What was put, by first attempts: a takeover may send one again, under the key that it had."""
    keys: dict[str, set[str | None]] = {}
    for one in clerk.heard:
        keys.setdefault(one.argument, set()).add(one.key)
    assert {len(found) for found in keys.values()} <= {1}
    return list(keys)


def test_keys_keep_their_order_whoever_records_dispatches_and_drives(new_database: Callable[[], str]) -> None:
    async def story() -> None:
        clerk = Clerk(time.time)
        async with House(new_database()) as house:
            recorders = [await house.recorder(clock=time.time) for _ in range(2)]
            for n in range(12):
                for subject in CROSSING:
                    await recorders[n % 2].record(said(Begun(id=subject, body=f"{n:02}")))
            first = await house.owner([in_line], shelf(clerk), EVEN, settings=BRIEF)
            second = await house.owner([in_line], shelf(clerk), ODD)
            await first.hold("before_commit", 5)
            await until(lambda: owns_all(recorders[0], second))
            first.go_on()
            await until(ended(recorders[0], 96))
            assert put(clerk) != []
            for subject in CROSSING:
                assert [what for what in put(clerk) if what.split()[0] == subject] == [
                    f"{subject} {n:02}" for n in range(12)
                ]

    asyncio.run(story())


def test_a_run_for_another_owners_lane_is_admitted_by_its_flows_rule(new_database: Callable[[], str]) -> None:
    async def story() -> None:
        clerk = Clerk(time.time)
        async with House(new_database()) as house:
            recorder = await house.recorder()
            for n in range(5):
                await recorder.record(said(Begun(id=CROSSING[0], body=f"{n}")))
            await house.owner([newest, oldest], shelf(clerk), EVEN, settings=SLOW)

            async def statuses() -> dict[str, list[Status]]:
                found = await runs(recorder.store, "s")
                return {
                    name: [Status(run.status) for run in found if run.flow == name] for name in ("newest", "oldest")
                }

            async def made() -> bool:
                return await statuses() == {"newest": [Status.NEW] * 5, "oldest": [Status.NEW] * 5}

            await until(made)
            assert clerk.heard == []
            await house.owner([newest, oldest], shelf(clerk), ODD, settings=SLOW)

            async def over() -> bool:
                return await statuses() == {
                    "newest": [Status.DONE, *[Status.SUPERSEDED] * 3, Status.DONE],
                    "oldest": [Status.DONE, *[Status.SKIPPED] * 4],
                }

            await until(over)
            assert sorted(clerk.did) == [("put", "newest 0"), ("put", "newest 4"), ("put", "oldest 0")]

    asyncio.run(story())


def test_waits_take_events_that_another_owner_dispatches(new_database: Callable[[], str]) -> None:
    async def story() -> None:
        clerk = Clerk(time.time)
        async with House(new_database()) as house:
            recorder = await house.recorder()
            await house.owner([is_paid], shelf(clerk), EVEN, settings=SLOW)
            await house.owner([is_paid], shelf(clerk), ODD, settings=SLOW)
            at_once, later = CROSSING[::2], CROSSING[1::2]
            for subject in CROSSING:
                await recorder.record(said(Begun(id=subject)))
                if subject in at_once:  # before, while and after the wait is made
                    await recorder.record(said(Paid(id=subject, amount=7)))

            async def waiting() -> bool:
                found = await runs(recorder.store, "s")
                return sorted(run.run_key for run in found if run.status == Status.WAITING) == sorted(
                    f"the key of {subject}" for subject in later
                )

            await until(waiting)
            for subject in later:
                await recorder.record(said(Paid(id=subject, amount=8)))
                await recorder.record(said(Paid(id=subject, amount=9)))
            await until(ended(recorder, 8))
            assert sorted(clerk.did) == sorted(
                ("put", f"{subject} {7 if subject in at_once else 8}") for subject in CROSSING
            )

    asyncio.run(story())


def test_commands_reach_the_runs_owner_wherever_they_were_put(new_database: Callable[[], str]) -> None:
    async def story() -> None:
        clerk = Clerk(time.time)
        async with House(new_database()) as house:
            recorder = await house.recorder()
            await house.owner([asks], shelf(clerk), EVEN, settings=SLOW)
            await house.owner([asks], shelf(clerk), ODD, settings=SLOW)
            for subject in CROSSING:
                await recorder.record(said(Begun(id=subject)))

            async def asked() -> bool:
                return len(await open_cases(recorder.store, "s")) == 8

            await until(asked)
            given: list[int] = []
            for at, case in enumerate(sorted(await open_cases(recorder.store, "s"), key=lambda case: case.lane % 2)):
                yes = at % 2 == 0
                row = command(
                    recorder.store, "s", "answer" if yes else "cancel", f"case:{case.no}" if yes else f"run:{case.run}",
                    by="ann", reason="because", said=Said(value=msgspec.Raw(b'"yes"')), lane=(case.lane + 1) % LANES,
                )  # fmt: skip
                await recorder.engine.intake.write(*await sealed(recorder.store, row))
                given.append(row.no)

            async def taken() -> bool:
                return {(await recorder.store.fetch("command", (no,)))[0][9] for no in given} == {"done"}

            await until(taken)

            async def over() -> bool:
                found = sorted(run.status for run in await runs(recorder.store, "s"))
                return found == [Status.DONE] * 4 + [Status.CANCELLED] * 4

            await until(over)
            assert len(set(clerk.did)) == len(clerk.did) == 4
            audit = [row[4] for row in await recorder.store.fetch("audit_page", (0, 100))]
            assert sorted(audit) == ["answer done"] * 4 + ["cancel done"] * 4

    asyncio.run(story())


def test_two_who_meet_a_household_for_the_first_time_at_once_both_record(new_database: Callable[[], str]) -> None:
    """Each makes it a key, and one key is kept: whose was not seals again with the other."""

    async def story() -> None:
        async with House(new_database()) as house:
            recorders = [await house.recorder() for _ in range(3)]
            events = [(recorder, Begun(id=f"o{n}", house=f"h{n}")) for n in range(20) for recorder in recorders]
            numbers = await asyncio.gather(*(recorder.record(said(event)) for recorder, event in events))
            rows = await recorders[0].store.fetch("events_page", ("s", "", 1 << 62, 1_000))
            assert sorted(row[0] for row in rows) == sorted(set(numbers))
            assert len(numbers) == 60
            found = {row[0]: EventRow._make(row) for row in rows}
            for recorder in recorders:
                opened = [await recorder.engine.open_event(found[no]) for no in numbers]
                assert opened == [event for _, event in events]
            assert len({row.key for row in found.values()}) == 20

    asyncio.run(story())
