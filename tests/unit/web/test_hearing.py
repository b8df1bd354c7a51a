"""A delivery is believed, recorded whole, kept where nobody claims it, and never lost by half."""

from __future__ import annotations

import logging
import time

import pytest

from pawline.hub import Heard, Hearing, NoEar
from pawline.kit import Unsigned
from pawline.model import Envelope
from pawline.model.events.webhooks import WebhookUnclaimed
from pawline.runtime import Recorded
from pawline.store import HouseholdErased, StoreBusy
from tests.unit.web.bell import CANARY, EAR, Rung, said, signed


class Book:
    """Records as the engine does: the same source and id again is known. `fails` are raised first, one by one."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, str], Envelope] = {}
        self.fails: list[Exception | None] = []

    async def record(self, envelope: Envelope) -> Recorded:
        problem = self.fails.pop(0) if self.fails else None
        if problem is not None:
            raise problem
        key = (envelope.shop, envelope.source, envelope.id)
        new = key not in self.kept
        self.kept.setdefault(key, envelope)
        return Recorded(list(self.kept).index(key) + 1, new)


async def heard(book: Book, body: bytes, no: str = "m1") -> Heard:
    headers = list(signed(body, no).items())
    return await Hearing(book.record, [EAR]).hear("sandbox/eu", headers, body, time.time())


async def test_each_event_of_a_delivery_is_recorded_once_under_the_account_and_the_senders_id() -> None:
    book, body = Book(), said("a", "b")
    assert await heard(book, body) == Heard(2, 0, unclaimed=False)
    assert await heard(book, body) == Heard(0, 2, unclaimed=False)
    assert list(book.kept) == [("pets", "accounts/sandbox/eu", "m1"), ("pets", "accounts/sandbox/eu", "m1/1")]
    assert [one.event for one in book.kept.values()] == [Rung(bell="a"), Rung(bell="b")]
    assert {one.at.isoformat() for one in book.kept.values()} == {"2026-11-01T00:00:00+00:00"}


async def test_a_delivery_that_was_recorded_by_half_is_completed_when_it_comes_again() -> None:
    book, body = Book(), said("a", "b")
    book.fails = [None, StoreBusy("full")]
    with pytest.raises(StoreBusy):
        await heard(book, body)
    assert await heard(book, body) == Heard(1, 1, unclaimed=False)
    assert [one.event for one in book.kept.values()] == [Rung(bell="a"), Rung(bell="b")]


async def test_nothing_is_an_answer_too() -> None:
    book = Book()
    assert await heard(book, said()) == Heard(0, 0, unclaimed=False)
    assert book.kept == {}


async def test_a_type_that_nobody_hears_is_kept_whole() -> None:
    book, body = Book(), said("a", type="bell/polished", by=CANARY)
    assert await heard(book, body) == Heard(1, 0, unclaimed=True)
    (kept,) = book.kept.values()
    assert (kept.id, kept.event.subject) == ("m1", "sandbox/eu bell/polished")
    assert kept.event == WebhookUnclaimed(
        account="sandbox/eu", named="bell/polished", why="no event is made of this type", body=body
    )


@pytest.mark.parametrize(
    ("body", "named", "why"),
    [
        (b"{not json", "", "DecodeError: "),
        (b"\xff\xfe", "", "DecodeError: "),
        (b'{"more":' + b"[" * 50_000, "", "RecursionError: "),
        (b'{"type":"rung"}', "", "ValidationError: "),
        (b'{"type":"rung","at":"2026-11-01T00:00:00","bells":["a"]}', "rung", "ValueError: "),
        (said("broken"), "rung", "KeyError: "),
    ],
)
async def test_what_is_signed_and_unreadable_is_kept_once_and_its_words_stay_out_of_the_log(
    body: bytes, named: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    book = Book()
    assert (await heard(book, body)).unclaimed
    assert await heard(book, body) == Heard(0, 1, unclaimed=True)
    (kept,) = book.kept.values()
    assert isinstance(kept.event, WebhookUnclaimed)
    assert (kept.event.named, kept.event.body) == (named, body)
    assert kept.event.why.startswith(why)
    assert CANARY not in caplog.text


async def test_who_is_not_believed_leaves_nothing_and_the_log_says_why_without_the_payload(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    book, body = Book(), said("a", by=CANARY)
    good = signed(body)
    hearing = Hearing(book.record, [EAR])
    for headers, sent in (
        ([], body),
        (list(good.items()), body + b" "),
        ([*good.items(), *good.items()], body),
        (list(signed(body, at=time.time() - 301).items()), body),
    ):
        with pytest.raises(Unsigned):
            await hearing.hear("sandbox/eu", headers, sent, time.time())
    with pytest.raises(NoEar):
        await hearing.hear("sandbox/us", list(good.items()), body, time.time())
    assert book.kept == {}
    assert len(caplog.records) == 4
    assert CANARY not in caplog.text


async def test_what_is_about_an_erased_household_is_heard_and_not_kept(caplog: pytest.LogCaptureFixture) -> None:
    book = Book()
    book.fails = [HouseholdErased("gone")]
    assert await heard(book, said("a", house="h7")) == Heard(0, 1, unclaimed=False)
    assert book.kept == {}
    assert "h7" not in caplog.text
