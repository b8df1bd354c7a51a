"""History in bulk: how addresses stand, and since when; dead ones; what is ours, nobody's or overruled is not told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pawline.connectors.hubspot import past
from pawline.connectors.hubspot.happened import ALIVE, ELSEWHERE, OVERRULED, TIMELESS, UNDATED, UNNAMED
from pawline.connectors.hubspot.past import PAST
from pawline.kit import Called, Quarantined
from pawline.model import Consent, ConsentChanged, Contact, HouseholdId, Medium, MessageBounced, MessageId, Purpose
from pawline.model.ids import household_by_email
from pawline.ports import Malformed, Suppression
from pawline.sandbox import Fault, Faults
from pawline.sandbox.hubspot import hubspot, objects, preferring
from pawline.sandbox.hubspot.books import BOUNCED, Stand
from pawline.sandbox.hubspot.wrongs import invalid
from tests.unit.connectors.fetching import SINCE, broken_off, events, fetched, history, killed_while_it_wrote, told_of
from tests.unit.connectors.hubspot_scene import ANN, EMAIL, NEWS, OFFERS, REMINDERS, Scene, run

LATELY = datetime.now(UTC).replace(microsecond=0) - timedelta(days=100)
LONG_AGO = SINCE - timedelta(days=1)
BO = "bo@example.com"


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "MANY", 2)
    monkeypatch.setattr(past, "PAUSE", 0.0)


def somebody(here: Scene, email: str = EMAIL, **more: Any) -> str:
    return str(here.act("people", email=email, **more)["id"])


def says(
    here: Scene, granted: bool, email: str = EMAIL, of: int = OFFERS, at: datetime = LATELY, source: str = "FORM",
    why: str | None = None,
) -> None:  # fmt: skip
    stand = Stand("SUBSCRIBED" if granted else "UNSUBSCRIBED", at.timestamp(), source, why and "NON_GDPR", why)
    here.books.address(email).of[of] = stand


def stops(here: Scene, email: str = EMAIL, at: datetime = LATELY) -> None:
    here.books.address(email).wide = Stand("UNSUBSCRIBED", at.timestamp(), "PREFERENCES_PAGE")


def word(granted: bool, source: str, purpose: Purpose = Purpose.MARKETING, **more: Any) -> ConsentChanged:
    whole = {
        "household": ANN, "purpose": purpose, "granted": granted, "at": LATELY, "medium": Medium.EMAIL,
        "source": f"hubspot: {source}", "contact": Contact(email=EMAIL),
    }  # fmt: skip
    return ConsentChanged(consent=Consent(**{**whole, **more}))


def test_who_agreed_and_who_said_no_is_told_of_each_purposes_own_type_with_when_and_how(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        somebody(here)
        says(here, True, why="ticked at the till")
        says(here, False, of=NEWS)  # is not a purpose's own type
        says(here, False, of=REMINDERS, at=LATELY + timedelta(days=1), source="PREFERENCES_PAGE")
        somebody(here, BO)  # never said anything
        assert await events(PAST, here, tmp_path) == [
            word(True, "FORM, NON_GDPR, ticked at the till"),
            word(False, "PREFERENCES_PAGE", Purpose.REMINDERS, at=LATELY + timedelta(days=1)),
        ]

    run(told)


def test_a_no_to_all_mail_is_one_to_each_purpose_and_stands_over_every_yes_however_old_it_is(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        somebody(here)
        says(here, True, at=LATELY + timedelta(days=2))
        says(here, False, of=REMINDERS, at=LATELY - timedelta(days=2))
        stops(here)
        noes = [word(False, "unsubscribed from all mail", one) for one in (Purpose.MARKETING, Purpose.REMINDERS)]
        assert await events(PAST, here, tmp_path) == noes
        stops(here, at=LONG_AGO)  # before that day: it is not told, and no yes is either
        assert await events(PAST, here, tmp_path) == [
            word(False, "FORM", Purpose.REMINDERS, at=LATELY - timedelta(days=2))
        ]
        here.books.go_on(EMAIL)
        assert [one.consent.granted for one in await events(PAST, here, tmp_path)] == [True, False]

    run(told)


def test_without_types_a_no_to_all_mail_is_one_to_marketing(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        somebody(here)
        says(here, True)
        stops(here)
        assert await events(PAST, here, tmp_path) == [word(False, "unsubscribed from all mail")]

    run(told, marketing=[], reminders=[])


def test_what_says_no_time_is_counted_and_not_made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    statuses, wide = preferring._statuses, preferring._wide

    def timeless(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{name: value for name, value in one.items() if name != "timestamp"} for one in rows]

    async def told(here: Scene) -> None:
        somebody(here)
        says(here, True)
        monkeypatch.setattr(preferring, "_statuses", lambda *of: timeless(statuses(*of)))
        (found,) = await history(PAST, here, tmp_path)
        assert (found.sightings, found.left, found.bad) == ((), (TIMELESS,), None)
        monkeypatch.setattr(preferring, "_statuses", statuses)
        monkeypatch.setattr(preferring, "_wide", lambda *of: timeless(wide(*of)))
        stops(here)
        says(here, False, of=REMINDERS)
        (found,) = await history(PAST, here, tmp_path)  # the yes is under that no; the other no has a time of its own
        assert [one.event for one in found.sightings] == [word(False, "FORM", Purpose.REMINDERS)]
        assert found.left == (TIMELESS,)

    run(told)


def test_a_dead_address_is_told_with_its_mark_and_other_bounces_are_counted(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        here.clock.ahead = -50 * 86_400.0
        ann = somebody(here, bounced=True)
        at = datetime.fromtimestamp(here.books.contacts[ann].were[BOUNCED][-1][0], UTC)
        somebody(here, BO, properties={BOUNCED: "SPAM"})
        moved = somebody(here, "cy@example.com", bounced=True)
        reasons = [somebody(here, f"p{n}@example.com", bounced=True) for n in range(2)]
        here.clock.ahead = 0.0
        here.books.write(here.books.contacts[moved], {"email": "new@example.com"})
        here.books.contacts[reasons[0]].were.clear()
        here.books.contacts[reasons[1]].were[BOUNCED][0] = (LONG_AGO.timestamp(), "UNKNOWN_USER")
        says(here, True)
        found = await history(PAST, here, tmp_path)
        assert [one.left for one in found] == [(), (ALIVE,), (ELSEWHERE,), (UNDATED,)]  # the last was before that day
        yes, dead = [one.event for each in found for one in each.sightings]
        assert yes == word(True, "FORM")
        assert dead == MessageBounced(
            message=MessageId(f"hubspot/{ann}/UNKNOWN_USER/{int(at.timestamp())}"), household=ANN,
            medium=Medium.EMAIL, lasting=True, because="there is no such address, says HubSpot",
            address=household_by_email(EMAIL),
        )  # fmt: skip
        assert abs(found[0].sightings[1].at - at) < timedelta(milliseconds=2)
        again, whole = LATELY.timestamp(), here.books.contacts[ann].were[BOUNCED]
        whole[:] = [(LONG_AGO.timestamp(), "UNKNOWN_USER"), (again - 9.0, ""), (again, "UNKNOWN_USER")]
        here.books.contacts[ann].were["email"] = [(LONG_AGO.timestamp(), EMAIL)]
        assert [one.message for one in (await events_of(here, tmp_path, ann))[1:]] == [
            f"hubspot/{ann}/UNKNOWN_USER/{int(again)}"
        ]
        here.act("people", email=EMAIL)  # a person of the shop says that it is not
        assert await events_of(here, tmp_path, ann) == [yes]

    run(told)


async def events_of(here: Scene, folder: Path, contact: str) -> list[Any]:
    found = [seen for one in await history(PAST, here, folder) for seen in one.sightings]
    return [one.event for one in found if one.id.startswith(f"{contact}/")]


def test_as_many_dead_addresses_as_there_may_be_are_asked_about_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[int]()
    reads: Any = objects.read_batch

    def counting(books: Any, query: Any, body: Any) -> Any:
        asked.append(len(body["inputs"]))
        return reads(books, query, body)

    async def told(here: Scene) -> None:
        for n in range(60):
            somebody(here, f"p{n}@example.com", bounced=True)
        monkeypatch.setattr(past, "MANY", 100)
        ends = [one._replace(do=counting) if one.do is reads else one for one in hubspot.ENDPOINTS]
        monkeypatch.setattr(hubspot, "ENDPOINTS", tuple(ends))
        assert (len(await events(PAST, here, tmp_path)), asked) == (60, [50, 10])

    run(told)


def test_whose_it_is_is_our_link_else_the_address_and_what_names_none_is_counted(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        await here.know(HouseholdId("h-ours"), "ours@example.com")
        somebody(here, BO)
        ours, nobody = here.contact("ours@example.com"), here.books.write(None, {"hs_email_optout": "true"})
        here.books.write(None, {"firstname": "Cy"})  # said nothing
        dead = here.books.write(None, {BOUNCED: "UNKNOWN_USER"})
        for email in ("ours@example.com", BO):
            says(here, False, email)
        found = await history(PAST, here, tmp_path)
        assert [[seen.event.consent.household for seen in one.sightings] for one in found] == [  # type: ignore[attr-defined]
            ["h-ours"], [household_by_email(BO)], [], []
        ]  # fmt: skip
        assert [one.links for one in found] == [(Called("household", "h-ours", ours.id),), (), (), ()]
        assert [one.left for one in found] == [(), (), (UNNAMED,), (UNNAMED,)]
        here.books.erase(nobody)
        here.books.erase(dead)
        ours.properties["pawline_household"] = "h-ours/moving"  # its household is about to leave
        found = await history(PAST, here, tmp_path)
        assert [one.links for one in found] == [(), ()]
        assert found[0].sightings[0].event.consent.household == "h-ours"  # type: ignore[attr-defined]
        ours.properties["pawline_household"] = "h-ours"
        here.books.addresses.clear()  # nobody said anything
        assert [(one.sightings, one.links) for one in await history(PAST, here, tmp_path)] == [
            ((), (Called("household", "h-ours", ours.id),))
        ]
        del ours.properties["email"]
        assert [one.links for one in await history(PAST, here, tmp_path)] == [(Called("household", "h-ours", ours.id),)]

    run(told)


def test_what_was_said_before_that_day_is_not_even_written_down_and_nothing_else_of_anybody_is(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        ann = somebody(here, properties={"firstname": "Ann", "city": "Bonn"})
        somebody(here, BO)
        says(here, True, at=LONG_AGO)
        says(here, True, of=REMINDERS)
        says(here, False, BO, at=LONG_AGO)
        assert await events(PAST, here, tmp_path) == [word(True, "FORM", Purpose.REMINDERS)]
        (line,) = (tmp_path / "x.fetched").read_text("utf-8").splitlines()
        row = json.loads(line)
        assert (row["id"], row["properties"], len(row["statuses"])) == (ann, {"email": EMAIL}, 1)

    run(told)


def test_what_we_wrote_there_ourselves_is_no_history(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        await here.know()
        now = datetime.now(UTC)
        await here.say(True, now - timedelta(hours=2))
        await here.say(False, now - timedelta(hours=2), purpose=Purpose.REMINDERS)
        assert here.statuses() == {OFFERS: "SUBSCRIBED", REMINDERS: "UNSUBSCRIBED"}
        assert await events(PAST, here, tmp_path) == []
        await here.step(here.marketing.suppress(Suppression(household=ANN, because="asked by letter")))
        assert here.stopped()
        assert await events(PAST, here, tmp_path) == []

    run(told)


def test_an_older_yes_is_not_told_over_a_newer_no_that_is_kept(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await here.say(False, LATELY + timedelta(days=1))
        says(here, True)  # what we wrote did not get there: HubSpot still has the yes of before
        (found,) = await history(PAST, here, tmp_path)
        assert (found.sightings, found.left) == ((), (OVERRULED,))
        says(here, True, at=LATELY + timedelta(days=2))  # and that is newer
        (found,) = await history(PAST, here, tmp_path)
        assert [one.event for one in found.sightings] == [word(True, "FORM", at=LATELY + timedelta(days=2))]
        here.contact().properties["pawline_suppressed"] = "asked by letter"
        (found,) = await history(PAST, here, tmp_path)
        assert (found.sightings, found.left) == ((), (OVERRULED,))

    run(told)


def test_what_history_tells_and_what_a_look_told_of_the_same_is_one_fact(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        _, cursor, _ = await here.looked("")
        somebody(here)
        here.act("decisions", email=EMAIL, granted=True, type=OFFERS)
        (seen,), cursor, _ = await here.looked(cursor)
        ((before,),) = [one.sightings for one in await history(PAST, here, tmp_path)]
        assert (seen.id, seen.event.fact) == (before.id, before.event.fact)
        here.act("decisions", email=EMAIL, granted=False)
        noes, _, _ = await here.looked(cursor)
        (found,) = await history(PAST, here, tmp_path)
        assert [one.event.fact for one in noes] == [one.event.fact for one in found.sightings]

    run(told)


@pytest.mark.parametrize("at", [1, 2, 3, 4, 6, 9])
def test_stopped_at_whichever_request_it_goes_on_and_each_is_there_once(tmp_path: Path, at: int) -> None:
    async def told(here: Scene) -> None:
        names = [f"p{n}@example.com" for n in range(5)]
        for name in names:
            somebody(here, name)
            says(here, True, name)
        file = tmp_path / "x.fetched"
        await broken_off(PAST, here, file, at)
        killed_while_it_wrote(file)
        said = await fetched(PAST, here, file)
        assert said[-1] == "5 contacts that say something are here"
        assert len(said) == 3 - (at - 1) // 3
        found, bad, offsets = await told_of(PAST, here, file)
        assert (len(found), len(set(found)), bad) == (5, 5, [])
        for n, offset in enumerate(offsets):
            assert (await told_of(PAST, here, file, offset))[0] == found[n + 1 :]

    run(told)
    assert [one.name for one in tmp_path.iterdir()] == ["x.fetched"]


def test_too_much_for_hubspot_is_waited_for(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        for n in range(3):
            somebody(here, f"p{n}@example.com", bounced=n == 2)
            says(here, True, f"p{n}@example.com")
        here.desk.vendors.faults = Faults(at=dict.fromkeys((1, 3, 5, 7, 10), Fault.LIMITED), retry_after=0.01)
        assert len(await events(PAST, here, tmp_path)) == 4

    run(told)


@pytest.mark.parametrize("taken", [False, True])
def test_an_address_that_hubspot_does_not_take_or_cannot_answer_for_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    asks: Any = preferring.of_many

    def refusing(books: Any, query: Mapping[str, str], body: Any) -> Any:
        if BO in body["inputs"] and not taken:
            raise invalid("Invalid subscriberIdString")
        said = asks(books, query, body)
        for one in said.body["results"]:
            if one["subscriberIdString"] == BO:
                one["statuses"][0]["timestamp"] = "some day"
        return said

    async def told(here: Scene) -> None:
        names = ["a@example.com", BO, "c@example.com", "d@example.com"]
        for name in names:
            somebody(here, name)
            says(here, True, name)
        monkeypatch.setattr(past, "MANY", 100)
        ends = [one._replace(do=refusing) if one.do is asks else one for one in hubspot.ENDPOINTS]
        monkeypatch.setattr(hubspot, "ENDPOINTS", tuple(ends))
        found = await history(PAST, here, tmp_path)
        bo = here.contact(BO).id
        assert [len(one.sightings) for one in found] == [1, 0, 1, 1]
        assert [one.bad for one in found if one.bad is not None] == [
            Quarantined(f"contact {bo}", "HubSpot does not say how its address stands")
        ]
        monkeypatch.setattr(preferring, "_by_mail", lambda _: (_ for _ in ()).throw(invalid("no")))
        with pytest.raises(Malformed, match="of nobody on a page"):
            await history(PAST, here, tmp_path)

    run(told)


def test_a_contact_that_cannot_be_read_keeps_no_other_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shows: Any = objects.shown
    odd = set[str]()

    def oddly(one: Any, *more: Any, **how: Any) -> Any:
        shown = shows(one, *more, **how)
        return shown | {"properties": 7} if one.id in odd else shown

    async def told(here: Scene) -> None:
        ids = [somebody(here, f"{name}@example.com") for name in ("ann", "bo", "cy")]
        for name in ("ann", "bo", "cy"):
            says(here, True, f"{name}@example.com")
        odd.add(ids[0])
        monkeypatch.setattr(objects, "shown", oddly)
        found = await history(PAST, here, tmp_path)
        assert [len(one.sightings) for one in found] == [0, 1, 1]
        assert [one.bad and one.bad.where for one in found] == [f"contact {ids[0]}", None, None]

    run(told)


def test_a_list_that_never_ends_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lists: Any = objects.contacts

    def again(books: Any, query: Mapping[str, str], body: Any) -> Any:
        return lists(books, {**query, "after": "0"}, body)

    async def told(here: Scene) -> None:
        for n in range(3):
            somebody(here, f"p{n}@example.com")
        ends = [one._replace(do=again) if one.do is lists else one for one in hubspot.ENDPOINTS]
        monkeypatch.setattr(hubspot, "ENDPOINTS", tuple(ends))
        with pytest.raises(Malformed, match="names a cursor again"):
            await fetched(PAST, here, tmp_path / "x")

    run(told)


def test_who_changes_meanwhile_keeps_their_place_and_nothing_is_written_there(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        for n in range(5):
            somebody(here, f"p{n}@example.com")
            says(here, True, f"p{n}@example.com")
        done, before = here.did(), here.desk.vendors._dice.requests

        def said(_: str) -> None:  # between two pages somebody changes, and somebody goes
            here.books.touch(here.contact("p0@example.com"))
            if (gone := here.books.by("email", "p2@example.com")) is not None:
                del here.books.contacts[gone.id]

        await PAST.fetch(here.http, here.settings, None, SINCE, tmp_path / "x", said)  # type: ignore[arg-type]
        ids = [json.loads(line)["id"] for line in (tmp_path / "x").read_text("utf-8").splitlines()]
        assert ids == [here.contact(f"p{n}@example.com").id for n in (0, 1, 3, 4)]
        assert here.desk.vendors._dice.requests - before == 6
        assert here.did() == done

    run(told)
