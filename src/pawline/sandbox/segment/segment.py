"""Segment at the sandbox: one source of one workspace, its key, what was counted, and a Webhooks destination.

https://segment.com/docs/connections/sources/catalog/libraries/server/http-api
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.sandbox.answers import decoded, encode
from pawline.sandbox.segment.telling import Subscription, Teller, moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.vendors import Vendors

KINDS: Final = ("track", "identify", "page", "screen", "group", "alias")
LARGEST, ALL, MOST = 32 * 1024, 500 * 1024, 2_500
"""Bytes of a call and of a batch, which is refused above them; calls of a batch, of which none are taken above it."""
LONGEST: Final = 100
"""Characters of a `messageId`, less one."""
DAY: Final = 86_400.0
"""For so long a `messageId` is known."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """Calls that came in by a key, at once."""

    key: str
    calls: list[dict[str, Any]]


class Segment:
    """The vendor. It shares the sandbox's clock and ledger; its key follows from the sandbox's token.

    `taken` is what its Debugger shows, `dropped` what it said yes to and let fall, with why: nobody there is told.
    `other_region`: whoever sends here has a workspace of the other one. `acts` are what changes it, by name, each from
    a body in JSON: a diary may write them down and do them again.
    """

    def __init__(self, vendors: Vendors, token: str) -> None:
        self._now, self._did = vendors.now, vendors.did
        self.key = hashlib.sha256(f"segment of {token}".encode()).hexdigest()[:32]
        self.taken: list[dict[str, Any]] = []
        self.dropped: list[tuple[str, str]] = []
        self.other_region = False
        self.teller = Teller(vendors.hooks)
        self._known: dict[str, float] = {}
        self.acts: dict[str, Callable[[bytes], Any]] = {
            "segment/call": self._called, "segment/destination": self._destination, "segment/tell": self._told,
            "segment/region": self._region,
        }  # fmt: skip

    def _called(self, raw: bytes) -> None:
        told = decoded(raw, Call)
        for one in told.calls if len(told.calls) <= MOST else ():
            why = self._why_not(one, told.key)
            if why:
                self.dropped.append((str(one.get("messageId", "")), why))
            else:
                self._take(one)
        if len(told.calls) > MOST:
            self.dropped.append(("", "more than 2500 events"))

    def _why_not(self, one: dict[str, Any], key: str) -> str:
        if key != self.key:
            return "its key is not known"
        if self.other_region:
            return "it is another region's"
        if one.get("type") not in KINDS:
            return "it has no type"
        if not (one.get("userId") or one.get("anonymousId")):
            return "no_user_anon_id"
        if one["type"] == "track" and not one.get("event"):
            return "it has no event"
        return "its messageId is too long" if len(str(one.get("messageId", ""))) >= LONGEST else ""

    def _take(self, one: dict[str, Any]) -> None:
        no = str(one.get("messageId") or f"api-{len(self.taken) + len(self.dropped)}")
        at = self._now()
        again = at - self._known.get(no, -DAY) < DAY
        self._did(f"Segment.{one['type']}", str(one.get("event") or one["type"]), key=no, again=again)
        if again:
            self.dropped.append((no, "it is known"))
            return
        self._known[no] = at
        whole = {**one, "messageId": no, "receivedAt": moment(at), "version": 2}
        whole.setdefault("timestamp", moment(at))
        self.taken.append(whole)
        self.teller.tell([whole])

    def _destination(self, raw: bytes) -> None:
        self.teller.to = decoded(raw, Subscription | None)

    def _told(self, raw: bytes) -> None:
        """Calls of other sources, which a destination passes on: at once, where it batches."""
        at = moment(self._now())
        calls = [{"receivedAt": at, "timestamp": at, **one} for one in decoded(raw, list[dict[str, Any]])]
        self.teller.tell(calls)

    def _region(self, raw: bytes) -> None:
        self.other_region = decoded(raw, bool)


def too_large(calls: list[dict[str, Any]], size: int) -> bool:
    """Whether all of it is refused."""
    return size > ALL or any(len(encode(one)) > LARGEST for one in calls)
