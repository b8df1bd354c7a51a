"""What happened to WooCommerce's orders: rung for by a webhook or seen by a look, each fact by its own time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.connectors import woocommerce
from pawline.connectors.woocommerce.happened import CALLED_OFF
from pawline.connectors.woocommerce.hook import HOOK, TOPICS, YOUNG, about, hello, key_of
from pawline.connectors.woocommerce.looking import AGAIN, LAST, RARELY, TRIES
from pawline.kit import Secret, Unsigned
from pawline.model import (
    Event,
    OrderCancelled,
    OrderPaid,
    OrderPlaced,
    RefundIssued,
    ShipmentBooked,
    ShipmentDispatched,
    ShipmentTracked,
)
from pawline.ports import Malformed, Unauthorised
from pawline.sandbox import Manner
from pawline.sandbox.woocommerce.books import Webhook
from pawline.sandbox.woocommerce.telling import Told, signed
from tests.unit.connectors.oddly import heard
from tests.unit.connectors.woocommerce_scene import NEW, OLD, Scene, back, run

SAMPLES = Path(woocommerce.__file__).parent / "samples"
NAMED = [("X-WC-Webhook-ID", "7"), ("X-WC-Webhook-Topic", "order.updated")]


def kinds(events: Any) -> list[str]:
    return [type(one.event).__name__ for one in events]


async def rung(here: Scene, name: str) -> list[Event]:
    return [one.event for one in await about(here.http, here.settings, name)]


# -- who is believed, and what is rung -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "secret",
    ["a plain one of the shop 77", "Tom &amp; Jerry &lt;3 &#039;&quot;&#x22;&#034; x", "&amp;lt; &nope; & 77 x"],
)
def test_a_secret_is_what_its_entities_stand_for_as_in_wordpress(secret: str) -> None:
    plain = {"a plain one of the shop 77": None, "&amp;lt; &nope; & 77 x": "&lt; &nope; & 77 x"}
    meant = plain.get(secret) or (secret if "plain" in secret else 'Tom & Jerry <3 \'""" x')
    assert key_of(secret) == meant.encode()
    made = hmac.new(meant.encode(), b"{}", hashlib.sha256).digest()
    headers = [("x-wc-webhook-signature", base64.b64encode(made).decode())]
    HOOK.signature.verify((Secret(OLD), Secret(secret)), headers, b"{}", 0.0)
    with pytest.raises(Unsigned):
        HOOK.signature.verify((Secret(OLD),), headers, b"{}", 0.0)
    with pytest.raises(Unsigned):
        HOOK.signature.verify((), headers, b"{}", 0.0)


def test_a_delivery_names_its_order_and_two_of_one_second_are_two() -> None:
    to = Webhook(7, "x", TOPICS[1], "u", html.escape(NEW), "active", 0.0)
    ids = []
    for number in (41, 42):
        told = Told(TOPICS[1], msgspec.json.encode({"id": number, "date_modified_gmt": "2026-11-30T12:00:00"}), 5.0)
        headers = list(signed(told, to).items())
        HOOK.signature.verify((Secret(NEW),), headers, told.body, 0.0)
        delivery = HOOK.read(headers, told.body)
        assert (delivery.type, HOOK.hears[delivery.type](delivery.payload)) == (TOPICS[1], ())
        assert (HOOK.rings(delivery), delivery.at) == (str(number), datetime(2026, 11, 30, 12, tzinfo=UTC))
        ids.append((delivery.id, dict(headers)["X-WC-Webhook-Delivery-ID"]))
    assert ids[0][1] == ids[1][1]
    assert ids[0][0] != ids[1][0]


def test_the_topic_is_not_signed_and_decides_nothing_but_whether_a_bare_number_is_a_products() -> None:
    body, ids = b'{"id": 41}', set[str]()
    for topic, thing in (("order.deleted", "41"), ("action.woocommerce_x", "41"), ("product.deleted", "product/41")):
        delivery = HOOK.read([NAMED[0], ("X-WC-Webhook-Topic", topic)], body)
        assert HOOK.hears[delivery.type](delivery.payload) == ()
        assert HOOK.rings(delivery) == thing
        ids.add(delivery.id)
    assert len(ids) == 2  # a product's keeps no order's from being heard


@pytest.mark.parametrize("body", [b"webhook_id=7", b'{"id": 0}', b'{"id": "41"}', b"[]", b"{}", b'{"id": -1}'])
def test_what_names_no_order_is_kept_for_people(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        HOOK.read(NAMED, body)
    for hear in HOOK.hears.values():
        with pytest.raises(ValueError, match=r"."):
            hear(body)


def test_only_what_woocommerce_says_when_it_makes_a_webhook_is_answered_unsigned() -> None:
    assert hello([("content-type", "application/x-www-form-urlencoded")], b"webhook_id=7")
    for headers, body in (
        ([("X-WC-Webhook-Signature", "x")], b"webhook_id=7"), ([], b"webhook_id=7&x=1"), ([], b"webhook_id="),
        ([], b"webhook_id=7\n"), ([], b""), ([], b"webhook_id=" + b"7" * 30), ([], b'{"webhook_id": 7}'),
    ):  # fmt: skip
        assert not hello(headers, body)


def _read(at: tuple[Any, ...]) -> bool:
    return not at or at[0] in {"id", "date_modified_gmt"}


def test_an_odd_value_anywhere_in_a_webhook_rings_or_is_kept_and_is_no_event() -> None:
    for topic in TOPICS:
        told = msgspec.json.decode((SAMPLES / f"{topic}.json").read_bytes())
        heard(HOOK, told, (ValueError, RecursionError), headers=NAMED, rings=True, reads=_read)


# -- what is told -----------------------------------------------------------------------------------------------------


def test_an_order_is_placed_once_its_status_says_so_and_paid_by_its_own_time() -> None:
    async def told(here: Scene) -> None:
        name = here.place(status="checkout-draft", method="bacs")
        assert await rung(here, name) == []
        here.change(name, status="pending")
        assert await rung(here, name) == []
        here.change(name, status="on-hold")
        (placed,) = await rung(here, name)
        assert isinstance(placed, OrderPlaced)
        assert (placed.order.id, placed.order.tenders[0].state.value) == (name, "pending")
        assert all(line.ships for line in placed.order.lines)
        here.change(name, status="processing")
        again, paid = await rung(here, name)
        assert isinstance(again, OrderPlaced)
        assert isinstance(paid, OrderPaid)
        assert (again.fact, paid.order, paid.paid) == (placed.fact, name, placed.order.total)
        assert [(one.sku, one.quantity) for one in paid.items] == [("kibble", 2)]
        here.change(name, status="completed")
        sent = (await rung(here, name))[0]
        assert isinstance(sent, OrderPlaced)
        assert not any(line.ships for line in sent.order.lines)

    run(told)


def test_what_is_touched_later_is_not_placed_anew_by_a_webhook_and_is_by_the_look_that_knows_since_when() -> None:
    async def told(here: Scene) -> None:
        here.clock.ahead = -2 * YOUNG.total_seconds()
        old = here.place()
        late = here.place(status="pending")
        here.clock.ahead = 0.0
        here.change(old, meta={"note": "x"})
        here.change(late, status="processing")
        assert await rung(here, old) == []
        assert [type(one).__name__ for one in await rung(here, late)] == ["OrderPlaced", "OrderPaid"]
        seen, _, _ = await here.walk()
        assert [(one.event.subject, type(one.event).__name__) for one in seen] == [
            (late, "OrderPlaced"),
            (late, "OrderPaid"),
        ]
        here.clock.ahead = 2 * YOUNG.total_seconds()
        here.place(status="pending", method="bacs")

    run(told)


def test_what_is_called_off_says_by_whom_and_what_is_thrown_away_is_off() -> None:
    async def told(here: Scene) -> None:
        name = here.place(status="on-hold", method="bacs")
        here.change(name, status="cancelled")
        (off,) = await rung(here, name)
        assert isinstance(off, OrderCancelled)
        assert (off.order, off.by, off.because) == (name, "shop", "no reason was given")
        ours = here.place()
        await here.step(here.shop.cancel(ours, "it is recalled"))
        placed, _, off = await rung(here, ours)
        assert isinstance(off, OrderCancelled)
        assert (off.by, off.because, off.household) == ("pawline", "it is recalled", placed.household)
        assert here.books.orders[int(ours)].meta == {CALLED_OFF: "it is recalled"}
        trash = here.place()
        here.change(trash, trash=True)
        assert [type(one).__name__ for one in await rung(here, trash)] == ["OrderPlaced", "OrderPaid", "OrderCancelled"]
        assert await rung(here, "9999") == []

    run(told)


def test_a_refund_is_told_with_its_lines_and_one_that_the_gateway_is_asked_about_when_that_is_over() -> None:
    async def told(here: Scene) -> None:
        name = here.place()
        before = await here.shop.order(name)
        await here.step(here.shop.refund(name, back(before, 700, 1), ()))
        number = here.act("refund", order=int(name), amount="1.00", reason="a dent")
        events = [one for one in await rung(here, name) if isinstance(one, RefundIssued)]
        assert [(one.refund.id, one.fact, one.refund.paid_out().minor) for one in events] == [
            ("r1", "refund.issued/r1", 700),
            (str(number), f"refund.issued/{number}", 100),
        ]
        placed = (await rung(here, name))[0]
        assert isinstance(placed, OrderPlaced)
        assert placed.order.refunds == ()
        other = here.place()
        here.books.gateway = "dies"
        with pytest.raises(Exception, match="500"):
            await here.step(here.shop.refund(other, back(await here.shop.order(other), 100, name="r2"), ()))
        assert not [one for one in await rung(here, other) if isinstance(one, RefundIssued)]
        here.books.orders[int(other)].refunds[0].at -= 900
        (found,) = [one for one in await rung(here, other) if isinstance(one, RefundIssued)]
        assert (found.refund.id, found.refund.payouts) == ("r2", ())

    run(told)


SENT = int(time.time()) // 86_400 * 86_400
"""This day at midnight, as plugins have it."""
ITEMS = [
    {"tracking_provider": "dhl", "custom_tracking_provider": "", "tracking_number": "T1", "date_shipped": str(SENT),
     "tracking_id": "abc", "custom_tracking_link": "https://t.example/T1"},
    {"tracking_number": "T2", "custom_tracking_link": "javascript:alert(1)"}, {"tracking_number": ""}, "odd",
]  # fmt: skip


def test_parcels_are_told_by_a_plugins_field_or_by_a_status_or_not_at_all() -> None:
    async def told(here: Scene) -> list[Event]:
        name = here.place(meta={"_wc_shipment_tracking_items": ITEMS, "_parcel": {"a": {"no": "X9", "by": "gls"}}})
        before = [one for one in await rung(here, name) if isinstance(one, ShipmentBooked)]
        assert before == []
        here.change(name, status="completed")
        kinds = (ShipmentBooked, ShipmentTracked, ShipmentDispatched)
        return [one for one in await rung(here, name) if isinstance(one, kinds)]

    one, left, two, also, all_of_it = run(told)
    assert (one.carrier, one.tracking, one.url) == ("dhl", "T1", "https://t.example/T1")
    assert left.at == datetime.fromtimestamp(SENT, UTC)
    assert one.shipment == left.shipment
    assert one.shipment.endswith("-abc")
    assert (two.carrier, two.tracking, two.url, two.shipment) == ("unknown", "T2", None, also.shipment)
    assert isinstance(all_of_it, ShipmentBooked)
    assert (all_of_it.carrier, [(each.sku, each.quantity, each.lot) for each in all_of_it.packed]) == (
        "dhl",
        [("kibble", 2, None)],
    )
    booked, by_status = run(told, parcels="status")
    assert (type(booked), type(by_status)) == (ShipmentBooked, ShipmentDispatched)
    assert (booked.shipment, booked.carrier) == (by_status.shipment, "unknown")
    assert run(told, parcels="none") == []
    mine, *_ = run(told, tracking={"key": "_parcel", "number": "no", "carrier": ["by"]})
    assert (mine.tracking, mine.carrier) == ("X9", "gls")


@pytest.mark.parametrize("parcels", ["tracking", "status"])
def test_what_left_long_ago_does_not_leave_because_somebody_touches_the_order_now(parcels: str) -> None:
    """A shopper would be told of a parcel of last year, and a carrier asked about it."""

    async def told(here: Scene) -> None:
        here.clock.ahead = -timedelta(days=10).total_seconds()
        shipped = {"tracking_number": "T1", "date_shipped": str(int(here.clock()))}
        dated = here.place(status="completed", meta={"_wc_shipment_tracking_items": [shipped]})
        undated = here.place(status="completed", meta={"_wc_shipment_tracking_items": [{"tracking_number": "T2"}]})
        here.clock.ahead = 0.0
        for name in (dated, undated):
            here.change(name, meta={"note": "tidied"})
            assert await rung(here, name) == []
        assert (await here.walk(two_hours_ago()))[0] == []

    run(told, parcels=parcels)


def test_an_old_order_that_is_cleared_away_was_not_called_off() -> None:
    async def told(here: Scene) -> None:
        done, open_one = here.place(status="completed"), here.place()
        for name in (done, open_one):
            here.change(name, trash=True)
        assert "OrderCancelled" not in [type(one).__name__ for one in await rung(here, done)]
        assert "OrderCancelled" in [type(one).__name__ for one in await rung(here, open_one)]

    run(told)


def two_hours_ago() -> str:
    """A cursor of a look that began then."""
    then = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    return msgspec.json.encode({"began": then, "spot": {"at": then}, "newest": then}).decode()


async def strange(here: Scene) -> tuple[str, str]:
    """An order of a status that nobody explained, an hour old, of which the look has told; and the cursor after it."""
    here.clock.ahead = -3_600
    name = here.place(status="awaiting-vet")
    here.clock.ahead = 0.0
    other = here.place()
    seen, cursor, bad = await here.walk(two_hours_ago())
    assert (bad, {one.event.subject for one in seen}) == ([f"order {name}"], {other})
    return name, cursor


def test_what_cannot_be_read_is_told_once_and_read_again_once_the_shop_has_explained_it() -> None:
    async def told(here: Scene) -> None:
        name, cursor = await strange(here)
        for _ in range(3):
            seen, cursor, bad = await here.walk(cursor)
            assert (bad, [one for one in seen if one.event.subject == name]) == ([], [])
        here.settings = woocommerce.connector.configure({
            "url": here.settings.url, "key": here.settings.key, "secret": here.settings.secret,
            "statuses": {"awaiting-vet": "placed"},
        })  # fmt: skip
        seen, cursor, bad = await here.walk(cursor)
        assert (bad, [type(one.event) for one in seen if one.event.subject == name]) == ([], [OrderPlaced])
        asked = len(here.api.asked)
        await here.walk(cursor)
        assert here.api.asked[asked:] == ["GET orders"]

    run(told)


def test_one_that_is_never_explained_is_not_read_for_ever() -> None:
    async def told(here: Scene) -> None:
        name, cursor = await strange(here)
        for _ in range(2 * RARELY + 1):
            _, cursor, bad = await here.walk(cursor)
            assert bad == []
        assert here.api.asked.count(f"GET orders/{name}") == TRIES + 2
        almost = msgspec.json.decode(cursor)
        almost["unread"][name] = LAST - 1
        _, cursor, _ = await here.walk(msgspec.json.encode(almost).decode())
        asked = len(here.api.asked)
        assert (msgspec.json.decode(cursor)["unread"], here.api.asked[-1]) == ({}, f"GET orders/{name}")
        await here.walk(cursor)
        assert here.api.asked[asked:] == ["GET orders"]

    run(told)


def test_one_that_is_explained_after_a_weekend_is_told_then() -> None:
    async def told(here: Scene) -> None:
        name, cursor = await strange(here)
        weekend = msgspec.json.decode(cursor)
        weekend["unread"][name] = 40 * RARELY + 1
        here.settings = woocommerce.connector.configure({
            "url": here.settings.url, "key": here.settings.key, "secret": here.settings.secret,
            "statuses": {"awaiting-vet": "placed"},
        })  # fmt: skip
        cursor, found = msgspec.json.encode(weekend).decode(), list[str]()
        for _ in range(RARELY):
            seen, cursor, _ = await here.walk(cursor)
            found += [type(one.event).__name__ for one in seen if one.event.subject == name]
        assert found == ["OrderPlaced"]

    run(told)


def test_one_that_cannot_be_read_and_is_gone_is_forgotten() -> None:
    async def told(here: Scene) -> None:
        gone, cursor = await strange(here)
        del here.books.orders[int(gone)]
        for _ in range(3):
            _, cursor, bad = await here.walk(cursor)
            assert bad == []
        assert here.api.asked.count(f"GET orders/{gone}") == 1

    run(told)


def test_an_order_whose_saving_took_minutes_is_seen_though_others_were_seen_before_it() -> None:
    async def told(here: Scene) -> None:
        here.place()
        _, cursor, _ = await here.walk()
        here.clock.ahead = -AGAIN.total_seconds() / 2
        late = here.place()
        here.clock.ahead = 0.0
        seen, _, _ = await here.walk(cursor)
        assert late in {one.event.subject for one in seen}

    run(told)


def test_where_nothing_can_be_read_it_is_not_the_orders() -> None:
    async def told(here: Scene) -> None:
        for _ in range(3):
            here.place(status="awaiting-vet")
        with pytest.raises(Malformed, match="name it in `statuses`"):
            await here.walk()
        here.desk.manners["woocommerce"] = Manner(stranger=True)
        with pytest.raises(Unauthorised):
            await here.walk()

    run(told)


def test_a_walk_goes_through_all_that_changed_and_the_next_one_begins_shortly_before() -> None:
    async def told(here: Scene) -> None:
        names = [here.place() for _ in range(130)]
        seen, cursor, bad = await here.walk()
        assert bad == []
        assert list(dict.fromkeys(one.event.subject for one in seen)) == names
        assert 3 <= len(here.api.asked) <= 5  # whole seconds come twice
        here.clock.ahead = 2 * AGAIN.total_seconds()
        late = here.place()
        seen, cursor, _ = await here.walk(cursor)
        seen, cursor, _ = await here.walk(cursor)
        assert late in {one.event.subject for one in seen}

    run(told)


def test_one_before_5_8_is_told_apart_and_nothing_is_told_of_its_whole_list() -> None:
    async def told(here: Scene) -> None:
        here.books.old = True
        here.place()
        with pytest.raises(Exception, match="rest_invalid_param"):
            await here.walk()

    run(told)


def test_facts_of_long_ago_are_not_told_by_a_look_that_went_on_for_months() -> None:
    async def told(here: Scene) -> None:
        here.clock.ahead = -timedelta(days=60).total_seconds()
        old = here.place()
        here.clock.ahead = 0.0
        here.change(old, meta={"x": "y"})
        began = (datetime.now(UTC) - timedelta(days=90)).isoformat()
        now = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
        cursor = msgspec.json.encode({"began": began, "spot": {"at": now}, "newest": now}).decode()
        seen, _, bad = await here.walk(cursor)
        assert (seen, bad) == ([], [])

    run(told)
