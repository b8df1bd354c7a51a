"""What comes to the mailbox of bounces: each sample is exactly its events, and whatever else comes is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pawline.connectors.smtp
from pawline.connectors.smtp import connector, reports
from pawline.connectors.smtp.bouncing import sightings
from pawline.connectors.smtp.reports import PARTS, SIZE, Report, report_of
from pawline.connectors.smtp.statuses import LASTING, SUBJECTS, WORDS, Status, status_of
from pawline.connectors.smtp.tokens import Tokens, Told
from pawline.model import HouseholdId, Letter, Medium, Purpose
from pawline.sandbox.returned import returned

SAMPLES = Path(pawline.connectors.smtp.__file__).parent / "samples"
AT = datetime(2026, 3, 1, 12, 0, 2, tzinfo=UTC)
TOKENS = Tokens([b"samples have a key that is no secret".ljust(64, b".")])
SETTINGS = connector.configure({"host": "m", "sender": "desk@paws.example"})
POSTFIX = (SAMPLES / "postfix.eml").read_bytes()


@pytest.mark.parametrize("sample", sorted(one.stem for one in SAMPLES.glob("*.eml")))
def test_each_sample_is_exactly_its_events(sample: str) -> None:
    report = report_of((SAMPLES / f"{sample}.eml").read_bytes())
    told = None if report is None else TOKENS.found(report.names, AT)
    found = [] if report is None or told is None else [one.event for one in sightings(report, told, SETTINGS, AT)]
    expected = msgspec.json.decode((SAMPLES / f"{sample}.events.json").read_bytes())
    assert msgspec.to_builtins(found) == expected
    assert ("ann@" in repr(found), "bea@" in repr(found)) == (False, False)


@pytest.mark.parametrize("sample", ["postfix", "exim"])
def test_a_sample_says_nothing_where_one_letter_of_its_name_is_another(sample: str) -> None:
    """The name in the return path and in the headers that came back is all that is believed."""
    raw = (SAMPLES / f"{sample}.eml").read_bytes()
    told = _told(raw)
    assert told is not None
    for at in range(len(told.name)):
        for letter in set("abcdefghijklmnopqrstuvwxyz234567") - {told.name[at]} if at % 16 == 0 else "b":
            other = f"{told.name[:at]}{letter}{told.name[at + 1 :]}"
            found = _told(raw.replace(told.name.encode(), other.encode()))
            assert found is None or other == told.name or (found == told and at == len(told.name) - 1)
    # the last letter may have bits that no byte has: the very same name, by another spelling
    last = [told.name[:-1] + letter for letter in "abcdefghijklmnopqrstuvwxyz234567"]
    every = [_told(raw.replace(told.name.encode(), other.encode())) for other in last]
    assert {one for one in every if one is not None} == {told}
    assert sum(one is not None for one in every) == (1 if sample == "postfix" else 16)
    report = report_of(raw)
    assert report is not None
    assert Tokens([b"x" * 64]).found(report.names, AT) is None


def _told(raw: bytes) -> Told | None:
    report = report_of(raw)
    assert report is not None
    return TOKENS.found(report.names, AT)


RATE = "smtp; 550-5.2.1 The user you are trying to contact is receiving mail at a rate that prevents more"
"""Gmail's, of somebody who is very well there, as Exim wraps it."""


@pytest.mark.parametrize(
    ("code", "diagnostic", "status"),
    [
        ("5.1.1", "", Status(True, "there is no such mailbox (5.1.1)")),
        ("5.1.1 (no such user)", "", Status(True, "there is no such mailbox (5.1.1)")),
        ("5.1.10", "", Status(True, "the domain takes no mail (5.1.10)")),
        ("5.1.100", "", Status(False, "the address is not taken (5.1.100)")),
        ("5.01.01", "", Status(True, "there is no such mailbox (5.1.1)")),
        ("5.2.1", "", Status(False, "the mailbox takes no mail now (5.2.1)")),
        ("5.0.0", RATE, Status(False, "the mailbox takes no mail now (5.2.1)")),
        ("5.2.2", "", Status(False, "the mailbox is full (5.2.2)")),
        ("5.7.1", "", Status(False, "their server does not take it from us (5.7.1)")),
        ("5.7.26", "", Status(False, "their policy does not let it in (5.7.26)")),
        ("4.1.1", "", Status(False, "there is no such mailbox (4.1.1)")),
        ("4.4.7", "", Status(False, "nobody took it in time (4.4.7)")),
        ("5.9.9", "", Status(False, "no reason is given (5.9.9)")),
        ("5.0.0", "smtp; 550-5.1.1 ann@example.com", Status(True, "there is no such mailbox (5.1.1)")),
        ("5.0.0", "smtp; 550 #5.1.0 Address rejected", Status(False, "the address is not taken (5.1.0)")),
        ("5.0.0", "x-unix; 550 5.1.1", Status(False, "no reason is given (5.0.0)")),
        ("5.7.1", "smtp; 550 5.1.1", Status(False, "their server does not take it from us (5.7.1)")),
        ("", "smtp; 550 5.1.1 x", Status(True, "there is no such mailbox (5.1.1)")),
        ("3.1.1", "", Status(False, "no reason is given")),
        ("ann@example.com", "", Status(False, "no reason is given")),
        ("5.1.1234", "", Status(False, "no reason is given")),
    ],
)
def test_what_a_status_says_is_said_in_our_words(code: str, diagnostic: str, status: Status) -> None:
    assert status_of(code, diagnostic) == status


def test_only_what_is_said_of_the_address_itself_lasts() -> None:
    every = [f"{kind}.{one}.{two}" for kind in (2, 4, 5) for one in range(10) for two in range(40)]
    assert {one[2:] for one in every if status_of(one).lasting} == set(LASTING) <= set(WORDS)
    assert all(one.startswith("5.") for one in every if status_of(one).lasting)
    assert sorted(SUBJECTS) == [str(one) for one in range(8)]


def report(*recipients: str) -> bytes:
    """With these recipients' fields."""
    begin, end = POSTFIX.index(b"Final-Recipient"), POSTFIX.index(b"\r\n\r\n--4C3B21A0", POSTFIX.index(b"Action"))
    return POSTFIX[:begin] + "\r\n\r\n".join(recipients).encode() + POSTFIX[end:]


GONE, FULL = "Action: failed\r\nStatus: 5.1.1", "Action: FAILED (really)\r\nStatus: 5.2.2"


@pytest.mark.parametrize(
    ("recipients", "lasting"),
    [
        ((GONE,), True),
        ((GONE, GONE), True),
        ((GONE, FULL), False),
        ((GONE, "Action: expanded\r\nStatus: 2.0.0"), False),
        ((GONE, "Action: delayed\r\nStatus: 4.4.1"), True),
        ((GONE,) * 51, False),
        (("Action: delivered\r\nStatus: 2.0.0",), None),
        (("Action: relayed\r\nStatus: 2.0.0",), None),
        (("Action: failed\r\nStatus: 2.0.0",), None),
        (("Status: 5.1.1",), None),
        (("Action: failed",), False),
    ],
)
def test_of_several_recipients_it_lasts_where_each_is_gone(recipients: tuple[str, ...], lasting: bool | None) -> None:
    found = report_of(report(*recipients))
    assert (None if found is None else found.lasting) is lasting


def test_what_the_sandbox_writes_is_what_is_read() -> None:
    name = TOKENS.made(b"s", letter_of("h-1", "ann@example.com"), AT)
    letter = EmailMessage()
    letter["Subject"], letter["Message-ID"] = "x", f"<{name}@paws.example>"
    found = report_of(returned(letter, "desk@paws.example", "ann@example.com", "5.1.1"))
    assert found is not None
    assert (found[:2], TOKENS.found(found.names, AT)) == (
        (True, "there is no such mailbox (5.1.1)"),
        Told(name, HouseholdId("h-1"), "h-71d4f55f72fa128d"),
    )
    assert report_of(returned(letter, "desk@paws.example", "ann@example.com", "4.4.1", "delayed")) is None


HEAD = b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
BOMBS = {
    "parts": HEAD + b"--b\r\n\r\n" * 10_000,
    "parts below the cap": HEAD + b"\r\n--b\r\n\r\n" * (PARTS - 10) + b"x\r\n" * 40_000,
    "depth": b"".join(b"Content-Type: multipart/x; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3_000)),
    "depth and lines": b"".join(b"Content-Type: multipart/x; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(15))
    + b"a\n" * 60_000,
    "letters in letters": b"Content-Type: message/rfc822\r\n\r\n" * 4_000,
    "letters in letters below the cap": b"Content-Type: message/rfc822\r\n\r\n" * 60 + b"a\n" * 60_000,
    "blocks": HEAD + b"--b\r\nContent-Type: message/delivery-status\r\n\r\n" + b"Action: x\r\n\r\n" * 10_000,
    "a header without end": b"Subject: x\r\n" + b" y\r\n" * 30_000 + b"\r\n",
    "parameters": b"Content-Type: multipart/report" + b';"' * 60_000 + b"\r\n\r\n",
    "numbered parameters": HEAD[:-4] + b"".join(b"; x*%d=a" % n for n in range(12_000)) + b"\r\n\r\n",
    "NULs": POSTFIX.replace(b": ", b":\0 "),
    "no charset that there is": POSTFIX.replace(b"822-headers", b"822-headers; charset=\xff\xfe"),
    "one long line": b"Content-Type: multipart/report; boundary=" + b"a" * (1 << 22),
}  # fmt: skip


@pytest.mark.parametrize("bomb", sorted(BOMBS))
def test_what_is_made_to_break_it_is_no_report(bomb: str) -> None:
    """Those below the caps took 0.3 s at most, as measured; those above are not begun."""
    found = report_of(BOMBS[bomb])
    assert found is None or bomb == "no charset that there is"


@pytest.mark.parametrize("bomb", ["parts", "depth", "letters in letters", "blocks"])
def test_a_bomb_is_not_taken_apart(bomb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[object] = []
    monkeypatch.setattr(reports, "BytesParser", lambda **_: begun.append(1))
    assert report_of(BOMBS[bomb]) is None
    assert begun == []
    assert report_of(POSTFIX) is None  # it would have been seen
    assert begun == [1]


PIECES = st.sampled_from(
    [
        *POSTFIX.split(b"\r\n"), *(SAMPLES / "abuse.eml").read_bytes().split(b"\r\n"), b"", b"\0", b"\t", b"--",
        b"=?utf-8?q?=00?=", b"Content-Transfer-Encoding: base64", b"Content-Type: message/rfc822", b"\xff\xfe",
        b"Content-Type: text/rfc822-headers; charset*=x''%00", b"Status: 5." + b"1" * 5_000, b"Action:", b"\r\r\n\n",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=60).map(b"\r\n".join))
def test_pieces_of_reports_in_any_order_are_a_report_or_none(raw: bytes) -> None:
    _is_sound(report_of(raw))


@given(st.binary(max_size=2_000))
def test_any_bytes_are_a_report_or_none(raw: bytes) -> None:
    assert report_of(raw) is None


@given(st.integers(0, len(POSTFIX)), st.binary(max_size=40), st.integers(0, 40))
def test_a_report_with_a_hole_in_it_is_a_report_or_none(at: int, put: bytes, cut: int) -> None:
    raw = POSTFIX[:at] + put + POSTFIX[at + cut :]
    _is_sound(found := report_of(raw))
    told = None if found is None else TOKENS.found(found.names, AT)
    assert told is None or told.household == "h-71d4f55f72fa128d"


def _is_sound(found: Report | None) -> None:
    """No word of theirs is in what is told."""
    if found is not None:
        text = found.because.partition(" (")[0]
        assert text in {*WORDS.values(), *SUBJECTS.values(), "they told their provider that it is spam"}
        assert sum(map(len, found.names)) <= SIZE


def letter_of(household: str, to: str, purpose: Purpose = Purpose.TRANSACTION) -> Letter:
    return Letter(household=HouseholdId(household), purpose=purpose, medium=Medium.EMAIL, to=to, text="x")


@given(
    st.binary(min_size=1, max_size=40), st.text(min_size=1, max_size=40), st.emails(),
    st.sampled_from([Purpose.SAFETY, Purpose.TRANSACTION, Purpose.MARKETING]),
)  # fmt: skip
def test_a_name_says_whose_it_was_and_is_the_same_again(step: bytes, household: str, to: str, purpose: Purpose) -> None:
    letter = letter_of(household, to, purpose)
    made = TOKENS.made(step, letter, AT)
    assert made == TOKENS.made(step, letter, AT)
    found = TOKENS.found([f"<{made.upper()}@paws.example>"], AT)
    assert found is not None
    assert (found.name, found.household, found.safety) == (made, household, purpose is Purpose.SAFETY)
    assert household.lower() not in made or len(household) < 4


DAY = timedelta(days=1)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2050, 1, 1)), st.integers(-1, 64))  # noqa: DTZ001 - made UTC below
def test_a_name_is_believed_for_two_months_whenever_it_was_made(at: datetime, later: int) -> None:
    made = TOKENS.made(b"s", letter_of("h-1", "ann@example.com"), at.replace(tzinfo=UTC))
    assert TOKENS.found([made], at.replace(tzinfo=UTC) + later * DAY) is not None


@given(st.datetimes(datetime(2026, 1, 1), datetime(2050, 1, 1)), st.integers(128, 10_000))  # noqa: DTZ001 - as above
def test_a_letter_of_years_ago_proves_nothing_any_more(at: datetime, later: int) -> None:
    """Neither in the hand of whoever got it, nor in a mailbox that was brought to another server."""
    made = TOKENS.made(b"s", letter_of("h-1", "ann@example.com"), at.replace(tzinfo=UTC))
    assert TOKENS.found([made], at.replace(tzinfo=UTC) + later * DAY) is None
