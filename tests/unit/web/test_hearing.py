"""A delivery is believed, recorded whole, kept where nobody claims it, and never lost by half."""

from __future__ import annotations

import hashlib
import logging
import time
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest

from pawline.hub import Heard, Hearing, NoEar
from pawline.kit import Unsigned, text
from pawline.model import BookingRefused, CauseId, Envelope, OrderId
from pawline.model.events.webhooks import WebhookUnclaimed
from pawline.runtime import Recorded
from pawline.store import HouseholdErased, StoreBusy, StoreError, Unstorable
from tests.unit.web.bell import CANARY, EAR, HOOK, Rung, hear, rung, said, signed


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
    return await hear(Hearing(book.record, [EAR]), "sandbox/eu", headers, body, time.time())


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


async def test_an_event_that_says_whose_word_it_is_names_the_account() -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    refused = BookingRefused(order=OrderId("o1"), cause=CauseId("x"), at=at)
    hook = replace(HOOK, hears={"rung": lambda _: (refused, Rung(bell="a"))})
    book, body = Book(), said("a")
    await hear(
        Hearing(book.record, [EAR._replace(hook=hook)]), "sandbox/eu", list(signed(body).items()), body, time.time()
    )
    assert [one.event for one in book.kept.values()] == [refused.told_by("sandbox/eu"), Rung(bell="a")]


async def test_nothing_is_an_answer_too() -> None:
    book = Book()
    assert await heard(book, said()) == Heard(0, 0, unclaimed=False)
    assert book.kept == {}


async def test_a_type_that_nobody_hears_is_kept_whole() -> None:
    book, body = Book(), said("a", type="bell/polished", by=CANARY)
    assert await heard(book, body) == Heard(1, 0, unclaimed=True)
    (kept,) = book.kept.values()
    assert kept.id == f"unclaimed/{hashlib.sha256(body).hexdigest()}"
    assert kept.event.subject == "sandbox/eu bell/polished"
    assert isinstance(kept.event, WebhookUnclaimed)
    assert msgspec.structs.replace(kept.event, headers=()) == WebhookUnclaimed(
        account="sandbox/eu", named="bell/polished", why="no event is made of this type", body=body
    )
    assert dict(kept.event.headers)["webhook-id"] == "m1"


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


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (said("a\0b"), "rung"),
        (said("a", house="h\0"), "rung"),
        (said("a", type="x\0y"), "x?y"),
        (b'{"type":"rung","at":"2026-11-01T00:00:00Z","bells":["ok","a\\u0000b"]}', "rung"),
    ],
)
async def test_what_no_database_could_keep_is_kept_as_it_came(body: bytes, named: str) -> None:
    book = Book()
    assert (await heard(book, body)).unclaimed
    (kept,) = book.kept.values()
    assert isinstance(kept.event, WebhookUnclaimed)
    assert (kept.event.named, kept.event.body) == (named, body)


@pytest.mark.parametrize("problem", [TypeError("a subject is text"), Unstorable("22021")])
async def test_what_cannot_be_recorded_though_it_was_read_is_kept_as_it_came(problem: Exception) -> None:
    book, body = Book(), said("a", "b")
    book.fails = [None, problem]
    assert (await heard(book, body)).unclaimed
    assert [type(one.event) for one in book.kept.values()] == [Rung, WebhookUnclaimed]
    book.fails = [problem, problem]
    with pytest.raises(type(problem)):  # not even that: its sender is to come again
        await heard(book, said("c"), "m2")


async def test_what_a_store_that_is_away_did_not_take_is_nobodys_fault(caplog: pytest.LogCaptureFixture) -> None:
    """A read failed, or who wrote lost the connection: it is taken again, and not put aside for people."""
    book, body = Book(), said("a", "b")
    book.fails = [None, StoreError("a read failed")]
    with pytest.raises(StoreError, match="a read failed"):
        await heard(book, body)
    assert await heard(book, body) == Heard(1, 1, unclaimed=False)
    assert [type(one.event) for one in book.kept.values()] == [Rung, Rung]


async def test_a_mended_connector_hears_what_was_kept_and_what_is_sent_again() -> None:
    """Kept under an id of its own: the sender's is still free for what the delivery really says."""
    book, body = Book(), said("a", type="new")
    assert (await heard(book, body)).unclaimed
    (kept,) = book.kept.values()
    assert isinstance(kept.event, WebhookUnclaimed)
    mended = Hearing(book.record, [EAR._replace(hook=replace(HOOK, hears={"new": rung}))])
    assert await mended.again(kept.event, time.time()) == Heard(1, 0, unclaimed=False)
    assert await mended.again(kept.event, time.time()) == Heard(0, 1, unclaimed=False)
    assert await hear(mended, "sandbox/eu", list(signed(body).items()), body, time.time()) == Heard(
        0, 1, unclaimed=False
    )
    assert [(one.id.partition("/")[0], type(one.event)) for one in book.kept.values()] == [
        ("unclaimed", WebhookUnclaimed), ("m1", Rung)
    ]  # fmt: skip


async def test_a_signed_header_in_utf_8_is_believed_and_who_the_sender_is_elsewhere_is_not_kept() -> None:
    book, body = Book(), said("a", type="new")
    headers = [*signed(body, "mü").items(), ("Authorization", "Basic canary"), ("Cookie", "canary")]
    raw = [(name, text(value.encode())) for name, value in headers]
    assert (await hear(Hearing(book.record, [EAR]), "sandbox/eu", raw, body, time.time())).unclaimed
    (kept,) = book.kept.values()
    assert "canary" not in repr(kept)


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
            await hear(hearing, "sandbox/eu", headers, sent, time.time())
    with pytest.raises(NoEar):
        await hear(hearing, "sandbox/us", list(good.items()), body, time.time())
    assert book.kept == {}
    assert len(caplog.records) == 4
    assert CANARY not in caplog.text


async def test_what_is_about_an_erased_household_is_heard_and_not_kept(caplog: pytest.LogCaptureFixture) -> None:
    book = Book()
    book.fails = [HouseholdErased(time.time())]
    assert await heard(book, said("a", house="h7")) == Heard(0, 0, unclaimed=False, refused=1)
    assert book.kept == {}
    assert "h7" not in caplog.text
