"""What `pawline connect zigpoll` asks and tells: what the key lacks, and where webhooks go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from pawline.connectors.zigpoll import connector
from pawline.connectors.zigpoll.enrolling import enrol, lacking
from pawline.connectors.zigpoll.happened import answer
from pawline.connectors.zigpoll.health import probe
from pawline.connectors.zigpoll.told import ToldResponse
from pawline.kit import BadSettings, Score
from pawline.model import HouseholdId, Medium, Scale, SurveyId
from pawline.ports import Code, Invitation, Malformed, Rejected, Unauthorised
from pawline.sandbox import Fault, Manner
from pawline.testing.counter import LOOPBACK
from tests.unit.connectors.stepping import again
from tests.unit.connectors.zigpoll_scene import ADDRESS, NEW, OLD, Scene, run

NONE = frozenset[str]()
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


async def lacks(here: Scene, **changed: object) -> str:
    with pytest.raises(Unauthorised) as told:
        await probe(here.http, msgspec.structs.replace(here.settings, **changed), NONE)
    return f"{told.value.code.value}: {told.value.text}"


def test_a_key_that_is_good_lacks_nothing_and_what_it_lacks_is_named() -> None:
    async def told(here: Scene) -> None:
        mine, books = here.books.account, here.books
        await probe(here.http, here.settings, NONE)
        slide = here.poll.slides[0].id
        whole = {"account": mine, "polls": (here.poll.id,), "scores": {slide: Score(scale=Scale.NPS)}}
        await probe(here.http, msgspec.structs.replace(here.settings, **whole), NONE)
        assert await lacks(here, account="a9") == f"forbidden: the key does not see the account a9: the key sees {mine}"
        assert await lacks(here, polls=("p9",)) == "forbidden: `polls` names p9, which is no survey of that account"
        assert await lacks(here, scores={"s9": Score(scale=Scale.NPS)}) == (
            "forbidden: `scores` names s9, which is no question of these surveys"
        )
        books.accounts.append("a2")
        both = ", ".join(sorted([mine, "a2"]))
        assert await lacks(here) == f"forbidden: the key sees {both}: say which in `account`"
        await probe(here.http, msgspec.structs.replace(here.settings, account=mine), NONE)
        books.accounts.clear()
        assert await lacks(here) == "forbidden: the key sees no account: say which in `account`"
        here.desk.manners["zigpoll"] = Manner(stranger=True)
        assert await lacks(here) == "credentials: Zigpoll does not know the key"

    run(told)


def test_lists_may_be_the_data_of_an_object_as_the_vendors_own_programs_read_them() -> None:
    async def told(here: Scene) -> None:
        api, slide = here.desk.zigpoll.api, here.poll.slides[0].id
        for route in ("GET polls", "GET poll", "GET slides"):
            api._answers[route] = lambda call, bare=api._answers[route]: {"data": bare(call)}  # type: ignore[misc]
        given = {"polls": (here.poll.id,), "scores": {slide: Score(scale=Scale.NPS)}}
        await probe(here.http, msgspec.structs.replace(here.settings, **given), NONE)
        assert await lacks(here, polls=("p9",)) == "forbidden: `polls` names p9, which is no survey of that account"
        await enrol(here.http, here.settings, ADDRESS)
        assert [one.poll for one in here.books.hooks] == [here.poll.id]
        wanted = Invitation(survey=SurveyId(here.poll.id), household=HouseholdId("h1"), medium=Medium.WEB)
        assert (await here.step(here.surveys.invite(wanted))).url.startswith("https://")
        api._answers["GET polls"] = lambda _: {"polls": []}
        with pytest.raises(Malformed, match="GET polls was answered, but not as promised"):
            await probe(here.http, here.settings, NONE)

    run(told)


def test_the_key_is_sent_as_it_is_unless_a_prefix_is_said() -> None:
    async def told(here: Scene) -> None:
        given = {"url": f"{here.url}/zigpoll", "key": here.desk.zigpoll.key, "prefix": "Bearer"}
        settings = connector.configure(given)
        http: Any = connector.connect(settings, LOOPBACK).http
        try:
            with pytest.raises(Unauthorised):  # this one takes none
                await probe(http, settings, NONE)
        finally:
            await http.close()

    run(told)


@pytest.mark.parametrize(
    "given",
    [
        {"account": "a/b"}, {"polls": ["ok", ""]}, {"scores": {"a b": {"scale": "nps"}}}, {"prefix": "Token"},
        {"scores": {"s": {"scale": "ces", "words": {"1": 7, "2": 6, "3": 5}}}},
        {"scores": {"s": {"scale": "csat", "words": {"good": 6}}}}, {"scores": {"s": {"scale": "stars"}}},
        {"webhook_secrets": ["too short to be one"]}, {"webhook_secrets": [NEW, "a secret with blanks, and long"]},
    ],
)  # fmt: skip
def test_settings_that_cannot_be_meant_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(BadSettings):
        connector.configure({"key": "k"} | given)


def test_words_may_turn_a_whole_scale_round() -> None:
    words = {str(number): 8 - number for number in range(1, 8)}

    def scores(words: dict[str, int], *said: str) -> list[int | None]:
        settings: Any = connector.configure({"key": "k", "scores": {"s": {"scale": "ces", "words": words}}})
        told = [ToldResponse(id="r1", created_at=NOON, poll_id="p", slide_id="s", response=one) for one in said]
        return [answer(one, settings, None).score for one in told]

    assert scores(words, *words) == [7, 6, 5, 4, 3, 2, 1]
    assert scores({"7": 7, "<b>easy</b>": 7}, "6", "7", "Easy") == [6, 7, 7]


def test_each_live_survey_tells_us_at_the_address_with_the_first_secret_however_often_it_is_asked_to() -> None:
    async def told(here: Scene) -> None:
        books = here.books
        other = books.polls[here.desk.act("zigpoll/poll", b'["Another", "What?"]')]
        hidden = books.polls[here.desk.act("zigpoll/poll", b'["Hidden", "What?"]')]
        away = books.polls[here.desk.act("zigpoll/poll", b'["Away", "What?"]')]
        hidden.visible, away.archived = False, True
        n8n = {"pollId": other.id, "targetUrl": "https://n8n.example/x"}
        await here.http.post("n8n", "hooks", json=n8n, into=object)
        said = f"answers to 2 surveys are told to {ADDRESS}, with the first of `webhook_secrets` at its end"
        left = "Zigpoll took back no webhook of 2 of them: if there was one, it tells on, which does no harm"
        for expected in ((said, left), (said,), (said,)):
            assert await enrol(here.http, here.settings, ADDRESS) == expected
        wanted = {(one.id, f"{ADDRESS}/{NEW}") for one in (here.poll, other)}
        assert [(one.poll, one.url) for one in books.hooks[:1]] == [(other.id, "https://n8n.example/x")]
        assert {(one.poll, one.url) for one in books.hooks[1:]} == wanted
        assert len(books.hooks) == 3
        assert NEW not in said
        turned = connector.configure(
            {"url": "https://x", "key": "k", "webhook_secrets": [OLD, NEW], "polls": [other.id, hidden.id]}
        )
        (said,) = await enrol(here.http, turned, ADDRESS)  # the new one is taken back, the old one is first again
        assert said.startswith("answers to 1 surveys are told")
        assert sorted((one.poll, one.url) for one in books.hooks) == sorted(
            [(other.id, "https://n8n.example/x"), (other.id, f"{ADDRESS}/{OLD}"), (here.poll.id, f"{ADDRESS}/{NEW}")]
        )
        bare = msgspec.structs.replace(here.settings, webhook_secrets=())
        assert await enrol(here.http, bare, ADDRESS) == ()
        books.polls.clear()
        assert await enrol(here.http, here.settings, ADDRESS) == (
            "no survey is live: connect again once one is, until then the look finds answers",
        )

    run(told)


def test_where_zigpoll_takes_back_by_id_only_it_is_said_that_none_was() -> None:
    """As its node for n8n sends it: then each time makes a webhook more, and all of them ring."""

    async def told(here: Scene) -> None:
        here.books.hushed_by_id = True
        for count in (1, 2):
            assert (await enrol(here.http, here.settings, ADDRESS))[1:] == (
                "Zigpoll took back no webhook of 1 of them: if there was one, it tells on, which does no harm",
            )
            assert [(one.poll, one.url) for one in here.books.hooks] == [(here.poll.id, f"{ADDRESS}/{NEW}")] * count
        by_id = {"pollId": here.poll.id, "targetUrl": here.books.hooks[0].id}
        await here.http.send("DELETE", "n8n", "hooks", json=by_id, into=object)
        assert len(here.books.hooks) == 1

    run(told)


@pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.UNAVAILABLE, Fault.LIMITED, Fault.UNHEARD, Fault.STORED_ERROR])
def test_broken_off_anywhere_and_done_again_it_tells_once(fault: Fault) -> None:
    async def told(here: Scene, at: int) -> bool:
        broken = await again(here.desk, fault, at, lambda: enrol(here.http, here.settings, ADDRESS))
        assert [(one.poll, one.url) for one in here.books.hooks] == [(here.poll.id, f"{ADDRESS}/{NEW}")]
        return broken

    # /me, /polls, a DELETE of each secret, and a POST. What spoils the answer to something done spoils no refusal.
    heard = fault not in (Fault.BROKEN, Fault.STORED_ERROR)
    assert [run(lambda here, at=at: told(here, at)) for at in range(1, 7)] == [  # type: ignore[misc]
        True, True, heard, heard, True, False
    ]  # fmt: skip


def test_nobody_can_ask_whether_it_tells_and_that_is_said() -> None:
    async def told(here: Scene) -> None:
        for poll, look in ((300.0, "every 300 s"), (0.0, "not, for `poll` is 0")):
            with pytest.raises(Rejected) as no:
                await lacking(here.http, msgspec.structs.replace(here.settings, poll=poll), ADDRESS)
            assert no.value.code is Code.UNSUPPORTED
            assert no.value.text == f"Zigpoll shows no webhooks; what none told is looked for {look}"

    run(told)
