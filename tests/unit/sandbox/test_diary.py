"""A sandbox that was killed is where it was: what it did, what it knows, and what it has yet to tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.model import (
    Address,
    Checkout,
    Credit,
    Edit,
    EditId,
    LineId,
    Money,
    Order,
    Payout,
    Refund,
    RefundId,
    ReturnLine,
    Tender,
    TenderId,
    TenderKind,
    TenderState,
    all_credits,
    refund_of,
)
from pawline.ports import FulfilmentRequest, Rejected
from pawline.sandbox import Desk, Effect, Request, Subscription, Vendors
from pawline.sandbox.answers import Refused
from pawline.sandbox.diary import Clock, Diary, recall
from pawline.sandbox.posting import Post
from pawline.testing import NOON
from pawline.testing.orders import order

HOME = Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", postcode="10115", country="DE")


@pytest.fixture(autouse=True)
def _ends() -> Iterator[None]:
    yield
    for one in LIVES:
        one.end()
    LIVES.clear()


class Sandbox:
    """One life of it."""

    def __init__(self, folder: Path) -> None:
        clock = Clock()
        self.vendors = Vendors(now=clock, stock={"chew-1": 5})
        self.desk = Desk(self.vendors, "token")
        self.diary = Diary(folder / "diary.jsonl", clock)
        self.book = recall(self.desk, self.diary, folder / "ledger.jsonl")
        LIVES.append(self)

    def act(self, name: str, given: object) -> Any:
        return self.desk.act(name, msgspec.json.encode(given))

    async def call(self, method: str, key: str, *args: object) -> Any:
        return await self.vendors.ask(Request(method, key, msgspec.Raw(msgspec.json.encode(args))))

    def effects(self) -> tuple[Effect, ...]:
        return tuple(self.book.read())

    def end(self) -> None:
        self.diary.close()
        self.book.close()


LIVES: list[Sandbox] = []


def bought(n: int) -> Order:
    return order(n, checkout=Checkout.ADOPTED, paid=True, ship_to=HOME, placed_at=datetime.now(UTC))


async def day(one: Sandbox) -> None:
    for n in (1, 2, 3):
        one.act("checkout", bought(n))
    placed = one.desk.shop.order(order(1).id)
    wanted = FulfilmentRequest(order=placed.id, part="all", items=placed.demand(), ship_to=HOME)
    await one.call("Fulfilment.request", "k1", wanted)
    await one.call("Inventory.reserve", "k2", "o2", [{"sku": "chew-1", "quantity": 2}])
    await one.call(
        "Payments.authorize",
        "k3",
        "o9",
        {"id": "t", "kind": "card", "amount": {"minor": 5, "currency": "EUR"}, "state": "pending"},
    )
    one.act("dispatch", {"order": "o1"})
    one.act("call-off", {"order": "o2"})
    one.act("return", {"order": "o1", "lines": (ReturnLine(line=LineId("l1"), quantity=1),)})
    with pytest.raises(Exception, match="no order o77"):
        one.act("dispatch", {"order": "o77"})


def state(one: Sandbox) -> Any:
    shop, vendors = one.desk.shop, one.vendors
    return (
        [shop.order(name) for name in shop.ids()], shop.called_off(), vendors.warehouse.free,
        [vendors.depot.asked_for(name) for name in shop.ids()],
        [vars_of(message) for message in one.desk.hooks.history],
    )  # fmt: skip


def vars_of(message: Any) -> tuple[Any, ...]:
    return (message.id, message.type, message.timestamp, bytes(message.data))


async def test_started_again_it_is_where_it_was_and_its_ledger_goes_on(tmp_path: Path) -> None:
    one = Sandbox(tmp_path)
    await day(one)
    before, effects = state(one), one.effects()
    assert [effect.no for effect in effects] == list(range(1, len(effects) + 1))
    one.end()
    for _ in range(2):
        two = Sandbox(tmp_path)
        assert state(two) == before
        assert two.effects() == effects
        two.end()
    three = Sandbox(tmp_path)
    again = await three.call(
        "Payments.authorize",
        "k3",
        "o9",
        {"id": "t", "kind": "card", "amount": {"minor": 5, "currency": "EUR"}, "state": "pending"},
    )
    assert (again.error, three.effects()) == (None, effects)  # the key is known
    three.act("checkout", bought(4))
    assert three.effects()[-1].no == len(effects) + 1
    assert three.desk.hooks.history[-1].id.rpartition("_")[0] == before[4][0][0].rpartition("_")[0]
    three.end()


async def test_what_a_death_kept_out_of_the_ledger_and_half_a_line_are_made_good(tmp_path: Path) -> None:
    one = Sandbox(tmp_path)
    await day(one)
    before, effects = state(one), one.effects()
    one.end()
    ledger, diary = tmp_path / "ledger.jsonl", tmp_path / "diary.jsonl"
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[:-2]))
    with diary.open("ab") as file:
        file.write(b'{"at":1.0,"what":"che')
    two = Sandbox(tmp_path)
    assert (state(two), two.effects()) == (before, effects)
    two.act("checkout", bought(9))
    after = state(two)
    two.end()
    assert state(Sandbox(tmp_path)) == after


async def test_what_nobody_took_is_told_again_and_what_was_taken_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Sandbox(tmp_path)
    one.act("hooks", Subscription(url="http://127.0.0.1:9", secret="whsec_" + "YWFh" * 8))
    one.act("checkout", bought(1))
    one.act("checkout", bought(2))
    await one.desk.hooks.close()
    one.desk.hooks.taken(one.desk.hooks.history[0].id)
    one.end()
    sent: list[str] = []
    monkeypatch.setattr(Post, "taken", taking(sent))
    two = Sandbox(tmp_path)
    await two.desk.hooks.rest()
    assert sent == [one.desk.hooks.history[1].id]
    three = Sandbox(tmp_path)
    await three.desk.hooks.rest()
    assert len(sent) == 1


def taking(sent: list[str]) -> Any:
    async def taken(_: Post, __: str, ___: bytes, headers: dict[str, str]) -> bool:
        sent.append(headers["webhook-id"])
        return True

    return taken


def pending(n: int) -> tuple[Order, Refund]:
    """An order of which a part is not paid yet, and a refund of all of it."""
    one = bought(n)
    parts = (("a", one.total.minor - 300, TenderState.CAPTURED), ("b", 300, TenderState.PENDING))
    tenders = tuple(
        Tender(id=TenderId(name), kind=TenderKind.CARD, amount=Money(minor, "EUR"), state=state)
        for name, minor, state in parts
    )
    payouts = tuple(Payout(tender.id, tender.amount) for tender in tenders)
    refund = Refund(id=RefundId("h"), at=NOON, reason="x", payouts=payouts, credits=(Credit(amount=one.total),))
    return msgspec.structs.replace(one, tenders=tenders), refund


def test_a_refund_to_what_was_not_taken_pays_nothing_back(tmp_path: Path) -> None:
    one = Sandbox(tmp_path)
    order_, refund = pending(1)
    one.act("checkout", order_)
    with pytest.raises(Rejected, match="b did not take so much"):
        one.act("refund", {"order": order_.id, "refund": refund})
    assert (one.vendors.shop.order(order_.id).refunds, [each.operation for each in one.effects()]) == (
        (), ["Shop.charged"],
    )  # fmt: skip


async def test_whatever_was_refused_keeps_no_sandbox_from_coming_back(tmp_path: Path) -> None:
    one = Sandbox(tmp_path)
    bought_ = bought(1)
    one.act("checkout", bought_)
    whole = refund_of(bought_, RefundId("hand"), NOON, "x", all_credits(bought_))
    one.act("refund", {"order": "o1", "refund": whole})
    huge = {"tender": "t1", "amount": {"minor": 2**60, "currency": "EUR"}}
    with pytest.raises(Refused, match="400"):
        one.act("refund", {"order": "o1", "refund": {"id": "x", "at": NOON, "reason": "r", "payouts": [huge]}})
    edit = Edit(id=EditId("e1"), at=NOON, reason="x", lines=(msgspec.structs.replace(bought_.lines[0], quantity=0),))
    reply = await one.call("Shop.edit", "k1", bought_.id, edit)
    assert reply.error is not None
    assert (reply.error.kind, reply.error.code) == ("rejected", "invalid")
    before = one.effects()
    one.end()
    again = Sandbox(tmp_path)
    assert (again.vendors.shop.ids(), again.effects()) == ((bought_.id,), before)


def test_a_line_of_the_ledger_that_a_death_cut_off_is_not_glued_to_the_next(tmp_path: Path) -> None:
    one = Sandbox(tmp_path)
    one.act("checkout", bought(1))
    before = one.effects()
    one.end()
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(path.read_bytes() + b'{"no":2,"at":1')
    for life in range(2):
        again = Sandbox(tmp_path)
        again.act("checkout", bought(10 + life * 3))
        assert (again.effects()[: len(before)], len(again.effects())) == (before, len(before) + life + 1)
        again.end()
