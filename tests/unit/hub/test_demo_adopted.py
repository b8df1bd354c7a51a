"""The adopted day: real processes, webhooks that come twice, late or never, and the ledgers' word in the end."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from pawline.cli.demo import by_hand
from pawline.cli.demo.adopted import Size, World, columns, summary
from pawline.cli.demo.adopted.figures import Figures, reckon
from pawline.cli.demo.adopted.given import gaps, given
from pawline.cli.demo.adopted.world import ANN, CHEW, HOME, LOT, PACKING, PAUSES, REX, USUAL
from pawline.model import (
    Credit,
    Item,
    LineId,
    Money,
    OrderId,
    Payout,
    Refund,
    RefundId,
    ReturnLine,
    credits_of,
    refund_of,
)
from pawline.ports import FulfilmentRequest, Shop, port_methods
from pawline.testing.orders import order


def test_a_day_with_a_kill_loses_doubles_and_tells_nobody_twice() -> None:
    words = [sys.executable, "-m", "pawline.cli", "demo", "--vendors", "plain", "--orders", "150"]
    words += ["--kills", "1", "--seed", "3", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=360)
    assert done.returncode == 0, done.stderr + done.stdout
    figures = json.loads(done.stdout)
    never = ("lost", "doubled", "not_booked", "sent_anyway", "mailed_twice", "not_warned", "money_wrong")
    assert {name: figures[name] for name in never} == {name: [] for name in never}
    assert (figures["orders"], figures["kills"], figures["about_the_dead"], figures["authorised"]) == (150, 1, 0, 0)
    assert (figures["cards"], figures["by_hand"]["cards"]) == (1, 0)
    assert figures["good"] is True
    assert sorted(set(figures["answered"].values())) == ["book it again", "cancel"]
    assert (figures["by_hand"]["orders"], figures["by_hand"]["kills"]) == (150, 1)


def small(folder: Path) -> World:
    world = World(folder, Size(10, 0, 1))
    depot, did = world.vendors.depot, world.vendors.did

    def ask(number: int) -> None:
        wanted = FulfilmentRequest(order=OrderId(f"o{number}"), part="all", items=(Item(CHEW, 1),), ship_to=HOME)
        depot.request(
            partial(
                did,
                "Fulfilment.request",
            ),
            wanted,
        )

    for number in range(1, 8):
        world.desk.shop.place(order(number, paid=True))
    for number in (1, 2, 3, 4, 5, 7):
        ask(number)
    ask(2)
    for number in (1, 3, 4):
        world.desk.shop.dispatch(OrderId(f"o{number}"))
    world.desk.shop.call_off(OrderId("o3"), "shopper", "too late")
    world.desk.shop.call_off(OrderId("o5"), "shopper", "in time")
    for number in (1, 2, 4, 6):
        world.erp._book(f"o{number}", [("chew-1", 1)])
    did("Marketing.send", "o1/recall_notice")
    line = ReturnLine(line=LineId("l1"), quantity=1)
    for number in (1, 2):
        world.desk.shop.arrived(OrderId(f"o{number}"), (line,))
        world.returned.append(OrderId(f"o{number}"))
    for number in (2, 4):  # o1's is forgotten, and nothing of o4 came back
        one = world.desk.shop.order(OrderId(f"o{number}"))
        refund = refund_of(one, RefundId("r"), one.placed_at, "returned", credits_of(one, [(LineId("l1"), 1)]))
        assert refund is not None
        world.desk.shop.refund_by_hand(one.id, refund)
    did("Payments.refund", "o7", order="o7", money=Money(1_000, "EUR"))  # the shop does not know of it
    for name in ("Marketing.mailed", "Shop.mailed"):
        did(name, "o1/shipping_confirmation")
    did("Marketing.mailed", f"{REX}/birthday")
    for what in (f"{REX}/write a card", f"{REX}/write a card", "tom/another matter"):
        did("Helpdesk.open", what)
    return world


def good(**given: Any) -> bool:
    """Whether a day on which nothing happened is a good one but for this."""
    kinds: dict[Any, Any] = {int: 0, float: 0.0, list[str]: [], dict[str, str]: {}}
    nothing = {one.name: kinds[one.type] for one in msgspec.structs.fields(Figures)}
    return Figures(**nothing | given).good


def test_the_reckoning_finds_each_thing_that_should_not_be(tmp_path: Path) -> None:
    figures = reckon(small(tmp_path), {"a case": "an answer"}, 12.34)
    assert (figures.orders, figures.cancelled, figures.seconds) == (7, 2, 12.3)
    assert (figures.lost, figures.doubled, figures.not_booked) == (["o6"], ["o2"], ["o7"])
    assert (figures.sent_anyway, figures.mailed_twice) == (["o3"], ["o1/shipping_confirmation"])
    assert (figures.warned, figures.not_warned) == (1, ["o3", "o4"])
    assert (figures.returned, figures.money_wrong) == (2, ["o1", "o4", "o7"])
    assert figures.about_the_dead == 2  # the birthday, and an autoship that goes on
    assert figures.cards == 2
    assert not figures.good
    assert [good(cards=cards) for cards in (0, 1, 2)] == [False, True, False]
    assert not good(cards=1, lost=["o1"])
    assert not good(cards=1, left=["somebody is asked"])
    assert (ANN, LOT) == ("h-ann", "L7")


def test_a_day_is_longer_where_a_hub_takes_longer_to_come_up(tmp_path: Path) -> None:
    worlds = [World(tmp_path / str(started), Size(2_200, 0, 1)) for started in (0.1, USUAL, 3 * USUAL)]
    for world, started in zip(worlds, (0.1, USUAL, 3 * USUAL), strict=True):
        world.slow(started)
    assert [world.size.seconds for world in worlds] == [20.0, 20.0, 60.0]
    assert [world.packing for world in worlds] == [PACKING, PACKING, 3 * PACKING]
    patience = [world.desk.hooks.pauses for world in worlds]
    assert patience == [PAUSES, PAUSES, tuple(3 * one for one in PAUSES)]


@pytest.mark.parametrize(("minor", "wrong"), [(1, True), (1_000, False), (1_001, True), (2_000, True), (0, True)])
def test_a_wrong_amount_is_seen_although_shop_and_processor_agree_about_it(
    minor: int, wrong: bool, tmp_path: Path
) -> None:
    world = World(tmp_path, Size(10, 0, 1))
    world.desk.shop.place(order(1, paid=True, quantity=2))
    one, back = world.desk.shop.order(OrderId("o1")), Money(minor, "EUR")
    world.desk.shop.arrived(one.id, (ReturnLine(line=LineId("l1"), quantity=1),))
    world.returned.append(one.id)
    payouts = (Payout(one.tenders[0].id, back),) if minor else ()
    credit = Credit(amount=back, line=LineId("l1"), quantity=1)
    refund = Refund(id=RefundId("r"), at=one.placed_at, reason="returned", payouts=payouts, credits=(credit,))
    world.desk.shop.refund_by_hand(one.id, refund)
    assert reckon(world, {}, 1.0).money_wrong == (["o1"] if wrong else [])


def test_the_script_by_hand_asks_for_a_refund_as_the_port_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def call(path: str, **given: Any) -> Any:
        if path == "shop/order":
            line = {"id": "l1", "price": {"minor": 1_000, "currency": "EUR"}}
            return {"id": "o1", "lines": [line], "tenders": [{"id": "t1"}], "refunds": [{"id": "before"}]}
        assert path == "shop/refund"
        asked.append(given)
        return {}

    monkeypatch.setattr(by_hand, "call", call)
    by_hand.take_back({"order": "o1", "at": "2026-01-01T12:00:00Z", "lines": [{"line": "l1", "quantity": 1}]})
    (given,) = asked
    assert list(given) == list(port_methods(Shop)["refund"].parameters)  # else the sandbox refuses each of them
    assert given["seen"] == ["before"]


def test_what_a_person_sees_fits_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    world, figures = small(tmp_path), reckon(small(tmp_path / "b"), {"37 orders, one cause": "book it again"}, 1.0)
    shown = io.StringIO()
    console = Console(file=shown, width=80, color_system=None)
    world.news("the ERP hangs")
    console.print(columns(world, world))
    console.print(summary(figures, figures))
    text = shown.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    for said in (
        "the ERP hangs",
        "packed twice",
        "about a pet that died",
        "asked to write a card",
        "a person decided: book it again",
    ):
        assert said in text


EXPORT = Path(__file__).parents[1] / "kit" / "exports" / "shopify_orders.csv"


def test_real_orders_are_played_as_far_apart_as_they_were_and_what_cannot_be_read_is_told() -> None:
    words = [sys.executable, "-m", "pawline.cli", "demo", "--orders-from", str(EXPORT), "--kills", "1", "--once"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=360)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "line 8, order #1006: `Lineitem quantity` is -1" in done.stderr
    assert "shopify_orders.csv: 4 of 9 orders are played, 0 paid in parts" in done.stdout.replace("\n", " ")
    told = given(EXPORT, 100)
    assert (told.popular(), [one.order.number for one in told.orders]) == (
        "kibble-10",
        ["#1001", "#1003", "#1004", "#1002"],
    )
    assert gaps(told.orders, 8.0) == [0.0, pytest.approx(80 / 305, abs=0.1), pytest.approx(160 / 305, abs=0.3), 8.0]
    assert [one.order.number for one in given(EXPORT, 2).orders] == ["#1001", "#1003"]


def test_an_order_that_stands_twice_in_an_export_is_played_once_and_told(tmp_path: Path) -> None:
    """Two months' exports in one file overlap."""
    lines = EXPORT.read_text("utf-8").splitlines(keepends=True)
    again = [line for line in lines[1:] if line.startswith(("#1001,", "#1003,", "#1009,"))]
    (tmp_path / "orders.csv").write_text("".join(lines + again), "utf-8")
    once, told = given(EXPORT, 100), given(tmp_path / "orders.csv", 100)
    assert (told.orders, told.read, told.says()[0]) == (
        once.orders, once.read, "orders.csv: 4 of 9 orders are played, 0 paid in parts"
    )  # fmt: skip
    assert told.bad[: len(once.bad)] == once.bad
    at, wrong = len(lines), once.bad[-1]
    assert [tuple(getattr(one, name) for name in ("line", "order", "why")) for one in told.bad[len(once.bad) :]] == [
        (at + 1, "#1001", "it stands in line 2 already, and is played once"),
        (at + 3, "#1003", "it stands in line 5 already, and is played once"),
        (at + 4, "#1009", wrong.why),
    ]


def test_what_is_of_another_checkout_or_no_export_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\n", "utf-8")
    for words, says in (
        (
            ["--checkout", "ours", "--peak"],
            "--orders-from, --peak, --chaos and --vendors own are of the shop's own checkout",
        ),
        (
            ["--peak", "--orders-from", str(tmp_path / "x.csv")],
            "--peak makes up its orders: leave it out, and say with --orders how many of the export's are played",
        ),
        (["--orders-from", str(tmp_path / "x.csv")], "there is no column 'Name' in its first line"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "pawline.cli", "demo", *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 1
        assert says in done.stderr.replace("\n", " ")


def test_chaos_takes_every_vendor_away_and_the_power_and_nothing_is_lost() -> None:
    words = [sys.executable, "-m", "pawline.cli", "demo", "--vendors", "plain", "--orders", "150"]
    words += ["--chaos", "--seed", "5", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr + done.stdout
    figures = json.loads(done.stdout)
    assert (figures["good"], figures["kills"], figures["orders"]) == (True, 15, 150)
