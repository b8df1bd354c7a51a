"""What is asked about sending something back, and what is said of it, field by field."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec

from pawline.hub.storefront.forms import LINES, UNITS, Name, Text
from pawline.model import Aware, Money


class ReturnLineForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many units of one line of the order (`l1`, as its quote called it), and why, in the shopper's words."""

    line: Name
    quantity: Annotated[int, msgspec.Meta(ge=1, le=UNITS)]
    because: Text = ""


class ReturnForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be sent back together, with one label."""

    lines: Annotated[list[ReturnLineForm], msgspec.Meta(min_length=1, max_length=LINES)]


class WithdrawForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing: `{}`. Nobody has to say why they keep what they bought."""


# -- what it says --------------------------------------------------------------------------------------------------


class ReturnLineSaid(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one line on their way back; as counted by the warehouse, once they are there."""

    line: str
    quantity: int


class LabelSaid(msgspec.Struct, frozen=True, kw_only=True):
    """The label: `url` is the file (`format`: `pdf`, `png` or `zpl`), null where the carrier sends it by itself.

    `until`: unused on that day, it is called off.
    """

    carrier: str
    tracking: str
    url: str | None = None
    format: str = "pdf"
    until: date | None = None


class ReturnSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A return and how far it is. `label` is null until there is one; `refund` is what was paid back for it."""

    id: str
    order: str
    status: str
    says: str
    asked_at: Aware
    lines: list[ReturnLineSaid]
    label: LabelSaid | None = None
    refund: Money | None = None


class ReturnableSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the order: so many of its `quantity` are `left` for a page to ask for. `why_not` names the problem."""

    line: str
    sku: str
    quantity: int
    left: int
    why_not: str | None


class ReturnsSaid(msgspec.Struct, frozen=True, kw_only=True):
    """An order's returns, the oldest first, and what of it may still be sent back: asked for by `until`, if it is said.

    `why_not` names the problem that stands against any return.
    """

    returns: list[ReturnSaid]
    lines: list[ReturnableSaid]
    until: Aware | None
    why_not: str | None
