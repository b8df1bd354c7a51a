"""What an occurrence is to GA4: an event of a visitor who is a number, with amounts in the currency's own units.

https://developers.google.com/analytics/devguides/collection/protocol/ga4/sending-events
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from pawline.connectors.ga4.settings import Settings, Transaction
from pawline.kit import pseudonym
from pawline.model import Money
from pawline.ports import Code, Occurrence, OrderOccurrence, Rejected

NAMES: Final = {
    OrderOccurrence.PLACED: "purchase", OrderOccurrence.RENEWED: "purchase", OrderOccurrence.REFUNDED: "refund",
    OrderOccurrence.CANCELLED: "order_cancelled", OrderOccurrence.SHIPPED: "order_shipped",
    OrderOccurrence.DELIVERED: "order_delivered", OrderOccurrence.RETURNED: "order_returned",
}  # fmt: skip
"""`purchase` and `refund` are GA4's own and move its revenue; the others are events of ours, which move none."""
REVENUE: Final = ("purchase", "refund")
BACK: Final = timedelta(hours=72)
"""What is older GA4 counts as of 72 hours ago: on a day on which it did not happen."""
MOST, PARAMS, LONGEST, LARGEST = 25, 25, 100, 130_000
"""Events of a request, parameters of one, characters of a parameter, bytes of a request."""
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_WORDS: Final = re.compile(r"[^A-Za-z0-9]+")
_RESERVED: Final = re.compile(r"(_|firebase_|ga_|google_|gtag\.)")
TAKEN: Final = frozenset({
    "ad_activeview", "ad_click", "ad_exposure", "ad_impression", "ad_query", "ad_reward", "adunit_exposure",
    "app_clear_data", "app_exception", "app_install", "app_remove", "app_store_refund", "app_store_subscription_cancel",
    "app_store_subscription_convert", "app_store_subscription_renew", "app_update", "app_upgrade", "click",
    "dynamic_link_app_open", "dynamic_link_app_update", "dynamic_link_first_open", "error", "file_download",
    "first_open", "first_visit", "form_start", "form_submit", "in_app_purchase", "notification_dismiss",
    "notification_foreground", "notification_open", "notification_receive", "notification_send", "os_update",
    "page_view", "screen_view", "scroll", "session_start", "user_engagement", "video_complete", "video_progress",
    "video_start", "view_complete", "view_search_results",
})  # fmt: skip
"""Names that are GA4's own, by the Reference and https://support.google.com/analytics/answer/13316687 : it drops them,
or takes them for what a page did."""
_encode: Final = msgspec.json.Encoder().encode


def request(occurrences: tuple[Occurrence, ...], settings: Settings, now: datetime) -> dict[str, Any]:
    """A body for one visitor. Raises Rejected for what GA4 would take, answer 2xx, and not count as it happened."""
    households = {one.household for one in occurrences}
    if len(occurrences) > MOST or len(households) != 1:
        raise Rejected(f"GA4 takes {MOST} events of one visitor at once", Code.TOO_LARGE)
    body = {
        "client_id": visitor(settings, households.pop()),
        "consent": {"ad_user_data": "DENIED", "ad_personalization": "DENIED"},
        "events": [event(one, settings, now) for one in occurrences],
    }
    if len(_encode(body)) > LARGEST:
        raise Rejected(f"GA4 takes {LARGEST} bytes at once", Code.TOO_LARGE)
    return body


def visitor(settings: Settings, household: str) -> str:
    """GA4's `client_id`: two positive numbers with a point between them. No page has it: it joins no session."""
    made = pseudonym(settings.people_secret, "household at ga4", household)
    first, second = (int.from_bytes(made[n : n + 4], "big") % (2**31 - 1) + 1 for n in (0, 4))
    return f"{first}.{second}"


def event(one: Occurrence, settings: Settings, now: datetime) -> dict[str, Any]:
    """Raises Rejected(too_late) for what is older than GA4 can put on its day."""
    if one.at < now - BACK:
        raise Rejected("GA4 puts what is older than 72 hours on another day", Code.TOO_LATE)
    name = name_of(one)
    params = _params(one, name, settings) | {"engagement_time_msec": 1}  # without it, it is in no realtime report
    if not _NAME.fullmatch(name) or _RESERVED.match(name) or name in TAKEN:
        raise Rejected("GA4 takes names of 40 letters, digits and _ at most, none that it reserves", Code.INVALID)
    wrong = [
        key for key, value in params.items()
        if not _NAME.fullmatch(key) or _RESERVED.match(key) or (isinstance(value, str) and len(value) > LONGEST)
    ]  # fmt: skip
    if wrong or len(params) > PARAMS:
        raise Rejected(f"GA4 does not take {', '.join(sorted(wrong)[:3]) or f'{len(params)} parameters'}", Code.INVALID)
    return {"name": name, "timestamp_micros": _micros(min(one.at, now)), "params": params}


def name_of(one: Occurrence) -> str:
    """What GA4 calls it; what a flow of one's own names is written as GA4 writes names."""
    if one.name in set(OrderOccurrence):
        return NAMES[OrderOccurrence(one.name)]
    return _WORDS.sub("_", one.name).strip("_").lower()


def _params(one: Occurrence, name: str, settings: Settings) -> dict[str, str | int | float]:
    """`value` and `transaction_id` are for what moves revenue only: elsewhere the same is said by other names."""
    given: dict[str, Any] = dict(one.values)
    total, currency = given.pop("total", None), given.get("currency")
    order, number = given.pop("order", None), given.pop("number", None)
    said: dict[str, Any] = {key: int(value) if isinstance(value, bool) else value for key, value in given.items()}
    if isinstance(total, int) and not isinstance(total, bool) and isinstance(currency, str):
        said["value" if name in REVENUE else "order_total"] = float(Money(total, currency).format())
    if order is not None:
        called = number if settings.transaction is Transaction.NUMBER and number else order
        said["transaction_id" if name in REVENUE else "order_id"] = called
    return said


def _micros(at: datetime) -> int:
    return (at - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)
