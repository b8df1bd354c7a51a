"""What the connector sends, held against Slack's own client for Python: its methods' arguments, and its blocks' rules.

Slack publishes no specification of its Web API any more; its client is what it says today.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from slack_sdk import WebClient
from slack_sdk.models.blocks import ActionsBlock, Block
from slack_sdk.models.metadata import Metadata

from pawline.connectors.slack.health import probe
from pawline.sandbox.slack.calls import Call
from tests.unit.connectors.slack_scene import BO, CARD, Scene, named, run
from tests.unit.connectors.test_slack_calls import ODD

METHODS: dict[str, Callable[..., Any]] = {
    "auth.test": WebClient.auth_test, "chat.postMessage": WebClient.chat_postMessage,
    "chat.update": WebClient.chat_update, "chat.postEphemeral": WebClient.chat_postEphemeral,
    "conversations.history": WebClient.conversations_history,
    "usergroups.users.list": WebClient.usergroups_users_list,
}  # fmt: skip
"""Every method that the connector calls: they may only grow."""


def tour(title: str, choices: tuple[str, ...]) -> list[Call]:
    """Everything that the connector says to Slack, as the sandbox heard it."""
    heard = list[Call]()

    async def play(here: Scene) -> None:
        answer = here.slack.api.answer

        def listening(call: Call) -> dict[str, Any]:
            heard.append(call)
            return answer(call)

        here.slack.api.answer = listening  # type: ignore[method-assign]
        here.act("groups", group="S0CARE", users=[BO])
        card = msgspec.structs.replace(CARD, title=title, choices=choices)
        await probe(here.http, here.settings, frozenset({"Board"}))
        there = await here.step(here.port.post(card))
        assert await here.port.find_card(card) == there
        await here.port.may(named(BO))
        await here.step(here.port.tell(there, named(BO), title or "x"))
        await here.step(here.port.settle(there, card, title or "x"))

    run(play, groups={"S0CARE": "care"}, detail="household")
    return heard


def test_every_method_and_argument_is_one_of_slacks_own(capsys: pytest.CaptureFixture[str]) -> None:
    heard = tour("which?", ("a", "b"))
    assert {one.method for one in heard} == set(METHODS)
    assert [said for one in heard for said in strange(one)] == []
    with capsys.disabled():
        sys.stdout.write(f"\nSlack: {len(METHODS)} methods held to its own client\n")


def strange(call: Call) -> list[str]:
    """Arguments that this method does not have, and those that lack."""
    signature = inspect.signature(METHODS[call.method])
    known = {name for name, one in signature.parameters.items() if one.kind is one.KEYWORD_ONLY}
    needed = {name for name in known if signature.parameters[name].default is inspect.Parameter.empty}
    return sorted(set(call.given) - known) + sorted(needed - set(call.given))


def test_a_word_that_slack_does_not_have_is_found() -> None:
    assert strange(Call(method="chat.update", given={"channel": "C1", "ts": "1.1", "until": 1})) == ["until"]
    assert strange(Call(method="chat.postEphemeral", given={"channel": "C1"})) == ["user"]


@pytest.mark.parametrize("title", ODD)
def test_every_block_is_one_that_slacks_client_would_send(title: str) -> None:
    choices = tuple(f"{title}{n}" for n in range(30))
    blocks = [one for call in tour(title, choices) for one in call.given.get("blocks", [])]
    parsed = Block.parse_all(blocks)
    assert len(parsed) == len(blocks) > 6
    for one, given in zip(parsed, blocks, strict=True):
        one.validate_json()
        assert one.type == given["type"]
        for element in one.elements if isinstance(one, ActionsBlock) else ():
            element.validate_json()
    (metadata,) = [call.given["metadata"] for call in tour(title, choices) if "metadata" in call.given]
    assert Metadata(**metadata).to_dict() == metadata
