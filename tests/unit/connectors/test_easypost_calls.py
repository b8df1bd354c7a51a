"""EasyPost in the role of Shipping, against the pretended one: rates, labels, what is given back, and where it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.easypost import connector
from pawline.kit import BadSettings
from pawline.model import Address, Money
from pawline.ports import (
    Code,
    Label,
    Parcel,
    PortError,
    Rate,
    Receipt,
    Rejected,
    Tracking,
    TrackingState,
    Transient,
    Unauthorised,
)  # fmt: skip
from pawline.sandbox import Manner
from tests.unit.connectors.easypost_scene import ANN, BERLIN, NOWHERE, PAWS, Scene, consignment, run

REFERENCE = "pawline:paws:1001:all"
BACK = "pawline:paws:1001:return-r1"


async def refused(call: Any) -> PortError:
    with pytest.raises(PortError) as no:
        await call
    return no.value


def days_after(first: date, days: int) -> date:
    """So many working days."""
    while days:
        first += timedelta(days=1)
        days -= first.weekday() < 5
    return first


def test_rates_come_cheapest_first_and_name_the_shipment_that_they_are_of() -> None:
    async def told(here: Scene) -> None:
        today = datetime.now(UTC).date()
        found = await here.shipping.rates(consignment())
        (one,) = here.books.shipments.values()
        assert found == tuple(
            Rate(
                carrier="USPS", service=service, price=Money(price, "USD"), delivers_on=days_after(today, days),
                reference=f"{one.id}/{one.rates[service]}",
            )
            for service, price, days in (("GroundAdvantage", 607, 3), ("Priority", 742, 2), ("Express", 3415, 1))
        )  # fmt: skip
        assert one.given["reference"] == REFERENCE
        assert one.given["parcel"] == {"weight": 88.2, "length": 11.9, "width": 7.9, "height": 6.0}
        assert one.given["options"] == {"label_format": "PDF"}
        assert here.did() == []

    run(told)


def test_a_day_of_the_pick_up_is_told_and_counted_from() -> None:
    async def told(here: Scene) -> None:
        friday = datetime.now(UTC).date() + timedelta(days=7)
        friday += timedelta(days=(4 - friday.weekday()) % 7)
        found = await here.shipping.rates(consignment(ship_on=friday))
        (one,) = here.books.shipments.values()
        assert one.given["options"]["label_date"] == f"{friday.isoformat()}T12:00:00Z"
        assert [rate.delivers_on for rate in found] == [friday + timedelta(days=days) for days in (5, 4, 3)]

    run(told)


def test_only_what_the_shop_chose_is_asked_for_and_offered() -> None:
    async def told(here: Scene) -> None:
        found = await here.shipping.rates(consignment())
        assert [one.service for one in found] == ["Priority"]
        (one,) = here.books.shipments.values()
        assert one.given["carrier_accounts"] == ["ca_1"]
        assert one.given["options"] == {"label_format": "ZPL"}

    run(told, services=["USPS Priority", "UPS Ground"], carriers=["ca_1"], label="zpl")


def test_an_address_that_is_none_is_said_before_rates_are_asked_for() -> None:
    async def told(here: Scene) -> None:
        no = await refused(here.shipping.rates(consignment(to=NOWHERE)))
        assert repr(no) == "Rejected('the address is none: E.ADDRESS.NOT_FOUND', invalid)"
        back = consignment(part="return-r1", ship_from=NOWHERE, to=PAWS)
        assert (await refused(here.shipping.rates(back))).code is Code.INVALID
        assert here.books.shipments == {}
        good = await here.shipping.rates(consignment())
        assert good != ()
        (one,) = here.books.shipments.values()
        assert one.given["to_address"]["street1"] == "388 Townsend St"

    run(told)


def test_where_addresses_are_not_verified_the_purchase_says_so() -> None:
    async def told(here: Scene) -> None:
        wanted = consignment(to=NOWHERE)
        rate = await here.cheapest(wanted)
        no = await refused(here.step(here.shipping.book(wanted, rate)))
        assert repr(no) == "Rejected('an address is none (ADDRESS.VERIFY.FAILURE)', invalid)"
        assert here.did() == []

    run(told, verify=[])


UNFIT: dict[str, Any] = {
    "more parcels than are bought as one": {"parcels": (Parcel(weight=1),) * 21},
    "no parcel": {"parcels": ()},
    "dangerous": {"parcels": (Parcel(weight=1, hazard_class="9"),)},
    "abroad": {"to": BERLIN},
    "a military post": {"to": msgspec.structs.replace(ANN, region="AE", postcode="09012")},
    "the Canaries": {
        "ship_from": BERLIN,
        "to": Address(name="Eva", lines=("Calle 1",), city="Las Palmas", postcode="35001", country="ES"),
    },
}  # fmt: skip


@pytest.mark.parametrize("what", UNFIT)
def test_what_is_not_booked_here_is_refused_before_anything_is_asked(what: str) -> None:
    async def told(here: Scene) -> None:
        no = await refused(here.shipping.rates(consignment(**UNFIT[what])))
        assert isinstance(no, Rejected)
        assert no.code is Code.UNSUPPORTED
        assert (here.books.shipments, here.books.addresses) == ({}, {})

    run(told)


def test_within_the_customs_union_it_goes_without_papers_and_what_nobody_carries_has_no_rate() -> None:
    async def told(here: Scene) -> None:
        vienna = Address(name="Eva", lines=("Ring 1",), city="Wien", postcode="1010", country="AT")
        found = await here.shipping.rates(consignment(ship_from=BERLIN, to=vienna))
        assert [(one.carrier, one.price) for one in found] == [
            ("DHLPaket", Money(549, "EUR")), ("DHLPaket", Money(1490, "EUR"))
        ]  # fmt: skip
        assert await here.shipping.rates(consignment(parcels=(Parcel(weight=40_000),))) == ()

    run(told)


def test_a_label_is_bought_once_however_often_it_is_asked_for() -> None:
    async def told(here: Scene) -> None:
        wanted = consignment()
        rate = await here.cheapest(wanted)
        assert await here.shipping.find_shipment(wanted, rate) is None
        made = await here.step(here.shipping.book(wanted, rate))
        (one,) = here.books.shipments.values()
        assert (made.order, made.part, made.carrier, made.service) == ("1001", "all", "USPS", "GroundAdvantage")
        assert (made.price, made.reference) == (Money(607, "USD"), one.id)
        assert made.labels == (
            Label(
                tracking=str(one.tracking), format="pdf",
                url=f"https://easypost-files.s3.us-west-2.amazonaws.com/files/postage_label/{one.id[4:]}.pdf",
            ),
        )  # fmt: skip
        assert await here.shipping.find_shipment(wanted, rate) == made
        assert await here.step(here.shipping.book(wanted, rate)) == made
        assert here.did() == [f"buy {REFERENCE}"]

    run(told)


def test_what_a_person_bought_meanwhile_is_what_was_booked() -> None:
    async def told(here: Scene) -> None:
        wanted = consignment()
        rate = await here.cheapest(wanted)
        (one,) = here.books.shipments.values()
        here.books.buy(one, "Express")
        made = await here.step(here.shipping.book(wanted, rate))
        assert (made.service, made.price) == ("Express", Money(3415, "USD"))
        assert here.did() == [f"buy {REFERENCE}"]

    run(told)


def test_a_rate_that_is_not_had_any_more_is_expired_and_one_of_another_consignment_none() -> None:
    async def told(here: Scene) -> None:
        wanted = consignment()
        rate = await here.cheapest(wanted)
        for name in (
            None,
            "x",
            "shp_1",
            f"{'shp_' + 32 * '0'}/rate_1",
            f"{(rate.reference or '').split('/')[0]}/rate_1",
        ):
            odd = msgspec.structs.replace(rate, reference=name)
            assert (await refused(here.step(here.shipping.book(wanted, odd)))).code is Code.EXPIRED, name
        other = consignment(order="1002")
        assert (await refused(here.step(here.shipping.book(other, rate)))).code is Code.CONFLICT
        here.desk.act("easypost/fresh", b"-1")
        assert (await refused(here.step(here.shipping.book(wanted, rate)))).code is Code.EXPIRED
        assert here.did() == []

    run(told)


def test_a_look_up_of_a_shipment_that_is_gone_does_not_say_that_nothing_happened() -> None:
    async def told(here: Scene) -> None:
        wanted = consignment()
        rate = await here.cheapest(wanted)
        here.books.shipments.clear()
        assert (await refused(here.shipping.find_shipment(wanted, rate))).code is Code.NOT_FOUND

    run(told)


def test_a_label_is_given_back_once_and_not_booked_again_by_its_rate() -> None:
    async def told(here: Scene) -> None:
        wanted = consignment()
        rate = await here.cheapest(wanted)
        made = await here.step(here.shipping.book(wanted, rate))
        for _ in range(2):
            assert await here.step(here.shipping.cancel(made)) == Receipt(made.reference)
        assert here.did() == [f"buy {REFERENCE}", f"refund {REFERENCE}"]
        assert await here.shipping.find_shipment(wanted, rate) is None
        assert (await refused(here.step(here.shipping.book(wanted, rate)))).code is Code.EXPIRED
        assert here.did() == [f"buy {REFERENCE}", f"refund {REFERENCE}"]

    run(told)


def test_what_the_carrier_has_is_not_given_back() -> None:
    async def told(here: Scene) -> None:
        made = await here.booked()
        here.act("move", shipment=made.reference, status="in_transit", detail="arrived_at_facility")
        assert repr(await refused(here.step(here.shipping.cancel(made)))) == "Rejected('the carrier has it', too_late)"
        assert here.did() == [f"buy {REFERENCE}"]

    run(told)


def test_a_carrier_that_bills_what_it_scans_has_nothing_to_give_back() -> None:
    async def told(here: Scene) -> None:
        made = await here.booked(consignment(ship_from=BERLIN, to=BERLIN))
        assert await here.step(here.shipping.cancel(made)) == Receipt(made.reference)
        assert here.books.shipments[made.reference].refund == "not_applicable"

    run(told)


def test_a_refund_that_is_refused_is_asked_for_again_while_the_label_is_young_and_then_too_late() -> None:
    async def told(here: Scene) -> None:
        made = await here.booked()
        one = here.books.shipments[made.reference]
        here.books.give_back = lambda one: setattr(one, "refund", "rejected")  # type: ignore[method-assign]
        soon = await refused(here.step(here.shipping.cancel(made)))
        assert isinstance(soon, Transient)
        assert soon.retry_after == timedelta(minutes=10)
        assert one.label is not None
        one.label -= 7_200
        assert (await refused(here.step(here.shipping.cancel(made)))).code is Code.TOO_LATE

    run(told)


@pytest.mark.parametrize(("days", "back"), [(29, True), (31, False)])
def test_usps_takes_a_label_back_for_thirty_days(days: int, back: bool) -> None:
    async def told(here: Scene) -> None:
        made = await here.booked(consignment(part="return-r1", ship_from=ANN, to=PAWS))
        one = here.books.shipments[made.reference]
        assert one.label is not None
        one.label -= days * 86_400
        if back:
            assert await here.step(here.shipping.cancel(made)) == Receipt(made.reference)
        else:
            no = await refused(here.step(here.shipping.cancel(made)))
            assert repr(no) == "Rejected('the carrier does not take the label back', too_late)"
        assert here.did() == [f"buy {BACK}", *([f"refund {BACK}"] if back else [])]

    run(told)


STATES = {
    "unknown": TrackingState.UNKNOWN, "pre_transit": TrackingState.BOOKED, "in_transit": TrackingState.IN_TRANSIT,
    "out_for_delivery": TrackingState.OUT_FOR_DELIVERY, "available_for_pickup": TrackingState.READY_FOR_PICKUP,
    "delivered": TrackingState.DELIVERED, "return_to_sender": TrackingState.RETURNING,
    "failure": TrackingState.FAILED, "error": TrackingState.UNKNOWN, "cancelled": TrackingState.UNKNOWN,
}  # fmt: skip


def test_where_it_is_is_the_carriers_last_word() -> None:
    async def told(here: Scene) -> None:
        made = await here.booked()
        one = here.books.shipments[made.reference]
        (found,) = await here.shipping.track(made)
        assert (found.tracking, found.state, found.expected_on) == (one.tracking, TrackingState.UNKNOWN, None)
        for number, (status, state) in enumerate(STATES.items()):
            at = datetime(2026, 11, 30, number, tzinfo=UTC)
            here.act("move", shipment=REFERENCE, status=status, detail="status_update", at=at)
            day = datetime.fromtimestamp(one.expected or 0.0, UTC).date()
            assert await here.shipping.track(made) == (
                Tracking(tracking=str(one.tracking), state=state, at=at, expected_on=day, text="status_update"),
            )

    run(told)


def test_without_money_the_account_waits_and_nothing_is_bought() -> None:
    async def told(here: Scene) -> None:
        wanted = consignment()
        rate = await here.cheapest(wanted)
        here.desk.easypost.broke = True
        no = await refused(here.step(here.shipping.book(wanted, rate)))
        assert isinstance(no, Unauthorised)
        assert here.did() == []
        here.desk.easypost.broke = False
        assert (await here.step(here.shipping.book(wanted, rate))).labels != ()

    run(told)


def test_who_asks_too_often_is_told_how_long_to_wait() -> None:
    async def told(here: Scene) -> None:
        here.desk.manners["easypost"] = Manner(limited=7)
        no = await refused(here.shipping.rates(consignment()))
        assert repr(no) == "Transient('too many calls at once', rate_limited)"
        assert isinstance(no, Transient)
        assert no.retry_after == timedelta(seconds=7)

    run(told)


def test_a_test_key_makes_no_labels_for_a_shop_that_is_live() -> None:
    with pytest.raises(BadSettings, match="the key is a test key"):
        connector.configure({"key": "EZTK1"})
    with pytest.raises(BadSettings, match="the key is a production key"):
        connector.configure({"key": "EZAK1", "mode": "test"})

    async def told(here: Scene) -> None:
        made = await here.booked()
        strict = connector.configure({"key": "x", "url": f"{here.url}/easypost"})
        shipping = connector.offers[next(iter(connector.offers))].play(here.http, strict)
        for call in (shipping.rates(consignment()), shipping.track(made), shipping.cancel(made)):
            no = await refused(call)
            assert repr(no) == "Unauthorised('the key is none of mode \"production\"', credentials)"
        assert here.did() == [f"buy {REFERENCE}"]

    run(told)


def test_settings_that_name_nothing_are_refused_by_name() -> None:
    with pytest.raises(BadSettings, match="car_1 is no carrier account"):
        connector.configure({"key": "x", "carriers": ["car_1"]})
    with pytest.raises(BadSettings, match="write carrier and service"):
        connector.configure({"key": "x", "services": ["Priority"]})
