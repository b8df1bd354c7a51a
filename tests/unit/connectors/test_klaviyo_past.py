"""History in bulk: what profiles say was decided since a day, by whom and how; what is nobody's is counted."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pawline.connectors.klaviyo import past
from pawline.connectors.klaviyo.happened import NOBODYS, TIMELESS, UNNAMED
from pawline.connectors.klaviyo.past import PAST
from pawline.kit import Called, Quarantined, Rows, rows
from pawline.model import Consent, ConsentChanged, Contact, HouseholdId, Medium, MessageBounced, MessageId, Purpose
from pawline.model.ids import household_by_email, household_by_phone
from pawline.ports import Code, Malformed, Rejected, Suppression
from pawline.sandbox import Fault, Faults
from pawline.sandbox.klaviyo import views
from pawline.sandbox.klaviyo.books import Person
from tests.unit.connectors.fetching import SINCE, broken_off, events, fetched, history, killed_while_it_wrote, told_of
from tests.unit.connectors.klaviyo_scene import ANN, EMAIL, HELD, Scene, run
from tests.unit.connectors.test_klaviyo_consent import decide, decision, look

LATELY = datetime.now(UTC).replace(microsecond=0) - timedelta(days=100)
LONG_AGO = SINCE - timedelta(days=1)
NUMBER = "+4930123456"


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "MANY", "2")


def somebody(here: Scene, email: str | None = EMAIL, /, **known: Any) -> Person:
    no = here.act("people", email=email, **known)["id"]
    return here.books.people[no]


def says(here: Scene, who: Person, granted: bool, channel: str = "email", at: datetime = LATELY, **how: Any) -> None:
    here.books.decide(who, channel, granted, at=at.timestamp(), **{"method": "FORM", **how})


def word(granted: bool, source: str, medium: Medium = Medium.EMAIL, **more: Any) -> ConsentChanged:
    contact = Contact(email=EMAIL) if medium is Medium.EMAIL else Contact(phone=NUMBER)
    whole = {
        "household": ANN, "purpose": Purpose.MARKETING, "granted": granted, "at": LATELY, "medium": medium,
        "source": f"klaviyo: {source}", "contact": contact,
    }  # fmt: skip
    return ConsentChanged(consent=Consent(**{**whole, **more}))


def bounced(who: Person, reason: str, because: str) -> MessageBounced:
    return MessageBounced(
        message=MessageId(f"klaviyo/{who.id}/{reason}"), household=ANN, medium=Medium.EMAIL, lasting=True,
        because=because, address=household_by_email(EMAIL),
    )  # fmt: skip


def test_who_agreed_and_who_said_no_is_told_with_when_and_how_and_of_which_address(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        ann = somebody(here, phone_number=NUMBER)
        says(here, ann, True, detail="paws.example/signup")
        says(here, ann, True, "sms", method="TEXT")
        says(here, ann, False, "whatsapp", at=LATELY + timedelta(days=1))
        somebody(here, "bo@example.com")  # never said anything
        assert await events(PAST, here, tmp_path) == [
            word(True, "FORM, paws.example/signup"),
            word(True, "TEXT", Medium.SMS),
            word(False, "by a method that is not named", Medium.WHATSAPP, at=LATELY + timedelta(days=1)),
        ]

    run(told)


def test_a_no_and_the_suppression_that_came_of_it_are_one(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        says(here, somebody(here), False, method="PREFERENCE_PAGE")
        assert await events(PAST, here, tmp_path) == [word(False, "PREFERENCE_PAGE")]

    run(told)


def test_each_suppression_is_a_no_with_who_said_it_or_a_dead_address(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        ann, later = somebody(here), LATELY + timedelta(days=9)
        says(here, ann, True)
        ann.email.suppressed = [
            (reason, later.timestamp() + n)
            for n, reason in enumerate(
                ("UNSUBSCRIBE", "SPAM_COMPLAINT", "USER_SUPPRESSED", "HARD_BOUNCE", "INVALID_EMAIL")
            )
        ]
        at = [later + timedelta(seconds=n) for n in range(5)]
        assert await events(PAST, here, tmp_path) == [
            word(True, "FORM"),
            word(False, "they unsubscribed", at=at[0]),
            word(False, "they complained of spam", at=at[1]),
            word(False, "suppressed by a person of the shop, or by a program", at=at[2]),
            bounced(ann, "HARD_BOUNCE", "mail to it came back for good, says Klaviyo"),
            bounced(ann, "INVALID_EMAIL", "it is no address that takes mail, says Klaviyo"),
        ]  # fmt: skip

    run(told)


@pytest.mark.parametrize("reason", ["UNSUBSCRIBE", "USER_SUPPRESSED"])
def test_a_no_of_the_second_of_a_yes_is_what_counts(tmp_path: Path, reason: str) -> None:
    async def told(here: Scene) -> None:
        ann = somebody(here)
        says(here, ann, True, method="CSV")  # a list that was brought in, and stopped, by one job
        ann.email.suppressed = [(reason, LATELY.timestamp() + 0.5)]
        assert [one.consent.granted for one in await events(PAST, here, tmp_path)] == [False]

    run(told)


def test_whose_it_is_is_our_link_else_the_address_else_the_number_else_nobodys_and_counted(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        await here.know(HouseholdId("h-ours"), "ours@example.com")
        ours = here.profile("ours@example.com")
        theirs = somebody(here, "theirs@example.com", external_id="shop-17")
        number, nobody = somebody(here, None, phone_number=NUMBER), here.books.new()
        nobody.known["external_id"] = "app-user-4"
        for one in (ours, theirs, number, nobody):
            says(here, one, False, "sms" if one is number else "email")
        found = await history(PAST, here, tmp_path)
        assert [[seen.event.consent.household for seen in one.sightings] for one in found] == [  # type: ignore[attr-defined]
            ["h-ours"], [household_by_email("theirs@example.com")], [household_by_phone(NUMBER)], []
        ]  # fmt: skip
        assert [one.links for one in found] == [(Called("household", "h-ours", ours.id),), (), (), ()]
        assert [one.left for one in found] == [(), (), (), (NOBODYS,)]
        ours.known["external_id"] = "h-ours/moving"  # its household is about to leave
        assert (await history(PAST, here, tmp_path))[0].links == ()

    run(told)


def test_what_says_no_time_or_no_address_is_counted_and_not_made_up(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        ann, number = somebody(here), somebody(here, None, phone_number=NUMBER, bounced=True)
        says(here, ann, True)
        ann.email.at = None
        assert number.email.suppressed[0][0] == "HARD_BOUNCE"
        found = await history(PAST, here, tmp_path)
        assert [(one.sightings, one.left, one.bad) for one in found] == [
            ((), (TIMELESS,), None),
            ((), (UNNAMED,), None),
        ]

    run(told)


def test_what_was_said_before_that_day_is_not_told_and_not_even_written_down(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        ann, bo = somebody(here, phone_number=NUMBER), somebody(here, "bo@example.com", properties={"diet": "raw"})
        says(here, ann, True, at=LONG_AGO)
        says(here, ann, True, "sms")
        says(here, bo, False, at=LONG_AGO)
        assert await events(PAST, here, tmp_path) == [word(True, "FORM", Medium.SMS)]
        assert (tmp_path / "x.fetched").read_text("utf-8").count("\n") == 1
        ann.properties |= {"diet": "raw", "pawline_pet_count": 1}
        await history(PAST, here, tmp_path)
        row = json.loads((tmp_path / "x.fetched").read_text("utf-8"))
        assert row["attributes"]["properties"] == {"pawline_pet_count": 1}

    run(told)


def test_what_we_wrote_there_ourselves_is_no_history(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        await here.know(phone=NUMBER)
        await decide(here, decision(True, 5), decision(True, 2_000, medium=Medium.SMS))
        assert (here.profile().email.consent, here.profile().sms.consent) == ("SUBSCRIBED", "SUBSCRIBED")
        assert await events(PAST, here, tmp_path) == []
        await decide(here, decision(False, 4, medium=Medium.SMS))
        assert await events(PAST, here, tmp_path) == []
        kept = here.profile().properties.pop("pawline_consents")  # somebody tidied up: a yes bears our source
        assert [one.consent.medium for one in await events(PAST, here, tmp_path)] == [Medium.SMS]
        here.profile().properties["pawline_consents"] = kept
        assert (here.profile().email.consent, here.profile().sms.consent) == ("SUBSCRIBED", "UNSUBSCRIBED")
        await here.step(here.marketing.suppress(Suppression(household=ANN, because="asked by letter")))
        assert [reason for reason, _ in here.profile().email.suppressed] == ["USER_SUPPRESSED"]
        assert await events(PAST, here, tmp_path) == []
        says(here, here.profile(), True, at=datetime.now(UTC))  # on a page, at the same time: their own word
        assert [(one.consent.granted, one.consent.source) for one in await events(PAST, here, tmp_path)] == [
            (True, "klaviyo: FORM")
        ]

    run(told)


def test_what_history_tells_and_what_a_look_told_of_the_same_is_one_fact(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        _, cursor = await look(here)
        ann = somebody(here)
        says(here, ann, True, at=datetime.now(UTC))
        ((seen,), _), (past_,) = await look(here, cursor), await events(PAST, here, tmp_path)
        assert seen.fact == past_.fact

    run(told)


@pytest.mark.parametrize("at", [1, 2, 3])
def test_stopped_at_whichever_request_it_goes_on_and_each_is_there_once(tmp_path: Path, at: int) -> None:
    async def told(here: Scene) -> None:
        names = [f"p{n}@example.com" for n in range(5)]
        for name in names:
            says(here, somebody(here, name), True)
        file = tmp_path / "x.fetched"
        await broken_off(PAST, here, file, at)
        killed_while_it_wrote(file)
        said = await fetched(PAST, here, file)
        assert said[-1] == "5 profiles that say something are here"
        assert len(said) == 3 - (at - 1)
        found, bad, offsets = await told_of(PAST, here, file)
        assert (len(found), len(set(found)), bad) == (5, 5, [])
        for n, offset in enumerate(offsets):
            assert (await told_of(PAST, here, file, offset))[0] == found[n + 1 :]

    run(told)
    assert [one.name for one in tmp_path.iterdir()] == ["x.fetched"]


def test_too_much_for_klaviyo_is_waited_for(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        for n in range(3):
            says(here, somebody(here, f"p{n}@example.com"), True)
        here.desk.vendors.faults = Faults(at={1: Fault.LIMITED, 3: Fault.LIMITED}, retry_after=0.01)
        assert len(await events(PAST, here, tmp_path)) == 3

    run(told)


def test_a_profile_that_cannot_be_read_keeps_no_other_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shows: Any = views.profile
    odd = dict[str, dict[str, Any]]()

    def oddly(one: Person, **more: Any) -> Any:
        shown = shows(one, **more)
        marketing = shown["attributes"]["subscriptions"]["email"]["marketing"]
        marketing |= odd.get(one.id, {})
        return shown

    async def told(here: Scene) -> None:
        ann, bo, cy = (somebody(here, f"{name}@example.com") for name in ("ann", "bo", "cy"))
        for one in (ann, bo, cy):
            says(here, one, True)
        odd[ann.id], odd[cy.id] = {"consent_timestamp": "some day"}, {"consent_timestamp": "0001-01-01T00:00:00+14:00"}
        monkeypatch.setattr(views, "profile", oddly)
        found = await history(PAST, here, tmp_path)
        assert [len(one.sightings) for one in found] == [0, 1, 0]
        assert [one.bad for one in found] == [
            Quarantined(f"profile {ann.id}", "Invalid isoformat string: 'some day'"), None,
            Quarantined(f"profile {cy.id}", "a time at the end of time"),
        ]  # fmt: skip

    before = len(HELD.wrong)
    with pytest.raises(AssertionError):
        run(told)
    assert all("'some day' is not a 'date-time'" in one for one in HELD.wrong[before:])
    assert len(HELD.wrong) > before
    del HELD.wrong[before:]


def test_a_list_that_never_ends_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shows: Any = views.many

    def again(data: Any, path: str, after: str | None, *more: Any) -> Any:
        return shows(data, path, "Mg==" if path == "profiles" else after, *more)

    async def told(here: Scene) -> None:
        says(here, somebody(here), True)
        monkeypatch.setattr(views, "many", again)
        with pytest.raises(Malformed, match="names a cursor again"):
            await fetched(PAST, here, tmp_path / "x")

    run(told)


def test_it_is_asked_for_by_pages_in_an_order_that_nobody_leaves(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        for n in range(5):
            says(here, somebody(here, f"p{n}@example.com"), True)
        here.books.people = dict(reversed(here.books.people.items()))
        HELD.right.clear()
        await fetched(PAST, here, tmp_path / "x")
        ids = [json.loads(line)["id"] for line in (tmp_path / "x").read_text("utf-8").splitlines()]
        assert ids == sorted(here.books.people)
        assert HELD.right == Counter({"GET /api/profiles": 3, "GET /api/profiles 200": 3})

    run(told)


async def test_a_place_that_is_never_known_is_not_asked_for_for_ever(tmp_path: Path) -> None:
    asked = list[str | None]()

    async def page(after: str | None) -> Rows:
        asked.append(after)
        if after is not None:
            raise Rejected("no such place", Code.INVALID)
        return Rows((), "x")

    with pytest.raises(Rejected):
        await rows.fetched(tmp_path / "x", page, lambda _: None)
    assert asked == [None, "x"] * 4  # the first time, and three times anew
