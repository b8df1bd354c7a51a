"""Decisions: ours written into Klaviyo, Klaviyo's read back, and neither taken for the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.klaviyo.hook import HOOK
from pawline.connectors.klaviyo.looking import missed
from pawline.kit import Seen
from pawline.model import Consent, ConsentChanged, HouseholdId, Medium, Purpose, household_by_email
from pawline.ports import Code, Rejected, Suppression
from pawline.sandbox.klaviyo.books import Webhook
from tests.unit.connectors.klaviyo_scene import ANN, EMAIL, Scene, run

BO = HouseholdId("h-bo")


def decision(
    granted: bool, minutes: float, *, purpose: Purpose = Purpose.MARKETING, medium: Medium | None = Medium.EMAIL
) -> Consent:
    """So many minutes ago."""
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=minutes)
    return Consent(household=ANN, purpose=purpose, granted=granted, at=at, source="checkout", medium=medium)


async def decide(here: Scene, *decisions: Consent) -> None:
    for one in decisions:
        await here.step(here.marketing.consent(one))


def jobs(here: Scene) -> list[str]:
    return [one for one in here.did() if one.startswith(("subscribed", "unsubscribed"))]


async def look(here: Scene, cursor: str = "") -> tuple[list[ConsentChanged], str]:
    """All that one round sees."""
    found: list[ConsentChanged] = []
    seen = Seen((), cursor, more=True)
    while seen.more:
        seen = await missed(here.account.http, here.settings, seen.cursor)  # type: ignore[arg-type]
        assert seen.quarantined == ()
        found += [one.event for one in seen.sightings if isinstance(one.event, ConsentChanged)]
    return found, seen.cursor


def ago(cursor: str, minutes: float) -> str:
    """A cursor of a round that began so much earlier."""
    at = msgspec.json.decode(cursor)
    earlier = (datetime.fromisoformat(at["since"]) - timedelta(minutes=minutes)).isoformat()
    return msgspec.json.encode(at | {"since": earlier}).decode()


# -- written -------------------------------------------------------------------------------------------------------


def test_a_yes_subscribes_as_of_when_it_was_given_and_a_no_unsubscribes() -> None:
    async def told(here: Scene) -> None:
        await here.know(phone="+4930123456")
        yes = decision(True, 60)
        await decide(here, yes)
        email = here.profile().email
        assert (email.consent, email.at) == ("SUBSCRIBED", yes.at.timestamp())
        assert email.detail == "Pawline: checkout"
        assert here.profile().sms.consent == "NEVER_SUBSCRIBED"
        assert await here.crm.allows(ANN, Purpose.MARKETING, Medium.EMAIL)
        assert not await here.crm.allows(ANN, Purpose.MARKETING, Medium.SMS)
        await decide(here, decision(True, 50, medium=Medium.SMS))
        assert await here.crm.allows(ANN, Purpose.MARKETING, Medium.SMS)
        await decide(here, decision(False, 40, medium=None))
        for medium in Medium:
            assert not await here.crm.allows(ANN, Purpose.MARKETING, medium)
        assert jobs(here) == [
            f"{what} {ANN}/{where}"
            for what, where in (
                ("subscribed", "email"), ("subscribed", "sms"), ("unsubscribed", "email"), ("unsubscribed", "sms"),
                ("unsubscribed", "whatsapp"),
            )
        ]  # fmt: skip

    run(told)


def test_an_older_decision_changes_nothing_in_whichever_order_they_come() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await decide(here, decision(False, 10), decision(True, 20), decision(False, 10))
        assert jobs(here) == [f"unsubscribed {ANN}/email"]
        await decide(here, decision(True, 10))  # equally new: a no among equals
        assert jobs(here) == [f"unsubscribed {ANN}/email"]
        # Klaviyo dates our no by when it was written, after this yes was given: it is not newer for that.
        await decide(here, decision(True, 5))
        assert jobs(here)[1:] == [f"subscribed {ANN}/email"]
        assert await here.crm.allows(ANN, Purpose.MARKETING, Medium.EMAIL)

    run(told)


def test_what_they_said_at_klaviyo_since_is_not_written_over() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        here.act("decisions", email=EMAIL, granted=False)
        await decide(here, decision(True, 5))
        assert jobs(here) == [f"unsubscribed {ANN}/email"]  # theirs, and none of ours
        assert not await here.crm.allows(ANN, Purpose.MARKETING, Medium.EMAIL)
        tomorrow = decision(True, -60 * 24)  # a clock that is ahead: Klaviyo takes no time to come
        await decide(here, tomorrow)
        assert here.profile().email.consent == "SUBSCRIBED"

    run(told)


def test_reminders_are_kept_beside_and_klaviyos_no_stops_them_too() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await decide(here, decision(True, 60, purpose=Purpose.REMINDERS), decision(True, 60, purpose=Purpose.SURVEYS))
        assert jobs(here) == []
        assert here.profile().properties["pawline_allows"] == ["reminders/email", "surveys/email"]
        assert await here.crm.allows(ANN, Purpose.REMINDERS, Medium.EMAIL)
        assert not await here.crm.allows(ANN, Purpose.REMINDERS, Medium.SMS)
        assert not await here.crm.allows(ANN, Purpose.MARKETING, Medium.EMAIL)
        await decide(here, decision(False, 50, purpose=Purpose.SURVEYS))
        assert here.profile().properties["pawline_allows"] == ["reminders/email"]
        here.act("decisions", email=EMAIL, granted=False)
        assert not await here.crm.allows(ANN, Purpose.REMINDERS, Medium.EMAIL)
        assert await here.crm.allows(ANN, Purpose.TRANSACTION, Medium.EMAIL)
        assert not await here.crm.allows(BO, Purpose.REMINDERS, Medium.EMAIL)
        assert await here.crm.allows(ANN, Purpose.SAFETY, Medium.EMAIL)

    run(told)


def test_a_yes_to_marketing_is_none_to_reminders() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        here.act("decisions", email=EMAIL, granted=True)
        assert await here.crm.allows(ANN, Purpose.MARKETING, Medium.EMAIL)
        assert not await here.crm.allows(ANN, Purpose.REMINDERS, Medium.EMAIL)

    run(told)


def test_a_suppressed_household_is_not_subscribed_again() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await here.step(here.marketing.suppress(Suppression(household=ANN, because="asked by letter")))
        await decide(here, decision(True, 1))
        assert jobs(here) == []
        assert not await here.crm.allows(ANN, Purpose.MARKETING, Medium.EMAIL)

    run(told)


def test_a_decision_of_nobody_is_refused() -> None:
    async def told(here: Scene) -> None:
        with pytest.raises(Rejected) as no:
            await decide(here, decision(True, 1))
        assert no.value.code is Code.NOT_FOUND

    run(told)


def test_a_decision_without_an_address_stands_in_the_property() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await decide(here, decision(False, 5, medium=Medium.SMS), decision(True, 5, medium=Medium.PUSH))
        assert jobs(here) == []
        assert set(here.profile().properties["pawline_consents"]) == {"marketing/sms", "marketing/push"}
        assert not await here.crm.allows(ANN, Purpose.MARKETING, Medium.SMS)
        assert await here.crm.allows(ANN, Purpose.MARKETING, Medium.PUSH)

    run(told)


def test_what_somebody_changed_by_hand_is_no_decision() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        here.profile().properties["pawline_consents"] = {
            "reminders/email": {"granted": "yes"}, "reminders/owl": {}, "x": 1,
        }  # fmt: skip
        assert not await here.crm.allows(ANN, Purpose.REMINDERS, Medium.EMAIL)
        here.profile().properties["pawline_consents"] = "all"
        await decide(here, decision(True, 5, purpose=Purpose.REMINDERS))
        assert await here.crm.allows(ANN, Purpose.REMINDERS, Medium.EMAIL)

    run(told)


# -- heard ---------------------------------------------------------------------------------------------------------


def test_what_they_decide_at_klaviyo_is_seen_as_the_households_and_what_we_wrote_is_not() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        here.act("decisions", email=EMAIL, granted=True)
        found, cursor = await look(here)
        assert [(one.consent.household, one.consent.granted) for one in found] == [(ANN, True)]
        await here.know(ANN, "ann.bee@example.com")  # the household stays, whatever its address
        here.act("decisions", email="ann.bee@example.com", granted=False)
        here.act("people", email="cy@example.com")
        here.act("decisions", email="cy@example.com", granted=False, spam=True)
        found, cursor = await look(here, cursor)
        assert [(one.consent.household, one.consent.granted, one.consent.medium) for one in found] == [
            (household_by_email("cy@example.com"), False, Medium.EMAIL), (ANN, True, Medium.EMAIL),
            (ANN, False, Medium.EMAIL),
        ]  # fmt: skip
        await decide(here, decision(True, -1), decision(False, -2))
        assert len(here.books.events) == 5
        again, _ = await look(here, cursor)
        assert [one.fact for one in again] == [one.fact for one in found]  # ours are no news

    run(told)


def test_a_no_that_follows_ours_is_theirs() -> None:
    """Ours, their yes, their no, all within a minute: the last word is theirs, and is heard."""

    async def told(here: Scene) -> None:
        await here.know()
        await decide(here, decision(False, 0))
        here.act("decisions", email=EMAIL, granted=True)
        here.act("decisions", email=EMAIL, granted=False)
        found, _ = await look(here)
        assert [one.consent.granted for one in found] == [True, False]

    run(told)


def test_by_webhook_our_own_no_is_left_to_the_look() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await decide(here, decision(True, 5), decision(False, 0))
        assert [heard(here, event) for event in here.books.events] == [(), ()]

    run(told)


def heard(here: Scene, event: Any) -> tuple[Any, ...]:
    """What comes of the webhook of an event."""
    hook = Webhook("w", "w", "http://127.0.0.1:1", "s" * 16, [], 0.0)
    body = here.desk.klaviyo.teller.letter(event, hook).body
    delivery = HOOK.read([], body)
    assert delivery.id == event.id
    return HOOK.hears[delivery.type](delivery.payload)


def test_a_look_goes_through_all_pages_of_all_metrics() -> None:
    async def told(here: Scene) -> None:
        _, cursor = await look(here)
        for number in range(230):
            email = f"p{number}@example.com"
            here.act("people", email=email, phone_number=f"+4930{number:07d}")
            here.act("decisions", email=email, granted=False)
            if number % 50 == 0:
                here.act("decisions", email=email, granted=True, channel="sms")
        found, _ = await look(here, cursor)
        assert len({one.fact for one in found}) == len(found) == 235
        assert sum(one.consent.medium is Medium.SMS for one in found) == 5

    run(told)


def test_what_happened_before_the_account_was_connected_is_history() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        here.act("decisions", email=EMAIL, granted=False)
        here.books.events[-1] = _earlier(here, 3_600)
        _, cursor = await look(here)
        assert (await look(here, cursor))[0] == []
        found, _ = await look(here, ago(cursor, 120))
        assert [one.consent.granted for one in found] == [False]

    run(told)


def _earlier(here: Scene, seconds: float) -> Any:
    return replace(here.books.events[-1], at=here.books.events[-1].at - seconds)


def test_a_webhook_says_the_same_fact_as_the_look() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        _, cursor = await look(here)
        here.act("decisions", email=EMAIL, granted=False)
        by_webhook = heard(here, here.books.events[-1])
        found, _ = await look(here, cursor)
        assert [one.fact for one in by_webhook] == [one.fact for one in found]
        assert list(by_webhook) == found

    run(told)
