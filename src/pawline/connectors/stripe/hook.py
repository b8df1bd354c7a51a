"""Stripe's webhooks: who is believed, and what they are about.

An event is what was when it was written, and events come in any order: so a delivery makes no event of ours, it rings,
and the thing itself is asked for. https://docs.stripe.com/webhooks
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from pawline.connectors.stripe.happened import KINDS, about
from pawline.connectors.stripe.settings import Settings
from pawline.connectors.stripe.told import ToldEvent, moment
from pawline.kit import Delivery, Headers, Hmac, Hook, of_stripe

if TYPE_CHECKING:
    from pawline.model import Event


def read(_: Headers, body: bytes) -> Delivery:
    """https://docs.stripe.com/api/events/object ."""
    told = msgspec.json.decode(body, type=ToldEvent)
    return Delivery(told.type, told.id, moment(told.created), body)


def _thing(payload: bytes) -> str:
    """What it is about. Raises ValueError for what is none of those that are heard."""
    told = msgspec.json.decode(payload, type=ToldEvent)
    begin = KINDS.get(told.type)
    if begin is None or not told.data.object.id.startswith(begin):
        raise ValueError("this is about nothing that is heard")
    return told.data.object.id


def heard(payload: bytes) -> tuple[Event, ...]:
    """Nothing by itself. Raises ValueError for what cannot be asked about: it is kept then."""
    _thing(payload)
    return ()


def rings(delivery: Delivery) -> str | None:
    """The payment, refund, dispute or payout."""
    return _thing(delivery.payload) if delivery.type in KINDS else None


HOOK: Final[Hook[Settings]] = Hook(
    signature=Hmac(of_stripe),
    secrets=lambda settings: settings.webhook_secrets,
    read=read,
    hears=dict.fromkeys(KINDS, heard),
    rings=rings,
    about=about,
)
