"""A letter goes out, comes back to a real mailbox, and is an event; what is not proven to be of ours is none."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from pawline.connectors.smtp import Settings, connector
from pawline.connectors.smtp.bouncing import Line, look
from pawline.connectors.smtp.mail import SmtpMail
from pawline.kit import REMEMBERED, BadSettings, Seen
from pawline.model import (
    ConsentChanged,
    HouseholdId,
    Letter,
    Medium,
    MessageBounced,
    MessageId,
    Purpose,
    household_by_email,
)
from pawline.ports import Attempt, Code, Unauthorised, attempting
from pawline.sandbox.post import Post, posted
from pawline.sandbox.returned import returned
from tests.unit.kit.imap_servers import LOOPBACK, PASSWORD, USER, Mailbox, mailbox

KEY, OLD = b"k" * 64, b"o" * 64
ANN, BEA = "ann@example.com", "bea@example.net"


def attempt(key: str = "k1", shop: str = "paws") -> Attempt:
    return Attempt(key=key, number=1, settle_by=datetime.now(UTC) + timedelta(seconds=20), shop=shop, account="smtp/x")


def letter(to: str = ANN, household: str | None = None) -> Letter:
    whose = household_by_email(to) if household is None else HouseholdId(household)
    return Letter(household=whose, purpose=Purpose.TRANSACTION, medium=Medium.EMAIL, to=to, text="Hello.\n")


class Scene:
    """A mail server, a mailbox that it brings back to, and an account of both."""

    def __init__(self, post: Post, box: Mailbox, ports: tuple[int, int]) -> None:
        self.post, self.box, self.ports = post, box, ports
        self.paths: list[str] = []
        self.settings: Settings
        self.line: Line
        self.open()

    def open(self, *keys: bytes, **more: Any) -> None:
        out, back = self.ports
        bounces = {
            "host": "127.0.0.1", "port": back, "tls": "none", "user": USER, "password": PASSWORD,
        } | more  # fmt: skip
        self.settings = connector.configure(
            {"host": "127.0.0.1", "port": out, "tls": "none", "sender": "desk@paws.example", "bounces": bounces}
        )
        line = connector.http(self.settings, LOOPBACK)
        assert isinstance(line, Line)
        line.keys = keys or (KEY,)
        self.line = line

    async def send(
        self, to: str = ANN, household: str | None = None, key: str = "k1", shop: str = "paws",
        purpose: Purpose = Purpose.TRANSACTION,
    ) -> MessageId:  # fmt: skip
        with attempting(attempt(key, shop)):
            return await SmtpMail(self.line, self.settings).send(replace(letter(to, household), purpose=purpose))

    async def deliver(self, to: str, report: bytes) -> None:
        self.paths.append(to)
        await self.box.put(report)

    async def look(self, cursor: str = "") -> Seen:
        return await look(self.line, self.settings, cursor)


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    post = Post(lambda _name, _again: None)
    post.returns = {ANN: "5.1.1", BEA: "5.2.2"}
    async with posted(post) as out, mailbox() as box:
        made = Scene(post, box, (out, box.port))
        post.deliver = made.deliver
        yield made


def bounced(
    name: MessageId, to: str, *, lasting: bool, because: str, household: str | None = None, safety: bool = False
) -> MessageBounced:
    whose = household_by_email(to) if household is None else HouseholdId(household)
    return MessageBounced(
        message=name, household=whose, medium=Medium.EMAIL, lasting=lasting, because=because,
        address=household_by_email(to), safety=safety,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "envelope"),
    [
        ("", "desk@paws.example"),
        ("back@paws.example", "back@paws.example"),
        ("bounces+{}@paws.example", "bounces+NAME@paws.example"),
        ("{}@bounces.paws.example", "NAME@bounces.paws.example"),
    ],
)
async def test_a_letter_that_comes_back_is_an_event_whichever_way_it_came(path: str, envelope: str) -> None:
    async with scene() as here:
        here.open(return_path=path)
        name = await here.send()
        bare = name[1:].partition("@")[0]
        assert here.paths == [envelope.replace("NAME", bare)]
        (got,) = here.post.messages
        assert (got["Message-ID"], got["From"], len(bare)) == (name, "desk@paws.example", 48)
        seen = await here.look()
        assert [one.event for one in seen.sightings] == [
            bounced(name, ANN, lasting=True, because="there is no such mailbox (5.1.1)")
        ]
        assert (seen.quarantined, seen.more) == ((), False)
        assert await here.look(seen.cursor) == Seen((), seen.cursor)
        assert await here.box.flags() == [[]]


async def test_whose_household_is_not_by_their_address_is_known_by_the_headers_that_came_back() -> None:
    """Such a name is longer than a return path has room for."""
    async with scene() as here:
        here.open(return_path="bounces+{}@paws.example")
        name = await here.send(BEA, "h-shopify-7712345")
        assert here.paths == ["desk@paws.example"]
        (seen,) = (await here.look()).sightings
        assert seen.event == bounced(
            name, BEA, lasting=False, because="the mailbox is full (5.2.2)", household="h-shopify-7712345"
        )


async def test_the_same_step_has_the_same_name_and_another_one_another() -> None:
    async with scene() as here:
        first = await here.send()
        assert await here.send() == first
        assert await here.send(key="k2") != first
        seen = await here.look()
        assert [one.id == f"bounce/{first}" for one in seen.sightings] == [True, True, False]


async def test_what_is_not_proven_to_be_of_ours_is_counted_and_left(caplog: pytest.LogCaptureFixture) -> None:
    """Anybody may write there: forged, of another key, of another hub; nothing of it becomes a case either."""
    async with scene() as here:
        name = await here.send()
        (letter_,) = here.post.messages
        theirs = returned(letter_, "desk@paws.example", ANN, "5.1.1").replace(name[1:49].encode(), b"a" * 48)
        await here.box.put(theirs)
        await here.box.put(b"Subject: hello\r\n\r\nanybody\r\n")
        here.open(OLD)
        with caplog.at_level(logging.INFO, "pawline.connectors.smtp"):
            seen = await here.look()
        assert (seen.sightings, seen.quarantined) == ((), ())
        assert [one.message for one in caplog.records] == ["bounces: 1 no report, 2 not of ours"]
        assert "ann@" not in caplog.text


async def test_a_key_that_is_changed_is_believed_as_long_as_it_is_named() -> None:
    async with scene() as here:
        here.open(OLD)
        name = await here.send()
        here.open(KEY, OLD)
        assert [one.event.subject for one in (await here.look()).sightings] == [household_by_email(ANN)]
        assert await here.send() != name


async def test_what_was_full_and_then_is_gone_is_told_twice_and_each_once() -> None:
    """Else the first would hide that nothing more arrives there."""
    async with scene() as here:
        name = await here.send("cid@example.org", purpose=Purpose.SAFETY)
        for code in ("5.2.2", "4.4.7", "5.1.1", "5.1.1"):
            await here.box.put(returned(here.post.messages[0], "desk@paws.example", "cid@example.org", code))
        seen = await here.look()
        full, late, gone, again = seen.sightings
        assert (full.id, late.id, gone.id, again.id) == (
            f"bounce/{name}/passing", f"bounce/{name}/passing", f"bounce/{name}", f"bounce/{name}",
        )  # fmt: skip
        assert len({one.event.fact for one in seen.sightings}) == 2
        why = "there is no such mailbox (5.1.1)"
        assert gone.event == bounced(name, "cid@example.org", lasting=True, because=why, safety=True)


async def test_an_account_without_keys_names_letters_by_their_step_and_believes_nothing() -> None:
    async with scene() as here:
        await here.send()
        here.line.keys = ()
        assert len((await here.send()).partition("@")[0]) == 33
        assert await here.look("7/1") == Seen((), "7/1")


async def test_who_complains_wants_no_more_of_all_that_is_not_needed() -> None:
    async with scene() as here:
        name = await here.send("cid@example.org")
        raw = (
            "To: desk@paws.example\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n"
            "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: {}\r\nVersion: 1\r\n\r\n"
            f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {name}\r\n\r\n--b--\r\n"
        )
        came = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
        for kind in ("not-spam", "auth-failure", "abuse"):
            await here.box.put(raw.format(kind).encode(), came)
        seen = await here.look()
        noes = [one.event.consent for one in seen.sightings if isinstance(one.event, ConsentChanged)]
        assert len(noes) == len(seen.sightings) == len({one.id for one in seen.sightings}) == 3
        assert {one.purpose for one in noes} == {Purpose.MARKETING, Purpose.REMINDERS, Purpose.SURVEYS}
        assert {(one.household, one.granted, one.medium, one.at, one.contact) for one in noes} == {
            (household_by_email("cid@example.org"), False, Medium.EMAIL, came, None)
        }


async def test_alarms_are_nobodys_letters() -> None:
    async with scene() as here:
        name = await here.send(shop="*")
        assert len(name.partition("@")[0]) == 33
        assert (await here.look()).sightings == ()


async def test_what_is_old_is_not_told_and_what_says_that_it_is_of_tomorrow_came_now() -> None:
    """Else a no of tomorrow would be the newest until then."""
    async with scene() as here:
        await here.send()
        (letter_,) = here.post.messages
        report, now = returned(letter_, "desk@paws.example", ANN, "5.1.1"), datetime.now(UTC)
        await here.box.anew()
        await here.box.put(report, now - REMEMBERED - timedelta(hours=1))
        await here.box.put(report, now + timedelta(days=300))
        (seen,) = (await here.look()).sightings
        assert now <= seen.at <= datetime.now(UTC)


async def test_many_are_read_in_several_looks_and_a_folder_made_anew_from_its_beginning() -> None:
    async with scene() as here:
        await here.send()
        for _ in range(69):
            await here.box.put(b"x")
        first = await here.look()
        assert (len(first.sightings), first.more) == (1, True)
        rest = await here.look(first.cursor)
        assert (rest.sightings, rest.more) == ((), False)
        await here.box.anew()
        await here.send()
        again = await here.look(rest.cursor)
        assert [one.event for one in again.sightings] == [one.event for one in first.sightings]  # one fact


@pytest.mark.parametrize("cursor", ["", "x", "7", "/", "-1/4"])
async def test_a_cursor_that_is_none_begins_anew(cursor: str) -> None:
    async with scene() as here:
        await here.send()
        assert len((await here.look(cursor)).sightings) == 1


async def test_whoever_sets_it_up_is_told_what_lacks() -> None:
    async with scene() as here:
        assert connector.probe is not None
        await connector.probe(here.line, here.settings, frozenset())
        here.open(user="stranger")
        with pytest.raises(Unauthorised) as problem:
            await connector.probe(here.line, here.settings, frozenset())
        assert problem.value.code is Code.CREDENTIALS
        here.open(folder="Nowhere")
        with pytest.raises(Exception, match="correct `folder`"):
            await connector.probe(here.line, here.settings, frozenset())


BOX = {"host": "imap.paws.example", "user": "bounces", "password": "p" * 12}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"user": "a\r\nb"}, "`bounces.user`"),
        ({"folder": ""}, "`bounces.folder`"),
        ({"folder": "Rückläufer"}, "`bounces.folder`"),
        ({"return_path": "nobody"}, "`bounces.return_path`"),
        ({"return_path": "bounces{}@paws.example"}, "no letter or digit beside it"),
        ({"return_path": "a-very-long-name+{}@paws.example"}, "of 64 before the @"),
        ({"return_path": "b+{}{}@paws.example"}, "`bounces.return_path`"),
        ({"every": 0}, "`bounces.every`"),
        ({"tls": "ssl"}, "this value is not known"),
    ],
)  # fmt: skip
def test_settings_that_would_not_do_are_refused(given: dict[str, object], says: str) -> None:
    with pytest.raises(BadSettings) as problem:
        connector.configure({"host": "m", "sender": "a@b.example", "bounces": BOX | given})
    assert says in str(problem.value)


def test_an_account_without_a_mailbox_is_not_looked_at() -> None:
    (watch,) = connector.watched(plain := connector.configure({"host": "m", "sender": "a@b.example"}))
    assert watch.every(plain) == timedelta(0)
    full = connector.configure({"host": "m", "sender": "a@b.example", "bounces": BOX})
    assert watch.every(full) == timedelta(minutes=5)
    assert "pppp" not in repr(full)
