"""What Twilio is asked to send, what it is not, and what its refusals mean."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pawline.connectors.twilio import connector
from pawline.connectors.twilio.errors import BY_US, MENDED, NOBODY, explain
from pawline.connectors.twilio.mail import MARGIN
from pawline.connectors.twilio.marking import LENGTH, LETTERS, is_ours, mark_of, marked
from pawline.connectors.twilio.segments import segments
from pawline.kit import Answer, BadSettings
from pawline.model import Medium, Purpose
from pawline.ports import Code, Malformed, PortError, Rejected, Transient, Unauthorised
from tests.unit.connectors.twilio_scene import ANN, SENDER, Scene, letter, run

WORDS = "Paws: your order 1001 is on its way"
SERVICE = f"MG{32 * 'a'}"


def test_a_text_of_a_step_goes_out_once_with_its_mark_and_says_where_it_is_told_of() -> None:
    async def told(here: Scene) -> None:
        here.http.heard_at = "https://hub.paws.example/hooks/twilio/us"
        made = await here.step(letter(household="h-a&b"))
        assert here.texts() == [f"{WORDS} #{mark_of('k-1')}"]
        one = here.books.messages[made]
        assert (one.to, one.sender, one.service) == (ANN, SENDER, None)
        assert one.callback == "https://hub.paws.example/hooks/twilio/us?household=h-a%26b"
        assert await here.step(letter(), number=2) == made
        assert here.did() == ["text"]
        unsafe = here.books.messages[await here.step(letter(purpose=Purpose.SAFETY), key="k-2")]
        assert unsafe.callback == "https://hub.paws.example/hooks/twilio/us?household=h-1&safety=1"

    run(told)


def test_whoever_wakes_up_in_the_margin_writes_nothing() -> None:
    """The next attempt may look at once, and would not see it: the list knows of a text some seconds later."""

    async def told(here: Scene) -> None:
        for left in (MARGIN.total_seconds() - 2, 2.0):
            with pytest.raises(Transient) as said:
                await here.step(letter(), seconds=left)
            assert said.value.code is Code.UNREACHABLE  # nothing can have been sent
        assert here.texts() == []
        await here.step(letter(), seconds=MARGIN.total_seconds() + 9, number=2)
        assert len(here.texts()) == 1

    run(told)


def test_two_steps_with_the_same_words_to_one_number_are_two_texts() -> None:
    async def told(here: Scene) -> None:
        first, second = await here.step(letter(), "k-1"), await here.step(letter(), "k-2")
        assert first != second
        assert here.texts() == [marked(WORDS, mark_of("k-1")), marked(WORDS, mark_of("k-2"))]
        assert [await here.step(letter(), key, 2) for key in ("k-1", "k-2")] == [first, second]
        assert here.did() == ["text", "text"]

    run(told)


def test_an_alarm_is_no_step_and_is_sent_as_it_is_each_time() -> None:
    async def told(here: Scene) -> None:
        here.http.heard_at = "https://hub.paws.example/hooks/twilio/us"
        for _ in range(2):
            await here.step(letter("Paws: [critical] no order"), shop="*")
        assert here.texts() == ["Paws: [critical] no order"] * 2
        assert {one.callback for one in here.books.messages.values()} == {None}

    run(told)


def test_a_messaging_service_sends_in_place_of_a_number() -> None:
    async def told(here: Scene) -> None:
        made = await here.step(letter())
        assert here.books.messages[made].service == here.books.service.sid
        assert await here.step(letter(), number=2) == made

    from pawline.sandbox.twilio.books import sid

    run(told, sender=sid("MG", "service"))


def test_a_text_that_still_waits_in_the_queue_is_found() -> None:
    async def told(here: Scene) -> None:
        here.act("slow", True)
        made = await here.step(letter())
        assert here.books.messages[made].sent is None
        assert await here.step(letter(), number=2) == made
        assert here.did() == ["text"]

    run(told)


def test_a_text_behind_many_pages_is_found() -> None:
    async def told(here: Scene) -> None:
        made = await here.step(letter())
        for number in range(450):
            here.books.send(ANN, f"hello {number}", service=False, callback=None)
        assert await here.step(letter(), number=2) == made
        assert await here.step(letter(), "k-2") != made

    run(told)


def test_where_twilio_keeps_no_texts_nothing_is_sent_a_second_time() -> None:
    async def told(here: Scene) -> None:
        here.books.hidden = True
        await here.step(letter())
        with pytest.raises(Malformed) as said:
            await here.step(letter(), number=2)
        assert said.value.text == "Twilio keeps no texts of this account, so nobody can tell whether it went out"
        assert len(here.texts()) == 1
        await here.step(letter(), "k-2")
        assert len(here.texts()) == 2

    run(told)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (letter(medium=Medium.WHATSAPP), Code.UNSUPPORTED), (letter(medium=Medium.EMAIL), Code.UNSUPPORTED),
        (letter(to="0155 123"), Code.UNDELIVERABLE), (letter(to="ann@example.com"), Code.UNDELIVERABLE),
        (letter(to="+0123456"), Code.UNDELIVERABLE), (letter(to=f"{ANN}\n"), Code.UNDELIVERABLE),
        (letter(to="whatsapp:+15550123456"), Code.UNDELIVERABLE), (letter("a\x00b"), Code.INVALID),
        (letter("\ud800"), Code.INVALID), (letter(" \n"), Code.INVALID),
        (letter("x" * 919), Code.TOO_LARGE), (letter("ж" * 403), Code.TOO_LARGE),
    ],
)  # fmt: skip
def test_what_is_no_text_is_refused_before_anybody_is_asked(wanted: object, code: Code) -> None:
    async def told(here: Scene) -> None:
        before = here.desk.vendors.requests
        with pytest.raises(Rejected) as said:
            await here.step(wanted)  # type: ignore[arg-type]
        assert said.value.code is code
        assert here.desk.vendors.requests == before

    run(told)


def test_as_long_as_it_may_be_it_goes_out() -> None:
    async def told(here: Scene) -> None:
        await here.step(letter("x" * 910))
        await here.step(letter("ж" * 394), "k-2")
        assert [segments(one) for one in here.texts()] == [6, 6]

    run(told)


@pytest.mark.parametrize(
    ("to", "kind", "code"),
    [
        ("+15005550001", Rejected, Code.UNDELIVERABLE), ("+15005550002", Rejected, Code.UNDELIVERABLE),
        ("+15005550003", Rejected, Code.UNSUPPORTED), ("+15005550004", Rejected, Code.NOT_ALLOWED),
        ("+15005550009", Rejected, Code.UNDELIVERABLE),
    ],
)  # fmt: skip
def test_whom_twilios_magic_numbers_refuse_is_refused_for_the_same(
    to: str, kind: type[PortError], code: Code
) -> None:  # fmt: skip
    async def told(here: Scene) -> None:
        with pytest.raises(kind) as said:
            await here.step(letter(to=to))
        assert said.value.code is code
        assert to not in said.value.text
        assert here.did() == []

    run(told)


def test_who_said_stop_is_not_written_to_until_they_say_start() -> None:
    async def told(here: Scene) -> None:
        here.act("write", {"sender": ANN, "body": " stop "})
        with pytest.raises(Rejected) as said:
            await here.step(letter())
        assert said.value.code is Code.NOT_ALLOWED
        here.act("write", {"sender": ANN, "body": "Start"})
        await here.step(letter())
        assert len(here.texts()) == 1

    run(told)


def answered(status: int, code: int, **headers: str) -> PortError | None:
    return explain(Answer(status, headers, msgspec.json.encode({"code": code, "message": "+15550123456"})))


def test_each_code_means_what_its_page_says() -> None:
    for code in NOBODY:
        assert repr(answered(400, code)).startswith("Rejected"), code
    for code in BY_US:
        assert repr(answered(400, code)).endswith("unsupported)"), code
    for code in MENDED:
        found = answered(400, code)
        assert isinstance(found, Unauthorised), code
        assert found.code is Code.FORBIDDEN, code
    limited = answered(429, 20429)
    assert isinstance(limited, Transient)
    assert (limited.code, limited.retry_after and limited.retry_after.total_seconds()) == (Code.RATE_LIMITED, 1)
    full = answered(400, 21611)
    assert isinstance(full, Transient)
    assert full.code is Code.RATE_LIMITED
    assert answered(401, 20003) is None
    assert answered(404, 20404) is None
    assert answered(500, 21211) is None
    assert repr(answered(400, 99999)) == "Rejected('Twilio does not take it (Twilio 99999)', invalid)"
    assert explain(Answer(400, {}, b"<html>")) is None


@pytest.mark.parametrize("code", [21606, 21659])
def test_a_number_abroad_does_not_stop_a_short_codes_texts(code: int) -> None:
    """By these Twilio refuses a short code's text to another country: the account is well, and others get theirs."""
    from pawline.sandbox.twilio.calls import No

    async def told(here: Scene) -> None:
        send = here.desk.twilio.api._answers["POST Messages"]

        def bound(call: Any) -> Any:
            if call.form["To"].startswith("+49"):
                raise No(400, code)
            return send(call)

        here.books.number.number = "12345"
        here.desk.twilio.api._answers["POST Messages"] = bound
        with pytest.raises(Rejected) as said:
            await here.step(letter(to="+4915155501234"))
        assert said.value.code is Code.UNSUPPORTED
        await here.step(letter(), "k-2")
        assert len(here.texts()) == 1

    run(told, sender="12345")


def test_a_look_that_is_refused_is_no_word_that_nothing_happened() -> None:
    async def refused(here: Scene) -> None:
        del here.desk.twilio.api._answers["GET Messages"]
        with pytest.raises(Rejected):
            await here.step(letter())
        with pytest.raises(Malformed) as said:
            await here.step(letter(), number=2)
        assert said.value.text.startswith("nobody can tell whether it went out: ")
        assert here.texts() == []

    run(refused)


def test_a_mark_is_thirty_bits_of_the_key_and_known_at_a_texts_end() -> None:
    made = {mark_of(f"k-{n}") for n in range(2_000)}
    assert len(made) == 2_000
    assert all(len(one) == LENGTH and set(one) <= set(LETTERS) for one in made)
    assert is_ours(f"Sent from your Twilio trial account - hi #{mark_of('k')}\n")
    assert not is_ours("hi #1001")
    assert not is_ours(f"hi #{mark_of('k')} there")


def test_segments_are_counted_as_a_phone_does() -> None:
    for text, count in (
        ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1), ("€" * 81, 2),
        ("€" * 77, 1), ("a" * 152 + "€" * 5, 2), ("ж" * 70, 1), ("ж" * 71, 2), ("ж" * 134, 2), ("ж" * 135, 3),
        ("🐶" * 35, 1), ("🐶" * 36, 2), ("🐶" * 67, 3), ("", 1), ("…", 1),
    ):  # fmt: skip
        assert segments(text) == count, text


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"account": "AC1"}, "`account`"), ({"key": "SK1"}, "`key`"), ({"sender": "Paws & friends"}, "`sender`"),
        ({"sender": "12"}, "`sender`"), ({"sender": "+0"}, "`sender`"), ({"segments": 0}, "`segments`"),
        ({"segments": 13}, "`segments`"), ({"valid": 0}, "`valid`"), ({"valid": 36_001}, "`valid`"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused_by_name(changed: dict[str, object], says: str) -> None:
    good: dict[str, object] = {"account": f"AC{32 * 'a'}", "token": "t", "sender": SERVICE}
    assert connector.configure(good).service
    for sender in ("Paws", "PAWS shop", "12345", "+15550100001"):
        assert not connector.configure(good | {"sender": sender}).service
    with pytest.raises(BadSettings, match=says):
        connector.configure(good | changed)
