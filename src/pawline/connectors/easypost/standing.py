"""Where a parcel is, in our words: https://docs.easypost.com/docs/trackers ."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from pawline.connectors.easypost.told import ToldTracker, aware
from pawline.ports import TrackingState

STATES: Final = {
    "unknown": TrackingState.UNKNOWN, "pre_transit": TrackingState.BOOKED, "in_transit": TrackingState.IN_TRANSIT,
    "out_for_delivery": TrackingState.OUT_FOR_DELIVERY, "delivered": TrackingState.DELIVERED,
    "available_for_pickup": TrackingState.READY_FOR_PICKUP, "return_to_sender": TrackingState.RETURNING,
    "failure": TrackingState.FAILED,
}  # fmt: skip
"""`cancelled` and `error` say something of the label or the tracking, and nothing of where the parcel is."""
MOVING: Final = frozenset(
    {"in_transit", "out_for_delivery", "delivered", "available_for_pickup", "return_to_sender"}
)  # fmt: skip
"""The carrier has it, or had it."""
TROUBLE: Final = {
    "failure": "the carrier could not deliver it",
    "return_to_sender": "it is on its way back",
}
"""By status."""
TROUBLES: Final = {
    "delayed": "the carrier says that it is late", "weather_delay": "the weather holds it up",
    "missorted": "the carrier sent it the wrong way", "damaged": "it was damaged on its way",
    "lost": "the carrier lost it", "held": "the carrier holds it", "refused": "it was not taken in",
    "delivery_exception": "the carrier could not deliver it", "transit_exception": "something happened on its way",
    "address_correction": "its address had to be corrected", "awaiting_information": "the carrier waits for an answer",
}  # fmt: skip
"""By status_detail."""


def last_word(told: ToldTracker) -> datetime:
    """When the carrier said something last."""
    said = [aware(one.at) for one in told.tracking_details or () if one.at is not None]
    return max(said, default=aware(told.updated_at))


def expected_on(told: ToldTracker) -> date | None:
    """The day that the carrier names."""
    return None if told.est_delivery_date is None else told.est_delivery_date.date()
