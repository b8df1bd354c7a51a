"""Looks at decisions: what Klaviyo may leave out, what cannot be read, and what came of our own suppression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pawline.connectors.klaviyo.looking import missed
from pawline.kit import Quarantined
from pawline.model import Contact, Medium, Purpose
from pawline.ports import Malformed, Suppression
from pawline.sandbox.klaviyo import views
from tests.unit.connectors.klaviyo_scene import ANN, EMAIL, HELD, Scene, run
from tests.unit.connectors.test_klaviyo_consent import decide, decision, look

Shows = Callable[..., dict[str, Any]]


async def looked(here: Scene, cursor: str) -> tuple[list[str], list[Quarantined], str]:
    """A round: the ids of what was seen, what could not be read, and where the next one begins."""
    found, bad, more = list[str](), list[Quarantined](), True
    while more:
        seen = await missed(here.account.http, here.settings, cursor)  # type: ignore[arg-type]
        found += [one.id for one in seen.sightings]
        bad += seen.quarantined
        cursor, more = seen.cursor, seen.more
    return found, bad, cursor


def test_a_profile_of_which_no_suppression_is_said_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    shows: Shows = views.profile

    def without(*args: Any, **more: Any) -> dict[str, Any]:
        told = shows(*args, **more)
        if subscriptions := told["attributes"].get("subscriptions"):
            subscriptions["email"]["marketing"]["suppression"] = None
        return told

    async def told(here: Scene) -> None:
        await here.know()
        monkeypatch.setattr(views, "profile", without)
        assert not await here.crm.allows(ANN, Purpose.MARKETING, Medium.EMAIL)
        await decide(here, decision(True, 5))
        assert await here.crm.allows(ANN, Purpose.MARKETING, Medium.EMAIL)

    run(told)


def test_an_event_without_properties_is_the_profiles(monkeypatch: pytest.MonkeyPatch) -> None:
    shows: Shows = views.event

    def without(*args: Any) -> dict[str, Any]:
        told = shows(*args)
        told["attributes"]["event_properties"] = None
        return told

    async def told(here: Scene) -> None:
        await here.know()
        _, cursor = await look(here)
        here.act("decisions", email=EMAIL, granted=False)
        monkeypatch.setattr(views, "event", without)
        (seen,), _ = await look(here, cursor)
        assert (seen.consent.household, seen.consent.granted) == (ANN, False)
        assert seen.consent.contact == Contact(email=EMAIL)

    run(told)


def test_an_event_that_cannot_be_read_is_told_once_and_keeps_no_other_from_being_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shows: Shows = views.event

    def odd(books: Any, event: Any) -> dict[str, Any]:
        told = shows(books, event)
        if event.person == strange[0]:
            told["attributes"]["datetime"], told["attributes"]["timestamp"] = None, None
        return told

    strange = [""]

    async def told(here: Scene) -> None:
        _, _, cursor = await looked(here, "")
        await here.know()
        strange[0] = here.act("people", email="cy@example.com")["id"]
        for email in ("cy@example.com", EMAIL):
            here.act("decisions", email=email, granted=False)
        monkeypatch.setattr(views, "event", odd)
        bad, good = here.books.events
        seen, told, cursor = await looked(here, cursor)
        assert (seen, told) == ([good.id], [Quarantined(f"event {bad.id}", "an event that says no time")])
        for _ in range(3):  # it is looked at again, and is told once
            assert (await looked(here, cursor))[:2] == ([good.id], [])
            _, _, cursor = await looked(here, cursor)

    run(told)


def test_where_nothing_can_be_read_it_is_not_the_events(monkeypatch: pytest.MonkeyPatch) -> None:
    shows: Shows = views.event

    async def told(here: Scene) -> None:
        _, _, cursor = await looked(here, "")
        await here.know()
        for _ in range(3):
            here.act("decisions", email=EMAIL, granted=False)
        monkeypatch.setattr(views, "event", lambda *args: shows(*args) | {"attributes": 7})
        with pytest.raises(Malformed, match="nothing can be read"):
            await looked(here, cursor)

    before = len(HELD.wrong)
    with pytest.raises(AssertionError):
        run(told)
    assert all("7 is not of type 'object'" in one for one in HELD.wrong[before:])  # that is what it said
    del HELD.wrong[before:]


def test_what_came_of_our_own_suppression_is_no_decision_of_theirs() -> None:
    async def told(here: Scene) -> None:
        _, _, cursor = await looked(here, "")
        await here.know(phone="+4930123456")
        for channel in ("sms", "whatsapp"):
            here.act("decisions", email=EMAIL, granted=True, channel=channel)
        _, _, cursor = await looked(here, cursor)
        await here.step(here.marketing.suppress(Suppression(household=ANN, because="asked by letter")))
        assert [one for one in here.did() if one.startswith(("unsubscribed", "suppressed"))] == [
            f"suppressed {ANN}", f"unsubscribed {ANN}/sms", f"unsubscribed {ANN}/whatsapp"
        ]  # fmt: skip
        assert (here.profile().sms.consent, here.profile().whatsapp.consent) == ("UNSUBSCRIBED", "UNSUBSCRIBED")
        found, _ = await look(here, cursor)
        assert [(one.consent.medium, one.consent.granted) for one in found] == [(Medium.SMS, True)]  # as before
        here.profile().properties["pawline_suppressed_at"] = "yesterday"  # somebody wrote there by hand
        found, _ = await look(here, cursor)
        assert [(one.consent.medium, one.consent.granted) for one in found] == [(Medium.SMS, True), (Medium.SMS, False)]

    run(told)


def test_no_yes_undoes_a_suppression_over_any_channel() -> None:
    async def told(here: Scene) -> None:
        await here.know(phone="+4930123456")
        await here.step(here.marketing.suppress(Suppression(household=ANN, because="asked by letter")))
        await decide(here, decision(True, 1, medium=Medium.SMS), decision(True, 1, medium=Medium.WHATSAPP))
        assert (here.profile().sms.consent, here.profile().whatsapp.consent) == ("UNSUBSCRIBED", "UNSUBSCRIBED")

    run(told)
