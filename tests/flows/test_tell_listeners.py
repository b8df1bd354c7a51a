"""Who listens is told; who takes nothing is one question, whose answer decides what becomes of what waits."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from pawline.flows.tell_listeners import mind_listener, tell_listener
from pawline.model.events.listeners import ListenerLost, ListenerOwed, ListenerReopened
from pawline.ports import Code, Listener, Listeners, Notice, Operation, Receipt, Rejected, Settle, Standing
from pawline.runtime import Binding, RuntimeSettings
from tests.flows.house import House

AGENCY = "webhooks/agency"
AT = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
REPEAT = Operation(settle=Settle.REPEAT)


class Agency:
    """Takes what it is told while `no` is None."""

    def __init__(self) -> None:
        self.no: Code | None = None
        self.told = list[str]()

    async def tell(self, notice: Notice) -> Receipt:
        if self.no is not None:
            raise Rejected("no", self.no)
        self.told.append(notice.id)
        return Receipt()


class Known:
    """The hub's word: of `erased` events nothing is told."""

    def __init__(self) -> None:
        self.turn, self.off, self.erased = 0, False, set[int]()
        self.did = list[tuple[Any, ...]]()

    async def notice(self, listener: str, event: int, turn: str) -> Notice | None:
        if event in self.erased:
            return None
        return Notice(id=f"e{event}{turn}", source="/shops/paws", type="a.b@1", at=AT, owed=AT, data="{}")

    async def standing(self, listener: str) -> Standing:
        return Standing(turn=self.turn, off=AT if self.off else None)

    async def shut(self, listener: str, because: str) -> Receipt:
        self.off = True
        self.did.append(("shut", listener, because))
        return Receipt()

    async def reopen(self, listener: str, drop: bool) -> Receipt:
        self.off, self.turn = False, self.turn + 1
        self.did.append(("reopen", listener, drop))
        return Receipt()


def owed(event: int, turn: str = "", *, anew: bool = False) -> ListenerOwed:
    return ListenerOwed(listener=AGENCY, event=event, turn=turn, anew=anew)


def house(agency: Agency, known: Known, account: str = AGENCY) -> House:
    bound = [
        Binding(account, Listener, agency, {"tell": REPEAT}),
        Binding("pawline/paws", Listeners, known, {"shut": REPEAT, "reopen": REPEAT}),
    ]
    settings = RuntimeSettings(look=0.02, first_retry=0.05)
    return House([tell_listener, mind_listener], settings=settings, more=bound)


async def test_what_is_owed_is_told_once_and_again_under_another_id_only_on_purpose() -> None:
    agency, known = Agency(), Known()
    async with asyncio.timeout(60), house(agency, known) as here:
        await here.tell(owed(1), owed(1), owed(1, "t"), owed(2, "t", anew=True))
        await here.rest()
        assert sorted(agency.told) == ["e1", "e1", "e2t"]
        assert sorted(await here.runs()) == [
            ("tell_listener", f"{AGENCY}/1", "done"), ("tell_listener", f"{AGENCY}/1/t", "done"),
            ("tell_listener", f"{AGENCY}/2/t", "done"),
        ]  # fmt: skip
        assert (known.did, await here.cases()) == ([], [])


@pytest.mark.parametrize(
    ("account", "erased", "why"),
    [
        ("webhooks/other", set[int](), "nobody listens there any more"),
        (AGENCY, {1}, "it is not kept any more, or nobody there asks for it"),
    ],
)
async def test_what_is_not_there_any_more_is_told_to_nobody(account: str, erased: set[int], why: str) -> None:
    agency, known = Agency(), Known()
    known.erased = erased
    async with asyncio.timeout(60), house(agency, known, account) as here:
        await here.tell(owed(1))
        await here.rest()
        assert agency.told == []
        assert await here.outcomes() == {f"tell_listener {AGENCY}/1": {"type": "skipped", "because": why}}


async def lost(here: House, agency: Agency, events: int) -> Any:
    """The one question, once each of so many events was refused."""
    agency.no = Code.GONE
    await here.tell(*[owed(no) for no in range(events)])
    for no in range(events):
        await here.until_waits("tell_listener", f"{AGENCY}/{no}")
    (case,) = await here.until_asked(1)
    await here.rest(but=["tell_listener", "mind_listener"])
    assert len(await here.cases()) == 1
    return case


@pytest.mark.parametrize(
    ("answer", "told", "did"),
    [
        ("send what waits", ["e0", "e1", "e2"], [("reopen", AGENCY, False)]),
        ("drop what waits, and send what comes", [], [("reopen", AGENCY, True)]),
    ],
)
async def test_a_listener_that_is_gone_is_one_question_for_all_that_waits(
    answer: str, told: list[str], did: list[Any]
) -> None:
    agency, known = Agency(), Known()
    async with asyncio.timeout(60), house(agency, known) as here:
        case = await lost(here, agency, 3)
        assert (case.title, case.team) == (f"{AGENCY} takes nothing that it is told", "developers")
        agency.no = None
        await here.answer(case.no, answer)
        await here.rest()
        assert sorted(agency.told) == told
        assert known.did == [("shut", AGENCY, "no"), *did]
        assert {status for _, _, status in await here.runs()} == {"done"}
        assert await here.cases() == []


async def test_one_that_is_left_off_waits_until_somebody_opens_it() -> None:
    agency, known = Agency(), Known()
    async with asyncio.timeout(60), house(agency, known) as here:
        case = await lost(here, agency, 2)
        await here.answer(case.no, "leave it off")
        await here.rest(but=["tell_listener"])
        assert known.did == [("shut", AGENCY, "no")]
        assert await here.cases() == []
        agency.no = None
        await here.tell(ListenerReopened(listener=AGENCY, dropped=False))
        await here.rest()
        assert sorted(agency.told) == ["e0", "e1"]


async def test_one_that_is_gone_again_is_asked_about_again() -> None:
    agency, known = Agency(), Known()
    async with asyncio.timeout(60), house(agency, known) as here:
        case = await lost(here, agency, 1)
        await here.answer(case.no, "send what waits")
        while (again := (await here.until_asked(1))[0]).no == case.no:  # noqa: ASYNC110 - other tasks ask it
            await asyncio.sleep(0.02)
        agency.no = None
        await here.answer(again.no, "send what waits")
        await here.rest()
        assert agency.told == ["e0"]
        lost_ = [one for one in await here.runs() if one[0] == "mind_listener"]
        assert lost_ == [("mind_listener", AGENCY, "done")] * 2


@pytest.mark.parametrize(("answer", "told"), [("tell it again", ["e1"]), ("drop it", [])])
async def test_one_event_that_is_not_taken_is_a_case_of_its_own(answer: str, told: list[str]) -> None:
    agency, known = Agency(), Known()
    agency.no = Code.UNDELIVERABLE
    async with asyncio.timeout(60), house(agency, known) as here:
        await here.tell(owed(1))
        (case,) = await here.until_asked(1)
        assert case.title == f"{AGENCY} takes others, and not e1 (a.b@1)"
        agency.no = None
        await here.answer(case.no, answer)
        await here.rest()
        assert agency.told == told
        assert (known.did, await here.cases()) == ([], [])


def test_a_listener_is_lost_once_in_each_turn() -> None:
    first = ListenerLost(listener=AGENCY, turn=0, because="a")
    assert first.fact == ListenerLost(listener=AGENCY, turn=0, because="b").fact
    assert first.fact != ListenerLost(listener=AGENCY, turn=1, because="a").fact
