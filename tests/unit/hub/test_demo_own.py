"""The day at the vendors' own interfaces: each one's own book decides, and each thing that should not be is found."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.cli.demo import by_hand_own
from pawline.cli.demo.adopted import Size
from pawline.cli.demo.adopted.world import LOT, PAUSES, REX
from pawline.cli.demo.own import OwnWiring, OwnWorld
from pawline.cli.demo.own.figures import reckon, whose
from pawline.model import LineId, OrderId, ReturnReceived
from pawline.sandbox.shopify.shopify import Asked

WORDS = [sys.executable, "-m", "pawline.cli", "demo"]
NEVER = ("lost", "doubled", "not_booked", "sent_anyway", "mailed_twice", "not_warned", "money_wrong")
CANCEL = """mutation ($id: ID!) { orderCancel(orderId: $id, reason: OTHER, restock: true,
    refundMethod: { originalPaymentMethodsRefund: false }) { job { id } } }"""


def test_a_day_with_a_kill_at_the_vendors_own_interfaces_loses_doubles_and_tells_nobody_twice() -> None:
    words = [*WORDS, "--orders", "100", "--kills", "1", "--seed", "3", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=480)
    assert done.returncode == 0, done.stderr + done.stdout
    figures = json.loads(done.stdout)
    assert {name: figures[name] for name in NEVER} == {name: [] for name in NEVER}
    assert (figures["orders"], figures["kills"], figures["about_the_dead"], figures["authorised"]) == (100, 1, 0, 0)
    assert (figures["cards"], figures["left"], figures["good"]) == (1, [], True)
    assert figures["returned"] > 0
    by_hand = figures["by_hand"]
    assert (by_hand["orders"], by_hand["kills"], by_hand["about_the_dead"], by_hand["cards"]) == (100, 1, 1, 0)


@pytest.fixture
def world(tmp_path: Path) -> OwnWorld:
    """Eight orders, of which three have left; nobody is told of any of it."""
    one = OwnWorld(tmp_path, Size(10, 0, 1))
    for number in range(1, 9):
        one._order(number)
    names = one.placed
    for name in names[:3]:
        one._send(name, 0.0)
    for name in names:
        one.erp._book(str(name), [("chew-1", 1)])
    return one


def test_on_a_day_on_which_nothing_went_wrong_nothing_is_found(world: OwnWorld) -> None:
    figures = reckon(world, {"a case": "an answer"}, 12.34)
    assert {name: getattr(figures, name) for name in NEVER} == {name: [] for name in NEVER} | {
        "lost": list(world.placed[3:]), "not_warned": [one for one in world.placed[:3] if one in world.lots],
    }  # fmt: skip
    assert (figures.orders, figures.cancelled, figures.returned, figures.seconds) == (8, 0, 0, 12.3)
    assert (figures.about_the_dead, figures.cards, figures.authorised, figures.given_up) == (1, 0, 0, 0)
    assert [world.lots[one] for one in figures.not_warned] == [LOT]


def test_each_thing_that_should_not_be_is_found(world: OwnWorld) -> None:
    names, did, desk = world.placed, world.vendors.did, world.desk
    world.erp._give_back(str(names[6]))  # by somebody's hand
    world._call_off(names[5])
    world._call_off(names[0])  # it has left: the shop does not
    told: dict[str, Any] = {"query": CANCEL, "variables": {"id": f"gid://shopify/Order/{names[4]}"}}
    assert "errors" not in desk.shopify.answer(Asked(**told))  # called off, and the money kept
    household = whose(world, names[1])
    for flow in ("shipping_confirmation", "shipping_confirmation", "recall_notice"):
        did("Klaviyo.mailed", f"{household}/{flow}")
    did("Klaviyo.mailed", f"{world.ann}/birthday")
    did("Zendesk.open", f"pawline/1/{REX} died: write a card")
    for operation in ("Shopify.orderCapture", "Shopify.transactionVoid"):
        did(operation, "1")
    for name in names[1:3]:
        _came_back(world, name)
    _pays_back(world, names[1], "10.00")  # and nobody pays the other's
    for _ in range(2):
        _labelled(world, names[2])
    figures = reckon(world, {}, 1.0)
    assert (figures.orders, figures.cancelled, figures.lost) == (8, 2, [names[3], names[6], names[7]])
    assert (figures.doubled, figures.not_booked, figures.sent_anyway) == ([names[2]], [names[6]], [])
    assert figures.mailed_twice == [f"{household}/shipping_confirmation"]
    assert (figures.warned, figures.returned) == (1, 2)
    assert figures.not_warned == [one for one in names[:3] if one in world.lots and one != names[1]]
    assert figures.money_wrong == [names[2], names[4]]
    assert (figures.about_the_dead, figures.cards, figures.authorised, figures.good) == (2, 1, 2, False)


@pytest.mark.parametrize(("amount", "wrong"), [("10.00", False), ("10.01", True), ("9.99", True), ("5.00", True)])
def test_a_wrong_amount_is_seen_although_shop_and_processor_agree_about_it(
    amount: str, wrong: bool, world: OwnWorld
) -> None:
    one = world.placed[0]
    _came_back(world, one)
    if amount == "10.01":  # more than was paid
        assert "userErrors" in str(_pays_back(world, one, amount))
    else:
        _pays_back(world, one, amount)
    assert reckon(world, {}, 1.0).money_wrong == ([one] if wrong else [])


def test_what_comes_back_is_said_by_the_warehouses_people_once_it_is_there(world: OwnWorld) -> None:
    one = world.placed[0]
    world._give_back(one)
    world._receive(0.0)
    assert world.said.empty()
    _labelled(world, one)
    world._receive(0.0)
    world._receive(0.0)
    said = world.said.get_nowait()
    assert isinstance(said, ReturnReceived)
    line = LineId(str(world.order(one).lines[0].id))
    assert (said.order, [(each.line, each.quantity) for each in said.lines]) == (one, [(line, 1)])
    assert (world.said.empty(), world.returned) == (True, [one])


def test_vendors_are_as_patient_as_the_machine_is_slow(world: OwnWorld) -> None:
    assert {one.pauses for one in world.tellers()} == {tuple(2 * pause for pause in PAUSES)}
    world.slow(4.5)
    assert {one.pauses for one in world.tellers()} == {tuple(6 * pause for pause in PAUSES)}
    assert (world.size.seconds, world.packing) == (60.0, 36.0)


def test_the_script_by_hand_reads_what_shopify_says(monkeypatch: pytest.MonkeyPatch, world: OwnWorld) -> None:
    one = world.placed[0]
    _came_back(world, one)
    monkeypatch.setattr(by_hand_own, "call", lambda _path, _headers, body: _asked(world, body))
    told = msgspec.json.decode(msgspec.json.encode(world.said.get_nowait()))
    by_hand_own.HEARS["/"]({"type": "ReturnReceived", "data": told})
    assert reckon(world, {}, 1.0).money_wrong == []


def test_secrets_are_in_files_that_nobody_else_reads_and_not_in_the_settings(tmp_path: Path, world: OwnWorld) -> None:
    said = OwnWiring().settings(world, "http://127.0.0.1:1", 2)
    desk = world.desk
    for secret in (desk.shopify.door.token, desk.shopify.door.secret, desk.klaviyo.key, desk.easypost.key):
        assert secret not in said
    assert OwnWiring().hub(world) == {}


@pytest.mark.parametrize("more", [["--peak"], ["--orders-from", __file__]])
def test_what_is_of_the_plain_vendors_is_refused(more: list[str]) -> None:
    done = subprocess.run([*WORDS, "--vendors", "own", *more], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "--orders-from and --peak are of the plain vendors" in done.stderr.replace("\n", " ")


def _came_back(world: OwnWorld, name: OrderId) -> None:
    world._give_back(name)
    world._receive(1e12)


def _asked(world: OwnWorld, body: dict[str, Any]) -> Any:
    answer = world.desk.shopify.answer(Asked(query=body["query"], variables=body["variables"]))
    assert "errors" not in answer, answer
    return answer


def _pays_back(world: OwnWorld, name: OrderId, amount: str) -> Any:
    one, order = world.order(name), f"gid://shopify/Order/{name}"
    paid = one.transactions[0]
    lines = [{"lineItemId": f"gid://shopify/LineItem/{one.lines[0].id}", "quantity": 1, "restockType": "NO_RESTOCK"}]
    payout = {
        "orderId": order, "parentId": f"gid://shopify/OrderTransaction/{paid.id}", "kind": "REFUND",
        "gateway": paid.gateway, "amount": amount,
    }  # fmt: skip
    given = {"orderId": order, "refundLineItems": lines, "transactions": [payout]}
    return _asked(world, {"query": by_hand_own.REFUND, "variables": {"input": given, "key": f"k{name}"}})


def _labelled(world: OwnWorld, name: OrderId) -> None:
    books, home = world.desk.easypost.books, {"country": "DE"}
    made = books.ship({"from_address": home, "to_address": home, "parcel": {"weight": 1}, "reference": f"x:{name}:r"})
    books.buy(made, made.services[0][0])
