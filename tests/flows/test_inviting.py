"""Nobody is asked too often: whoever asks, by a message or by a link, there is one way and it counts."""

from __future__ import annotations

import ast
import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

import pawline.flows
from pawline.flows.inviting import invite
from pawline.flows.telling import tell
from pawline.model import (
    Aware,
    Household,
    HouseholdId,
    Medium,
    Message,
    MessageId,
    OrderId,
    Pet,
    PetAdded,
    PetId,
    Purpose,
    ResponseId,
    Sent,
    Skipped,
    Species,
    SurveyAnswered,
    SurveyId,
    SurveyResponse,
)  # fmt: skip
from pawline.ports import (
    Code,
    Crm,
    Households,
    How,
    Invitation,
    Invitations,
    Invited,
    Marketing,
    Operation,
    Rejected,
    ResponsePage,
    Sender,
    Senders,
    Settle,
    Surveys,
)
from pawline.runtime import Binding, flow, rehearsing
from pawline.sandbox import messages
from pawline.testing import Own, Vendors, VirtualTime, players
from pawline.testing.orders import SHOP
from tests.flows.house import House
from tests.flows.test_observed import SOON, did, diff, hand

ANN = HouseholdId("h1")
ASKS = Message(name="how_was_it", household=ANN, purpose=Purpose.SURVEYS, medium=Medium.EMAIL, order=OrderId("o1"))
WANTED = Invitation(survey=SurveyId("s1"), household=ANN, medium=Medium.WEB, order=OrderId("o1"))
ADDED = PetAdded(pet=Pet(id=PetId("tom"), household=ANN, species=Species.CAT))
DOES: list[Any] = []


@flow(on=PetAdded)
async def ask_them(added: PetAdded) -> Sent | Skipped:
    """Asks as the test says."""
    told: Sent | Skipped = await DOES[-1]()
    return told


class Tool:
    """Sends, or refuses with this; makes links."""

    def __init__(self, refuses: Code | None = None, url: str = "https://s.example/1") -> None:
        self.refuses, self.url = refuses, url
        self.sent: list[Message] = []
        self.links: list[Invitation] = []

    async def send(self, message: Message) -> MessageId:
        if self.refuses is not None:
            raise Rejected("no", self.refuses)
        self.sent.append(message)
        return MessageId("m1")

    async def invite(self, invitation: Invitation) -> Invited:
        self.links.append(invitation)
        return Invited(survey=invitation.survey, household=invitation.household, url=self.url)

    async def responses(self, survey: SurveyId, since: Aware, after: str | None) -> ResponsePage:
        raise NotImplementedError


class Scene:
    def __init__(self, tool: Tool, **senders: Sender) -> None:
        self.tool, self.own = tool, Own((), senders)
        vendors = Vendors(now=VirtualTime())
        vendors._sides["Crm"].upsert(lambda *_, **__: "0", Household(id=ANN))
        own = dict.fromkeys((Senders, Households, Invitations), self.own)
        self.fakes: dict[Any, Any] = {**players(vendors), **own, Marketing: tool, Surveys: tool}

    def ask(self, does: Any) -> Any:
        DOES[:] = [does]

        async def run() -> Any:
            return await ask_them(ADDED)

        with rehearsing(self.fakes) as self.done:
            return asyncio.run(run())


def test_a_survey_is_asked_once_and_anything_else_as_often_as_it_is_said() -> None:
    one = Scene(Tool())
    assert one.ask(lambda: tell(ASKS)) == Sent(MessageId("m1"))
    assert one.done.steps == ["Senders.of", "Crm.allows", "Invitations.claim", "Marketing.send"]
    other = msgspec.structs.replace(ASKS, name="another_tools_survey", order=OrderId("o2"))
    assert one.ask(lambda: tell(other)) == Skipped("they were asked, or answered, lately")
    assert one.done.steps == ["Senders.of", "Crm.allows", "Invitations.claim"]
    for _ in range(2):
        assert one.ask(lambda: tell(msgspec.structs.replace(ASKS, purpose=Purpose.REMINDERS))) == Sent(MessageId("m1"))
        assert one.done.steps == ["Senders.of", "Crm.allows", "Marketing.send"]
    assert [message.name for message in one.tool.sent] == ["how_was_it"] * 3


def test_a_link_is_made_once_it_may_go_out_and_stands_in_the_message() -> None:
    one = Scene(Tool())
    assert one.ask(lambda: invite(WANTED, ASKS)) == Sent(MessageId("m1"))
    assert one.done.steps == ["Senders.of", "Crm.allows", "Invitations.claim", "Surveys.invite", "Marketing.send"]
    assert (one.tool.links, [one.values for one in one.tool.sent]) == ([WANTED], [{"url": "https://s.example/1"}])
    assert one.ask(lambda: invite(WANTED, ASKS)) == Skipped("they were asked, or answered, lately")
    assert (len(one.tool.links), len(one.tool.sent)) == (1, 1)


@pytest.mark.parametrize(
    ("refuses", "url"), [(Code.NOT_ALLOWED, "https://s"), (Code.NOT_FOUND, "https://s"), (None, "")]
)
def test_who_was_not_asked_after_all_may_be(refuses: Code | None, url: str) -> None:
    one = Scene(Tool(refuses, url))
    if refuses is Code.NOT_ALLOWED:
        assert one.ask(lambda: invite(WANTED, ASKS)) == Skipped("the marketing tool knows of a no: no")
    else:
        with pytest.raises(Rejected):
            one.ask(lambda: invite(WANTED, ASKS))
    assert (one.own.asked, one.tool.sent) == ([], [])
    assert one.done.steps[-1] == "Invitations.give_back"
    one.tool.refuses, one.tool.url = None, "https://s"
    assert one.ask(lambda: invite(WANTED, ASKS)) == Sent(MessageId("m1"))


def test_who_does_not_agree_and_whom_another_asks_takes_no_turn() -> None:
    itself = Sender(message="how_was_it", how=How.ITSELF, account="klaviyo/eu")
    one = Scene(Tool(), how_was_it=itself)
    assert one.ask(lambda: invite(WANTED, ASKS)) == Skipped("klaviyo/eu sends it by itself")

    class Never:
        async def allows(self, *_: object) -> bool:
            return False

    no = Scene(Tool())
    no.fakes[Crm] = Never()
    assert no.ask(lambda: invite(WANTED, ASKS)) == Skipped("they did not agree to surveys")
    for each in (one, no):
        assert (each.own.asked, each.tool.links, each.tool.sent) == ([], [], [])


def test_what_goes_round_the_cap_is_refused() -> None:
    for wanted, message in (
        (msgspec.structs.replace(WANTED, medium=Medium.EMAIL), ASKS),
        (WANTED, msgspec.structs.replace(ASKS, purpose=Purpose.MARKETING)),
    ):
        one = Scene(Tool())
        with pytest.raises(ValueError, match="a message of ours, for surveys"):
            one.ask(lambda w=wanted, m=message: invite(w, m))
        assert (one.own.asked, one.tool.links, one.tool.sent) == ([], [], [])


async def test_of_many_flows_that_ask_a_household_at_once_one_does_and_an_answer_counts() -> None:
    """In the durable runtime, by the hub's own record."""
    DOES[:] = [lambda: tell(ASKS)]
    async with House([ask_them]) as here:
        here.vendors._sides["Crm"].upsert(lambda *_, **__: "0", Household(id=ANN))
        pets = [Pet(id=PetId(f"p{n}"), household=ANN, species=Species.CAT) for n in range(6)]
        await here.tell(*(PetAdded(pet=one) for one in pets))
        await here.rest()
        told = [str(one) for one in (await here.outcomes()).values()]
        assert (len(told), sum("asked, or answered, lately: 2" in one for one in told)) == (6, 5)
        assert list(messages(here.vendors.effects())) == ["o1/how_was_it"]
    answer = SurveyResponse(
        id=ResponseId("r1"), survey=SurveyId("s1"), at=datetime.now(UTC), answers=(), household=ANN
    )  # fmt: skip
    async with House([ask_them]) as here:
        here.vendors._sides["Crm"].upsert(lambda *_, **__: "0", Household(id=ANN))
        await here.tell(SurveyAnswered(response=answer, account="any/tool"), ADDED)
        await here.rest()
        assert list(messages(here.vendors.effects())) == []


async def test_on_observe_a_flow_that_invites_goes_to_its_end_and_the_message_is_in_the_plan() -> None:
    """Nobody made the link, and nobody has the turn."""
    DOES[:] = [lambda: invite(WANTED, ASKS)]
    tool = Tool()
    bound = Binding("any/tool", Surveys, tool, {"invite": Operation(settle=Settle.REPEAT)})
    async with House([ask_them], settings=SOON, more=[bound]) as here:
        here.vendors._sides["Crm"].upsert(lambda *_, **__: "0", Household(id=ANN))
        await hand(here, "ask_them", 0.0, "observe")
        await here.tell(ADDED)
        await here.rest()
        assert [status for _, _, status in await here.runs()] == ["done"]
        assert await here.outcomes() == {"ask_them tom": {"type": "sent", "message": "observed"}}
        plan = {"Invitations.claim": 1, "Surveys.invite": 1, "Marketing.send": 1}
        assert (await diff(here, "ask_them")).unknown == plan  # none can be looked up
        assert (tool.links, did(here), await here.cases()) == ([], {}, [])
        assert await here.store.fetch("invited", (SHOP, ANN)) == []


def test_no_flow_has_another_way_to_ask() -> None:
    """Messages are sent in `telling`, which counts surveys, and people are invited in `inviting`."""
    found = set[tuple[str, str]]()
    for file in sorted(Path(*pawline.flows.__path__).glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in {"send", "invite"}:
                found.add((file.name, node.attr))
    assert found == {("telling.py", "send"), ("inviting.py", "invite")}
