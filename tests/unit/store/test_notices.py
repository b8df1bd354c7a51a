"""Telling other processes over PostgreSQL: once for many, never oneself, and again after a connection was lost."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from pawline.store import Notices
from pawline.store import notices as over
from tests.unit.store.desk import Place

pytestmark = pytest.mark.only("postgres")


class Woken:
    """Counts how often it was woken; `again` waits for the next time."""

    def __init__(self) -> None:
        self.times = 0
        self._next = asyncio.Event()

    def __call__(self) -> None:
        self.times += 1
        self._next.set()

    async def again(self) -> None:
        await asyncio.wait_for(self._next.wait(), 10)
        self._next.clear()


async def heard(ear: psycopg.AsyncConnection[tuple[object, ...]], url: str) -> list[str]:
    """The messages until now."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as mouth:
        await mouth.execute("notify pawline, 'end'")
    told: list[str] = []
    async for notice in ear.notifies():
        told.append(notice.payload)
        if notice.payload == "end":
            break
    return told


async def test_what_is_told_in_one_turn_is_one_message(place: Place) -> None:
    notices = Notices(place.url)
    async with await psycopg.AsyncConnection.connect(place.url, autocommit=True) as ear:
        await ear.execute("listen pawline")
        for _ in range(100):
            notices.tell()
        await notices.close()
        assert await heard(ear, place.url) == ["", "end"]


async def test_what_is_told_after_the_end_opens_no_connection_that_nobody_would_close(place: Place) -> None:
    notices = Notices(place.url)
    await notices.close()
    notices.tell()
    assert (notices._telling, notices._mouth) == (None, None)


async def test_others_are_woken_once_for_many_messages_and_nobody_by_himself(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(over, "GATHER", 0.5)  # longer than a busy machine makes the next turn wait
    one, two, woken, other = Notices(place.url), Notices(place.url), Woken(), Woken()
    await one.listen(woken)
    await two.listen(other)
    await woken.again()  # there may have been something before
    await other.again()
    for _ in range(20):
        two.tell()
        await asyncio.sleep(0)
    await woken.again()
    one.tell()
    await other.again()
    await asyncio.sleep(3 * over.GATHER)
    assert (woken.times, other.times) == (2, 2)
    await one.close()
    await two.close()


async def test_a_lost_connection_is_opened_again_and_what_it_missed_made_up_for(place: Place) -> None:
    notices, woken = Notices(place.url), Woken()
    await notices.listen(woken)
    await woken.again()
    with psycopg.connect(place.url, autocommit=True) as db:
        db.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and application_name = 'pawline hints'"
        )
    await woken.again()
    assert woken.times == 2
    await notices.close()


async def test_without_a_server_nobody_waits_and_nothing_is_raised(place: Place) -> None:
    notices, woken = Notices("postgresql:///?host=/nowhere"), Woken()
    await notices.listen(woken)
    notices.tell()
    await notices.close()
    assert woken.times == 0
