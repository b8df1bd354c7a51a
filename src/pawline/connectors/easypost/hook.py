"""EasyPost's webhooks: who is believed, and which shipment a tracker's news are about.

A tracker names its shipment and nothing of ours, so a delivery makes no event: it rings, and the shipment is asked for.
https://docs.easypost.com/guides/webhooks-guide , https://docs.easypost.com/docs/events
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.connectors.easypost.happened import orphan, sightings
from pawline.connectors.easypost.settings import Settings
from pawline.connectors.easypost.told import ToldOrder, ToldShipment, ToldTracker, aware
from pawline.kit import Delivery, Headers, Hmac, Hook, Http, Sighting, composed, of_body

if TYPE_CHECKING:
    from pawline.model import Event

SIGNED: Final = "X-Hmac-Signature"
TRACKED: Final = ("tracker.created", "tracker.updated")
"""What is heard. EasyPost sends every kind of event to every address: the others are kept, unclaimed."""


class Told(msgspec.Struct, frozen=True):
    """A delivery, as far as all have it."""

    id: str
    description: str
    created_at: datetime
    object: str


class Tracked(msgspec.Struct, frozen=True):
    """One about a tracker."""

    description: str
    result: ToldTracker


def read(_: Headers, body: bytes) -> Delivery:
    """It has no time that is signed for itself; the same event comes again under its id."""
    told = msgspec.json.decode(body, type=Told)
    if told.object != "Event" or not told.id:
        raise ValueError("this is no event of EasyPost's")
    return Delivery(told.description, told.id, aware(told.created_at), body)


def _tracker(payload: bytes) -> ToldTracker:
    told = msgspec.json.decode(payload, type=Tracked)
    if told.description not in TRACKED:
        raise ValueError("this is about no tracker")
    return told.result


def heard(payload: bytes) -> tuple[Event, ...]:
    """Nothing by itself. Raises ValueError for what is no tracker: it is kept then."""
    _tracker(payload)
    return ()


def rings(delivery: Delivery) -> str | None:
    """The shipment; None of a tracker whose label was not bought here."""
    return _tracker(delivery.payload).shipment_id if delivery.type in TRACKED else None


async def about(http: Http, _: Settings, shipment: str) -> tuple[Sighting, ...]:
    """What its shipment says by now, which is the news of a webhook that came late, too."""
    told = await http.get("shipments", shipment, into=ToldShipment)
    order = orphan(told)
    reference = None if order is None else (await http.get("orders", order, into=ToldOrder)).reference
    return sightings(told, datetime.now(UTC), http.whose, reference)


HOOK: Final[Hook[Settings]] = Hook(
    signature=Hmac(of_body(SIGNED, "hex", prefix="hmac-sha256-hex="), key=composed),
    secrets=lambda settings: settings.webhook_secrets,
    read=read,
    hears=dict.fromkeys(TRACKED, heard),
    rings=rings,
    about=about,
)
