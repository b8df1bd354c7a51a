"""A shop's whole past is written out by Shopify, told in a file, and imported: nothing is sent for it."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import stat
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from pawline.cli.importing import _import
from pawline.connectors.shopify import past
from pawline.hub import Hub, HubRefused, bringing, load_settings
from pawline.hub.bringing import bring
from pawline.model import Money, OrderId
from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.shopify.orders import FAILURE, SUCCESS
from pawline.sandbox.shopify.shopify import Asked
from pawline.store import Keyring
from pawline.testing import counts
from pawline.views.answers import OwnOrders
from tests.unit.sandbox.shopify_scene import STOCK, gid, order

SETTINGS = """
shops = ["paws"]
flows = ["pawline.flows.adopt_order", "pawline.flows.refund_cancelled"]
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "shopify/eu"
plays = ["Shop", "Catalog", "Fulfilment"]

[accounts.settings]
url = "{url}"
shop = "pawline-sandbox.myshopify.com"
token = {{ env = "SHOPIFY_TOKEN" }}
poll = 0
"""
EVER = datetime(2000, 1, 1, tzinfo=UTC)
REFUND = """mutation ($order: ID!, $paid: ID!, $key: String!) {
  refundCreate(input: { orderId: $order, note: "goodwill", transactions: [{ orderId: $order, parentId: $paid,
    amount: "10.00", gateway: "shopify_payments", kind: REFUND }] }) @idempotent(key: $key) {
    userErrors { message } } }"""


def _only(folder: Path, name: str) -> Path:
    """What was begun, and nothing else of its kind."""
    (found,) = folder.glob("*.part")
    assert found.name == name
    return found


def left(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir()}


class Town:
    """Vendors with a past, and the settings of a hub that is not there yet."""

    def __init__(self, desk: Desk, folder: Path, settings: Any) -> None:
        self.desk, self.folder, self.settings = desk, folder, settings
        self.file = folder / "past.jsonl"

    def place(self, number: int, before: timedelta = timedelta(days=3)) -> str:
        told = replace(order(number), placed_at=datetime.now(UTC) - before)
        return str(self.desk.shopify.acts["shopify/checkout"](msgspec.json.encode(told)).id)

    def happens(self, act: str, **told: Any) -> Any:
        return self.desk.shopify.acts[f"shopify/{act}"](msgspec.json.encode(told))

    def ask(self, query: str, **given: Any) -> Any:
        answer = self.desk.shopify.answer(Asked(query=query, variables=given))
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def refund(self, name: str) -> None:
        paid = self.desk.shopify.books.orders[int(name)].transactions[0].id
        self.ask(REFUND, order=gid("Order", name), paid=gid("OrderTransaction", paid), key=name)

    async def bring(self) -> bringing.Brought:
        return await bring(self.settings, "shopify/eu", "paws", self.file, EVER, lambda _: None)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file.read_text("utf-8").splitlines()]


@asynccontextmanager
async def town(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    monkeypatch.setattr(past, "LOOK", 0.01)
    desk = Desk(Vendors(now=time.time, stock={"kibble": 5_000, **STOCK}), "tok")
    monkeypatch.setenv("SHOPIFY_TOKEN", desk.shopify.door.token)
    Keyring.generate().save(folder / "pawline.key")
    async with served(desk) as url:
        (folder / "pawline.toml").write_text(SETTINGS.format(url=url), "utf-8")
        yield Town(desk, folder, load_settings(folder / "pawline.toml", {}))


async def test_the_past_is_told_as_it_was_and_nothing_is_sent_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path, monkeypatch) as here:
        plain, sent, refunded = here.place(1), here.place(2), here.place(3)
        (parcel,) = here.happens("dispatch", order=sent)
        here.happens("word", parcel=parcel, status="delivered")
        here.refund(refunded)
        brought = await here.bring()
        kinds = Counter(one["type"] for one in here.lines())
        assert kinds == {
            "order.placed@1": 3, "order.paid@1": 3, "shipment.dispatched@1": 1, "shipment.delivered@1": 1,
            "refund.issued@1": 1,
        }  # fmt: skip
        assert (brought.events, brought.bad) == (9, [])
        assert stat.S_IMODE(here.file.stat().st_mode) == 0o600
        assert left(tmp_path) == {"past.jsonl", "pawline.toml", "pawline.key"}
        before = counts(here.desk.vendors.effects())
        async with await Hub.open(here.settings) as hub:
            with pytest.raises(HubRefused, match=r"past.jsonl is there: `pawline import"):
                await here.bring()
            later = time.time() + 60
            told = await asyncio.to_thread(_imported, here, later)
            assert (told.new, told.live, told.bad) == (9, 0, [])
            binding = hub.engine.bindings.get("Shop", "shopify/eu")
            assert binding is not None
            shop: Any = binding.implementation
            record = OwnOrders("paws", hub.store, hub.projector)
            for name in (plain, sent, refunded):
                heard, read = await record.order(OrderId(name)), await shop.order(OrderId(name))
                assert heard is not None
                unsent = name == sent  # of what has left nothing is to be sent
                lines = tuple(replace(line, ships=line.ships and not unsent) for line in read.lines)
                assert heard == replace(read, lines=lines, refunds=())
            assert (await record.delivered(OrderId(sent))) is not None
            assert await hub.store.fetch("runs_page", ("paws", "", -1, 2**62, 10)) == []
        assert counts(here.desk.vendors.effects()) == before


def _imported(here: Town, before: float) -> Any:
    return asyncio.run(_import(here.settings, here.file, "paws", before, "ann", "moving in"))


async def test_who_was_stopped_goes_on_where_he_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped while orders that need a question of their own are read: what was told is not told again."""
    monkeypatch.setattr(bringing, "MARKED", 2)
    async with town(tmp_path, monkeypatch) as here:
        names = [here.place(number) for number in range(1, 8)]
        for name in names[3:]:
            here.refund(name)
        books, asked = here.desk.shopify.books, [0]
        whole = here.desk.shopify.engine.answer

        def answer(text: str, given: Any, operation: str | None = None) -> Any:
            asked[0] += "PawlineOrder(" in text
            if asked[0] in (3, 4):  # a line that breaks once is tried again by itself
                raise ConnectionResetError("in the middle of it")
            return whole(text, given, operation)

        monkeypatch.setattr(here.desk.shopify.engine, "answer", answer)
        with pytest.raises(HubRefused, match="the same again goes on where it was"):
            await here.bring()
        assert len(books.bulks) == 1
        part = _only(tmp_path, "past.jsonl.shopify-eu.20000101.part").read_bytes()
        assert len(part.splitlines()) > 0
        asked[0] = 10
        brought = await here.bring()
        assert (len(books.bulks), brought.bad) == (1, [])
        assert here.file.read_bytes().startswith(part)
        ids = Counter(one["id"] for one in here.lines())
        assert set(ids.values()) == {1}
        assert Counter(one["type"] for one in here.lines()) == {
            "order.placed@1": 7, "order.paid@1": 7, "refund.issued@1": 4,
        }  # fmt: skip


async def test_a_whole_new_run_tells_of_now_and_one_that_was_left_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody's file of yesterday is taken: what was sold since would be in no history, and in no look."""
    async with town(tmp_path, monkeypatch) as here:
        books, names = here.desk.shopify.books, {here.place(1)}

        def told() -> set[str]:
            return {one["data"]["order"]["id"] for one in here.lines() if one["type"] == "order.placed@1"}

        first = await here.bring()
        assert first.at == datetime.fromtimestamp(books.bulks[max(books.bulks)].at, UTC).replace(microsecond=0)
        here.file.unlink()  # a rehearsal
        names.add(here.place(2, timedelta()))
        assert (await here.bring()).at >= first.at
        assert (told(), len(books.bulks)) == (names, 2)
        here.file.unlink()
        whole = here.desk.shopify.engine.answer

        def broken(text: str, given: Any, operation: str | None = None) -> Any:
            if "PawlineOrder(" in text:
                raise ConnectionResetError("in the middle of it")
            return whole(text, given, operation)

        for name in names:
            here.refund(name)
        monkeypatch.setattr(here.desk.shopify.engine, "answer", broken)
        with pytest.raises(HubRefused, match="the same again goes on where it was"):
            await here.bring()
        monkeypatch.setattr(here.desk.shopify.engine, "answer", whole)
        left_at = time.time() - bringing.OLDEST - 1
        for one in left(tmp_path) - {"pawline.toml", "pawline.key"}:
            os.utime(tmp_path / one, (left_at, left_at))
        names.add(here.place(3, timedelta()))
        await here.bring()
        assert (told(), len(books.bulks)) == (names, 4)
        assert left(tmp_path) == {"past.jsonl", "pawline.toml", "pawline.key"}


async def test_who_was_stopped_while_shopify_wrote_waits_for_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path, monkeypatch) as here:
        name, books, whole = here.place(1), here.desk.shopify.books, here.desk.shopify.engine.answer
        books.pace = 0.3

        def broken(text: str, given: Any, operation: str | None = None) -> Any:
            if "PawlineBulk(" in text:
                raise ConnectionResetError("while it writes")
            return whole(text, given, operation)

        monkeypatch.setattr(here.desk.shopify.engine, "answer", broken)
        with pytest.raises(HubRefused, match="the same again goes on where it was"):
            await here.bring()
        monkeypatch.setattr(here.desk.shopify.engine, "answer", whole)
        await here.bring()
        assert len(books.bulks) == 1
        assert {one["subject"] for one in here.lines()} == {name}


async def test_an_order_that_was_brought_in_was_placed_in_its_own_time_and_paid_when_its_money_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path, monkeypatch) as here:
        name, books = here.place(1), here.desk.shopify.books
        kept = books.orders[int(name)]
        sale, moved = kept.transactions[0], kept.placed - 6 * 365 * 86_400.0
        kept.placed = moved
        for one in kept.transactions:
            one.at = moved
        for kind, status, days in (("SALE", FAILURE, 30), ("REFUND", FAILURE, 60), ("AUTHORIZATION", SUCCESS, 90)):
            kept.transactions.append(
                dataclasses.replace(sale, id=books.number(), kind=kind, status=status, at=moved + days * 86_400.0)
            )
        assert (await here.bring()).bad == []
        told = {one["type"]: one for one in here.lines()}
        assert set(told) == {"order.placed@1", "order.paid@1"}
        then = datetime.fromtimestamp(moved, UTC).replace(microsecond=0)
        assert {datetime.fromisoformat(one["time"]) for one in told.values()} == {then}
        assert datetime.fromisoformat(told["order.placed@1"]["data"]["order"]["placed_at"]) == then
        assert datetime.fromisoformat(told["order.paid@1"]["data"]["at"]) == then


async def test_an_order_of_more_than_a_list_holds_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with town(tmp_path, monkeypatch) as here:
        paid, sent, books = here.place(1), here.place(2), here.desk.shopify.books
        kept = books.orders[int(paid)].transactions
        kept += [dataclasses.replace(kept[0], id=books.number(), status=FAILURE) for _ in range(75)]
        (parcel,) = here.happens("dispatch", order=sent)
        for _ in range(50):
            more = dataclasses.replace(books.parcels[int(parcel)], id=books.number())
            books.parcels[more.id] = more
            books.orders[int(sent)].fulfilments.append(more.id)
        assert sorted((await here.bring()).bad) == [
            (f"order {paid}", "it has more than 75 transactions"),
            (f"order {sent}", "it has more than 50 parcels: none of them is told"),
        ]  # fmt: skip
        assert [(one["type"], one["subject"]) for one in here.lines()] == [
            ("order.placed@1", sent), ("order.paid@1", sent),
        ]  # fmt: skip


async def test_an_order_that_cannot_be_told_is_named_and_the_rest_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path, monkeypatch) as here:
        bad, good = here.place(1), here.place(2)
        here.desk.shopify.books.orders[int(bad)].tip = Money(-100, "EUR")
        brought = await here.bring()
        assert [where for where, _ in brought.bad] == [f"order {bad}"]
        assert {one["subject"] for one in here.lines()} == {good}


async def test_a_shop_without_a_past_has_an_empty_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with town(tmp_path, monkeypatch) as here:
        assert (await here.bring()).events == 0
        assert here.file.read_bytes() == b""


async def test_a_file_that_is_said_to_be_at_another_place_is_not_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path, monkeypatch) as here:
        here.place(1)
        monkeypatch.setattr(past, "_origins", lambda _: (past.FILES,))
        with pytest.raises(HubRefused, match="a file is said to be where none of this system's are"):
            await here.bring()
        assert not here.file.exists()


async def test_an_account_without_a_history_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with town(tmp_path, monkeypatch) as here:
        with pytest.raises(HubRefused, match="shopify/us is not in the settings"):
            await bring(here.settings, "shopify/us", "paws", here.file, EVER, lambda _: None)
        assert here.desk.shopify.books.bulks == {}
