"""What one row of one system says, reduced to what is judged: ids, moments, amounts. No names, no addresses.

Moments are whole seconds since 1970, amounts minor units of `currency`. `row` is where it stands: `erp.csv:17`.
"""

from __future__ import annotations

from typing import Final

import msgspec


class Fact(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Any of them."""

    row: str
    at: int | None
    """When it happened; None where its system does not say."""


class Ordered(Fact, frozen=True, kw_only=True, tag=1):
    """An order, as the shop has it. `at` is when it was placed."""

    at: int
    id: str
    number: str
    currency: str
    total: int
    channel: str
    cards: dict[str, int]
    """What was paid by means that a processor knows, by tender."""
    settled: bool
    """Whether it is paid, or at least authorised: who waits for a transfer ships nothing yet."""
    lines: tuple[tuple[str, int, int], ...] = ()
    """SKU, quantity, price of one before discounts."""
    units: dict[str, int] = {}
    """What leaves the stock, bundles resolved."""
    test: bool = False
    edited: bool = False
    cancelled: bool = False


class Edited(Fact, frozen=True, kw_only=True, tag=2):
    """Its lines were changed; `units` is what the changed ones may take from stock."""

    units: dict[str, int]


class Cancelled(Fact, frozen=True, kw_only=True, tag=3):
    """It was called off."""


class Paid(Fact, frozen=True, kw_only=True, tag=4):
    """Its bill is covered."""


class Refunded(Fact, frozen=True, kw_only=True, tag=5):
    """The shop says that money went back: by tender, or as a whole (``""``) where it does not tell by which."""

    id: str
    currency: str
    back: tuple[tuple[str, int], ...]


class Booked(Fact, frozen=True, kw_only=True, tag=6):
    """An entry in the ERP. `total` is None where it says none; `live` is False where it was reversed.

    `shape` is how it calls its order, each row of digits a 9: orders of one shop look alike.
    """

    reference: str
    shape: str
    total: int | None
    currency: str
    live: bool


class Moved(Fact, frozen=True, kw_only=True, tag=7):
    """A transaction at the processor: `charge`, `refund`, `refund_failed` or `other`, all positive; `net` is signed."""

    id: str
    kind: str
    currency: str
    amount: int
    payout: str
    net: int
    net_currency: str


class PaidOut(Fact, frozen=True, kw_only=True, tag=8):
    """A payout, as the processor told it; below zero where it took from the bank."""

    at: int
    id: str
    currency: str
    amount: int


class Labelled(Fact, frozen=True, kw_only=True, tag=9):
    """A label, or a parcel that left. `ours` says that the shop itself told it, not who ships."""

    label: str
    parcel: str
    units: dict[str, int]
    live: bool
    """Neither voided, nor for what comes back, nor a replacement that somebody sent on purpose."""
    ours: bool = False


class Mailed(Fact, frozen=True, kw_only=True, tag=10):
    """A confirmation that went out on its own; `to` is a digest."""

    message: str
    to: str


class Heard(Fact, frozen=True, kw_only=True, tag=11):
    """A webhook about a placed order that was delivered."""


class Touched(Fact, frozen=True, kw_only=True, tag=12):
    """A person had a hand in it."""


class Counted(Fact, frozen=True, kw_only=True, tag=13):
    """What is available of a SKU in a place; less than nothing where it was oversold."""

    at: int
    sku: str
    location: str
    available: int
    backorder: bool


class Arrived(Fact, frozen=True, kw_only=True, tag=14):
    """Units came in or were taken out, other than by sales."""

    at: int
    sku: str
    change: int


class Priced(Fact, frozen=True, kw_only=True, tag=15):
    """What the page asks for one, from this moment on. Several of one moment are all right: one-time and autoship."""

    at: int
    sku: str
    price: int
    currency: str


class Sold(Fact, frozen=True, kw_only=True, tag=16):
    """Units of a SKU in an order: `taken` from stock, and, where a price is to be compared, `quantity` at `price`.

    `off`: the order was called off, so that its units may have come back at any time.
    """

    at: int
    order: str
    currency: str
    taken: int = 0
    quantity: int = 0
    price: int | None = None
    off: bool = False


class Passed(Fact, frozen=True, kw_only=True, tag=17):
    """An order went by in the stream of webhooks: told or not. `order` is empty of a delivery that names none."""

    at: int
    order: str
    heard: bool


class Unread(Fact, frozen=True, kw_only=True, tag=18):
    """A row about this that nobody could read: what it would have said may explain what is missing."""

    source: str


Any = (
    Ordered | Edited | Cancelled | Paid | Refunded | Booked | Moved | PaidOut | Labelled | Mailed | Heard | Touched
    | Counted | Arrived | Priced | Sold | Passed | Unread
)  # fmt: skip
_DECODER: Final[msgspec.msgpack.Decoder[Any]] = msgspec.msgpack.Decoder(Any)
_ENCODER: Final = msgspec.msgpack.Encoder()


def packed(fact: Any) -> bytes:
    """For the scratch pad."""
    return _ENCODER.encode(fact)


def unpacked(body: bytes) -> Any:
    """The other way round."""
    return _DECODER.decode(body)
