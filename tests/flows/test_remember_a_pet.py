"""A death that is heard of twice is one ticket, wherever the hub dies and whatever the helpdesk forgets."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pawline.flows.remember_a_pet import remember_a_pet
from pawline.model import Envelope, PetId
from pawline.ports import Code, Rejected, to_record
from pawline.runtime import Flows
from pawline.sandbox import Request
from pawline.sandbox.vendors import Reply
from pawline.testing import (
    NOON,
    Crash,
    Day,
    Fault,
    Faults,
    Lives,
    Place,
    Told,
    Vendors,
    VirtualTime,
    bindings,
    counts,
    places,
)
from pawline.testing.orders import SHOP
from tests.flows.test_telling import CARD, DIED, REX, autoship

ONCE = {"Crm.note": 1, "Helpdesk.open": 1, "Marketing.suppress": 1, "Subscriptions.end": 1}


class Forgetful(Vendors):
    """Vendors that know no key again a moment later, and what was asked of their helpdesk."""

    def __init__(self, time: VirtualTime, fault: Fault | None) -> None:
        super().__init__(now=time, key_life=timedelta(0))
        self._fault = fault
        self.asked: list[str] = []

    async def ask(self, request: Request) -> Any:
        port, _, method = request.method.partition(".")
        if port == "Helpdesk":
            self.asked.append(method)
            self.faults = Faults(at={1: self._fault} if self._fault else {})
            self._fault = None
        return await super().ask(request)


def lived(
    folder: Path, time: VirtualTime, vendors: Vendors, place: Place | None = None,
    answers: dict[str, str] | None = None, **terms: Any,
) -> Crash:  # fmt: skip
    """A death, heard of twice, in a life that may end anywhere."""
    vendors.autoships.add(autoship(1, REX))
    lives = Lives(folder / f"{place}.db", time, vendors, Flows([remember_a_pet]), partial(bindings, **terms))
    told = [
        Told(at, Envelope(shop=SHOP, source=source, id=source, at=NOON + timedelta(seconds=at), event=DIED))
        for at, source in ((0.0, "phone"), (2.0, "e-mail"))
    ]
    day, crash = Day(time(), told, answers=answers), Crash(place)
    lives.live(day.live, crash)
    if crash.fired:
        lives.live(day.live)
    return crash


def one_ticket(vendors: Vendors) -> None:
    effects = vendors.effects()
    assert counts(effects) == ONCE
    assert [one.business for one in effects if one.operation == "Helpdesk.open"] == ["rex/rex died: write a card"]
    assert vendors.tickets.waiting() == (vendors.tickets.find_ticket(CARD),)


def test_killed_at_every_place_a_person_is_asked_for_one_card(tmp_path: Path) -> None:
    time = VirtualTime()
    clean = lived(tmp_path, time, Vendors(now=time))
    every = places(clean.commits, clean.requests)
    assert len(every) > 20
    for place in every:
        time = VirtualTime()
        vendors = Vendors(now=time)
        assert lived(tmp_path, time, vendors, place).fired, place
        one_ticket(vendors)


def test_killed_at_every_place_each_of_several_answers_counts_once(tmp_path: Path) -> None:
    says = {2: "leave it", 3: "end it", 4: "leave it", 5: "end it"}
    answers = {f"autoship a{n} fed a pet that died and feeds 1 more": word for n, word in says.items()}

    def life(place: Place | None = None) -> tuple[Crash, Vendors]:
        time = VirtualTime()
        vendors = Vendors(now=time)
        for number in says:
            vendors.autoships.add(autoship(number, REX, PetId("tom")))
        return lived(tmp_path, time, vendors, place, answers), vendors

    clean, _ = life()
    for place in places(clean.commits, clean.requests):
        crash, vendors = life(place)
        assert crash.fired, place
        ended = [
            one.business.partition("/")[0]
            for one in vendors.effects()
            if one.operation == "Subscriptions.end" and not one.again
        ]
        assert sorted(ended) == ["a1", "a3", "a5"], place


class Firm(Vendors):
    """An app that ends nothing, a CRM that knows nobody, a helpdesk that has no such department."""

    async def ask(self, request: Request) -> Any:
        refused = {"Subscriptions.end": Code.NOT_ALLOWED, "Crm.note": Code.NOT_FOUND, "Helpdesk.open": Code.NOT_FOUND}
        if (code := refused.get(request.method)) is not None:
            return Reply(error=to_record(Rejected("no", code)))
        return await super().ask(request)


def test_killed_at_every_place_what_is_refused_is_asked_and_the_rest_done(tmp_path: Path) -> None:
    told = "pretended/{} is to know that rex died, and refuses: not_found"
    titles = ["pretended/subscriptions is to end autoship a1, and refuses: not_allowed"]
    titles += [told.format(account) for account in ("crm", "helpdesk")]

    def life(place: Place | None = None) -> tuple[Crash, dict[str, int]]:
        time = VirtualTime()
        vendors = Firm(now=time)
        crash = lived(tmp_path, time, vendors, place, dict.fromkeys(titles, "done by hand"))
        return crash, counts(vendors.effects())

    clean, effects = life()
    assert effects == {"Marketing.suppress": 1, "Crm.upsert": 1}
    for place in places(clean.commits, clean.requests):
        crash, effects = life(place)
        assert (crash.fired, effects) == (True, {"Marketing.suppress": 1, "Crm.upsert": 1}), place


@pytest.mark.parametrize(
    ("fault", "asked"),
    [
        (None, ["open"]),
        (Fault.BROKEN, ["open", "find_ticket"]),
        (Fault.UNHEARD, ["open", "find_ticket", "open"]),
        (Fault.SILENT, ["open", "find_ticket"]),
    ],
)
def test_a_helpdesk_that_forgot_the_key_is_asked_for_the_ticket(
    fault: Fault | None, asked: list[str], tmp_path: Path
) -> None:
    time = VirtualTime()
    vendors = Forgetful(time, fault)
    lived(tmp_path, time, vendors, timeout=timedelta(seconds=1), margin=timedelta(0), key_life=timedelta(seconds=1.001))
    one_ticket(vendors)
    assert vendors.asked == asked
