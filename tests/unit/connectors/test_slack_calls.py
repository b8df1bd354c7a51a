"""What is put up at Slack, what is said there and to whom, and who may answer."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.slack import cards
from pawline.model import CardId
from pawline.ports import CaseCard, Code, PortError, Rejected, Transient, Unauthorised
from pawline.sandbox import Manner
from pawline.sandbox.slack.api import shown
from pawline.sandbox.slack.blocks import buttons, size, wrong
from pawline.sandbox.slack.books import Message
from pawline.sandbox.slack.calls import Call, No
from tests.unit.connectors.slack_scene import ANN, BO, CARD, CARE, Scene, named, run


def texts(blocks: list[dict[str, Any]]) -> list[str]:
    """Every text that people read, in order; of a button its label."""
    found = list[str]()
    for block in blocks:
        for one in [block, *block.get("elements", [])]:
            text = one.get("text")
            found += [text["text"]] if isinstance(text, dict) else [text] if isinstance(text, str) else []
    return found


def test_a_card_has_a_button_for_each_choice_and_asks_again() -> None:
    async def play(here: Scene) -> None:
        there = await here.step(here.port.post(CARD))
        assert there == f"{CARE}/{here.card.ts}"
        assert here.card.text == "Case 17 waits for an answer: autoship a1 fed a pet that died"
        assert texts(here.card.blocks) == [
            "Case 17 (care)", "autoship a1 fed a pet that died", "1. leave it", "2. end it",
            "Unanswered, it is decided by itself at 2026-12-01 08:00 UTC.",
            "What it is about: pawline cases show 17 --reveal",
        ]  # fmt: skip
        found = [(one["value"], one["confirm"]["text"]["text"]) for _, one in buttons(here.card.blocks)]
        assert found == [
            ("pawline/17/m17/1", "Answer: leave it. It cannot be taken back."),
            ("pawline/17/m17/2", "Answer: end it. It cannot be taken back."),
        ]
        said = {"case": 17, "mark": "m17", "asked": "1795771800.000000"}
        assert here.card.metadata == {"event_type": "pawline_case", "event_payload": said}
        assert here.did() == [("post", f"{CARE}/{here.card.text}")]

    run(play)


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("number", ["Case 17 (care)"]),
        ("title", ["Case 17 (care)", CARD.title]),
        ("household", ["Case 17 (care)", CARD.title, "Household h-1"]),
    ],
)
def test_no_more_is_shown_than_the_shop_allows(detail: str, said: list[str]) -> None:
    async def play(here: Scene) -> None:
        there = await here.step(here.port.post(CARD))
        whole = msgspec.json.encode(shown(here.card, metadata=True)).decode()
        assert texts(here.card.blocks)[: len(said) + 1] == [*said, "1. leave it"]
        assert (CARD.title in whole, "h-1" in whole) == (detail != "number", detail == "household")
        await here.step(here.port.settle(there, CARD, "It is over."))
        assert texts(here.card.blocks) == [*said, "It is over."]
        assert CARD.title not in here.card.text

    run(play, detail=detail)


def test_a_choice_that_the_shop_calls_harmless_is_taken_at_once() -> None:
    async def play(here: Scene) -> None:
        await here.step(here.port.post(CARD))
        assert ["confirm" in one for _, one in buttons(here.card.blocks)] == [False, True]

    run(play, unconfirmed=["leave it"])


def test_a_card_that_is_over_has_no_buttons_and_is_known_by_its_metadata_still() -> None:
    async def play(here: Scene) -> None:
        there = await here.step(here.port.post(CARD))
        await here.step(here.port.settle(there, CARD, "Case 17 is answered by <ann> & co."))
        assert buttons(here.card.blocks) == []
        assert here.card.text == "Case 17 is answered by &lt;ann&gt; &amp; co."
        assert here.card.metadata == cards.metadata(CARD)
        assert [name for name, _ in here.did()] == ["post", "update"]

    run(play)


ODD = ("", " ", "<!channel>", "&" * 400, "ä" * 5_000, "<@U0BO>" * 800, "a\nb", "*bold* :tada: http://x.example")


@pytest.mark.parametrize("title", ODD)
@pytest.mark.parametrize("count", [1, 25, 26, 50])
def test_whatever_a_case_says_is_a_message_that_slack_takes_and_mentions_nobody(title: str, count: int) -> None:
    choices = tuple(f"{title}{n}" for n in range(count))
    card = msgspec.structs.replace(CARD, title=title, choices=choices)

    async def play(here: Scene) -> None:
        there = await here.step(here.port.post(card))
        found = buttons(here.card.blocks)
        assert [one["value"] for _, one in found] == [f"pawline/17/m17/{n}" for n in range(1, count + 1)]
        assert len({block for block, _ in found}) == (1 if count <= 25 else 2)
        await here.step(here.port.settle(there, card, title or "over"))
        said = msgspec.json.encode(shown(here.card, metadata=False)).decode() + here.card.text
        assert "<!" not in said
        assert "<@" not in said

    run(play)


@pytest.mark.parametrize(("count", "length"), [(50, 20), (50, 75), (50, 100), (30, 120), (25, 200), (4, 3_000)])
def test_what_is_too_much_for_one_message_is_cut_shorter_and_says_each_choice_still(count: int, length: int) -> None:
    choices = tuple(f"{n} is {'x' * length}" for n in range(count))
    blocks = cards.asked(msgspec.structs.replace(CARD, title="t" * 3_000, choices=choices), run(_settings))
    assert (wrong(blocks), size(blocks) <= cards.WHOLE) == (None, True)
    found = [(one["text"]["text"], one["confirm"]["text"]["text"]) for _, one in buttons(blocks)]
    assert len(found) == count
    for n, (label, again) in enumerate(found):
        assert label.startswith(f"{n + 1}. {n} is xxxx")
        assert again.startswith(f"Answer: {n} is xxxx")
        assert again.endswith(". It cannot be taken back.")


def test_a_card_of_ordinary_words_is_not_cut() -> None:
    choices = tuple(f"take back order {n} and refund it in full" for n in range(25))
    blocks = cards.asked(msgspec.structs.replace(CARD, choices=choices), run(_settings))
    assert [one["confirm"]["text"]["text"] for _, one in buttons(blocks)] == [
        f"Answer: {choice}. It cannot be taken back." for choice in choices
    ]
    assert "…" not in msgspec.json.encode(blocks).decode()


def test_what_does_not_fit_a_button_is_said_in_full_above_it() -> None:
    long = "x" * 200
    blocks = cards.asked(msgspec.structs.replace(CARD, choices=("no", long)), run(_settings))
    assert wrong(blocks) is None
    assert f"1. no\n2. {long}" in texts(blocks)
    assert texts(blocks)[-3].endswith("…")


async def _settings(here: Scene) -> Any:
    return here.settings


def test_a_text_is_cut_between_characters_and_never_within_an_escape() -> None:
    assert [cards.fit("a&b", most) for most in (7, 6, 5, 2)] == ["a&amp;b", "a…", "a…", "a…"]
    assert cards.fit("abc", 3) == "abc"
    assert all(len(cards.fit("<&>ä" * 9, most)) <= most for most in range(1, 60))


def test_a_button_says_of_which_case_it_is_and_nothing_else_is_one() -> None:
    assert cards.pressed(cards.value_of(CARD, 2)) == (17, "m17", 2)
    for other in (
        "", "pizza", "pawline/17/m17", "pawline/17/m17/0", "pawline/017/m17/1", "pawline/17//1", "pawline/17/m17/1/1",
        "pawline/17/m17/1\n", "pawline/17/m 17/1", "pawline/-1/m17/1", "pawline/1\u0663/m17/1", "x" * 3_000,
    ):  # fmt: skip
        assert cards.pressed(other) is None, other


def test_a_card_that_nobody_may_answer_says_so() -> None:
    async def play(here: Scene) -> None:
        await here.step(here.port.post(CARD))
        assert cards.NOBODY in texts(here.card.blocks)
        assert await here.port.may(named(ANN)) is None

    run(play, people={})


def test_somebody_is_told_and_nobody_else_sees_it() -> None:
    async def play(here: Scene) -> None:
        there = await here.step(here.port.post(CARD))
        await here.step(here.port.tell(there, named(BO), "You may <not>."))
        assert [(one.channel, one.user, one.text) for one in here.books.whispers] == [
            (CARE, BO, "You may &lt;not&gt;.")
        ]
        assert len(here.channel.messages) == 1
        for who in (named("U0GONE"), "nobody", ""):
            with pytest.raises(Rejected) as no:
                await here.step(here.port.tell(there, who, "x"))
            assert no.value.code is Code.UNDELIVERABLE

    run(play)


def test_who_may_answer_is_named_by_the_shop_or_in_a_group_that_is() -> None:
    async def play(here: Scene) -> None:
        here.act("groups", group="S0CARE", users=[BO])
        here.act("groups", group="S0NIGHT", users=["U0CY"])
        who = {one: await here.port.may(named(one)) for one in (ANN, BO, "U0CY", "U0DI")}
        assert who == {ANN: "ann (U0ANN)", BO: "care (U0BO)", "U0CY": "nights (U0CY)", "U0DI": None}
        here.act("groups", group="S0CARE", users=[])
        assert await here.port.may(named(BO)) == "care (U0BO)"
        here.clock.at += 30  # it is remembered for half a minute, and asked anew then
        assert await here.port.may(named(BO)) is None
        here.clock.at += 30
        del here.books.groups["S0CARE"]  # nobody is in a group that is gone, and the next one is asked
        assert await here.port.may(named("U0CY")) == "nights (U0CY)"
        for strange in (named(ANN, "T0OTHER"), ANN, f"/{ANN}", "", named(""), f"T0OTHER/{named(ANN)}"):
            assert await here.port.may(strange) is None

    run(play, groups={"S0CARE": "care", "S0NIGHT": "nights"})


@pytest.mark.parametrize("word", ["plan_upgrade_required", "permission_denied", "user_is_restricted"])
def test_a_group_that_slack_refuses_to_tell_of_keeps_nobody_of_another_out(word: str) -> None:
    async def play(here: Scene) -> None:
        here.act("groups", group="S0NIGHT", users=["U0CY"])
        here.act("groups", group="S0CARE", users=[BO])
        real = here.slack.api.answer

        def answer(call: Call) -> dict[str, Any]:
            if call.text("usergroup") == "S0CARE":
                raise No(word)
            return real(call)

        here.slack.api.answer = answer  # type: ignore[method-assign]
        assert await here.port.may(named("U0CY")) == "nights (U0CY)"
        assert await here.port.may(named(BO)) is None
        assert here.did() == []

    run(play, groups={"S0CARE": "care", "S0NIGHT": "nights"})


def test_a_group_of_which_slack_says_nothing_for_the_moment_is_waited_for() -> None:
    async def play(here: Scene) -> None:
        here.act("groups", group="S0CARE", users=[BO])
        here.refuses["usergroups.users.list"] = "internal_error"
        assert isinstance(await refused(here.port.may(named(BO))), Transient)
        here.refuses.clear()
        assert await here.port.may(named(BO)) == "care (U0BO)"

    run(play, groups={"S0CARE": "care"})


def test_however_often_is_clicked_who_is_in_a_group_is_asked_no_oftener_than_slack_says() -> None:
    async def play(here: Scene) -> None:
        here.slack.pace.other = 20
        for n in range(10):
            here.act("groups", group=f"S0{n}A", users=[BO] if n == 9 else [])
        for _ in range(150):
            assert await asyncio.gather(*(here.port.may(named(one)) for one in (BO, "U0DI"))) == ["care (U0BO)", None]
            here.clock.at += 1

    run(play, groups={f"S0{n}A": "care" for n in range(10)})


def test_in_an_organisation_a_click_may_name_that_instead_of_the_workspace() -> None:
    async def play(here: Scene) -> None:
        assert await here.port.may(named(ANN, "E0PAWS")) is None
        here.books.enterprise = "E0PAWS"
        await here.port._api.scopes()  # who we are, asked anew
        assert await here.port.may(named(ANN, "E0PAWS")) == "ann (U0ANN)"
        assert await here.port.may(named(ANN)) == "ann (U0ANN)"
        for strange in (named(ANN, "E0OTHER"), named(ANN, "T0OTHER"), named(BO, "E0PAWS"), f"/{ANN}", ANN):
            assert await here.port.may(strange) is None
        here.http.me = msgspec.structs.replace(await here.port._api.me(), enterprise_id="")
        assert await here.port.may(f"/{ANN}") is None  # of no organisation is not of ours

    run(play)


def test_nobody_is_asked_about_whom_the_settings_name() -> None:
    async def play(here: Scene) -> None:
        for _ in range(3):
            assert await here.port.may(named(ANN)) == "ann (U0ANN)"
        assert here.desk.vendors.requests == 1  # who we are, once

    run(play)


async def refused(call: Any) -> PortError:
    with pytest.raises(PortError) as no:
        await call
    return no.value


def test_a_channel_that_the_app_cannot_write_to_is_for_people_to_mend() -> None:
    async def play(here: Scene) -> None:
        for given, told in (
            ({"joined": False}, "the app is not in its channel: invite it there"),
            ({"archived": True}, "the channel is archived: unarchive it, or name another one"),
        ):
            here.act("channels", channel=CARE, **given)
            no = await refused(here.step(here.port.post(CARD)))
            assert (type(no), no.code, no.text) == (Unauthorised, Code.FORBIDDEN, told)
        del here.books.channels[CARE]
        no = await refused(here.step(here.port.post(CARD)))
        assert (type(no), no.code) == (Unauthorised, Code.FORBIDDEN)
        assert here.did() == []

    run(play)


def test_a_card_that_is_gone_or_may_not_be_changed_is_the_flows_to_decide() -> None:
    async def play(here: Scene) -> None:
        there = await here.step(here.port.post(CARD))
        theirs = Message(here.books.stamp(), ANN, "hello")
        here.channel.messages.append(theirs)
        wanted = {
            there: Code.TOO_LATE, CardId(f"{CARE}/{theirs.ts}"): Code.NOT_ALLOWED,
            CardId(f"{CARE}/1.000001"): Code.NOT_FOUND, CardId("C0GONE/1.000001"): Code.GONE,
            CardId("x"): Code.NOT_FOUND, CardId(""): Code.NOT_FOUND,
        }  # fmt: skip
        here.books.edits = False
        for one, code in wanted.items():
            no = await refused(here.step(here.port.settle(one, CARD, "over")))
            assert (type(no), no.code) == (Rejected, code), one

    run(play)


@pytest.mark.parametrize("word", ["not_in_channel", "channel_not_found", "is_archived", "is_inactive"])
def test_a_card_in_a_channel_that_the_app_lost_waits_for_people_while_it_is_the_accounts_own(word: str) -> None:
    async def play(here: Scene) -> None:
        there = await here.step(here.port.post(CARD))
        here.refuses["chat.update"] = word
        no = await refused(here.step(here.port.settle(there, CARD, "over")))
        assert (type(no), no.code) == (Unauthorised, Code.FORBIDDEN)
        no = await refused(here.step(here.port.settle(CardId("C0BEFORE/1.000001"), CARD, "over")))
        assert (type(no), no.code) == (Rejected, Code.GONE)
        assert [name for name, _ in here.did()] == ["post"]

    run(play)


@pytest.mark.parametrize("word", ["update_failed", "external_channel_migrating"])
def test_a_card_that_slack_does_not_change_at_the_moment_is_changed_later(word: str) -> None:
    async def play(here: Scene) -> None:
        there = await here.step(here.port.post(CARD))
        here.refuses["chat.update"] = word
        assert isinstance(await refused(here.step(here.port.settle(there, CARD, "over"))), Transient)
        assert len(buttons(here.card.blocks)) == 2
        here.refuses.clear()
        await here.step(here.port.settle(there, CARD, "over"), number=2)
        assert buttons(here.card.blocks) == []

    run(play)


def test_a_scope_that_lacks_is_named_and_a_token_that_is_none_is_for_a_person() -> None:
    async def play(here: Scene) -> None:
        here.act("app", scopes=[])
        no = await refused(here.step(here.port.post(CARD)))
        assert (type(no), no.code) == (Unauthorised, Code.FORBIDDEN)
        assert no.text == "the app may not do that (missing_scope): add chat:write to the app's scopes"
        here.desk.manners["slack"] = Manner(stranger=True)
        no = await refused(here.step(here.port.post(CARD)))
        assert (type(no), no.code) == (Unauthorised, Code.CREDENTIALS)

    run(play)


def test_who_is_limited_waits_as_long_as_slack_says() -> None:
    async def play(here: Scene) -> None:
        here.slack.pace.tiers = {"chat.postMessage": 2}
        for n in range(2):
            await here.step(here.port.post(msgspec.structs.replace(CARD, mark=f"m{n}")))
        here.clock.at += 18
        no = await refused(here.step(here.port.post(CARD)))
        assert isinstance(no, Transient)
        assert (no.code, no.retry_after is not None and no.retry_after.total_seconds()) == (Code.RATE_LIMITED, 42)
        here.clock.at += 42
        await here.step(here.port.post(CARD))
        assert len(here.channel.messages) == 3

    run(play)


def test_a_card_is_found_among_many_and_only_our_own() -> None:
    async def play(here: Scene) -> None:
        assert await here.port.find_card(CARD) is None
        there = await here.step(here.port.post(CARD))
        other: CaseCard = msgspec.structs.replace(CARD, mark="another hub's")
        again: CaseCard = msgspec.structs.replace(CARD, asked=CARD.asked + timedelta(seconds=1))  # given back
        assert [await here.port.find_card(one) for one in (other, again)] == [None, None]
        for n in range(450):
            here.channel.messages.append(Message(here.books.stamp(), ANN, f"chat {n}"))
        fake = Message(here.books.stamp(), "U0APP", "x", metadata=cards.metadata(CARD), bot="B0THEIRS")
        here.channel.messages.append(fake)
        before = here.desk.vendors.requests
        assert await here.port.find_card(CARD) == there
        assert here.desk.vendors.requests - before == 3  # pages
        early = msgspec.structs.replace(CARD, asked=CARD.until)
        assert await here.port.find_card(early) is None  # what was there before it was asked is not read

    run(play)
