"""A shop with several books: what one of them refuses later is booked there, and in no other."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.flows.settle_booking import LEFT, settle_booking
from pawline.model import BookingRefused, CauseId, OrderPlaced
from pawline.ports import Erp, Operation, Settle
from pawline.runtime import Binding, Bindings, Flows
from pawline.sandbox.vendors import Line, Reply, Request
from pawline.testing import NOON, Crash, Day, Lives, Place, VirtualTime, bindings, places
from tests.flows.house import House
from tests.flows.test_adopt_order import Books
from tests.flows.test_refused_books import ADOPTED, CANCELLED, LATER, OPERATIONS, Clerk, Company, told

A, B = "books/a", "books/b"
REFUSED = BookingRefused(order=ADOPTED.id, cause=CauseId("x"), at=NOON)
REPEATS = dict.fromkeys(("book", "cancel"), Operation(settle=Settle.REPEAT))
WHICH = "which books do not take order o1: x"


class Scene:
    """`a` and `b` are books; as many as a test names."""

    def __init__(self, *names: str) -> None:
        self.books = {name: Books() for name in names}

    def house(self) -> House:
        return House((settle_booking,), more=[Binding(name, Erp, one, REPEATS) for name, one in self.books.items()])

    def did(self) -> dict[str, list[str]]:
        return {name: one.did for name, one in self.books.items()}


async def settled(scene: Scene, refused: BookingRefused, answers: list[tuple[str, str]]) -> Any:
    """What the run came to, once these questions, one after another, had these answers."""
    async with asyncio.timeout(30), scene.house() as house:
        house.vendors.shop.place(ADOPTED)
        await house.tell(OrderPlaced(order=ADOPTED), refused)
        before = None
        for title, answer in answers:
            while (case := (await house.until_asked(1))[0]).no == before:  # noqa: ASYNC110 - the flow gets on
                await asyncio.sleep(0.02)
            assert case.title == title
            assert [list(one.did) for one in scene.books.values()] == [[] for _ in scene.books]
            await house.answer(case.no, answer)
            before = case.no
        await house.rest()
        assert (await house.cases(), await house.runs()) == ([], [("settle_booking", "o1", "done")])
        return (await house.outcomes())["settle_booking o1"]


@pytest.mark.parametrize(("says", "expected"), [(A, {A: ["book o1"], B: []}), (B, {A: [], B: ["book o1"]})])
async def test_it_is_booked_where_it_was_refused(says: str, expected: dict[str, list[str]]) -> None:
    scene = Scene(A, B)
    refused = msgspec.structs.replace(REFUSED, books=says)
    assert await settled(scene, refused, [(LATER, "book it again")]) == "book it again"
    assert scene.did() == expected


@pytest.mark.parametrize("books", [None, "books/gone"], ids=["not written down", "gone"])
async def test_where_nobody_knows_which_a_person_says_so(books: str | None) -> None:
    refused = msgspec.structs.replace(REFUSED, books=books)
    scene = Scene(A, B)
    assert await settled(scene, refused, [(WHICH, B), (LATER, "book it again")]) == "book it again"
    assert scene.did() == {A: [], B: ["book o1"]}
    scene = Scene(A, B)
    assert await settled(scene, refused, [(WHICH, LEFT)]) == LEFT
    assert scene.did() == {A: [], B: []}


async def test_the_only_books_are_meant_by_an_event_that_names_none_and_not_by_one_that_names_others() -> None:
    scene = Scene(A)
    assert await settled(scene, REFUSED, [(LATER, "book it again")]) == "book it again"
    assert scene.did() == {A: ["book o1"]}
    scene, gone = Scene(A), msgspec.structs.replace(REFUSED, books=B)
    assert await settled(scene, gone, [(WHICH, LEFT)]) == LEFT
    assert scene.did() == {A: []}


# -- killed at every place -----------------------------------------------------------------------------------------


class Both:
    """Two companies' books over one line, and the vendors of the first."""

    def __init__(self, time: VirtualTime) -> None:
        self.first, self.second = Company(time), Company(time)

    async def ask(self, request: Request) -> Reply:
        account, _, method = request.method.rpartition(":")
        if method == "Shop.order":  # a person mended it
            self.second.refuses = False
        company = self.second if account == B else self.first
        return await company.ask(Request(method, request.key, request.args))


class Named:
    """A line to one account's books."""

    def __init__(self, line: Line, account: str) -> None:
        self._line, self._account = line, account

    async def ask(self, request: Request) -> Reply:
        return await self._line.ask(Request(f"{self._account}:{request.method}", request.key, request.args))


def play(line: Line) -> Bindings:
    books = [Binding(name, Erp, Clerk(Named(line, name)), OPERATIONS) for name in (A, B)]
    return Bindings([*bindings(line), *books])


def lived(folder: Path, *, off: bool, place: Place | None = None) -> tuple[Crash, Both]:
    time = VirtualTime()
    both = Both(time)
    lives = Lives(folder / f"{place}.db", time, both, Flows([settle_booking]), play)
    events = [told(msgspec.structs.replace(REFUSED, books=B), 1), *([told(CANCELLED, 3)] if off else [])]
    day, crash = Day(time(), events, answers={LATER: "book it again"}), Crash(place)

    async def live(engine: Any) -> None:
        going_on = asyncio.create_task(day.live(engine))
        while not going_on.done() and not both.second.did:  # a person answers before the day's last event
            await day._moving(engine)
            await asyncio.sleep(0.1)
        await going_on

    lives.live(live, crash)
    if crash.fired:
        lives.live(live)
    return crash, both


@pytest.mark.parametrize(("off", "allowed"), [(False, [["book o1"]]), (True, [[], ["book o1", "cancel o1"]])])
def test_killed_at_every_place_it_is_booked_once_and_in_no_other_books(
    tmp_path: Path, off: bool, allowed: list[list[str]]
) -> None:
    clean, both = lived(tmp_path, off=off)
    assert (both.first.did, both.second.did) == ([], allowed[-1])
    every = places(clean.commits, clean.requests)
    assert len(every) > 15
    for place in every:
        crash, both = lived(tmp_path, off=off, place=place)
        assert crash.fired, place
        assert both.first.did == [], place
        assert both.second.did in allowed, place
