"""EasyPost in the role of Shipping: what is made for a consignment is named by its rates, which lead back to it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from pawline.connectors.easypost import places
from pawline.connectors.easypost.declaring import papers
from pawline.connectors.easypost.naming import RETURNS, bought_by, is_order, named, reference_of
from pawline.connectors.easypost.rating import cheapest_first, rated
from pawline.connectors.easypost.reading import GIVEN_BACK, Made, Reading, booked
from pawline.connectors.easypost.settings import Settings
from pawline.connectors.easypost.standing import MOVING, STATES, expected_on, last_word
from pawline.connectors.easypost.told import ToldAddress, ToldOrder, ToldShipment, aware
from pawline.kit import Http
from pawline.model import Address
from pawline.ports import (
    Code,
    Consignment,
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
)  # fmt: skip

LONG: Final = timedelta(seconds=45)
"""Of a look and what is done after it: a carrier takes up to half a minute to make a label."""
YOUNG: Final = timedelta(hours=1)
"""A refund that is refused so soon may be asked for again, says https://docs.easypost.com/docs/shipping-refund ."""
LATER: Final = timedelta(minutes=10)
MANY: Final = 20
"""Parcels of one consignment: more are bought as one by no carrier in a minute."""
_WRONG: Final = re.compile(r"[A-Z][A-Z_.]{1,60}")
"""EasyPost's words for what is wrong with an address: they quote nothing of it."""


class EasyPostShipping:
    """See `Shipping`. What is dangerous is refused, and what crosses a border undeclared: see the README."""

    OPERATIONS: Final = {
        "book": Operation(settle=Settle.LOOK_UP, look_up="find_shipment", timeout=LONG, margin=timedelta(seconds=5)),
        "cancel": Operation(settle=Settle.REPEAT, timeout=LONG),
    }

    def __init__(self, http: Http, settings: Settings) -> None:
        self._http: Final = http
        self._settings: Final = settings
        self._reading: Final = Reading(http, settings)

    async def rates(self, consignment: Consignment) -> tuple[Rate, ...]:
        # https://docs.easypost.com/docs/shipments , …/orders - what is not bought costs nothing
        boxes, back = _boxes(consignment), consignment.part.startswith(RETURNS)
        declared = papers(consignment, self._settings.customs)
        name = reference_of(self._http.whose, consignment)
        asked: dict[str, Any] = {
            "from_address": await self._place(consignment.ship_from, verify=back),
            "to_address": await self._place(consignment.ship_to, verify=not back),
            "reference": name,
        }  # fmt: skip
        if self._settings.carriers:
            asked["carrier_accounts"] = list(self._settings.carriers)
        each = self._each(consignment, boxes, declared)
        if len(each) == 1:
            one = await self._http.post("shipments", json={"shipment": asked | each[0]}, into=ToldShipment)
            made, raw = self._reading.of_shipment(one), one.rates
        else:
            asked["shipments"] = [box | {"reference": name} for box in each]
            many = await self._http.post("orders", json={"order": asked}, into=ToldOrder)
            made, raw = self._reading.of_order(many), many.rates
        found = rated(made.id, raw or (), consignment.ship_on or datetime.now(UTC).date())
        return cheapest_first(one for one in found if self._offered(one))

    async def book(self, consignment: Consignment, rate: Rate) -> Shipment:
        # It is looked at first: a label is never bought twice
        name, what = bought_by(rate)
        try:
            made = await self._reading.made(name)
        except Rejected as no:
            raise _expired(no) from no
        if made.reference and named(made.reference, self._http.whose) != (consignment.order, consignment.part):
            raise Rejected("this rate was asked for by another consignment", Code.CONFLICT)
        if (there := booked(consignment, made)) is not None:
            return there
        if made.given_back:
            raise Rejected("its label was given back", Code.EXPIRED)
        try:
            there = booked(consignment, await self._buy(name, what))
        except Rejected as no:
            if (late := booked(consignment, await self._reading.made(name))) is not None:
                return late  # it was refused because it had happened
            raise _expired(no) from no
        if there is None:
            raise Transient("it was bought, and the answer does not name its label", Code.IN_PROGRESS)
        return there

    async def find_shipment(self, consignment: Consignment, rate: Rate) -> Shipment | None:
        """What was bought, if it was.

        Raises Rejected where it is gone, or where only some of its labels are there: nobody knows then.
        """
        return booked(consignment, await self._reading.made(bought_by(rate)[0]))

    async def cancel(self, shipment: Shipment) -> Receipt:
        made = await self._reading.made(shipment.reference)
        open_ = [one for one in made.parcels if one.postage_label and one.refund_status not in GIVEN_BACK]
        if any(one.tracker is not None and one.tracker.status in MOVING for one in open_):
            raise Rejected("the carrier has it", Code.TOO_LATE)
        for one in open_:
            await self._give_back(one)
        return Receipt(made.id)

    async def track(self, shipment: Shipment) -> tuple[Tracking, ...]:
        made = await self._reading.made(shipment.reference)
        by = {one.tracking_code: one.tracker for one in made.parcels}
        found = list[Tracking]()
        for label in shipment.labels:
            tracker = by.get(label.tracking) or (made.parcels[0].tracker if len(made.parcels) == 1 else None)
            if tracker is None:
                found.append(Tracking(tracking=label.tracking, state=TrackingState.UNKNOWN))
                continue
            state = STATES.get(tracker.status, TrackingState.UNKNOWN)
            found.append(
                Tracking(
                    tracking=label.tracking, state=state, at=last_word(tracker), expected_on=expected_on(tracker),
                    text=tracker.status_detail or None,
                )
            )  # fmt: skip
        return tuple(found)

    # -- how -----------------------------------------------------------------------------------------------------

    async def _buy(self, name: str, what: str) -> Made:
        """https://docs.easypost.com/docs/shipments , …/orders ."""
        if is_order(name):
            carrier, _, service = what.partition(" ")
            wanted = {"carrier": carrier, "service": service}
            made = self._reading.of_order(await self._http.post("orders", name, "buy", json=wanted, into=ToldOrder))
        else:
            path, body = ("shipments", name, "buy"), {"rate": {"id": what}}
            made = self._reading.of_shipment(await self._http.post(*path, json=body, into=ToldShipment))
        if made.id != name:
            raise Transient("one thing was bought, and another one answered", Code.IN_PROGRESS)
        return made

    async def _give_back(self, one: ToldShipment) -> None:
        """https://docs.easypost.com/docs/shipping-refund ."""
        done = await self._http.post("shipments", one.id, "refund", json={}, into=ToldShipment)
        if done.id == one.id and done.refund_status in GIVEN_BACK:
            return
        if done.refund_status == "rejected":
            bought = aware(one.created_at if one.postage_label is None else one.postage_label.created_at)
            if datetime.now(UTC) - bought < YOUNG:
                raise Transient("it is too young to be given back", Code.UNAVAILABLE, retry_after=LATER)
            raise Rejected("the carrier does not take the label back", Code.TOO_LATE)
        raise Malformed("the label was given back, and the answer does not say so")

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

    def _each(
        self, consignment: Consignment, boxes: list[dict[str, float]], declared: tuple[dict[str, Any], ...] | None
    ) -> list[dict[str, Any]]:
        """What is asked of each parcel, with its papers where it needs any."""
        options = self._options(consignment.ship_on)
        if declared is None:
            return [{"parcel": box, "options": options} for box in boxes]
        said = self._settings.customs
        if said is not None and said.incoterm:
            options = options | {"incoterm": said.incoterm}
        return [
            {"parcel": box, "options": options, "customs_info": info}
            for box, info in zip(boxes, declared, strict=True)
        ]  # fmt: skip

    def _options(self, ship_on: date | None) -> dict[str, str]:
        """https://docs.easypost.com/docs/shipments/options . Who ships today says no day: it is over somewhere."""
        options = {"label_format": self._settings.label.upper()}
        if ship_on is not None and ship_on > datetime.now(UTC).date():
            options["label_date"] = f"{ship_on.isoformat()}T12:00:00Z"
        return options

    def _offered(self, rate: Rate) -> bool:
        return not self._settings.services or f"{rate.carrier} {rate.service}" in self._settings.services


def _boxes(consignment: Consignment) -> list[dict[str, float]]:
    """The parcels. Raises Rejected(unsupported) for what is not booked here."""
    if not 1 <= len(consignment.parcels) <= MANY:
        raise Rejected(f"{len(consignment.parcels)} parcels are not booked as one at EasyPost", Code.UNSUPPORTED)
    if any(box.hazard_class is not None for box in consignment.parcels):
        raise Rejected("dangerous goods are not booked at EasyPost", Code.UNSUPPORTED)
    return [places.parcel(box) for box in consignment.parcels]


def _expired(no: Rejected) -> Rejected:
    """What is not there any more is a rate that is not had any more."""
    return Rejected("EasyPost does not have this rate any more", Code.EXPIRED) if no.code is Code.NOT_FOUND else no
