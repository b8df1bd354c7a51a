"""A case by mail, against a real mail server: a letter to each, links that are theirs, and nobody told too often."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.smtp import Settings, connector
from pawline.connectors.smtp.people import Person
from pawline.hub.links import LONGEST, CaseLinks, NoLink
from pawline.kit import BadSettings, CaseLink, Guard
from pawline.model import CardId
from pawline.ports import Attempt, Board, Code, Mail, PortError, Rejected, Transient, attempting
from pawline.sandbox.post import Post, Temper
from pawline.store import Keyring
from tests.unit.connectors.smtp_scene import ASKED, CARD, PEOPLE, board, server


def named(who: str) -> str:
    """As a link names them."""
    return Person(name=who, to=f"{who}@paws.example").who


def told(post: Post) -> list[str]:
    return [str(one["To"]).partition("@")[0] for one in post.messages]


async def failure(call: Any) -> PortError:
    with pytest.raises(PortError) as caught:
        await call
    return caught.value


async def test_a_case_is_one_letter_to_each_with_a_link_of_their_own_for_each_choice() -> None:
    async with server() as (post, port):
        keyring = Keyring.generate()
        there = await board(port, keyring).post(CARD)
        assert there == f"{CARD.mark}/{ASKED.timestamp():.6f}"
        assert told(post) == ["ann", "bo", "cy"]
        links = CaseLinks(keyring, "smtp/care", "")
        for letter in post.messages:
            who = str(letter["To"]).partition("@")[0]
            text = letter.get_body(("plain",)).get_content()
            for choice in (1, 2):
                (token,) = re.findall(rf"https://hub\.paws\.example/answer/smtp/care/(\S+)\?choice={choice}\s", text)
                assert links.opened(token) == CaseLink(case=17, mark=CARD.mark, asked=ASKED, who=named(who))
            assert (letter["Subject"], letter["Auto-Submitted"]) == ("Case 17: what about bowl?", "auto-generated")
            assert "household of Ann" not in text


@pytest.mark.parametrize(
    ("detail", "title", "household"), [("number", False, False), ("title", True, False), ("household", True, True)]
)
async def test_how_much_of_a_case_stands_in_a_letter_is_the_shops_to_say(
    detail: str, title: bool, household: bool
) -> None:
    async with server() as (post, port):
        await board(port, detail=detail).post(CARD)
        for letter in post.messages:
            for part in ("plain", "html"):
                said = str(letter["Subject"]) + letter.get_body((part,)).get_content()
                assert ("what about bowl?" in said, "household of Ann" in said) == (title, household)
                assert "end it" in said


async def test_who_takes_all_the_time_does_not_keep_the_others_from_being_told() -> None:
    async with server() as (post, port):
        real = post.handle_RCPT
        play, post.handle_RCPT = board(port), _slow("ann@paws.example", real)  # type: ignore[method-assign]
        for _ in range(2):
            until = datetime.now(UTC) + timedelta(seconds=2)
            with attempting(Attempt("k", 1, until, "paws", "smtp/care")):
                assert isinstance(await failure(play.post(CARD)), Transient)
        assert told(post) == ["bo", "cy"]
        post.handle_RCPT = real  # type: ignore[method-assign]
        await play.post(CARD)
        assert told(post) == ["bo", "cy", "ann"]


def _slow(whom: str, real: Any) -> Any:
    async def said(server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if address == whom:
            await asyncio.sleep(60)
        return str(await real(server, session, envelope, address, options))

    return said


async def test_who_gets_another_address_has_no_say_by_letters_at_the_one_before() -> None:
    """Theirs was taken over, or somebody else is called that now."""
    keyring, moved = Keyring.generate(), [PEOPLE[0] | {"to": "ann@new.example"}, *PEOPLE[1:]]
    async with server() as (post, port):
        await board(port, keyring).post(CARD)
        found = re.search(r"/answer/smtp/care/(\S+)\?choice=1\s", post.messages[0].get_body(("plain",)).get_content())
        assert found is not None
        who = CaseLinks(keyring, "smtp/care", "").opened(found[1]).who
        assert await board(port).may(who) == "ann"
        assert await board(port, people=moved).may(who) is None
        await failure(board(port, people=moved).tell(CardId("there"), who, "Not taken."))


async def test_a_post_that_broke_off_is_made_again_under_the_same_message_ids() -> None:
    async with server() as (post, port):
        play = board(port)
        post.temper = Temper.DROPS_AFTER
        problem = await failure(play.post(CARD))
        assert (type(problem), problem.code) == (Transient, Code.DISCONNECTED)
        post.temper = Temper.WELL
        await play.post(CARD)
        assert sorted(told(post)) == ["ann", "ann", "bo", "bo", "cy", "cy"]
        names = {(str(one["To"]), str(one["Message-ID"])) for one in post.messages}
        assert len({one for _, one in names}) == len(names) == 3


async def test_who_has_a_letter_gets_no_other_one_because_somebody_elses_is_not_taken_now() -> None:
    async with server() as (post, port):
        play, post.unknown = board(port), {"bo@paws.example"}
        real, post.handle_RCPT = post.handle_RCPT, _grey("cy@paws.example", post.handle_RCPT)  # type: ignore[method-assign]
        for _ in range(3):
            problem = await failure(play.post(CARD))
            assert (type(problem), problem.code) == (Transient, Code.RATE_LIMITED)
        post.handle_RCPT = real  # type: ignore[method-assign]
        await play.post(CARD)
        assert told(post) == ["ann", "cy"]
        await play.post(msgspec.structs.replace(CARD, asked=ASKED + timedelta(days=1)))  # another turn
        assert told(post) == ["ann", "cy", "ann", "cy"]
        assert len({str(one["Message-ID"]) for one in post.messages}) == 4


def _grey(whom: str, real: Any) -> Any:
    async def said(server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        return "451 later" if address == whom else await real(server, session, envelope, address, options)

    return said


async def test_where_nobody_can_be_told_the_post_is_refused() -> None:
    async with server() as (post, port):
        post.unknown = {one["to"] for one in PEOPLE}
        problem = await failure(board(port).post(CARD))
        assert (type(problem), problem.code) == (Rejected, Code.UNDELIVERABLE)
        assert post.messages == []


async def test_whoever_answered_is_told_and_nobody_else() -> None:
    async with server() as (post, port):
        play = board(port)
        there = await play.post(CARD)
        post.messages.clear()
        for _ in range(2):
            await play.tell(there, named("bo"), "Not taken: <case 17> is answered already.")
        assert told(post) == ["bo", "bo"]
        assert len({str(one["Message-ID"]) for one in post.messages}) == 1
        assert (
            post.messages[0].get_body(("plain",)).get_content().strip() == "Not taken: <case 17> is answered already."
        )
        assert "Not taken: &lt;case 17&gt; is" in post.messages[0].get_body(("html",)).get_content()
        problem = await failure(play.tell(there, "di", "x"))
        assert (type(problem), problem.code) == (Rejected, Code.UNDELIVERABLE)
        await play.settle(there, CARD, "it is over")
        assert [await play.may(one) for one in (named("bo"), named("di"), "bo")] == ["bo", None, None]
        assert len(post.messages) == 2


async def test_a_letter_without_a_place_to_answer_at_is_not_sent() -> None:
    async with server() as (post, port):
        play = board(port)
        play._smtp.links = None
        problem = await failure(play.post(CARD))
        assert (type(problem), problem.code, post.messages) == (Rejected, Code.UNSUPPORTED, [])


def test_an_account_without_people_has_no_board() -> None:
    settings = connector.configure({"host": "h.example", "sender": "a@b.example"})
    assert connector.connect(settings, Guard()).plays.keys() == {Mail}
    settings = connector.configure({"host": "h.example", "sender": "a@b.example", "people": PEOPLE})
    assert connector.connect(settings, Guard()).plays.keys() == {Mail, Board}


@pytest.mark.parametrize(
    ("people", "says"),
    [
        ([{"name": "ann", "to": "ann"}], "`to` of ann is no e-mail address"),
        ([{"name": " ", "to": "a@b.example"}], "`name` is the name under which they answer"),
        ([{"name": "a\nb", "to": "a@b.example"}], "`name` is the name under which they answer"),
        ([{"name": "ann", "to": "a@b.example", "zone": "Mars/Base"}], "`zone` of ann is 'Mars/Base'"),
        ([PEOPLE[0], PEOPLE[0]], "`people` names ann twice"),
        ([PEOPLE[0], PEOPLE[1] | {"name": " Ann"}], "`people` names Ann twice"),
        ([PEOPLE[0] | {"name": "Jo  Li"}, PEOPLE[1] | {"name": "Jo Li"}], "`people` names Jo Li twice"),
        ([{"name": f"n{n}", "to": "a@b.example"} for n in range(21)], "`people` names 21, and may name 20"),
    ],
)
def test_people_who_are_none_are_said(people: list[dict[str, str]], says: str) -> None:
    with pytest.raises(BadSettings, match=re.escape(says)):
        connector.configure({"host": "h.example", "sender": "a@b.example", "people": people})


def test_a_link_is_of_one_account_and_one_key_and_is_read_whole_or_not_at_all() -> None:
    keyring, link = Keyring.generate(), CaseLink(case=1, mark="m", asked=ASKED, who="ann", zone="Europe/Berlin")
    links = CaseLinks(keyring, "smtp/care", "https://x.example")
    token = links.to(link).rpartition("/")[2]
    assert (links.opened(token), links.to(link) == links.to(link)) == (link, False)
    assert "ann" not in token
    rotated = CaseLinks(keyring.rotated(), "smtp/care", "")
    assert rotated.opened(token) == link
    other = (CaseLinks(keyring, "smtp/other", ""), CaseLinks(Keyring.generate(), "smtp/care", ""))
    for one in other:
        with pytest.raises(NoLink):
            one.opened(token)
    for at in range(len(token)):
        for wrong in (token[:at] + token[at + 1 :], token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]):
            with pytest.raises(NoLink):
                links.opened(wrong)
    for wrong in ("", ".", "é." + token, token + "=", "x" * (LONGEST + 1), token + "\n"):
        with pytest.raises(NoLink):
            links.opened(wrong)


def test_settings_say_who_may() -> None:
    read = connector.configure({"host": "h.example", "sender": "a@b.example", "people": PEOPLE})
    assert isinstance(read, Settings)
    assert [(one.name, one.to, one.zone) for one in read.people] == [(one["name"], one["to"], "UTC") for one in PEOPLE]
