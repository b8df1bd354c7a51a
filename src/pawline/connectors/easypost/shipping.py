"""EasyPost in the role of Shipping: one shipment of theirs is one parcel, whose rate's name leads back to it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from pawline.connectors.easypost import places
from pawline.connectors.easypost.naming import RETURNS, bought_by, rate_name, reference_of
from pawline.connectors.easypost.settings import Settings
from pawline.connectors.easypost.standing import MOVING, STATES, expected_on, last_word
from pawline.connectors.easypost.told import ToldAddress, ToldRate, ToldShipment, aware, safe
from pawline.kit import Http
from pawline.model import Address, Money
from pawline.ports import (
    Code,
    Consignment,
    Label,
    Malformed,
    Operation,
    Rate,
    Receipt,
    Rejected,
    Settle,
    Shipment,
    Tracking,
    TrackingState,
    Transient,
    Unauthorised,
)  # fmt: skip

FORMATS: Final = {"application/pdf": "pdf", "image/png": "png", "application/zpl": "zpl"}
GIVEN_BACK: Final = frozenset({"submitted", "refunded", "not_applicable"})
"""What `refund_status` says where nothing more is to be done: a carrier that bills what it scans has no refunds."""
LONG: Final = timedelta(seconds=45)
"""Of a look and what is done after it: a carrier takes up to half a minute to make a label."""
YOUNG: Final = timedelta(hours=1)
"""A refund that is refused so soon may be asked for again, says https://docs.easypost.com/docs/shipping-refund ."""
LATER: Final = timedelta(minutes=10)
_WRONG: Final = re.compile(r"[A-Z][A-Z_.]{1,60}")
"""EasyPost's words for what is wrong with an address: they quote nothing of it."""


class EasyPostShipping:
    """See `Shipping`. One parcel each; what crosses a customs border or is dangerous is refused, see the README."""

    OPERATIONS: Final = {
        "book": Operation(settle=Settle.LOOK_UP, look_up="find_shipment", timeout=LONG, margin=timedelta(seconds=5)),
        "cancel": Operation(settle=Settle.REPEAT, timeout=LONG),
    }

    def __init__(self, http: Http, settings: Settings) -> None:
        self._http: Final = http
        self._settings: Final = settings

    async def rates(self, consignment: Consignment) -> tuple[Rate, ...]:
        # https://docs.easypost.com/docs/shipments - a shipment that is not bought costs nothing
        box = _one_box(consignment)
        back = consignment.part.startswith(RETURNS)
        asked: dict[str, Any] = {
            "from_address": await self._place(consignment.ship_from, verify=back),
            "to_address": await self._place(consignment.ship_to, verify=not back),
            "parcel": box, "reference": reference_of(consignment), "options": self._options(consignment.ship_on),
        }  # fmt: skip
        if self._settings.carriers:
            asked["carrier_accounts"] = list(self._settings.carriers)
        told = self._ours(await self._http.post("shipments", json={"shipment": asked}, into=ToldShipment))
        from_day = consignment.ship_on or datetime.now(UTC).date()
        found = [_rate(told.id, one, from_day) for one in _rates(told)]
        wanted = [one for one in found if self._offered(one)]
        usual = Counter(one.price.currency for one in wanted).most_common(1)[0][0] if wanted else ""
        return tuple(sorted(wanted, key=lambda one: (one.price.currency != usual, one.price.currency, one.price.minor)))

    async def book(self, consignment: Consignment, rate: Rate) -> Shipment:
        # https://docs.easypost.com/docs/shipments - it is looked at first: a label is never bought twice
        name, number = bought_by(rate)
        try:
            told = await self._shipment(name)
        except Rejected as no:
            raise _expired(no) from no
        if told.reference != reference_of(consignment):
            raise Rejected("this rate was asked for by another consignment", Code.CONFLICT)
        if (there := _booked(consignment, told)) is not None:
            return there
        if told.postage_label is not None:
            raise Rejected("its label was given back", Code.EXPIRED)
        try:
            made = await self._http.post("shipments", name, "buy", json={"rate": {"id": number}}, into=ToldShipment)
        except Rejected as no:
            raise _expired(no) from no
        there = _booked(consignment, self._ours(made)) if made.id == name else None
        if there is None:
            raise Transient("it was bought, and the answer does not name its label", Code.IN_PROGRESS)
        return there

    async def find_shipment(self, consignment: Consignment, rate: Rate) -> Shipment | None:
        """What was bought, if it was. Raises Rejected where the shipment is gone: nobody knows then."""
        return _booked(consignment, await self._shipment(bought_by(rate)[0]))

    async def cancel(self, shipment: Shipment) -> Receipt:
        # https://docs.easypost.com/docs/shipments/shipping-refund
        told = await self._shipment(shipment.reference)
        if told.refund_status in GIVEN_BACK:
            return Receipt(told.id)
        if told.tracker is not None and told.tracker.status in MOVING:
            raise Rejected("the carrier has it", Code.TOO_LATE)
        if told.postage_label is None:
            return Receipt(told.id)  # nothing was bought: nothing to call off
        asked = ("shipments", shipment.reference, "refund")
        done = await self._http.post(*asked, json={}, into=ToldShipment)
        if done.id == told.id and done.refund_status in GIVEN_BACK:
            return Receipt(told.id)
        if done.refund_status == "rejected":
            if datetime.now(UTC) - aware(told.postage_label.created_at) < YOUNG:
                raise Transient("it is too young to be given back", Code.UNAVAILABLE, retry_after=LATER)
            raise Rejected("the carrier does not take the label back", Code.TOO_LATE)
        raise Malformed("the label was given back, and the answer does not say so")

    async def track(self, shipment: Shipment) -> tuple[Tracking, ...]:
        told = await self._shipment(shipment.reference)
        if told.tracker is None:
            return tuple(Tracking(tracking=one.tracking, state=TrackingState.UNKNOWN) for one in shipment.labels)
        state = STATES.get(told.tracker.status, TrackingState.UNKNOWN)
        return tuple(
            Tracking(
                tracking=one.tracking, state=state, at=last_word(told.tracker), expected_on=expected_on(told.tracker),
                text=told.tracker.status_detail or None,
            )
            for one in shipment.labels
        )  # fmt: skip

    # -- how -----------------------------------------------------------------------------------------------------

    async def _shipment(self, name: str) -> ToldShipment:
        told = self._ours(await self._http.get("shipments", name, into=ToldShipment))
        if told.id != name:
            raise Malformed("one shipment was asked for, and another one answered")
        return told

    def _ours(self, told: ToldShipment) -> ToldShipment:
        """Raises Unauthorised for a key of the other mode: a test label is no label."""
        if told.mode != self._settings.mode:
            raise Unauthorised(f'the key is none of mode "{self._settings.mode}"', Code.CREDENTIALS)
        return told

    async def _place(self, one: Address, *, verify: bool) -> dict[str, Any]:
        """The address, or the name of one that was verified. Raises Rejected(invalid) where it does not exist.

        https://docs.easypost.com/docs/addresses
        """
        if not verify or one.country not in self._settings.verify:
            return places.address(one)
        asked = {"address": places.address(one), "verify": True}
        told = await self._http.post("addresses", json=asked, into=ToldAddress)
        found = told.verifications.delivery if told.verifications is not None else None
        if found is not None and not found.success:
            wrong = sorted({each.code for each in found.errors or () if _WRONG.fullmatch(each.code)})
            raise Rejected(f"the address is none{': ' if wrong else ''}{', '.join(wrong)}", Code.INVALID)
        return {"id": told.id}

    def _options(self, ship_on: date | None) -> dict[str, str]:
        """https://docs.easypost.com/docs/shipments/options . Who ships today says no day: it is over somewhere."""
        options = {"label_format": self._settings.label.upper()}
        if ship_on is not None and ship_on > datetime.now(UTC).date():
            options["label_date"] = f"{ship_on.isoformat()}T12:00:00Z"
        return options

    def _offered(self, rate: Rate) -> bool:
        return not self._settings.services or f"{rate.carrier} {rate.service}" in self._settings.services


def _one_box(consignment: Consignment) -> dict[str, float]:
    """The parcel. Raises Rejected(unsupported) for what is not booked here."""
    if len(consignment.parcels) != 1:
        raise Rejected(f"{len(consignment.parcels)} parcels are not booked as one at EasyPost", Code.UNSUPPORTED)
    (box,) = consignment.parcels
    if box.hazard_class is not None:
        raise Rejected("dangerous goods are not booked at EasyPost", Code.UNSUPPORTED)
    if places.needs_customs(consignment.ship_from, consignment.ship_to):
        raise Rejected("it needs papers for the customs, which are not made here", Code.UNSUPPORTED)
    return places.parcel(box)


def _rates(told: ToldShipment) -> list[ToldRate]:
    """Those that can be read. Raises Malformed where none can."""
    found = list[ToldRate]()
    for raw in told.rates or ():
        try:
            found.append(msgspec.json.decode(raw, type=ToldRate))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
    good = [one for one in found if _price(one) is not None]
    if told.rates and not good:
        raise Malformed("no rate can be read")
    return good


def _price(told: ToldRate) -> Money | None:
    try:
        price = Money.rounded(Decimal(told.rate), told.currency)
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return price if price.minor >= 0 else None


def _rate(shipment: str, told: ToldRate, from_day: date) -> Rate:
    price = _price(told)
    assert price is not None  # noqa: S101 - `_rates` saw to it
    return Rate(
        carrier=told.carrier, service=told.service, price=price, delivers_on=_delivers_on(told, from_day),
        reference=rate_name(shipment, told.id),
    )  # fmt: skip


def _delivers_on(told: ToldRate, from_day: date) -> date | None:
    """The day that it names, else so many working days: whether a carrier counts Saturdays is not said."""
    if told.delivery_date is not None:
        return told.delivery_date.date()
    if told.delivery_days is None or not 0 <= told.delivery_days <= 365:
        return None
    return next((day for n, day in enumerate(_working_days(from_day)) if n == told.delivery_days), None)


def _working_days(first: date) -> Iterator[date]:
    """The first itself, and each Monday to Friday after it."""
    yield first
    for number in range(1, 800):
        try:
            day = first + timedelta(days=number)
        except OverflowError:
            return
        if day.weekday() < 5:
            yield day


def _booked(consignment: Consignment, told: ToldShipment) -> Shipment | None:
    """What was bought and not given back. It says what was really bought, whoever did."""
    if told.postage_label is None or not told.tracking_code or told.selected_rate is None:
        return None
    if told.refund_status in GIVEN_BACK:
        return None
    if (price := _price(told.selected_rate)) is None:
        raise Malformed("it was bought at a price that cannot be read")
    label = Label(
        tracking=told.tracking_code, url=safe(told.postage_label.label_url),
        format=FORMATS.get(told.postage_label.label_file_type or "", "pdf"),
    )  # fmt: skip
    return Shipment(
        order=consignment.order, part=consignment.part, carrier=told.selected_rate.carrier,
        service=told.selected_rate.service, price=price, reference=told.id, labels=(label,),
    )  # fmt: skip


def _expired(no: Rejected) -> Rejected:
    """What is not there any more is a rate that is not had any more."""
    return Rejected("EasyPost does not have this rate any more", Code.EXPIRED) if no.code is Code.NOT_FOUND else no
