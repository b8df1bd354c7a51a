"""What a webhook says: believed by its signature, read as events, and recorded. What nobody understands is kept too."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from pawline.hub.keepable import check_keepable
from pawline.kit import METHOD, PATH, QUERY, URL, WHENEVER, Delivery, Headers, Hook, Secret, Sighting, Unsigned
from pawline.model import Envelope, Event
from pawline.model.events.webhooks import WebhookUnclaimed
from pawline.store import HouseholdErased, StoreError, Unstorable

if TYPE_CHECKING:
    from pawline.runtime import Recorded

_log = logging.getLogger("pawline.hub")
HIDDEN: Final = frozenset({"authorization", "proxy-authorization", "cookie", METHOD, QUERY, URL})
"""Not kept: headers that say who the sender is to somebody else, and how it was called, which may be a secret. Of PATH
it is kept that something stood there: what came so was signed by nobody."""
SAID: Final = 500
"""Characters kept of why a delivery could not be read."""


class Ear(NamedTuple):
    """An account that hears webhooks, for one shop, with the secrets that are live; `about` as in `Hook`."""

    account: str
    shop: str
    hook: Hook[Any]
    secrets: tuple[Secret, ...]
    name: str = ""
    """As its sender knows it; see `Hook.own`."""
    about: Callable[[str], Awaitable[tuple[Sighting, ...]]] | None = None


class Arrived(NamedTuple):
    """A delivery that is believed: whose it is, what came but for HIDDEN, and when, in epoch seconds."""

    account: str
    shop: str
    headers: Headers
    body: bytes
    at: float


class Heard(NamedTuple):
    """What a delivery left: events that are new, that were known, that an erasure forbids, and if nobody claimed it."""

    new: int
    known: int
    unclaimed: bool
    refused: int = 0


ForGood = Callable[[Envelope, HouseholdErased, float], Awaitable[bool]]


class NoEar(LookupError):
    """No account of this name hears webhooks here."""


class Hearing:
    """Hears for every account. `record` is the engine's: when it returns, the event is on disk.

    `ring` is told what a delivery was about that says too little by itself; it never waits. `for_good` says whether
    what is about an erased household is done with: see hub/refused.py.
    """

    def __init__(
        self, record: Callable[[Envelope], Awaitable[Recorded]], ears: Iterable[Ear],
        ring: Callable[[Ear, str], None] = lambda _, __: None, for_good: ForGood | None = None,
    ) -> None:  # fmt: skip
        self._record: Final = record
        self._ring: Final = ring
        self._for_good: Final = for_good
        self.ears: Final = {ear.account: ear for ear in ears}

    def believe(self, account: str, headers: Headers, body: bytes, now: float) -> Arrived:
        """The delivery, where one of the account's live secrets signed it; of the account that it is of.

        Raises NoEar, and Unsigned: the log says why, without the payload.
        """
        ear = self.ears.get(account)
        if ear is None:
            raise NoEar(account)
        try:
            ear.hook.signature.verify(ear.secrets, headers, body, now)
        except Unsigned as problem:
            _log.warning("%s: a webhook of %d bytes is not believed: %s", account, len(body), problem.why)
            raise
        ear = self._addressed(ear, headers, body, now)
        kept = [(name, "" if name == PATH else value) for name, value in headers if name.lower() not in HIDDEN]
        return Arrived(ear.account, ear.shop, kept + (_query(headers) if ear.hook.query else []), body, now)

    def _addressed(self, ear: Ear, headers: Headers, body: bytes, now: float) -> Ear:
        """Where its sender has one address for several accounts, the one that it is of, if that believes it, too."""
        whose = ear.hook.whose(headers, body)
        for other in self.ears.values() if whose not in (None, ear.name) else ():
            if other.hook is ear.hook and other.name == whose:
                try:
                    other.hook.signature.verify(other.secrets, headers, body, now)
                except Unsigned:
                    continue
                return other
        return ear

    def knows(self, arrived: Arrived) -> bool:
        """Whether its account still hears, for the same shop."""
        ear = self.ears.get(arrived.account)
        return ear is not None and ear.shop == arrived.shop

    def renews(self, arrived: Arrived) -> bool:
        """Whether it looks like a renewal, as its hook has it: not read yet, and a guess."""
        try:
            return self.knows(arrived) and self.ears[arrived.account].hook.renews(arrived.headers, arrived.body)
        except Exception as problem:  # noqa: BLE001 - a connector's defect must not lose what it was told
            _log.error("%s: no glance at a webhook: %s", arrived.account, type(problem).__name__)
            return False

    def read(self, arrived: Arrived) -> list[Envelope]:
        """Its events, or the one that keeps it.

        A vendor that changes its words must not lose a shop's order, and neither must settings that no longer have the
        account, or have it for another shop.
        """
        if not self.knows(arrived):
            _log.warning("%s: a webhook of an account that %s does not have is kept", arrived.account, arrived.shop)
            return [_unclaimed(arrived, None, "no account of this name hears webhooks")]
        ear = self.ears[arrived.account]
        if ear.about is not None and (delivery := self._named(arrived)) is not None:
            self._rung(ear, delivery)
        return _read(ear, arrived)

    def _rung(self, ear: Ear, delivery: Delivery) -> None:
        try:
            thing = ear.hook.rings(delivery)
        except Exception as problem:  # noqa: BLE001 - what it cannot read is kept by who reads its events
            _log.error("%s: what a webhook is about is unreadable: %s", ear.account, type(problem).__name__)
            return
        if thing:
            self._ring(ear, thing)

    async def take(self, arrived: Arrived, envelopes: Sequence[Envelope]) -> Heard:
        """Records what was read of it: taken again, it finds what was recorded the first time.

        What is about an erased household is heard and not kept; what cannot be recorded though it was read is kept as
        it came. Raises what the store says where not all of it was recorded: it is to be taken again. So is what came
        before what it follows from (HouseholdErased); the rest of it is recorded by then.
        """
        new, refused, early = 0, 0, None
        for envelope in envelopes:
            try:
                new += (await self._record(envelope)).new
            except HouseholdErased as erased:
                refused += 1
                if self._for_good is not None and not await self._for_good(envelope, erased, arrived.at):
                    early = erased
            except Exception as problem:
                if isinstance(problem, StoreError) and not isinstance(problem, Unstorable):
                    raise  # busy, away, broken: it is not the delivery's fault
                _log.error("%s: what was read cannot be recorded: %s", arrived.account, type(problem).__name__)
                kept = _unclaimed(arrived, self._named(arrived), type(problem).__name__)
                if envelope.id == kept.id:
                    raise
                return await self.take(arrived, [kept])
        if early is not None:
            raise early
        unclaimed = any(isinstance(one.event, WebhookUnclaimed) for one in envelopes)
        return Heard(new, len(envelopes) - new - refused, unclaimed, refused)

    async def again(self, unclaimed: WebhookUnclaimed, at: float) -> Heard:
        """What was kept as unclaimed, read once more: by a connector that was mended, or knows its type by now.

        `at` is when it came. Raises NoEar, and what the store says.
        """
        ear = self.ears.get(unclaimed.account)
        if ear is None:
            raise NoEar(unclaimed.account)
        ear = self._addressed(ear, unclaimed.headers, unclaimed.body, at)
        arrived = Arrived(ear.account, ear.shop, unclaimed.headers, unclaimed.body, at)
        return await self.take(arrived, self.read(arrived))

    def _named(self, arrived: Arrived) -> Delivery | None:
        try:
            return self.ears[arrived.account].hook.read(arrived.headers, arrived.body)
        except Exception:  # noqa: BLE001 - it was said before
            return None


def _read(ear: Ear, arrived: Arrived) -> list[Envelope]:
    delivery: Delivery | None = None
    try:
        delivery = ear.hook.read(arrived.headers, arrived.body)
        hear, whose = ear.hook.hears.get(delivery.type), ear.hook.whose(arrived.headers, arrived.body)
        if whose not in (None, ear.name):
            why = f"it is of {whose}, and no account here is"[:SAID]
        elif hear is not None:
            at = datetime.fromtimestamp(arrived.at, UTC) if delivery.at == WHENEVER else delivery.at
            found = [_envelope(ear, delivery, n, event, at) for n, event in enumerate(hear(delivery.payload))]
            for one in found:
                check_keepable(one.id, one.at, one.event)
            return found
        else:
            why = "no event is made of this type"
    except Exception as problem:  # noqa: BLE001 - a connector's defect must not lose what it was told
        why = f"{type(problem).__name__}: {problem}"[:SAID]
        size, name = len(arrived.body), type(problem).__name__
        _log.error("%s: a signed webhook of %d bytes is unreadable: %s", ear.account, size, name)
    return [_unclaimed(arrived, delivery, why)]


def _unclaimed(arrived: Arrived, delivery: Delivery | None, why: str) -> Envelope:
    """Under an id of its own: what the delivery really says may still be recorded under the sender's."""
    digest = hashlib.sha256(arrived.body).hexdigest()  # the same bytes again are the same delivery
    named = "" if delivery is None else _text(str(delivery.type))
    event = WebhookUnclaimed(
        account=arrived.account, named=named, why=_text(why), body=arrived.body,
        headers=tuple((_text(name), _text(value)) for name, value in arrived.headers),
    )  # fmt: skip
    at = datetime.fromtimestamp(arrived.at, UTC)
    if delivery is not None and getattr(delivery.at, "tzinfo", None) is not None and delivery.at != WHENEVER:
        at = delivery.at
    return Envelope(
        shop=arrived.shop, source=f"accounts/{arrived.account}", id=f"unclaimed/{digest}", at=at, event=event
    )


def _envelope(ear: Ear, delivery: Delivery, number: int, event: Event, at: datetime) -> Envelope:
    name = f"{delivery.id}/{number}" if number else delivery.id
    told = event.told_by(ear.account)
    return Envelope(shop=ear.shop, source=f"accounts/{ear.account}", id=name, at=at, event=told)


def _query(headers: Headers) -> list[tuple[str, str]]:
    """What stands behind the `?` of the address that was signed."""
    return [(QUERY, urlsplit(url).query) for name, url in headers if name == URL]


def _text(why: str) -> str:
    return why.replace("\0", "?").encode("utf-8", "backslashreplace").decode()
