"""What people decided, written into HubSpot: by address and type, the newest, and never over a no to all mail."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.model import (
    Consent,
    Contact,
    Medium,
    Message,
    Pet,
    PetId,
    Purpose,
    Species,
    household_by_email,
)  # fmt: skip
from pawline.ports import Code, Rejected, Suppression, Transient
from pawline.sandbox import Fault, Faults
from pawline.testing.clock import NOON
from tests.unit.connectors.hubspot_scene import ANN, EMAIL, NEWS, OFFERS, REMINDERS, Scene, run

MAIL: Any = {"emails": {"offer": 2, "refund_notice": 1, "recall_notice": 1, "refill_reminder": 3}}


def message(name: str = "offer", purpose: Purpose = Purpose.MARKETING, **more: Any) -> Message:
    return Message(name=name, household=ANN, purpose=purpose, medium=Medium.EMAIL, **more)


async def prepared(here: Scene) -> None:
    await here.know()
    here.act("emails", id=1, name="Notice")
    here.act("emails", id=2, name="Offer", type=OFFERS)
    here.act("emails", id=3, name="Refill", type=REMINDERS)


async def allowed(here: Scene, purpose: Purpose = Purpose.MARKETING, medium: Medium = Medium.EMAIL) -> bool:
    return bool(await here.crm.allows(ANN, purpose, medium))


async def refusal(here: Scene, told: Message) -> Code:
    before = here.did()
    with pytest.raises(Rejected) as no:
        await here.step(here.marketing.send(told))
    assert here.did() == before
    assert EMAIL not in no.value.text
    return no.value.code


def test_a_yes_is_to_the_first_type_and_a_no_to_all_of_them() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        assert not await allowed(here)
        await here.say(True, NOON, wording="Offers, please")
        assert here.statuses() == {OFFERS: "SUBSCRIBED"}
        stand = here.books.address(EMAIL).of[OFFERS]
        assert (stand.basis, stand.why) == ("CONSENT_WITH_NOTICE", "Pawline: checkout (Offers, please)")
        assert await allowed(here)
        await here.say(False, NOON + timedelta(hours=1))
        assert here.statuses() == {OFFERS: "UNSUBSCRIBED", NEWS: "UNSUBSCRIBED"}
        assert not await allowed(here)
        assert here.did() == [
            f"contact {ANN}", f"subscribed {ANN}/{OFFERS}", f"unsubscribed {ANN}/{OFFERS}", f"unsubscribed {ANN}/{NEWS}"
        ]  # fmt: skip

    run(told)


def test_an_older_decision_changes_nothing_ours_or_theirs() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await here.say(False, NOON)
        await here.say(True, NOON - timedelta(seconds=1))
        await here.say(True, NOON)  # of equally new ones the no
        assert here.statuses()[OFFERS] == "UNSUBSCRIBED"
        here.clock.ahead = 3_600.0
        here.act("decisions", email=EMAIL, granted=True, type=OFFERS)  # on a page of HubSpot's, now
        assert await allowed(here)
        await here.say(False, datetime.now(UTC) - timedelta(days=1))
        assert here.statuses()[OFFERS] == "SUBSCRIBED"
        assert await allowed(here)

    run(told)


def test_a_late_no_is_newer_than_the_yes_that_we_wrote_after_it() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        now = datetime.now(UTC)
        await here.say(True, now - timedelta(hours=2))  # HubSpot: since now
        await here.say(False, now - timedelta(hours=1))
        assert here.statuses()[OFFERS] == "UNSUBSCRIBED"

    run(told)


def test_a_purpose_has_a_type_of_its_own() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await here.say(True, NOON, purpose=Purpose.REMINDERS, medium=None)
        assert here.statuses() == {REMINDERS: "SUBSCRIBED"}
        assert await allowed(here, Purpose.REMINDERS)
        assert not await allowed(here)
        assert here.contact().properties["pawline_allows"] == (
            "reminders_email;reminders_sms;reminders_whatsapp;reminders_push"
        )
        await here.say(True, NOON, purpose=Purpose.SURVEYS)  # has none: it is kept
        assert await allowed(here, Purpose.SURVEYS)
        assert here.statuses() == {REMINDERS: "SUBSCRIBED"}
        await here.say(False, NOON, medium=Medium.SMS)
        assert here.statuses() == {REMINDERS: "SUBSCRIBED"}
        assert not await allowed(here, medium=Medium.SMS)

    run(told)


def test_no_yes_lifts_a_no_to_all_mail_whoever_said_it() -> None:
    async def told(here: Scene) -> None:
        await prepared(here)
        here.act("decisions", email=EMAIL, granted=False)  # by hand, or by the link in a mail
        await here.say(True, datetime.now(UTC) + timedelta(hours=1))
        assert here.stopped()
        assert here.statuses() == {}
        assert not await allowed(here)
        assert await refusal(here, message()) is Code.NOT_ALLOWED
        assert json.loads(here.contact().properties["pawline_consents"])["marketing/email"]["granted"]
        here.act("decisions", email=EMAIL, granted=True)  # a person lifts it, there
        assert await allowed(here)

    run(told, **MAIL)


def test_who_is_suppressed_stays_so() -> None:
    async def told(here: Scene) -> None:
        await prepared(here)
        await here.say(True, NOON)
        done = await here.step(here.marketing.suppress(Suppression(household=ANN, because="asked for it")))
        assert done.reference == here.contact().id
        assert here.stopped()
        await here.say(True, datetime.now(UTC))
        assert here.stopped()
        assert not await allowed(here, Purpose.REMINDERS)
        for purpose in (Purpose.MARKETING, Purpose.TRANSACTION):
            assert await refusal(here, message("refund_notice", purpose)) is Code.NOT_ALLOWED
        await here.step(here.marketing.send(message("recall_notice", Purpose.SAFETY)))
        assert here.did().count(f"mailed {ANN}/Notice") == 1

    run(told, **MAIL)


def test_hubspot_may_refuse_to_subscribe_and_that_is_told() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await here.say(False, NOON)
        here.books.forgiving = False
        with pytest.raises(Rejected) as no:
            await here.say(True, NOON + timedelta(hours=1))
        assert (no.value.code, no.value.text) == (Code.INVALID, "HubSpot refuses it: CANNOT_RESUBSCRIBE")
        assert here.statuses()[OFFERS] == "UNSUBSCRIBED"

    run(told)


def test_a_status_that_is_not_what_was_set_is_told() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        answered = here.desk.hubspot.answer

        def deaf(asked: Any) -> Any:
            return answered(msgspec.structs.replace(asked, body=None, method="GET", query={"channel": "EMAIL"})
                            if "statuses" in asked.path else asked)  # fmt: skip

        await here.say(True, NOON)
        here.desk.hubspot.answer = deaf  # type: ignore[method-assign]
        with pytest.raises(Rejected) as no:
            await here.say(False, NOON + timedelta(hours=1))
        assert no.value.code is Code.CONFLICT

    run(told)


def test_without_a_type_for_marketing_no_decision_about_it_is_taken_on() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        for granted in (True, False):
            with pytest.raises(Rejected) as no:
                await here.say(granted, NOON)
            assert no.value.code is Code.CONFLICT  # a question for a person
        await here.say(False, NOON, purpose=Purpose.REMINDERS)
        assert not await allowed(here, Purpose.REMINDERS)

    run(told, marketing=[])


# -- who is not linked yet -----------------------------------------------------------------------------------------


def test_a_no_finds_who_was_there_before_and_is_not_linked_yet() -> None:
    async def told(here: Scene) -> None:
        here.act("people", email="bo@example.com")
        here.act("people", email=EMAIL)
        here.act("decisions", email=EMAIL, granted=True, type=OFFERS)
        await here.say(False, datetime.now(UTC) + timedelta(hours=1))
        assert here.contact().properties["pawline_household"] == ANN
        assert here.statuses() == {OFFERS: "UNSUBSCRIBED", NEWS: "UNSUBSCRIBED"}
        assert "pawline_household" not in here.contact("bo@example.com").properties

    run(told)


def test_a_no_of_somebody_unknown_is_there_once_hubspot_knows_them_and_a_yes_is_for_them_to_give() -> None:
    async def told(here: Scene) -> None:
        with pytest.raises(Rejected) as nobody:
            await here.say(True, NOON)
        assert nobody.value.code is Code.NOT_FOUND
        assert here.books.contacts == {}
        for _ in range(2):
            await here.say(False, NOON)
        (bare,) = here.books.contacts.values()
        assert sorted(bare.properties) == ["pawline_consents", "pawline_household"]
        here.act("people", email=EMAIL)  # by a form of HubSpot's
        assert await here.linked() == []
        assert here.statuses() == {OFFERS: "UNSUBSCRIBED", NEWS: "UNSUBSCRIBED"}
        assert not await allowed(here)

    run(told)


@pytest.mark.parametrize("granted", [True, False])
def test_a_decision_finds_them_by_the_address_that_it_was_said_of(granted: bool) -> None:
    async def told(here: Scene) -> None:
        reach = Contact(email="Ann@Example.com")
        for number in range(101):  # not all are linked yet
            here.act("people", email=f"p{number}@example.com")
        there = here.act("people", email=EMAIL)["id"]
        done = await here.say(granted, NOON, contact=reach)
        assert (done.reference, here.contact().properties["pawline_household"]) == (there, ANN)
        assert here.statuses()[OFFERS] == ("SUBSCRIBED" if granted else "UNSUBSCRIBED")
        bo = Contact(email="bo@example.com")
        await here.say(granted, NOON, household_by_email("bo@example.com"), contact=bo)  # was not there at all
        assert here.statuses("bo@example.com")[OFFERS] == ("SUBSCRIBED" if granted else "UNSUBSCRIBED")

    run(told)


def test_a_decision_of_an_address_brings_what_was_kept_without_one() -> None:
    async def told(here: Scene) -> None:
        await here.say(False, NOON, purpose=Purpose.REMINDERS)
        await here.say(False, NOON, contact=Contact(email=EMAIL))
        assert here.statuses() == {OFFERS: "UNSUBSCRIBED", NEWS: "UNSUBSCRIBED", REMINDERS: "UNSUBSCRIBED"}
        assert len(here.books.contacts) == 1

    run(told)


def test_nothing_more_to_somebody_unknown_is_so_once_hubspot_knows_them() -> None:
    async def told(here: Scene) -> None:
        await here.step(here.marketing.suppress(Suppression(household=ANN, because="asked for it")))
        assert not here.stopped()
        await here.know()
        assert here.stopped()
        assert [one.properties["pawline_suppressed"] for one in here.books.contacts.values()] == ["asked for it"]

    run(told)


@pytest.mark.parametrize("what", ["no", "suppress"])
def test_a_no_waits_while_more_are_not_linked_than_one_look_shows(what: str) -> None:
    async def told(here: Scene) -> None:
        for number in range(100):
            here.act("people", email=f"p{number}@example.com")
        here.act("people", email=EMAIL)

        async def say() -> None:
            if what == "no":
                await here.say(False, NOON)
            else:
                await here.step(here.marketing.suppress(Suppression(household=ANN, because="")))

        with pytest.raises(Transient) as later:
            await say()
        assert later.value.code is Code.IN_PROGRESS
        assert await here.linked() == []
        await say()
        assert here.stopped() if what == "suppress" else here.statuses()[OFFERS] == "UNSUBSCRIBED"
        assert here.contact().properties.get("pawline_suppressed") == ("suppressed" if what == "suppress" else None)

    run(told)


# -- ours or theirs ------------------------------------------------------------------------------------------------


def bare(here: Scene) -> None:
    """HubSpot keeps no explanation of what a program said."""
    of = here.books.address(EMAIL).of
    for no, stand in of.items():
        of[no] = type(stand)(stand.status, stand.at)


@pytest.mark.parametrize("explained", [True, False])
def test_a_no_that_broke_off_after_our_own_yes_is_written_when_it_is_made_again(explained: bool) -> None:
    async def told(here: Scene) -> None:
        await here.know()
        now = datetime.now(UTC)
        await here.say(True, now - timedelta(hours=2))
        if not explained:
            bare(here)
        here.desk.vendors.faults = Faults(at={3: Fault.UNHEARD})  # found, kept, and not said
        with pytest.raises(Transient):
            await here.say(False, now - timedelta(hours=1))
        assert here.statuses() == {OFFERS: "SUBSCRIBED"}
        await here.say(False, now - timedelta(hours=1))
        assert here.statuses() == {OFFERS: "UNSUBSCRIBED", NEWS: "UNSUBSCRIBED"}

    run(told)


@pytest.mark.parametrize("medium", [Medium.EMAIL, None])
def test_a_no_of_theirs_is_no_echo_of_an_older_no_of_ours(medium: Medium | None) -> None:
    async def told(here: Scene) -> None:
        await here.know()
        now = datetime.now(UTC)
        await here.say(False, now - timedelta(hours=3), medium=medium)
        await here.say(True, now - timedelta(hours=2))
        here.act("decisions", email=EMAIL, granted=False, type=OFFERS)
        stand = here.books.address(EMAIL).of[OFFERS]
        here.books.address(EMAIL).of[OFFERS] = type(stand)(stand.status, stand.at, why="Pawline: checkout")  # it stuck
        assert not await allowed(here)
        seen, _, _ = await here.looked(json.dumps({"since": "2026-01-01T00:00:00Z", "began": now.isoformat()}))
        assert [(one.event.consent.purpose, one.event.consent.granted) for one in seen] == [(Purpose.MARKETING, False)]
        await here.say(True, now - timedelta(hours=1))  # older than theirs
        assert here.statuses()[OFFERS] == "UNSUBSCRIBED"

    run(told)


# -- messages ------------------------------------------------------------------------------------------------------


def test_a_message_is_an_e_mail_of_its_own_kind_sent_once_for_its_key() -> None:
    async def told(here: Scene) -> None:
        await prepared(here)
        for key in ("k-1", "k-1", "k-2"):
            sent = await here.step(here.marketing.send(message("refund_notice", Purpose.TRANSACTION)), key)
            assert sent == key
        await here.say(True, NOON)
        assert await here.step(here.marketing.send(message()), "k-3") == "k-3"
        assert [one for one in here.did() if one.startswith("mailed")] == [
            f"mailed {ANN}/Notice", f"mailed {ANN}/Notice", f"mailed {ANN}/Offer"
        ]  # fmt: skip
        await here.step(here.marketing.send(message("refill_reminder", Purpose.REMINDERS)), "k-4")  # was never asked

    run(told, **MAIL)


def test_who_said_no_or_cannot_be_reached_is_not_written_to() -> None:
    async def told(here: Scene) -> None:
        await prepared(here)
        here.act("decisions", email=EMAIL, granted=False, type=OFFERS)
        assert await refusal(here, message()) is Code.NOT_ALLOWED
        await here.say(False, NOON, purpose=Purpose.REMINDERS)
        assert await refusal(here, message("refill_reminder", Purpose.REMINDERS)) is Code.NOT_ALLOWED
        await here.step(here.crm.upsert_pet(Pet(id=PetId("rex"), household=ANN, species=Species.DOG)))
        await here.step(here.marketing.suppress(Suppression(household=ANN, pet=PetId("rex"), because="died")))
        about = message("refund_notice", Purpose.TRANSACTION, pets=(PetId("rex"),))
        assert await refusal(here, about) is Code.NOT_ALLOWED
        here.act("people", email=EMAIL, bounced=True)
        assert await refusal(here, message("refund_notice", Purpose.TRANSACTION)) is Code.UNDELIVERABLE
        by_text = Message(name="offer", household=ANN, purpose=Purpose.MARKETING, medium=Medium.SMS)
        assert await refusal(here, by_text) is Code.UNSUPPORTED
        assert await refusal(here, message("unheard_of")) is Code.NOT_FOUND
        here.act("people", email=EMAIL)
        here.books.contacts[here.contact().id].properties.pop("email")
        assert await refusal(here, message("refund_notice", Purpose.TRANSACTION)) is Code.UNDELIVERABLE

    run(told, **MAIL)


def test_a_message_finds_who_is_not_linked_yet_and_nobody_is_refused() -> None:
    async def told(here: Scene) -> None:
        here.act("emails", id=1, name="Notice")
        notice = message("refund_notice", Purpose.TRANSACTION)
        assert await refusal(here, notice) is Code.NOT_FOUND
        here.act("people", email=EMAIL)
        await here.step(here.marketing.send(notice))
        assert here.did()[-1] == f"mailed {ANN}/Notice"

    run(told, **MAIL)


def test_an_e_mail_that_is_not_there_is_refused() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        assert await refusal(here, message("refund_notice", Purpose.TRANSACTION)) is Code.NOT_FOUND

    run(told, **MAIL)


@pytest.mark.parametrize("consent", ["", "{", "[]", '{"marketing/email": 7}', '{"sleep/email": {"granted": true}}'])
def test_decisions_that_somebody_changed_by_hand_are_none(consent: str) -> None:
    async def told(here: Scene) -> None:
        await here.know()
        here.contact().properties["pawline_consents"] = consent
        assert not await allowed(here)
        await here.say(True, NOON)
        assert await allowed(here)

    run(told)


def test_a_consent_that_is_kept_keeps_its_words() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        told = Consent(household=ANN, purpose=Purpose.SURVEYS, granted=True, at=NOON, source="form", wording="Yes!")
        await here.step(here.marketing.consent(told))
        one = json.loads(here.contact().properties["pawline_consents"])["surveys/all"]
        assert {name: one[name] for name in ("granted", "source", "wording")} == {
            "granted": True, "source": "form", "wording": "Yes!"
        }  # fmt: skip
        assert datetime.fromisoformat(one["at"]) == NOON

    run(told)
