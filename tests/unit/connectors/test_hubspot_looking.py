"""What people decide at HubSpot comes back; and whoever was there before is linked: by looks, each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.hubspot import looking
from pawline.kit import Quarantined
from pawline.model import Contact, Medium, Purpose, household_by_email
from pawline.ports import Suppression
from tests.unit.connectors.hubspot_scene import ANN, EMAIL, NEWS, OFFERS, REMINDERS, Scene, run


def read(seen: list[Any]) -> list[Any]:
    return [(one.event.consent.household, one.event.consent.purpose, one.event.consent.granted) for one in seen]


async def begun(here: Scene) -> str:
    """Ann is known, and the looks have begun: what she says from here on is new."""
    await here.know()
    _, cursor, _ = await here.looked("")
    return cursor


def people(here: Scene, count: int) -> list[str]:
    emails = [f"p{number}@example.com" for number in range(count)]
    for email in emails:
        here.act("people", email=email)
    return emails


def test_who_is_named_is_asked_for_alone_and_told_as_the_look_tells() -> None:
    async def told(here: Scene) -> None:
        cursor = await begun(here)
        people(here, 2)
        bare = here.books.write(None, {"firstname": "Bo"}).id
        for email in (EMAIL, "p0@example.com", "p1@example.com"):
            here.act("decisions", email=email, granted=False)
        named = [here.contact().id, here.contact("p0@example.com").id, bare, "404"]
        before = here.desk.vendors._dice.requests
        rung = await looking.named(here.http, here.settings, ",".join(named))
        assert here.desk.vendors._dice.requests - before == 4  # whoever says something is read once more
        p0 = household_by_email("p0@example.com")
        assert read(list(rung)) == [
            (whose, purpose, False) for whose in (ANN, p0) for purpose in (Purpose.MARKETING, Purpose.REMINDERS)
        ]
        seen, _, _ = await here.looked(cursor)
        assert [one for one in seen if one.event.consent.household in (ANN, p0)] == list(rung)
        await here.step(here.marketing.suppress(Suppression(household=ANN, because="asked for it")))
        assert await looking.named(here.http, here.settings, here.contact().id) == ()  # ours

    run(told)


def test_where_nobody_looks_nobody_is_asked_for_either() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        here.act("decisions", email=EMAIL, granted=False)
        before = here.desk.vendors._dice.requests
        assert await looking.named(here.http, here.settings, here.contact().id) == ()
        assert here.desk.vendors._dice.requests == before

    run(told, poll=0)


def test_a_no_and_a_yes_come_back_as_what_they_were_and_when() -> None:
    async def told(here: Scene) -> None:
        cursor = await begun(here)
        here.act("decisions", email=EMAIL, granted=False, type=OFFERS)
        here.act("decisions", email=EMAIL, granted=True, type=REMINDERS)
        here.act("decisions", email=EMAIL, granted=False, type=NEWS)  # is not a purpose's own type
        seen, cursor, bad = await here.looked(cursor)
        assert (read(seen), bad) == ([(ANN, Purpose.MARKETING, False), (ANN, Purpose.REMINDERS, True)], [])
        at = here.books.address(EMAIL).of[OFFERS].at
        first: Any = seen[0]
        assert first.at == first.event.consent.at == datetime.fromtimestamp(round(at, 3), UTC).replace(
            microsecond=int(at * 1_000) % 1_000 * 1_000
        )  # fmt: skip
        assert (first.event.consent.medium, first.event.consent.source) == (Medium.EMAIL, "hubspot")
        assert first.event.consent.contact == Contact(email=EMAIL)
        again, _, _ = await here.looked(cursor)  # the same facts: they are known by them
        assert [one.event.fact for one in again] == [one.event.fact for one in seen]

    run(told)


def test_a_no_to_all_mail_is_a_no_to_each_purpose() -> None:
    async def told(here: Scene) -> None:
        cursor = await begun(here)
        await here.say(True, datetime.now(UTC))
        here.act("decisions", email=EMAIL, granted=False)
        seen, _, _ = await here.looked(cursor)
        assert read(seen) == [(ANN, Purpose.MARKETING, False), (ANN, Purpose.REMINDERS, False)]

    run(told)


def test_what_we_wrote_is_no_decision_of_theirs() -> None:
    async def told(here: Scene) -> None:
        cursor = await begun(here)
        now = datetime.now(UTC)
        await here.say(True, now - timedelta(hours=2))
        await here.say(False, now - timedelta(hours=2), purpose=Purpose.REMINDERS)
        assert read((await here.looked(cursor))[0]) == []
        for no, stand in here.books.address(EMAIL).of.items():  # HubSpot keeps no explanation: it is known by its time
            here.books.address(EMAIL).of[no] = type(stand)(stand.status, stand.at)
        assert read((await here.looked(cursor))[0]) == []
        await here.step(here.marketing.suppress(Suppression(household=ANN, because="asked for it")))
        assert read((await here.looked(cursor))[0]) == []

    run(told)


def test_what_we_wrote_while_it_was_looked_is_none_either() -> None:
    async def told(here: Scene) -> None:
        cursor = await begun(here)
        here.books.lag, here.clock.ahead = 30.0, 31.0  # the search has the contact as it was before
        await here.say(False, datetime.now(UTC))
        assert here.statuses()[OFFERS] == "UNSUBSCRIBED"
        assert read((await here.looked(cursor))[0]) == []
        here.books.lag = 0.0
        answered = here.desk.hubspot.answer

        def slow(asked: Any) -> Any:
            """Ann says more while the look is on its way: after the search, and before the statuses."""
            if "statuses/batch" in asked.path:
                here.act("decisions", email=EMAIL, granted=True, type=REMINDERS)
            return answered(asked)

        here.desk.hubspot.answer = slow  # type: ignore[method-assign]
        assert read((await here.looked(cursor))[0]) == [(ANN, Purpose.REMINDERS, True)]

    run(told)


@pytest.mark.parametrize("gone", [False, True])
def test_what_who_moves_or_goes_meanwhile_said_is_told(gone: bool) -> None:
    """Of the new address it stands nowhere: the next look would not find it."""

    async def told(here: Scene) -> None:
        cursor = await begun(here)
        here.act("decisions", email=EMAIL, granted=False, type=OFFERS)
        answered = here.desk.hubspot.answer

        def slow(asked: Any) -> Any:
            if "unsubscribe-all/read" in asked.path and (ann := here.books.by("email", EMAIL)) is not None:
                if gone:
                    del here.books.contacts[ann.id]
                else:
                    here.books.write(ann, {"email": "ann@new.example"})
            return answered(asked)

        here.desk.hubspot.answer = slow  # type: ignore[method-assign]
        seen, cursor, _ = await here.looked(cursor)
        assert read(seen) == [(ANN, Purpose.MARKETING, False)]
        assert seen[0].event.consent.contact == Contact(email=EMAIL)
        assert read((await here.looked(cursor))[0]) == []

    run(told)


def test_what_they_say_after_we_wrote_the_opposite_is_theirs() -> None:
    async def told(here: Scene) -> None:
        cursor = await begun(here)
        await here.say(True, datetime.now(UTC))
        here.act("decisions", email=EMAIL, granted=False, type=OFFERS)
        assert read((await here.looked(cursor))[0]) == [(ANN, Purpose.MARKETING, False)]

    run(told)


def test_an_old_decision_is_not_told_again_because_its_contact_changed() -> None:
    async def told(here: Scene) -> None:
        cursor = await begun(here)
        here.clock.ahead = -60 * 86_400.0
        here.act("decisions", email=EMAIL, granted=False, type=OFFERS)
        here.clock.ahead = 0.0
        here.act("people", email=EMAIL, properties={"city": "Bonn"})
        assert read((await here.looked(cursor))[0]) == []

    run(told)


def test_whoever_is_not_linked_is_known_by_the_address() -> None:
    async def told(here: Scene) -> None:
        _, cursor, _ = await here.looked("")
        here.act("people", email="Bo@Example.com")
        here.act("decisions", email="bo@example.com", granted=False, type=OFFERS)
        seen, _, _ = await here.looked(cursor)
        assert read(seen) == [(household_by_email("bo@example.com"), Purpose.MARKETING, False)]

    run(told)


def test_a_search_that_is_behind_loses_nobody() -> None:
    async def told(here: Scene) -> None:
        cursor = await begun(here)
        here.books.lag = 30.0
        here.act("decisions", email=EMAIL, granted=False, type=OFFERS)
        seen, cursor, _ = await here.looked(cursor)
        assert read(seen) == []
        here.clock.ahead = 31.0
        assert read((await here.looked(cursor))[0]) == [(ANN, Purpose.MARKETING, False)]

    run(told)


def test_many_at_one_moment_are_all_seen_and_so_is_who_changes_meanwhile() -> None:
    async def told(here: Scene) -> None:
        _, cursor, _ = await here.looked("")
        emails = people(here, 350)
        for email in emails:
            here.act("decisions", email=email, granted=False, type=OFFERS)
        at = max(one.updated for one in here.books.contacts.values())
        for one in here.books.contacts.values():
            one.updated, one.seen = at, [(at, dict(one.properties))]
        found = await looking.decided(here.http, here.settings, cursor)
        assert found.more
        for email in emails[:60]:  # they were on the first page, and move behind the last
            here.act("people", email=email, properties={"city": "Bonn"})
        seen, _, bad = await here.looked(found.cursor)
        every = {one.event.consent.household for one in (*found.sightings, *seen)}
        assert (every, bad) == ({household_by_email(email) for email in emails}, [])

    run(told)


def test_one_that_hubspot_does_not_answer_for_keeps_no_other_from_being_heard() -> None:
    async def told(here: Scene) -> None:
        cursor = await begun(here)
        (other,) = people(here, 1)
        here.act("decisions", email=EMAIL, granted=False, type=OFFERS)
        answered = here.desk.hubspot.answer

        def forgetful(asked: Any) -> Any:
            said = answered(asked)
            if "statuses/batch" in asked.path:
                left = [one for one in said.body["results"] if one["subscriberIdString"] != other]
                return said._replace(body=said.body | {"results": left})
            return said

        here.desk.hubspot.answer = forgetful  # type: ignore[method-assign]
        seen, cursor, bad = await here.looked(cursor)
        assert read(seen) == [(ANN, Purpose.MARKETING, False)]
        no = here.contact(other).id
        assert bad == [Quarantined(f"contact {no}", "HubSpot does not say how its address stands")]
        assert (await here.looked(cursor))[2] == []

    run(told)


def test_without_types_nothing_is_asked_about_anybody() -> None:
    async def told(here: Scene) -> None:
        cursor = await begun(here)
        here.act("decisions", email=EMAIL, granted=False)
        here.desk.hubspot.scopes = frozenset({"crm.objects.contacts.read"})
        seen, _, bad = await here.looked(cursor)
        assert (seen, bad) == ([], [])

    run(told, marketing=[], reminders=[])


def test_a_poll_of_zero_is_no_look() -> None:
    async def told(here: Scene) -> None:
        assert looking.every(here.settings) == timedelta(0)
        assert looking.every(msgspec.structs.replace(here.settings, poll=60.0)) == timedelta(minutes=1)

    run(told, poll=0)
