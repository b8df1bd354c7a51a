"""What happened to a parcel that we booked, as far as its shipment says: the same by a webhook's ring and by a look."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pawline.connectors.easypost.naming import Named, is_ours, named
from pawline.connectors.easypost.standing import MOVING, TROUBLE, TROUBLES, expected_on
from pawline.connectors.easypost.told import ToldDetail, ToldShipment, ToldTracker, aware, safe
from pawline.kit import REMEMBERED, Sighting
from pawline.model import Event, ShipmentDelayed, ShipmentDelivered, ShipmentDispatched, ShipmentId, ShipmentTracked

OTHER = "other"
"""A carrier that nobody named."""


def orphan(told: ToldShipment) -> str | None:
    """The order to ask whose it is: of several parcels only that may bear our reference."""
    return None if is_ours(told.reference) else told.order_id


def sightings(told: ToldShipment, now: datetime, shop: str, reference: str | None = None) -> tuple[Sighting, ...]:
    """Nothing of what others shipped, of what comes back, and of what is so old that its fact would be new again.

    Others are other shops, too. `reference` is its order's, where it is one of several parcels.
    """
    whose = named(told.reference, shop) or named(reference, shop)
    if whose is None or whose.comes_back or told.tracker is None or told.postage_label is None:
        return ()
    bought = aware(told.postage_label.created_at)
    found = list(_happened(told, told.tracker, whose, (bought, now)))
    return tuple(Sighting(event.fact or told.id, at, event) for at, event in found if at >= now - REMEMBERED)


def _happened(
    told: ToldShipment, tracker: ToldTracker, whose: Named, between: tuple[datetime, datetime]
) -> Iterator[tuple[datetime, Event]]:
    """Times are within `between`: a parcel does not leave before it has a label, and carriers' clocks are local."""
    shipment, (bought, now) = ShipmentId(told.id), between
    carrier = told.selected_rate.carrier if told.selected_rate is not None else tracker.carrier or OTHER
    if told.refund_status in (None, "rejected"):
        yield bought, ShipmentTracked(
            shipment=shipment, order=whose.order, carrier=carrier, tracking=tracker.tracking_code,
            url=safe(tracker.public_url),
        )  # fmt: skip
    details = sorted(
        ((aware(one.at), one) for one in tracker.tracking_details or () if one.at is not None),
        key=lambda pair: pair[0],
    )

    def first(*statuses: str) -> datetime:
        at = next((at for at, one in details if one.status in statuses), aware(tracker.updated_at))
        return min(max(at, bought), now)

    if tracker.status in MOVING or any(one.status in MOVING for _, one in details):
        at = first(*MOVING)
        yield at, ShipmentDispatched(shipment=shipment, order=whose.order, at=at)
    if tracker.status == "delivered":
        at = first("delivered")
        yield at, ShipmentDelivered(shipment=shipment, order=whose.order, at=at)
    before: str | None = None
    for at, one in details:
        because, last = _trouble(one), before
        before = because
        if because is None or because == last or at > now:
            continue  # the same again is no news; what is still to come is told when it is over: its moment is its fact
        when, day = max(at, bought), expected_on(tracker)
        yield when, ShipmentDelayed(
            shipment=shipment, order=whose.order, at=when, because=because,
            expected_on=day if day is not None and day >= when.date() and tracker.status != "delivered" else None,
        )  # fmt: skip


def _trouble(one: ToldDetail) -> str | None:
    return TROUBLES.get(one.status_detail or "") or TROUBLE.get(one.status or "")
