"""What households allow and take back, told by their page or the shop's server: an event each, and what they come to.

They are read from their own events, whoever told them (a marketing tool's webhook, too): those are kept until the
household is erased, for who was allowed something must be able to show it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.hub.storefront.answers import Known
from pawline.hub.storefront.people_forms import ConsentSaid, ConsentsSaid
from pawline.hub.storefront.refusals import Cause, Refusal
from pawline.model import (
    NEED_NO_CONSENT,
    Consent,
    ConsentChanged,
    Envelope,
    HouseholdId,
    Medium,
    Purpose,
    allowed,
    household_by_email,
    public_name,
)
from pawline.runtime import digest63
from pawline.store import EventRow, HouseholdErased

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pawline.hub.storefront.answers import Answers, Asked
    from pawline.hub.storefront.people_forms import ConsentForm
    from pawline.runtime import Engine

LAST: Final = 2**62
PAGE: Final = 200
TICK: Final = timedelta(microseconds=1)
"""What is taken back comes after what was allowed, whatever the clocks of two processes, or of a tool, say."""
TRIES: Final = 5
SERVER: Final = "the shop's server"
PAGE_S: Final = "the shop's page"
"""Where a decision was told."""
A_DAY: Final = 50
"""Decisions of one household by its page: each is kept for years, and told to every tool."""
LATER: Final = "3600"
"""Seconds after which a page may look whether its day is over: in one second it is not."""
LONG: Final = timedelta(days=3_650)
"""Nobody is told today of a yes that is older."""


class ShopConsents:
    """Of one shop."""

    def __init__(self, shop: str, engine: Engine, answers: Answers) -> None:
        self._shop, self._engine, self._answers = shop, engine, answers

    async def of(self, household: HouseholdId) -> ConsentsSaid:
        """As of now; of somebody who is not known it is nothing, like of somebody who decided nothing."""
        return _said(household, await self._decided(household))

    async def decide(self, household: HouseholdId, form: ConsentForm, one: Asked, *, server: bool) -> Known:
        """On record, once for each name of a request. Raises Refusal."""
        if (known := await self._answers.known(one)) is not None:
            return known
        now = datetime.fromtimestamp(self._engine.now(), UTC)
        _check(form, household, now, server=server)
        for n in range(TRIES):
            found = await self._decided(household)
            if not server and _often(found, now) and _no_news(form, found):
                return Known(200, msgspec.json.encode(_said(household, found)))
            aside = n * TICK if not form.granted else -n * TICK  # a no among equally new is what counts
            told = _consent(household, form, _moment(form, found, now) + aside, server=server)
            made = Known(200, msgspec.json.encode(_said(household, [*found, told])))
            envelope = Envelope(
                shop=self._shop, source=f"/v1/{one.caller}", id=f"{one.event}{f'/{n}' if n else ''}", at=now,
                event=ConsentChanged(consent=told),
            )  # fmt: skip
            kept = await self._answers.keep(one, made, household)
            try:
                recorded = await self._engine.record(envelope, "shopper", once=kept)
            except HouseholdErased:  # what is taken back makes nobody known again, nor does an older yes
                raise Refusal(Cause.INVALID, "household: it was erased, and nothing that it said is kept") from None
            if recorded.new:
                return made
            if (known := await self._answers.known(one)) is not None:
                return known
            if (same := await self._same(recorded.no, one, told)) is not None:
                return Known(200, msgspec.json.encode(_said(household, [*found, same])))
        raise Refusal(Cause.UNDER_WAY)

    async def _same(self, no: int, one: Asked, told: Consent) -> Consent | None:
        """The decision that was found in place of this one, if it says the same; what says otherwise took its moment.

        Raises Refusal where it was this request's, longer ago than answers are kept.
        """
        row = (await self._engine.store.events([no])).get(no)
        if row is not None and row.id.startswith(one.event):
            raise Refusal(Cause.REUSED)
        event = await self._engine.open_event(row) if row is not None and row.body else None
        if isinstance(event, ConsentChanged) and event.consent.granted is told.granted:
            return event.consent
        return None

    async def _decided(self, household: HouseholdId) -> list[Consent]:
        """Every decision that is known, the latest recorded first."""
        name, found, before = public_name(ConsentChanged), list[Consent](), LAST
        about = (digest63(self._shop, name, household), self._shop, name, household)
        while rows := await self._engine.store.fetch("events_about", (*about, before, PAGE)):
            for row in map(EventRow._make, rows):
                event = await self._engine.open_event(row) if row.body else None
                if isinstance(event, ConsentChanged):
                    found.append(event.consent)
                before = row.no
            if len(rows) < PAGE:
                break
        return found


def _check(form: ConsentForm, household: HouseholdId, now: datetime, *, server: bool) -> None:
    """Raises Refusal for what cannot be decided, or not by whoever asks."""
    if form.purpose in NEED_NO_CONSENT:
        raise Refusal(Cause.INVALID, f"purpose: {form.purpose.value} needs no consent, and no opt-out stops it")
    if form.granted and not (form.wording or "").strip():
        raise Refusal(Cause.INVALID, "wording: say which text they agreed to")
    if form.at is not None and not server:
        raise Refusal(Cause.FORBIDDEN, "at: the shop's own server tells it, with a secret key")
    if form.at is not None and not (form.granted and now - LONG <= form.at <= now):
        raise Refusal(Cause.INVALID, "at: a yes may be told later, of the last ten years; a no counts from now on")
    said = form.contact
    if said is not None and not server:  # whoever is let in to their own household could name a stranger's address
        theirs = said.email is not None and household_by_email(said.email) == household
        if not theirs or said.phone is not None:
            raise Refusal(Cause.FORBIDDEN, "contact: a page may name the address of its household, and no other")


def _often(found: Iterable[Consent], now: datetime) -> bool:
    return sum(one.source == PAGE_S and one.at > now - timedelta(days=1) for one in found) >= A_DAY


def _no_news(form: ConsentForm, found: list[Consent]) -> bool:
    """Of somebody who decides all day: whether a no is one already. Raises Refusal for a yes; never for a no."""
    if form.granted:
        often = Refusal(Cause.TOO_OFTEN, f"a page tells {A_DAY} decisions of a household in a day")
        often.headers["retry-after"] = LATER
        raise often
    media = Medium if form.medium is None else (form.medium,)
    return not any(allowed(found, form.purpose, medium) for medium in media)


def _moment(form: ConsentForm, found: Iterable[Consent], now: datetime) -> datetime:
    """When it counts from: now, and after all that was decided of it; a yes that is told later, when it was said."""
    if form.at is not None:
        return form.at
    about = (
        one.at for one in found
        if one.purpose is form.purpose and (form.medium is None or one.medium in (None, form.medium))
    )  # fmt: skip
    return max((now, *(at + TICK for at in about)))


def _consent(household: HouseholdId, form: ConsentForm, at: datetime, *, server: bool) -> Consent:
    return Consent(
        household=household, purpose=form.purpose, granted=form.granted, at=at,
        source=SERVER if server else PAGE_S, medium=form.medium, wording=form.wording,
        contact=None if form.contact is None else form.contact.told(),
    )  # fmt: skip


def _said(household: HouseholdId, decided: list[Consent]) -> ConsentsSaid:
    newest: dict[tuple[Purpose, Medium | None], Consent] = {}
    for one in sorted(decided, key=lambda consent: (consent.at, not consent.granted)):
        if one.medium is None:  # it covers all, what was said of each before too
            newest = {place: each for place, each in newest.items() if place[0] is not one.purpose}
        newest[one.purpose, one.medium] = one
    allows = {
        purpose.value: media
        for purpose in Purpose
        if purpose not in NEED_NO_CONSENT
        and (media := [medium for medium in Medium if allowed(newest.values(), purpose, medium)])
    }
    consents = [
        ConsentSaid(purpose=one.purpose, medium=one.medium, granted=one.granted, at=one.at, source=one.source,
                    wording=one.wording)
        for one in newest.values()
    ]  # fmt: skip
    return ConsentsSaid(household=household, consents=consents, allows=allows)
