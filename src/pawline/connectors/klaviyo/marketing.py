"""Klaviyo in the role of Marketing: we say what happened, a flow of Klaviyo's sends. Decisions are written into it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pawline.connectors.klaviyo import pets
from pawline.connectors.klaviyo.api import Api, Client, told
from pawline.connectors.klaviyo.consenting import CHANNELS, refused
from pawline.connectors.klaviyo.deciding import Deciding
from pawline.connectors.klaviyo.profiles import Profile, Profiles
from pawline.connectors.klaviyo.settings import LONGEST, Settings
from pawline.connectors.klaviyo.subscribing import SUPPRESSED, Subscribing
from pawline.connectors.klaviyo.triggers import triggers
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
        "consent": Operation(settle=Settle.REPEAT, timeout=timedelta(seconds=20)),
        "suppress": Operation(settle=Settle.REPEAT, timeout=timedelta(seconds=20)),
    }

    def __init__(self, http: Client, settings: Settings) -> None:
        self._http, self._settings = http, settings
        self._api: Final = Api(http)
        self._profiles: Final = Profiles(http)
        self._deciding: Final = Deciding(http)
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
        async with self._profiles.turn(occurrence.household):  # amid a move it would be a profile of its own
            known = await self._profiles.find(occurrence.household)
            whose: dict[str, Any] = {"attributes": {"external_id": occurrence.household}}
            if known is not None:
                whose = {"id": known.id, "attributes": {}}
            await self._api.accept("events", json=event(occurrence.name, key, whose, dict(values), **more))
        return Receipt(key)

    async def consent(self, consent: Consent) -> Receipt:
        return await self._deciding.consent(consent)

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
