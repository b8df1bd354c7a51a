"""How what is ours is known again at Stripe: by its metadata, and by a group that each order's payments share."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from pawline.model import OrderId, TenderId
from pawline.ports import Code, Rejected

LABEL: Final = "pawline_label"
ORDER: Final = "pawline_order"
TENDER: Final = "pawline_tender"
STEP: Final = "pawline_step"
"""The key of the step that made it: a short hash, the same for all attempts."""
CAPTURED: Final = "pawline_capture"
"""The key of the step that took the money."""
BECAUSE: Final = "pawline_because"
GROUP: Final = "pawline_group"
LONGEST: Final = 500
"""Characters of a value of metadata: https://docs.stripe.com/metadata ."""
_METHOD: Final = re.compile(r"pm_[A-Za-z0-9_]{1,250}")
_INTENT: Final = re.compile(r"pi_[A-Za-z0-9_]{1,250}")


class Ours(NamedTuple):
    """Of a payment that we made: the order, and which of its tenders."""

    order: OrderId
    tender: TenderId


def group_of(label: str, order: OrderId) -> str:
    """What the payments of an order share. Charges can be listed by it, which is never behind as the search may be."""
    return f"pawline_{hashlib.sha256(f'{label} {order}'.encode()).hexdigest()[:32]}"


def marked(label: str, order: OrderId, tender: TenderId, step: str) -> dict[str, str]:
    """The metadata. Raises Rejected(invalid) for ids that are longer than it takes."""
    if max(len(order), len(tender)) > LONGEST:
        raise Rejected(f"an order's and a tender's id have at most {LONGEST} characters at Stripe", Code.INVALID)
    return {LABEL: label, GROUP: group_of(label, order), ORDER: order, TENDER: tender, STEP: step}


def ours(labels: Collection[str], metadata: Mapping[str, str] | None) -> Ours | None:
    """Whose it is; None where another shop, or somebody else, made it."""
    told = metadata or {}
    if told.get(LABEL) not in labels or not (told.get(ORDER) and told.get(TENDER)):
        return None
    return Ours(OrderId(told[ORDER]), TenderId(told[TENDER]))


def method_of(source: str | None) -> str:
    """A payment method. Raises Rejected(invalid) for all else, which is not quoted: it may be a card's number."""
    if source is None or not _METHOD.fullmatch(source):
        raise Rejected("the tender does not name a payment method of Stripe's (pm_…)", Code.INVALID)
    return source


def intent_of(reference: str) -> str:
    """A payment intent. Raises Rejected(not_found) for what is none: there is no such payment at Stripe."""
    if not _INTENT.fullmatch(reference):
        raise Rejected("Stripe has no such payment", Code.NOT_FOUND)
    return reference
