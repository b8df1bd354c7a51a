"""What happened to parcels: by a webhook's ring, by the look that finds what none told, and the same by both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import easypost
import msgspec
import pytest
from easypost.util import validate_webhook

from pawline.connectors.easypost import connector, hook, looking
from pawline.connectors.easypost.happened import sightings
from pawline.connectors.easypost.hook import HOOK, about
from pawline.connectors.easypost.looking import parcels
from pawline.connectors.easypost.naming import Named, named, reference_of
from pawline.connectors.easypost.told import ToldShipment
from pawline.kit import REMEMBERED, Secret, Seen, Unsigned
from pawline.model import Event, ShipmentDelayed, ShipmentDelivered, ShipmentDispatched, ShipmentId, ShipmentTracked
from pawline.model.ids import OrderId
from pawline.ports import Code, Malformed, Rejected, Shipping
from pawline.sandbox.easypost import views
from pawline.sandbox.easypost.telling import signed
from pawline.testing.counter import LOOPBACK
from tests.unit.connectors.easypost_scene import SHOP, Scene, consignment, run

LEFT = (ShipmentTracked, ShipmentDispatched)
BODY = (Path(str(hook.__file__)).with_name("samples") / "tracker.updated.json").read_bytes().rstrip()


def events(seen: Any) -> list[Event]:
    return [one.event for one in seen]


async def walk(here: Scene, cursor: str = "") -> tuple[list[Event], str, list[str]]:
    """One walk to its end: what was seen, the cursor, and what could not be read."""
    found, bad = list[Event](), list[str]()
    while True:
        seen: Seen = await parcels(here.http, here.settings, cursor)
        found += events(seen.sightings)
        bad += [one.where for one in seen.quarantined]
        cursor = seen.cursor
        if not seen.more:
            return found, cursor, bad


def at(one: Any) -> datetime:
    return datetime.fromtimestamp(int(one), UTC)


def test_a_parcels_way_is_told_once_each_by_ring_and_by_look() -> None:
    async def told(here: Scene) -> None:
        made = await here.booked()
        one = here.books.shipments[made.reference]
        assert one.label is not None
        tracked = ShipmentTracked(
            shipment=ShipmentId(one.id), order=OrderId("1001"), carrier="USPS", tracking=str(one.tracking),
            url=f"https://track.easypost.com/{one.id[4:]}",
        )  # fmt: skip
        assert events(await about(here.http, here.settings, one.id)) == [tracked]
        here.act("move", shipment=one.id, status="pre_transit", detail="label_created")
        assert events(await about(here.http, here.settings, one.id)) == [tracked]
        here.act("move", shipment=one.id, status="in_transit", detail="arrived_at_facility")
        left = ShipmentDispatched(shipment=ShipmentId(one.id), order=OrderId("1001"), at=at(one.words[1].at))
        here.act("move", shipment=one.id, status="in_transit", detail="weather_delay")
        late = ShipmentDelayed(
            shipment=ShipmentId(one.id), order=OrderId("1001"), at=at(one.words[2].at),
            because="the weather holds it up", expected_on=at(one.expected).date(),
        )  # fmt: skip
        assert events(await about(here.http, here.settings, one.id)) == [tracked, left, late]
        here.act("move", shipment=one.id, status="delivered", detail="arrived_at_destination")
        there = ShipmentDelivered(shipment=ShipmentId(one.id), order=OrderId("1001"), at=at(one.words[3].at))
        wanted = [tracked, left, there, msgspec.structs.replace(late, expected_on=None)]
        rung = await about(here.http, here.settings, one.id)
        assert events(rung) == wanted
        assert [each.id for each in rung] == [each.fact for each in wanted]
        assert (await walk(here))[0] == wanted

    run(told)


def test_what_comes_back_and_what_others_shipped_is_none_of_the_orders() -> None:
    async def told(here: Scene) -> None:
        back = await here.booked(consignment(part="return-r1"))
        here.act("move", shipment=back.reference, status="delivered")
        other = await here.booked(consignment(order="1002"))
        here.books.shipments[other.reference].given["reference"] = "1002"
        here.act("move", shipment=other.reference, status="delivered")
        for one in (back, other):
            assert await about(here.http, here.settings, one.reference) == ()
        assert (await walk(here))[0] == []

    run(told)


def test_of_two_shops_by_one_key_each_hears_its_own_parcels_only() -> None:
    boxes = consignment().parcels * 3

    async def told(here: Scene) -> None:
        cats = connector.connect(here.settings, LOOPBACK, "cats")
        http: Any = cats.http
        ours = await here.booked()  # both shops have an order 1001
        wanted = consignment(parcels=boxes)
        rate = (await cats.plays[Shipping].rates(wanted))[0]
        with pytest.raises(Rejected) as no:
            await here.step(here.shipping.book(wanted, rate))
        assert (no.value.code, here.did()) == (Code.CONFLICT, ["buy pawline:paws:1001:all"])
        theirs = await here.step(cats.plays[Shipping].book(wanted, rate))
        ids = [one.id for one in here.books.orders[theirs.reference].parcels]
        for each in (ours.reference, *ids):
            here.act("move", shipment=each, status="in_transit")
        mine, seen = (await walk(here))[0], await parcels(http, here.settings, "")
        assert [(type(each), each.shipment) for each in mine if isinstance(each, LEFT)] == [
            (ShipmentTracked, ours.reference), (ShipmentDispatched, ours.reference),
        ]  # fmt: skip
        assert len(mine) == 2
        assert {each.shipment for each in events(seen.sightings) if isinstance(each, LEFT)} == set(ids)
        assert len(seen.sightings) == 6
        assert await about(http, here.settings, ours.reference) == ()
        assert [await about(here.http, here.settings, each) for each in ids] == [(), (), ()]
        assert len(await about(http, here.settings, ids[0])) == 2
        await http.close()

    run(told)


def test_what_was_asked_for_before_references_named_the_shop_is_its_own_still() -> None:
    async def told(here: Scene) -> None:
        rate = await here.cheapest(consignment())
        here.books.shipments[here.last()].given["reference"] = "pawline:1001:all"
        made = await here.step(here.shipping.book(consignment(), rate))
        here.act("move", shipment=made.reference, status="in_transit")
        heard = events(await about(here.http, here.settings, made.reference))
        assert [(type(each), each.order) for each in heard if isinstance(each, LEFT)] == [
            (ShipmentTracked, "1001"), (ShipmentDispatched, "1001"),
        ]  # fmt: skip
        assert (await walk(here))[0] == heard

    run(told)


def test_a_label_that_was_given_back_is_followed_by_nobody() -> None:
    async def told(here: Scene) -> None:
        made = await here.booked()
        await here.step(here.shipping.cancel(made))
        assert await about(here.http, here.settings, made.reference) == ()
        here.act("settle", shipment=made.reference, status="rejected")  # it was used after all
        here.act("move", shipment=made.reference, status="in_transit")
        kinds = [type(one) for one in events(await about(here.http, here.settings, made.reference))]
        assert kinds == [ShipmentTracked, ShipmentDispatched]

    run(told)


def test_what_is_older_than_facts_are_remembered_is_not_told_again() -> None:
    async def told(here: Scene) -> None:
        made = await here.booked()
        one = here.books.shipments[made.reference]
        now = datetime.now(UTC)
        old = (now - REMEMBERED - timedelta(days=1)).timestamp()
        one.made = one.label = old
        here.act("move", shipment=one.id, status="in_transit", at=datetime.fromtimestamp(old, UTC))
        here.act("move", shipment=one.id, status="delivered", at=now)
        assert [type(each) for each in events(await about(here.http, here.settings, one.id))] == [ShipmentDelivered]
        assert (await walk(here))[0] == []  # it is not even asked for

    run(told)


def test_a_time_is_between_the_label_and_now_whatever_the_carriers_clock_says() -> None:
    async def told(here: Scene) -> None:
        made = await here.booked()
        one = here.books.shipments[made.reference]
        now = datetime.now(UTC).replace(microsecond=0)
        for hours in (-720, 9):
            one.words.clear()
            for status, detail in (("in_transit", "delayed"), ("delivered", "arrived_at_destination")):
                moment = now + timedelta(hours=hours)
                here.act("move", shipment=one.id, status=status, detail=detail, at=moment)
            raw = msgspec.json.encode(views.shipment(here.books, one))
            found = sightings(msgspec.json.decode(raw, type=ToldShipment), now, SHOP)
            label = at(one.label)
            wanted = {-720: [("ShipmentDelayed", label)], 9: []}[hours]  # one still to come is told when it is over
            assert [(type(each.event).__name__, each.at) for each in found] == [
                ("ShipmentTracked", label), ("ShipmentDispatched", min(label, now) if hours < 0 else now),
                ("ShipmentDelivered", min(label, now) if hours < 0 else now), *wanted,
            ]  # fmt: skip

    run(told)


def test_a_walk_tells_what_moved_since_the_last_one_and_goes_on_behind_a_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(looking, "MANY", "2")
    monkeypatch.setattr(looking, "PAUSE", 0.0)

    async def told(here: Scene) -> None:
        made = [await here.booked(consignment(order=f"100{n}")) for n in range(5)]
        await here.cheapest(consignment(order="2001"))  # rates that nobody bought
        first, cursor, bad = await walk(here)
        assert [one.subject for one in first] == ["1004", "1003", "1002", "1001", "1000"]
        assert bad == []
        for one in made:
            here.books.shipments[one.reference].changed -= 7_200
            here.books.shipments[one.reference].moved -= 7_200
        again, cursor, _ = await walk(here, cursor)
        assert again == []
        here.act("move", shipment=made[1].reference, status="in_transit")
        moved, cursor, _ = await walk(here, cursor)
        assert [(type(one), one.subject) for one in moved] == [
            (ShipmentTracked, "1001"), (ShipmentDispatched, "1001")
        ]  # fmt: skip

    run(told)


def test_a_walk_whose_place_is_gone_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "MANY", "2")
    monkeypatch.setattr(looking, "PAUSE", 0.0)

    async def told(here: Scene) -> None:
        for n in range(3):
            await here.booked(consignment(order=f"100{n}"))
        seen = await parcels(here.http, here.settings, "")
        assert seen.more
        here.books.shipments.pop(str(msgspec.json.decode(seen.cursor)["before"]))
        seen = await parcels(here.http, here.settings, seen.cursor)
        assert (seen.sightings, seen.more) == ((), False)
        assert [one.subject for one in (await walk(here, seen.cursor))[0]] == ["1002", "1000"]

    run(told)


def test_a_shipment_that_cannot_be_read_is_told_once_and_keeps_no_other_back() -> None:
    async def told(here: Scene) -> None:
        bad = await here.booked(consignment(order="1000"))
        await here.booked(consignment(order="1001"))
        here.books.shipments[bad.reference].status = None  # type: ignore[assignment]
        found, cursor, names = await walk(here)
        assert ([one.subject for one in found], names) == (["1001"], [f"shipment {bad.reference}"])
        found, cursor, names = await walk(here, cursor)
        assert ([one.subject for one in found], names) == (["1001"], [])
        here.books.shipments[bad.reference].status = "unknown"
        found, cursor, names = await walk(here, cursor)
        assert ([one.subject for one in found], names) == (["1001", "1000"], [])
        for one in here.books.shipments.values():
            one.status = None  # type: ignore[assignment]
        await here.booked(consignment(order="1002"))
        next(reversed(here.books.shipments.values())).status = None  # type: ignore[assignment]
        with pytest.raises(Malformed):
            await walk(here, cursor)

    with pytest.raises(AssertionError, match="None is not of type 'string'"):
        run(told)  # all of it held, but for what was broken on purpose


def test_a_webhook_is_believed_as_the_vendors_own_client_believes_it() -> None:
    for secret in ("sécret", "s3cret", "\uff46\uff55\uff4c\uff4c"):
        (header,) = signed(BODY, secret).items()
        HOOK.signature.verify((Secret("old"), Secret(secret)), [header], BODY, 0.0)
        assert validate_webhook(BODY, dict([header]), secret)["description"] == "tracker.updated"
        altered = BODY.replace(b"delivered", b"x").replace(b"in_transit", b"on_transit")
        with pytest.raises(Unsigned):
            HOOK.signature.verify((Secret(secret),), [header], altered, 0.0)
        with pytest.raises(easypost.errors.SignatureVerificationError):
            validate_webhook(altered, dict([header]), secret)


def test_a_ring_is_of_a_shipment_and_of_nothing_else() -> None:
    delivery = HOOK.read([], BODY)
    assert (delivery.type, delivery.id) == ("tracker.updated", "evt_1")
    assert HOOK.rings(delivery) == "shp_6348a453cbd04b4189dc85524719e6b2"
    told = msgspec.json.decode(BODY)
    told["result"]["shipment_id"] = None  # somebody else's label
    assert HOOK.rings(HOOK.read([], msgspec.json.encode(told))) is None
    batch = {"object": "Event", "id": "evt_2", "description": "batch.updated", "created_at": "2024-08-02T19:26:52Z"}
    other = HOOK.read([], msgspec.json.encode(batch))
    assert (other.type, HOOK.rings(other), other.type in HOOK.hears) == ("batch.updated", None, False)
    with pytest.raises(ValueError, match="no event"):
        HOOK.read([], msgspec.json.encode(batch | {"object": "Batch"}))


def test_what_is_rung_of_the_other_mode_is_left_alone() -> None:
    async def told(here: Scene) -> None:
        with pytest.raises(Rejected):
            await about(here.http, here.settings, f"shp_{32 * '0'}")

    run(told)


def test_a_reference_says_whose_it_is_whatever_an_order_is_called() -> None:
    for order, part in (("1001", "all"), ("a:b", "return-1:2"), ("ü %", "x/y")):
        for shop, other in (("paws", "cats"), ("p:ü", "p"), ("*", "paws")):
            told = reference_of(shop, consignment(order=order, part=part))
            assert (named(told, shop), named(told, other)) == (Named(OrderId(order), part), None)
    assert named("pawline:a%3Ab:all", "paws") == Named(OrderId("a:b"), "all")  # of before the shop was in it
    others = (
        None, "", "1001", "pawline:1", "pawline:1:", "pawline::x", "pawline:paws::x", "pawline::1:2", "Pawline:1:2",
        "pawline:paws:1:2:3", "pawline:1:2:3",
    )  # fmt: skip
    for one in others:
        assert named(one, "paws") is None


def test_trouble_that_goes_on_is_told_once_and_again_when_it_comes_back() -> None:
    async def told(here: Scene) -> None:
        made = await here.booked()
        one = here.books.shipments[made.reference]
        now = datetime.now(UTC).replace(microsecond=0)
        one.label = one.made = (now - timedelta(hours=12)).timestamp()
        words = (
            ("in_transit", "delayed"), ("in_transit", "delayed"), ("in_transit", "arrived_at_facility"),
            ("in_transit", "delayed"), ("return_to_sender", "return"), ("return_to_sender", "arrived_at_facility"),
        )  # fmt: skip
        for hour, (status, detail) in enumerate(words):
            moment = now - timedelta(hours=10 - hour)
            here.act("move", shipment=one.id, status=status, detail=detail, at=moment)
        late = [each for each in events(await about(here.http, here.settings, one.id)) if type(each) is ShipmentDelayed]
        assert [(each.because, each.at) for each in late] == [
            ("the carrier says that it is late", now - timedelta(hours=10)),
            ("the carrier says that it is late", now - timedelta(hours=7)),
            ("it is on its way back", now - timedelta(hours=6)),
        ]

    run(told)


REAL = (
    ("pre_transit", "status_update", 0), ("pre_transit", "status_update", 12),
    ("in_transit", "arrived_at_facility", 24), ("in_transit", "arrived_at_facility", 25),
    ("in_transit", "arrived_at_facility", 27),
    ("out_for_delivery", "out_for_delivery", 36), ("delivered", "arrived_at_destination", 41),
)  # fmt: skip
"""The words of a test tracker as recorded, by hours: all of them lie a month before the label."""


def test_a_tracker_as_recorded_is_three_events_none_before_the_label() -> None:
    async def told(here: Scene) -> None:
        made = await here.booked()
        one = here.books.shipments[made.reference]
        for status, detail, hours in REAL:
            moment = datetime.now(UTC) - timedelta(days=30) + timedelta(hours=hours)
            here.act("move", shipment=one.id, status=status, detail=detail, at=moment)
        found = await about(here.http, here.settings, one.id)
        assert [(type(each.event), each.at) for each in found] == [
            (kind, at(one.label)) for kind in (ShipmentTracked, ShipmentDispatched, ShipmentDelivered)
        ]

    run(told)


def test_an_address_that_is_none_of_the_web_is_shown_to_nobody() -> None:
    async def told(here: Scene) -> None:
        made = await here.booked()
        raw = views.shipment(here.books, here.books.shipments[made.reference])
        raw["tracker"]["public_url"] = "javascript:alert(1)"
        told = msgspec.json.decode(msgspec.json.encode(raw), type=ToldShipment)
        (tracked,) = sightings(told, datetime.now(UTC), SHOP)
        assert isinstance(tracked.event, ShipmentTracked)
        assert tracked.event.url is None

    run(told)
