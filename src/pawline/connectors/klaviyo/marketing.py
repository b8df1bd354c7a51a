"""Klaviyo in the role of Marketing: we say what happened, a flow of Klaviyo's sends. Decisions are written into it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pawline.connectors.klaviyo import pets
from pawline.connectors.klaviyo.api import Api, Client, told
from pawline.connectors.klaviyo.consenting import CHANNELS, kept, permits, refused, said, written
from pawline.connectors.klaviyo.linking import Linking
from pawline.connectors.klaviyo.profiles import Profile, Profiles
from pawline.connectors.klaviyo.settings import LONGEST, Settings
from pawline.connectors.klaviyo.subscribing import SUPPRESSED, Subscribing
from pawline.connectors.klaviyo.triggers import triggers
from pawline.kit.kept import Kept, name_of
from pawline.model import Consent, Medium, Message, MessageId, Money, Purpose
from pawline.ports import (
    Code,
    EffectKind,
    Occurrence,
    Operation,
    Receipt,
    Rejected,
    Settle,
    Suppression,
    current_attempt,
)

SILENCED: Final = "Pawline Pet Silenced"
"""The metric that says that nothing more is said about a pet: a filter of flows that are under way."""
_DEAD: Final = frozenset({"HARD_BOUNCE", "INVALID_EMAIL", "SPAM_COMPLAINT"})
"""Suppressions over which Klaviyo sends nothing, not even what is transactional."""


def event(metric: str, key: str, profile: dict[str, Any], properties: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """The body by which something is said to have happened.

    Of the same profile, metric and `unique_id` only the first is recorded, however late the next comes.
    https://developers.klaviyo.com/en/reference/create_event
    """
    attributes = {
        "metric": {"data": {"type": "metric", "attributes": {"name": metric}}},
        "profile": {"data": {"type": "profile", **profile}},
        "properties": properties, "unique_id": key, **more,
    }  # fmt: skip
    return {"data": {"type": "event", "attributes": attributes}}


class KlaviyoMarketing:
    """See `Marketing`. A message is an event of its metric, whose `unique_id` is the key of the attempt."""

    OPERATIONS: Final = {
        "send": Operation(settle=Settle.REPEAT, kind=EffectKind.MESSAGE),
        "track": Operation(settle=Settle.REPEAT),
        "consent": Operation(settle=Settle.REPEAT),
        "suppress": Operation(settle=Settle.REPEAT, timeout=timedelta(seconds=20)),
    }

    def __init__(self, http: Client, settings: Settings) -> None:
        self._http, self._settings = http, settings
        self._api: Final = Api(http)
        self._profiles: Final = Profiles(http)
        self._linking: Final = Linking(http)
        self._jobs: Final = Subscribing(http)

    async def send(self, message: Message) -> MessageId:
        profile = await self._profiles.need(message.household)
        _refuse(profile, message)
        metric, key = self._settings.metric(message.name), current_attempt().key
        if not (live := await triggers(self._http, metric)):
            await self._introduce(metric, profile, known=live is not None)
        properties: dict[str, Any] = {
            **message.values, "message": message.name, "message_id": key, "purpose": message.purpose.value,
            "medium": message.medium.value, "pets": list(message.pets),
        }  # fmt: skip
        if message.order is not None:
            properties["order"] = message.order
        about: dict[str, Any] = {"id": profile.id, "attributes": {}}
        if message.purpose is Purpose.SAFETY and "recall" in message.values:
            at = told(datetime.now(UTC))
            marks = {"pawline_last_recall": message.values["recall"], "pawline_last_recall_at": at}
            about["attributes"] = {"properties": marks}
        await self._api.accept("events", json=event(metric, key, about, properties))
        return MessageId(key)

    async def _introduce(self, metric: str, profile: Profile, *, known: bool) -> None:
        """Raises Rejected: nobody would send it. A metric that Klaviyo never heard of is one that no flow can take."""
        if not known:
            about = {"id": profile.id, "attributes": {}}
            body = event(metric, "pawline-introduced", about, {"introduced": True}, backfill=True)
            await self._api.accept("events", json=body)
        raise Rejected(f"no flow at Klaviyo that is live is triggered by the metric {metric!r}", Code.NOT_FOUND)

    async def track(self, occurrence: Occurrence) -> Receipt:
        if not 0 < len(occurrence.name) <= LONGEST:
            raise Rejected(f"a metric of Klaviyo's has a name of 1 to {LONGEST} characters", Code.INVALID)
        values, key = occurrence.values, occurrence.key
        more: dict[str, Any] = {"time": told(occurrence.at)}
        total, currency = values.get("total"), values.get("currency")
        if isinstance(total, int) and not isinstance(total, bool) and isinstance(currency, str):
            more |= {"value": float(Money(total, currency).format()), "value_currency": currency}
        if not 0 < len(key) <= 255:
            key = hashlib.sha256(key.encode()).hexdigest()
        whose = {"attributes": {"external_id": occurrence.household}}
        await self._api.accept("events", json=event(occurrence.name, key, whose, dict(values), **more))
        return Receipt(key)

    async def consent(self, consent: Consent) -> Receipt:
        async with self._profiles.turn(consent.household):
            profile = await self._linking.whose(consent.household, consent.contact)
            if profile.attributes.external_id != consent.household:
                return await self._of_another(profile, consent)
            before = kept(profile.properties)
            known = before.get(name_of(consent))
            if known is not None and known.outlasts(consent):
                return Receipt(profile.id)
            now = Kept(consent.granted, consent.at, consent.source, datetime.now(UTC), consent.wording)
            every = before | {name_of(consent): now}
            await self._profiles.change(profile.id, {"properties": written(consent.household, every)})
            if consent.purpose is Purpose.MARKETING:
                await self._subscribe(profile, consent)
        return Receipt(profile.id)

    async def _of_another(self, profile: Profile, consent: Consent) -> Receipt:
        """Whoever else the profile belongs to: of marketing to its address they decide who have that address."""
        if consent.purpose is not Purpose.MARKETING:
            raise Rejected(
                f"household {consent.household} has the address of a profile that is another's: what it said of"
                f" {consent.purpose.value} stands nowhere at Klaviyo",
                Code.CONFLICT,
            )
        await self._subscribe(profile, consent)
        return Receipt(profile.id)

    async def _subscribe(self, profile: Profile, consent: Consent) -> None:
        """Klaviyo's own word on each channel that it covers, where that is not it already.

        A yes to everything is one to e-mail: text messages take a yes of their own.
        """
        if consent.medium is not None:
            media = [consent.medium]
        else:
            media = [Medium.EMAIL] if consent.granted else list(CHANNELS)
        for medium in media:
            if medium not in CHANNELS:
                continue
            wanted = permits(profile, consent.household, Purpose.MARKETING, medium, also=[consent])
            if wanted is said(profile, medium).granted or wanted is not consent.granted:
                continue
            if not wanted:
                await self._jobs.unsubscribe(profile, medium)
            elif SUPPRESSED not in profile.properties and not profile.by_hand:  # subscribing would lift it
                await self._jobs.subscribe(profile, medium, consent)

    async def suppress(self, suppression: Suppression) -> Receipt:
        async with self._profiles.turn(suppression.household):
            profile = await self._profiles.need(suppression.household)
            if suppression.pet is None:
                marks = {SUPPRESSED: suppression.because}
                await self._profiles.change(profile.id, {"properties": marks})
                return Receipt(await self._jobs.suppress(profile))
            laid = pets.laid_without(profile, suppression.pet, suppression.because)
            await self._profiles.change(profile.id, {"properties": laid.properties}, laid.unset)
        about = {"id": profile.id, "attributes": {}}
        body = event(SILENCED, f"silenced/{suppression.pet}", about, {"pet": suppression.pet})
        await self._api.accept("events", json=body)
        return Receipt(profile.id)


def _refuse(profile: Profile, message: Message) -> None:
    """Raises Rejected where they cannot be reached, or they or a pet's death said no. A recall goes over every no."""
    known, household = profile.attributes, message.household
    if message.medium not in (*CHANNELS, Medium.PUSH):
        raise Rejected(f"Klaviyo does not reach people by {message.medium.value}", Code.UNSUPPORTED)
    if message.medium is not Medium.PUSH and not (
        known.email if message.medium is Medium.EMAIL else known.phone_number
    ):  # fmt: skip
        raise Rejected(f"Klaviyo has no {message.medium.value} address of household {household}", Code.UNDELIVERABLE)
    if message.medium is Medium.EMAIL and any(one.reason in _DEAD for one in profile.suppressions):
        raise Rejected(f"mail to household {household} bounces, or is taken for spam", Code.UNDELIVERABLE)
    if message.purpose is Purpose.SAFETY:
        return
    if SUPPRESSED in profile.properties:
        raise Rejected(f"nothing more is sent to household {household}", Code.NOT_ALLOWED)
    if pets.silent(profile) & set(message.pets):
        raise Rejected("it speaks of a pet of which nothing more is said", Code.NOT_ALLOWED)
    if message.purpose is not Purpose.TRANSACTION and refused(profile, household, message.purpose, message.medium):
        raise Rejected(f"household {household} said no to {message.purpose.value}", Code.NOT_ALLOWED)
