"""When it is enough: for one event, or for all that an account is told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from pawline.hub.listeners.asking import Fares, listeners_check
from pawline.hub.listeners.minding import Minded, minded
from pawline.hub.listeners.picking import Listens
from pawline.hub.listeners.standing import Standings
from pawline.ports import (
    Code,
    Listener,
    Malformed,
    Notice,
    Operation,
    PortError,
    Receipt,
    Rejected,
    Settle,
    Transient,
    Unauthorised,
)  # fmt: skip
from pawline.runtime import Binding
from pawline.store import Keyring, Store

ACCOUNT = "webhooks/agency"
DAY = 86_400.0
HOUR = 3_600.0
LISTENS = Listens(ACCOUNT, "paws", frozenset({"order.placed@1"}), frozenset(), 5 * DAY)


class Play:
    """Raises `no`, if there is one."""

    def __init__(self, no: PortError | None = None) -> None:
        self.no, self.asked = no, 0

    async def tell(self, notice: Notice) -> Receipt:
        self.asked += 1
        if self.no is not None:
            raise self.no
        return Receipt("1")


def notice(owed: float) -> Notice:
    at = datetime.fromtimestamp(owed, UTC)
    return Notice(id="e1", source="/shops/paws", type="order.placed@1", at=at, owed=at, data="{}")


class Clock:
    """The store's, `ago` seconds behind."""

    def __init__(self, store: Store) -> None:
        self._at, self.ago = store.now(), 0.0

    def now(self) -> float:
        return self._at - self.ago


async def told(
    no: PortError | None, *, ago: float = 0.0, taken: float | None = None, off: bool = False,
    before: Sequence[float] = (6.1 * HOUR, 4 * HOUR, 2 * HOUR),
) -> Any:  # fmt: skip
    """What comes of telling something that is owed since `ago`, where something was `taken` so long ago.

    Not that it was told so long `before`, too.
    """
    store = await Store.open(":memory:", Keyring.generate())
    try:
        standings, play, clock = Standings(store, {ACCOUNT: LISTENS}), Play(no), Clock(store)
        await standings.load()
        now = clock.now()
        if taken is not None:
            row = ("paws", ACCOUNT, "listener taken", "", now - taken)
            assert (await store.written([("set_checkpoint", row)])).error is None
        one: Any = Minded(play, LISTENS, standings, cast("Any", clock))
        for clock.ago in before if no is not None else ():
            with suppress(PortError):
                await one.tell(notice(now - clock.ago))
        if off:
            await standings.shut(ACCOUNT, "why")
        clock.ago = play.asked = 0
        try:
            found: Any = await one.tell(notice(now - ago))
        except PortError as problem:
            found = problem
        return found, play.asked, await standings.taken(ACCOUNT)
    finally:
        await store.close()


NOES: list[PortError] = [
    Rejected("400", Code.INVALID), Rejected("404", Code.NOT_FOUND), Unauthorised("401"), Unauthorised("403"),
    Malformed("a redirect"), Malformed("no TLS", Code.NOT_ALLOWED), Transient("503", Code.UNAVAILABLE),
]  # fmt: skip


@pytest.mark.parametrize("no", NOES, ids=lambda one: one.text)
async def test_whatever_a_receiver_says_it_is_not_taken_yet_and_pauses_nothing(no: PortError) -> None:
    found, asked, taken = await told(no, ago=4.9 * DAY)
    assert isinstance(found, Transient)
    assert (found.code, found.text, asked, taken) == (Code.NOT_TAKEN, no.text, 1, None)


@pytest.mark.parametrize("code", [Code.TIMED_OUT, Code.DISCONNECTED, Code.UNREACHABLE, Code.RATE_LIMITED])
async def test_where_nobody_answered_it_is_not_known_and_who_asks_for_time_gets_it(code: Code) -> None:
    no = Transient("x", code, retry_after=timedelta(seconds=9))
    found, *_ = await told(no)
    assert found is no


async def test_the_time_that_is_asked_for_is_kept() -> None:
    found, *_ = await told(Transient("503", Code.UNAVAILABLE, retry_after=timedelta(seconds=9)))
    assert (found.code, found.retry_after) == (Code.NOT_TAKEN, timedelta(seconds=9))


@pytest.mark.parametrize("no", [NOES[0], NOES[-1], Transient("x", Code.UNREACHABLE)], ids=lambda one: one.text)
async def test_after_its_patience_an_account_that_took_nothing_is_gone(no: PortError) -> None:
    for taken in (None, 5.1 * DAY):
        found, *_ = await told(no, ago=5.1 * DAY, taken=taken)
        assert isinstance(found, Rejected)
        assert (found.code, found.text) == (Code.GONE, f"nothing was taken for 5 d: {no.text}")


async def test_where_others_are_taken_the_one_is_at_fault() -> None:
    found, *_ = await told(NOES[0], ago=5.1 * DAY, taken=4.9 * DAY)
    assert isinstance(found, Rejected)
    assert (found.code, found.text) == (Code.UNDELIVERABLE, "not taken for 5 d: 400")


@pytest.mark.parametrize(
    "before",
    [(), (5.1 * DAY, 5 * DAY), (9 * HOUR, 5.5 * HOUR, 3 * HOUR)],
    ids=["the-hub-was-down", "stopped-for-days", "stopped-for-hours"],
)
async def test_while_we_were_away_nothing_was_refused(before: tuple[float, ...]) -> None:
    """A hub that was down for a week must not shut an account at the first answer that is not 2xx."""
    for taken in (None, 5.1 * DAY, 4.9 * DAY):
        found, *_ = await told(NOES[0], ago=5.1 * DAY, taken=taken, before=before)
        assert isinstance(found, Transient)


async def test_who_asks_for_a_day_is_tried_all_the_while() -> None:
    no = Transient("503", Code.UNAVAILABLE, retry_after=timedelta(days=1))
    found, *_ = await told(no, ago=5.1 * DAY, before=(5 * DAY, 4 * DAY, 3 * DAY, 2 * DAY, 1 * DAY))
    assert isinstance(found, Rejected)


async def test_gone_and_our_own_fault_are_at_once() -> None:
    for no in (Rejected("410", Code.GONE), Malformed("no text", Code.BAD_REQUEST)):
        found, *_ = await told(no)
        assert found is no


async def test_one_that_is_off_is_told_nothing() -> None:
    found, asked, _ = await told(None, off=True)
    assert isinstance(found, Rejected)
    assert (found.code, asked) == (Code.GONE, 0)


async def test_what_is_taken_is_remembered() -> None:
    found, asked, taken = await told(None, taken=9 * DAY)
    assert (found, asked) == (Receipt("1"), 1)
    assert taken is not None
    assert abs(taken - datetime.now(UTC).timestamp()) < DAY


async def test_what_is_said_of_a_listener_outlives_the_process() -> None:
    store = await Store.open(":memory:", Keyring.generate())
    first, second = Standings(store, {ACCOUNT: LISTENS}), Standings(store, {ACCOUNT: LISTENS})
    await first.load()
    assert await first.reopen(ACCOUNT, drop=False) is False
    await first.shut(ACCOUNT, "why")
    await first.shut(ACCOUNT, "why else")
    await second.load()
    assert (second.off(ACCOUNT).because, second.off(ACCOUNT).turn) == ("why", 0)
    assert await second.reopen(ACCOUNT, drop=False) is True
    first.took(ACCOUNT)
    await first.note()
    await first.load()
    await second.load()
    assert (first.off(ACCOUNT).at, first.off(ACCOUNT).turn) == (None, 1)
    assert await second.taken(ACCOUNT) == await first.taken(ACCOUNT) is not None
    await store.close()


async def test_what_another_process_said_counts_at_once() -> None:
    """A run that took an open listener for off would wait for its next opening, and be dropped after a month."""
    store = await Store.open(":memory:", Keyring.generate())
    first, second = Standings(store, {ACCOUNT: LISTENS}), Standings(store, {ACCOUNT: LISTENS})
    await first.shut(ACCOUNT, "why")
    await second.load()
    assert await first.reopen(ACCOUNT, drop=False) is True
    assert await Minded(Play(), LISTENS, second, store).tell(notice(store.now())) == Receipt("1")
    await first.shut(ACCOUNT, "again")
    assert await second.reopen(ACCOUNT, drop=False) is True
    await first.shut(ACCOUNT, "once more")
    await first.load()
    assert (first.off(ACCOUNT).because, first.off(ACCOUNT).turn) == ("once more", 2)
    await store.close()


def test_only_listeners_of_the_settings_are_minded() -> None:
    operations = {"tell": Operation(settle=Settle.REPEAT)}
    bindings = [Binding(one, Listener, Play(), operations) for one in (ACCOUNT, "own/code")]
    store: Any = None
    kinds = [type(one.implementation) for one in minded(bindings, {ACCOUNT: LISTENS}, store, store)]
    assert kinds == [Minded, Play]


def fares(**given: Any) -> Fares:
    usual: dict[str, Any] = {
        "account": ACCOUNT, "shop": "paws", "off": None, "because": "", "taken": 40.0, "waits": 0, "since": None,
        "tries": 0, "types": 1, "whole": (),
    }  # fmt: skip
    return Fares(**usual | given)


@pytest.mark.parametrize(
    ("found", "state", "says"),
    [
        ([], "good", "nobody listens to our events"),
        ([fares()], "good", f"{ACCOUNT} took something 1 min ago, 0 wait"),
        ([fares(taken=None, tries=2, since=90.0)], "good", f"{ACCOUNT} has taken nothing yet, 2 wait"),
        ([fares(taken=-7100.0, tries=2, waits=3, since=-3600.0)], "look",
         f"{ACCOUNT} took something 2 h ago, 5 wait, since 1 h 1 min"),
        ([fares(off=40.0, because="it answered 410", waits=3)], "look",
         f"{ACCOUNT} is off since 1 min (it answered 410), 3 wait"),
    ],
)  # fmt: skip
def test_the_doctor_says_how_each_fares(found: list[Fares], state: str, says: str) -> None:
    check = listeners_check(found, 100.0)
    assert (check.state, check.says) == (state, says)


async def test_nothing_runs_where_nobody_listens() -> None:
    from pawline.hub.listeners.following import Following

    store = await Store.open(":memory:", Keyring.generate())
    engine: Any = None
    await Following(store, {}, Standings(store, {})).start(engine)  # an engine would be asked to spawn
    await asyncio.sleep(0)
    await store.close()
