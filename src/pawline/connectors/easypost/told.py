"""What EasyPost's JSON says, as far as it is read: names and shapes as recorded of its API v2.

https://docs.easypost.com/docs/shipments , https://docs.easypost.com/docs/trackers
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec


class ToldRate(msgspec.Struct, frozen=True):
    """What one service costs."""

    id: str
    carrier: str
    service: str
    rate: str
    currency: str
    delivery_days: int | None = None
    delivery_date: datetime | None = None


class ToldLabel(msgspec.Struct, frozen=True):
    """Where the label is; the address needs no key."""

    created_at: datetime
    label_url: str | None = None
    label_file_type: str | None = None


class ToldDetail(msgspec.Struct, frozen=True):
    """One word of the carrier."""

    status: str | None = None
    status_detail: str | None = None
    at: datetime | None = msgspec.field(name="datetime", default=None)


class ToldTracker(msgspec.Struct, frozen=True):
    """Where the parcel is. It names the shipment, and nothing of ours."""

    id: str
    status: str
    tracking_code: str
    updated_at: datetime
    status_detail: str | None = None
    est_delivery_date: datetime | None = None
    carrier: str | None = None
    public_url: str | None = None
    shipment_id: str | None = None
    tracking_details: tuple[ToldDetail, ...] | None = ()


class ToldShipment(msgspec.Struct, frozen=True):
    """One parcel: rates until one of them is bought, a label from then on."""

    id: str
    mode: str
    created_at: datetime
    updated_at: datetime
    reference: str | None = None
    tracking_code: str | None = None
    order_id: str | None = None
    refund_status: str | None = None
    postage_label: ToldLabel | None = None
    selected_rate: ToldRate | None = None
    tracker: ToldTracker | None = None
    rates: tuple[msgspec.Raw, ...] | None = ()


class ToldOrder(msgspec.Struct, frozen=True):
    """Several parcels that are bought as one, in the order in which they were asked for; its rates are of all."""

    id: str
    mode: str
    shipments: tuple[ToldShipment, ...]
    reference: str | None = None
    rates: tuple[msgspec.Raw, ...] | None = ()


class Shipments(msgspec.Struct, frozen=True):
    """A page, newest first; each unread: one that cannot be read keeps no other back."""

    shipments: tuple[msgspec.Raw, ...]
    has_more: bool = False


class Wrong(msgspec.Struct, frozen=True):
    """What is wrong with an address; `message` may quote it, and is not read."""

    code: str = ""
    field: str = ""


class Verification(msgspec.Struct, frozen=True):
    """Whether it exists."""

    success: bool
    errors: tuple[Wrong, ...] | None = ()


class Verifications(msgspec.Struct, frozen=True):
    """What was asked of it; `delivery`: whether a carrier gets there."""

    delivery: Verification | None = None


class ToldAddress(msgspec.Struct, frozen=True):
    """An address, as EasyPost keeps it."""

    id: str
    verifications: Verifications | None = None


def aware(at: datetime) -> datetime:
    """A time. Where EasyPost does not know the place it is UTC, as its page has it."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def safe(url: str | None) -> str | None:
    """An address that may be shown to people and opened: none but one of the web."""
    return url if url and url.startswith("https://") else None
