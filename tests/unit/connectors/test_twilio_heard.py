"""What Twilio's webhooks say, by itself and asked about; what a look finds; where they are sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from pawline.connectors.twilio.enrolling import ENROLMENT, NEWS
from pawline.connectors.twilio.happened import HELP, LASTING, PASSING, START, STOP, TAKEN_BACK, bounced, word_of
from pawline.connectors.twilio.health import probe
from pawline.connectors.twilio.hook import HOOK, WAYS, about
from pawline.connectors.twilio.looking import BACK, RIPE, Cursor, every, texts
from pawline.kit import QUERY, WHENEVER, Delivery, Sighting
from pawline.model import ConsentChanged, Event, HouseholdId, Medium, MessageBounced
from pawline.model.ids import household_by_phone
from pawline.ports import Code, Malformed, Rejected, Unauthorised
from pawline.sandbox.twilio.books import sid
from tests.unit.connectors.twilio_scene import ANN, SENDER, SHOP, Scene, letter, run

AT = "https://hub.paws.example/hooks/twilio/us"
SM = f"SM{16 * 'ab'}"
SERVICE = sid("MG", "service")


def heard(form: dict[str, str], query: str = "household=h-1") -> tuple[Delivery, tuple[Event, ...] | None, str | None]:
    delivery = HOOK.read([(QUERY, query)], urlencode(form).encode())
    hear = HOOK.hears.get(delivery.type)
    return delivery, None if hear is None else hear(delivery.payload), HOOK.rings(delivery)


def status(said: str, code: str = "", **more: str) -> dict[str, str]:
    form = {
        "SmsSid": SM, "SmsStatus": said, "MessageStatus": said, "To": ANN, "MessageSid": SM,
        "AccountSid": f"AC{32 * 'a'}", "From": SENDER, "ApiVersion": "2010-04-01",
    }  # fmt: skip
    return form | ({"ErrorCode": code} if code else {}) | more


def text(body: str, **more: str) -> dict[str, str]:
    form = status("received") | {"Body": body, "NumMedia": "0"} | more
    del form["MessageStatus"]
    return form


@pytest.mark.parametrize("code", sorted({*LASTING, *PASSING, 99}))
@pytest.mark.parametrize("said", ["undelivered", "failed"])
def test_a_text_that_did_not_arrive_is_told_of_its_household(code: int, said: str) -> None:
    delivery, events, rung = heard(status(said, str(code)))
    assert (delivery.id, delivery.at, rung) == (f"{SM}/{said}", WHENEVER, None)
    assert events is not None
    (one,) = events
    assert isinstance(one, MessageBounced)
    assert (one.message, one.household, one.medium) == (SM, "h-1", Medium.SMS)
    assert (one.lasting, one.address) == (code in LASTING, household_by_phone(ANN))
    assert one.fact == f"message.bounced/{SM}{'' if one.lasting else '/passing'}"
    assert (one.because or "").endswith(f"(Twilio {code})")


def test_of_a_code_that_is_not_known_nobody_says_that_twilio_is_silent() -> None:
    assert bounced(SM, HouseholdId("h-1"), None, 21408).because == "see the page of its number at Twilio (Twilio 21408)"
    assert bounced(SM, HouseholdId("h-1"), None, None).because == "Twilio does not say why"


def test_what_is_no_news_is_nothing_and_what_is_not_known_is_kept() -> None:
    for said in WAYS:
        assert heard(status(said))[1:] == ((), None)
    delivery, events, rung = heard(status("teleported"))
    assert (delivery.type, events, rung) == ("status.teleported", None, None)
    assert heard(status("failed", "30003"), query="")[1] == ()
    assert heard(status("failed", "30003"), query="household=h-1&household=h-2")[1] == ()
    assert heard(status("failed", "30003", To="whatsapp:+1"))[1] == (bounced(SM, HouseholdId("h-1"), None, 30003),)
    unsafe = bounced(SM, HouseholdId("h-1"), household_by_phone(ANN), 30003, safety=True)
    assert heard(status("failed", "30003"), query="household=h-1&safety=1")[1] == (unsafe,)
    assert heard(status("failed", "soon"))[1] == (bounced(SM, HouseholdId("h-1"), household_by_phone(ANN), None),)


def test_a_word_rings_or_is_nothing_and_any_other_text_is_kept() -> None:
    for word in STOP:
        assert heard(text(f" {word.lower()}\n"))[1:] == ((), SM)
    for word in (*START, *HELP):
        assert heard(text(word))[1:] == ((), None)
    assert heard(text("Arret", OptOutType="STOP"))[1:] == ((), SM)
    for other in ("Stop please", "where is my parcel?", "", "2"):
        delivery, events, rung = heard(text(other))
        assert (delivery.type, events, rung) == ("text", None, None)
        assert other not in delivery.payload.decode() or not other
    assert word_of("STOPP") == "text"


@pytest.mark.parametrize(
    "form",
    [
        {}, status("failed") | {"MessageSid": "SM1"}, status("failed") | {"AccountSid": "x"},
        status("failed") | {"ApiVersion": "2008-08-01"}, text("STOP") | {"SmsStatus": "sent"}, {"{": "}"},
    ],
)  # fmt: skip
def test_what_is_no_webhook_of_twilios_is_not_read(form: dict[str, str]) -> None:
    with pytest.raises((ValueError, KeyError)):
        heard(form)


def test_a_field_that_comes_twice_is_not_read() -> None:
    body = urlencode(status("sent")) + "&MessageStatus=failed"
    with pytest.raises(ValueError, match="no form"):
        HOOK.read([], body.encode())


def noes(found: tuple[Sighting, ...]) -> list[tuple[str, str, bool, str]]:
    assert all(isinstance(one.event, ConsentChanged) for one in found)
    consents = [one.event.consent for one in found if isinstance(one.event, ConsentChanged)]
    return [(one.household, one.purpose.value, one.granted, (one.contact and one.contact.phone) or "")
            for one in consents]  # fmt: skip


def test_a_stop_is_a_no_to_all_that_needs_consent_by_webhook_and_by_look_the_same() -> None:
    async def told(here: Scene) -> None:
        first = await texts(here.http, here.settings, "")
        stop = here.act("write", {"sender": ANN, "body": "STOP"})
        asked = await about(here.http, here.settings, stop)
        assert noes(asked) == [
            (household_by_phone(ANN), purpose, False, ANN) for purpose in ("marketing", "reminders", "surveys")
        ]
        assert len(TAKEN_BACK) == 3
        seen = await texts(here.http, here.settings, first.cursor)
        assert seen.sightings == asked
        assert {one.event.fact for one in seen.sightings} == {one.event.fact for one in asked}

    run(told)


def test_what_is_no_number_says_no_to_nothing() -> None:
    async def told(here: Scene) -> None:
        for sender in ("72975", "whatsapp:+15550123456", "PAWS"):
            stop = here.act("write", {"sender": sender, "body": "STOP"})
            assert await about(here.http, here.settings, stop) == ()
        sent = await here.step(letter("stop"), shop="*")
        assert await about(here.http, here.settings, sent) == ()
        assert (await texts(here.http, here.settings, "")).sightings == ()

    run(told)


def test_a_look_finds_what_did_not_arrive_once_its_webhook_had_its_time() -> None:
    async def told(here: Scene) -> None:
        here.act("fate", {"to": ANN, "code": 30005})
        await here.step(letter())
        await here.step(letter("an alarm"), shop="*")
        here.act("fate", {"to": ANN})
        await here.step(letter(), "k-2")
        assert (await texts(here.http, here.settings, "")).sightings == ()
        for one in here.books.messages.values():
            one.changed -= RIPE.total_seconds() + 5
        seen = await texts(here.http, here.settings, "")
        (found,) = seen.sightings
        first = next(iter(here.books.messages))
        assert found.event == bounced(first, household_by_phone(ANN), household_by_phone(ANN), 30005)
        later = msgspec.json.decode(seen.cursor, type=Cursor)
        assert later.query == ()
        assert later.since is not None
        tomorrow = msgspec.structs.replace(later, since=later.since + timedelta(days=1))
        assert (await texts(here.http, here.settings, msgspec.json.encode(tomorrow).decode())).sightings == ()

    run(told)


@pytest.mark.parametrize("sender", [SENDER, SERVICE])
def test_a_look_leaves_what_is_another_senders_of_the_same_account(sender: str) -> None:
    """It may be another shop's: its texts bear marks like ours, and who said STOP said it to that one."""

    async def told(here: Scene) -> None:
        service = sender == SERVICE
        here.act("fate", {"to": ANN, "code": 30005})
        await here.step(letter())
        here.act("write", {"sender": ANN, "body": "STOP"})
        gone, stop = here.books.messages.values()
        for one in (gone, stop):
            one.changed -= RIPE.total_seconds() + 5
        assert len((await texts(here.http, here.settings, "")).sightings) == 4
        if service:
            gone.service = stop.service = sid("MG", "another")
        else:
            gone.sender = stop.to = "+15550100002"
        assert (await texts(here.http, here.settings, "")).sightings == ()

    run(told, sender=sender)


def test_a_look_goes_page_by_page_and_tells_each_once() -> None:
    async def told(here: Scene) -> None:
        for number in range(1_100):
            here.books.receive(f"+1555{number:07d}", "STOP" if number % 100 == 0 else "hello")
        found, cursor, pages = list[Sighting](), "", 0
        while True:
            seen = await texts(here.http, here.settings, cursor)
            found += seen.sightings
            cursor, pages = seen.cursor, pages + 1
            if not seen.more:
                break
        assert pages == 3
        assert len(found) == len({one.event.fact for one in found}) == 11 * 3

    run(told)


def test_what_is_older_is_not_asked_for() -> None:
    async def told(here: Scene) -> None:
        here.act("write", {"sender": ANN, "body": "STOP"})
        for one in here.books.messages.values():
            one.sent = (datetime.now(UTC) - BACK - timedelta(days=2)).timestamp()
        assert (await texts(here.http, here.settings, "")).sightings == ()
        assert every(here.settings) == timedelta(seconds=900)

    run(told)


def test_a_message_that_cannot_be_read_keeps_no_other_back_and_is_told_once() -> None:
    async def told(here: Scene) -> None:
        await here.step(letter("first"))
        here.act("write", {"sender": ANN, "body": "STOP"})
        whole = here.desk.twilio.api._list

        def odd(call: Any) -> dict[str, Any]:
            made = whole(call)
            made["messages"][1]["date_updated"] = "soon"
            return made

        here.desk.twilio.api._answers["GET Messages"] = odd
        seen = await texts(here.http, here.settings, "")
        assert len(seen.sightings) == 3
        (bad,) = seen.quarantined
        assert bad.where.startswith("message ")
        assert (await texts(here.http, here.settings, seen.cursor)).quarantined == ()

    run(told)


def test_what_goes_wrong_with_the_list_is_said() -> None:
    async def told(here: Scene) -> None:
        answers = here.desk.twilio.api._answers
        answers["GET Messages"] = lambda _: {"messages": [], "next_page_uri": "/2010-04-01/x?PageSize=1"}
        with pytest.raises(Malformed, match="never end"):
            await texts(here.http, here.settings, "")
        answers["GET Messages"] = lambda _: {"messages": [], "next_page_uri": "/2010-04-01/x?%"}
        with pytest.raises(Malformed, match="no address"):
            await texts(here.http, here.settings, "")

    run(told)


# -- where they are sent -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sender", [SENDER, SERVICE])
def test_texts_that_people_send_are_told_to_us_once_it_is_set_up(sender: str) -> None:
    async def told(here: Scene) -> None:
        http, settings = here.http, here.settings
        assert await ENROLMENT.lacking(http, settings, AT) == (NEWS,)
        assert await ENROLMENT.enrol(http, settings, AT) == (f"{NEWS} are told to {AT}",)
        assert await ENROLMENT.lacking(http, settings, AT) == ()
        assert await ENROLMENT.enrol(http, settings, AT) == ()
        moved = "https://new.paws.example/hooks/twilio/us"
        assert await ENROLMENT.lacking(http, settings, moved) == (NEWS,)
        assert await ENROLMENT.enrol(http, settings, moved) == (f"{NEWS} are told to {moved}",)
        there = here.books.service.inbound_request_url if sender == SERVICE else here.books.number.sms_url
        assert there == moved

    run(told, sender=sender)


def test_an_address_of_somebody_elses_is_left_and_said() -> None:
    async def told(here: Scene) -> None:
        here.books.number.sms_url = "https://desk.example/twilio?secret=1"
        lacks = f"{NEWS}: they go to desk.example, which is left as it is; `inbound = false` if that is meant"
        assert await ENROLMENT.lacking(here.http, here.settings, AT) == (lacks,)
        did = f"{NEWS} go to desk.example, and are left there: set {AT} at Twilio, or `inbound = false`"
        assert await ENROLMENT.enrol(here.http, here.settings, AT) == (did,)
        assert here.books.number.sms_url == "https://desk.example/twilio?secret=1"
        quiet = msgspec.structs.replace(here.settings, inbound=False)
        assert await ENROLMENT.lacking(here.http, quiet, AT) == ()
        named = msgspec.structs.replace(here.settings, sender="Paws")
        assert await ENROLMENT.lacking(here.http, named, AT) == ()

    run(told)


def test_a_service_that_leaves_it_to_its_numbers_is_left() -> None:
    async def told(here: Scene) -> None:
        here.books.service.use_inbound_webhook_on_number = True
        (lacks,) = await ENROLMENT.lacking(here.http, here.settings, AT)
        assert "each number's own address" in lacks
        (did,) = await ENROLMENT.enrol(here.http, here.settings, AT)
        assert "are left there" in did

    run(told, sender=SERVICE)


def test_an_account_that_cannot_work_says_what_to_mend() -> None:
    async def told(here: Scene) -> None:
        names = frozenset({"Mail"})
        await probe(here.http, here.settings, names)
        for changed, says in (
            ({"sender": "+15550100002"}, "`sender` is no number of this account"),
            ({"sender": f"MG{32 * '0'}"}, "`sender` is no Messaging Service of this account"),
        ):
            with pytest.raises(Unauthorised) as no:
                await probe(here.http, msgspec.structs.replace(here.settings, **changed), names)
            assert no.value.text == says
        await probe(here.http, msgspec.structs.replace(here.settings, sender="Paws"), names)
        answers = here.desk.twilio.api._answers
        account = answers["GET "]
        answers["GET "] = lambda call: {**account(call), "status": "suspended"}
        with pytest.raises(Unauthorised, match="suspended"):
            await probe(here.http, here.settings, names)
        here.desk.twilio.token = "another"  # noqa: S105 - of this test's own
        with pytest.raises(Unauthorised) as strange:
            await probe(here.http, here.settings, names)
        assert strange.value.code is Code.CREDENTIALS

    run(told)


def test_a_test_credential_is_let_in_and_sends_what_it_cannot_look_for() -> None:
    from pawline.sandbox.twilio.calls import No

    async def told(here: Scene) -> None:
        def refused(_: Any) -> Any:
            raise No(403, 20008)

        for call in ("GET Messages", "GET "):
            here.desk.twilio.api._answers[call] = refused
        await probe(here.http, here.settings, frozenset())
        await here.step(letter())
        assert len(here.texts()) == 1
        with pytest.raises(Malformed):
            await here.step(letter(), number=2)
        with pytest.raises(Rejected):
            await texts(here.http, here.settings, "")

    run(told)


def test_the_client_closes_both_of_its_lines() -> None:
    async def told(here: Scene) -> None:
        await probe(here.http, msgspec.structs.replace(here.settings, sender=SERVICE), frozenset())
        await here.http.close()
        assert (here.http._session, here.http.messaging._session) == (None, None)
        assert here.http.whose == SHOP

    run(told)
