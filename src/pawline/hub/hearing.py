"""Webhooks in: believed by their signature, recorded, and only then answered. What nobody understands is kept too."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pawline.hub.keepable import check_keepable
from pawline.kit import Delivery, Headers, Hook, Secret, Unsigned
from pawline.model import Envelope, Event, OrderPlaced
from pawline.model.events.webhooks import WebhookUnclaimed
from pawline.store import HouseholdErased, StoreBusy, StoreError

if TYPE_CHECKING:
    from pawline.runtime import Recorded

_log = logging.getLogger("pawline.hub")
HIDDEN: Final = frozenset({"authorization", "proxy-authorization", "cookie"})
"""Headers that say who the sender is to somebody else: not kept."""
SHARE: Final = 5.0
"""So many renewals set out to disk beside other work for each run that begins there: see `RuntimeSettings.later`."""
LATELY: Final = 1.0
"""Seconds for which a delivery that is no renewal counts as being there."""
PAUSE: Final = 0.0015
"""Seconds between two renewals on their way to disk with the road to themselves: whoever comes finds the loop free."""
FEW: Final = 8
"""Of them on their way at once, where a disk is slow."""
LINE: Final = 150
"""Renewals that wait so, some three seconds' worth: who came behind would give up on us, and is told so at once."""
SAID: Final = 500
"""Characters kept of why a delivery could not be read."""


class Ear(NamedTuple):
    """An account that hears webhooks, for one shop, with the secrets that are live."""

    account: str
    shop: str
    hook: Hook[Any]
    secrets: tuple[Secret, ...]


class Heard(NamedTuple):
    """What a delivery left: events that are new, events that were known, and whether nobody claimed it."""

    new: int
    known: int
    unclaimed: bool


class NoEar(LookupError):
    """No account of this name hears webhooks here."""


class Hearing:
    """Hears for every account. `record` is the engine's: when it returns, the event is on disk."""

    def __init__(
        self, record: Callable[[Envelope], Awaitable[Recorded]], ears: Iterable[Ear], later: float = 10.0
    ) -> None:  # fmt: skip
        self._record: Final = record
        self._beside: Final = 1.0 / (SHARE * later)
        self._came = float("-inf")  # when what is no renewal came last, or somebody waited
        self._turn, self._few = asyncio.Lock(), asyncio.Semaphore(FEW)
        self._in_line = 0
        self.ears: Final = {ear.account: ear for ear in ears}

    async def hear(self, account: str, headers: Headers, body: bytes, now: float) -> Heard:
        """One delivery: sent again, it finds what was recorded the first time, and the rest of it is recorded.

        What is about an erased household is heard and not kept; what nobody understands is kept, whoever it is about.
        Raises NoEar, Unsigned (the log says why, without the payload), and what the store says where not all of it was
        recorded: the sender then sends again.
        """
        ear = self.ears.get(account)
        if ear is None:
            raise NoEar(account)
        try:
            ear.hook.signature.verify(ear.secrets, headers, body, now)
        except Unsigned as problem:
            _log.warning("%s: a webhook of %d bytes is not believed: %s", account, len(body), problem.why)
            raise
        return await self._keep(ear, _read(ear, headers, body, now), headers, body, now)

    async def again(self, unclaimed: WebhookUnclaimed, now: float) -> Heard:
        """What was kept as unclaimed, read once more: by a connector that was mended, or knows its type by now."""
        ear = self.ears.get(unclaimed.account)
        if ear is None:
            raise NoEar(unclaimed.account)
        envelopes = _read(ear, unclaimed.headers, unclaimed.body, now)
        return await self._keep(ear, envelopes, unclaimed.headers, unclaimed.body, now)

    def somebody_waits(self) -> None:
        """Just now: renewals set out as beside other deliveries for a while."""
        self._came = asyncio.get_running_loop().time()

    async def _recorded(self, envelope: Envelope) -> Recorded:
        if not (isinstance(envelope.event, OrderPlaced) and envelope.event.renewal):
            self.somebody_waits()
            return await self._record(envelope)
        if self._in_line >= LINE:
            raise StoreBusy("so many renewals at once: this one is to come again")
        self._in_line += 1
        try:
            async with self._few:
                async with self._turn:
                    lately = asyncio.get_running_loop().time() - self._came < LATELY
                    await asyncio.sleep(self._beside if lately else PAUSE)
                return await self._record(envelope)
        finally:
            self._in_line -= 1

    async def _keep(self, ear: Ear, envelopes: list[Envelope], headers: Headers, body: bytes, now: float) -> Heard:
        new = 0
        for envelope in envelopes:
            try:
                new += (await self._recorded(envelope)).new
            except HouseholdErased:  # for good: sent again, it would be told the same, until its sender gives up on us
                _log.warning("%s: a webhook is about a household that was erased: nothing of it is kept", ear.account)
            except Exception as problem:
                if isinstance(problem, StoreError) and type(problem) is not StoreError:
                    raise  # busy, full, broken: it is not the delivery's fault
                _log.error("%s: what was read cannot be recorded: %s", ear.account, type(problem).__name__)
                kept = _unclaimed(ear, _named(ear, headers, body), type(problem).__name__, headers, body, now)
                if envelope.id == kept.id:
                    raise
                return await self._keep(ear, [kept], headers, body, now)
        unclaimed = any(isinstance(one.event, WebhookUnclaimed) for one in envelopes)
        return Heard(new, len(envelopes) - new, unclaimed)


def _read(ear: Ear, headers: Headers, body: bytes, now: float) -> list[Envelope]:
    """The delivery's events, or the one that keeps it. A vendor that changes its words must not lose a shop's order."""
    delivery: Delivery | None = None
    try:
        delivery = ear.hook.read(headers, body)
        hear = ear.hook.hears.get(delivery.type)
        if hear is not None:
            found = [_envelope(ear, delivery, n, event) for n, event in enumerate(hear(delivery.payload))]
            for one in found:
                check_keepable(one.id, one.at, one.event)
            return found
        why = "no event is made of this type"
    except Exception as problem:  # noqa: BLE001 - a connector's defect must not lose what it was told
        why = f"{type(problem).__name__}: {problem}"[:SAID]
        _log.error("%s: a signed webhook of %d bytes is unreadable: %s", ear.account, len(body), type(problem).__name__)
    return [_unclaimed(ear, delivery, why, headers, body, now)]


def _named(ear: Ear, headers: Headers, body: bytes) -> Delivery | None:
    try:
        return ear.hook.read(headers, body)
    except Exception:  # noqa: BLE001 - it was said before
        return None


def _unclaimed(
    ear: Ear, delivery: Delivery | None, why: str, headers: Headers, body: bytes, now: float
) -> Envelope:  # fmt: skip
    """Under an id of its own: what the delivery really says may still be recorded under the sender's."""
    digest = hashlib.sha256(body).hexdigest()  # the same bytes again are the same delivery
    named = "" if delivery is None else _text(str(delivery.type))
    event = WebhookUnclaimed(
        account=ear.account, named=named, why=_text(why), body=body,
        headers=tuple((_text(name), _text(value)) for name, value in headers if name.lower() not in HIDDEN),
    )  # fmt: skip
    at = datetime.fromtimestamp(now, UTC)
    if delivery is not None and getattr(delivery.at, "tzinfo", None) is not None:
        at = delivery.at
    return Envelope(shop=ear.shop, source=f"accounts/{ear.account}", id=f"unclaimed/{digest}", at=at, event=event)


def _envelope(ear: Ear, delivery: Delivery, number: int, event: Event) -> Envelope:
    name = f"{delivery.id}/{number}" if number else delivery.id
    told = event.told_by(ear.account)
    return Envelope(shop=ear.shop, source=f"accounts/{ear.account}", id=name, at=delivery.at, event=told)


def _text(why: str) -> str:
    return why.replace("\0", "?").encode("utf-8", "backslashreplace").decode()
