"""Cases that go to a helpdesk: what the settings may say, who is told of what, and who may answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.flows import ask_at_helpdesk, ask_on_board
from pawline.hub import Hub, HubRefused, load_settings
from pawline.hub.cases import OwnCases, mark_of
from pawline.hub.helpdesks import NOTED, CaseDesks, HelpdeskSettings, Noted, check_wired, desks_of
from pawline.hub.reading import Reading
from pawline.model import CaseAsked, Event, HouseholdId
from pawline.ports import Board, Code, Helpdesk, Operation, PortError, Receipt, Rejected, Settle
from pawline.runtime import Binding, Bindings, Flow, Flows, Question, Said, ask, command, flow, sealed
from pawline.store import Keyring
from pawline.testing.orders import SHOP
from tests.flows.house import House
from tests.journeys.asking import Wondered, decide

CARE = HelpdeskSettings(account="pretended/helpdesk", teams=["care"])
HEAD = 'shops = ["eu", "us"]\n'
EFFECTS = {Helpdesk: ("open", "reply", "note", "close"), Board: ("post", "settle", "tell")}
NO_TEAM = '`helpdesks[0].teams` names no team, or "": name those whose cases are answered there'
ONE = '[[helpdesks]]\naccount = "sandbox/desk"\nteams = ["care"]\n'


@flow(on=CaseAsked)
async def own(asked: CaseAsked) -> str:
    """A flow of the shop's own: nobody knows whom it tells."""
    return asked.title


def refusal(folder: Path, text: str) -> str:
    (folder / "pawline.toml").write_text(HEAD + text, "utf-8")
    with pytest.raises(HubRefused) as refused:
        load_settings(folder / "pawline.toml", {})
    return str(refused.value).partition(": ")[2]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (ONE.replace('["care"]', "[]"), NO_TEAM),
        (ONE.replace('"care"', '""'), NO_TEAM),
        (ONE + 'shops = ["uk"]\n', "`helpdesks[0].shops` names uk, which is not in `shops`: correct one of them"),
        (ONE + ONE.replace("/desk", "/two"), "`helpdesks[1]`: cases of care in eu go to `helpdesks[0]`: leave one"),
        (ONE + ONE.replace("care", "ops"),
         "`helpdesks[1]`: sandbox/desk has `helpdesks[0]` in eu: name all teams there"),
        (ONE + "team = 1\n",
         "`helpdesks[0].team` is no setting: remove it, or correct it to one of account, teams, shops"),
        (ONE.replace('account = "sandbox/desk"\n', ""), "`helpdesks[0].account` is missing: add it"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_its_key(text: str, told: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, text) == told


async def test_a_helpdesk_that_is_none_or_that_no_flow_serves_keeps_the_hub_from_starting(tmp_path: Path) -> None:
    Keyring.generate().save(tmp_path / "pawline.key")
    account = (
        'allow_networks = ["127.0.0.0/8"]\n[[accounts]]\nname = "sandbox/desk"\nplays = ["Helpdesk"]\n'
        '[accounts.settings]\nurl = "http://127.0.0.1:1"\ntoken = { env = "T" }\n'
    )
    wanted = {
        ONE: "`helpdesks[0].account`: sandbox/desk plays neither Helpdesk nor Board: name one of none yet",
        account + ONE.replace("sandbox/desk", "smtp/x"):
            "`helpdesks[0].account`: smtp/x plays neither Helpdesk nor Board: name one of sandbox/desk",
        account + ONE:
            "`helpdesks[0]`: no flow tells sandbox/desk of cases: add pawline.flows.ask_at_helpdesk to `flows`",
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("T", "tok")
        for text, told in wanted.items():
            (tmp_path / "pawline.toml").write_text(HEAD + text, "utf-8")
            with pytest.raises(HubRefused) as refused:
                await Hub.open(load_settings(tmp_path / "pawline.toml", {}))
            assert str(refused.value) == told


@pytest.mark.parametrize(
    ("port", "flows", "told"),
    [
        (Board, [ask_at_helpdesk.ask_at_helpdesk], "pawline.flows.ask_on_board"),
        (Helpdesk, [ask_on_board.ask_on_board], "pawline.flows.ask_at_helpdesk"),
        (Board, [], "pawline.flows.ask_on_board"),
        (Board, [ask_on_board.ask_on_board], None),
        (Helpdesk, [ask_at_helpdesk.ask_at_helpdesk, ask_on_board.ask_on_board], None),
        (Board, [ask_at_helpdesk.ask_at_helpdesk, own], None),
    ],
)
def test_the_flow_that_tells_there_has_to_be_there_or_one_of_the_shops_own(
    port: type[Any], flows: list[Flow[Any, Any]], told: str | None
) -> None:
    operations = {name: Operation(settle=Settle.REPEAT) for name in EFFECTS[port]}
    bindings = Bindings([Binding("slack/care", port, object(), operations)])
    desk = [HelpdeskSettings(account="slack/care", teams=["care"])]
    if told is None:
        check_wired(desk, ["eu"], bindings, Flows(flows))
        return
    with pytest.raises(ValueError, match=f"no flow tells slack/care of cases: add {told} to `flows`"):
        check_wired(desk, ["eu"], bindings, Flows(flows))


@pytest.mark.parametrize(
    ("serves", "named", "lacks"),
    [
        (None, [], None), (["eu"], ["eu"], None), (["eu", "us"], [], None), (["eu"], [], "us"), (["eu"], ["us"], "us"),
        (None, ["us"], None),
    ],
)  # fmt: skip
def test_a_desk_is_for_shops_that_its_account_serves(
    serves: list[str] | None, named: list[str], lacks: str | None
) -> None:
    operations = {name: Operation(settle=Settle.REPEAT) for name in EFFECTS[Board]}
    shops = None if serves is None else frozenset(serves)
    bindings = Bindings([Binding("slack/care", Board, object(), operations, shops=shops)])
    desk = [HelpdeskSettings(account="slack/care", teams=["care"], shops=named)]
    flows = Flows([ask_on_board.ask_on_board])
    if lacks is None:
        check_wired(desk, ["eu", "us"], bindings, flows)
        return
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - its words are looked at
        check_wired(desk, ["eu", "us"], bindings, flows)
    assert str(refused.value) == (
        f"`helpdesks[0]`: slack/care is not of {lacks}, whose cases would be told nowhere: name its `shops`, "
        f"or another account for {lacks}"
    )  # fmt: skip


def test_each_shop_has_its_own_desk() -> None:
    both = [CARE, HelpdeskSettings(account="zendesk/us", teams=["a", "b"], shops=["us"])]
    assert [(one.shop, one.account, sorted(one.teams)) for one in desks_of(both, ["eu", "us"])] == [
        ("eu", "pretended/helpdesk", ["care"]), ("us", "pretended/helpdesk", ["care"]),
        ("us", "zendesk/us", ["a", "b"]),
    ]  # fmt: skip


class Asked(Event, tag="test.asked-otherwise@1"):
    """Asks what no number answers."""

    @property
    def subject(self) -> str:
        return "x"


@flow(on=Asked)
async def ask_freely(_: Asked) -> str:
    """Any text."""
    return await ask(Question("what is it called?", team="care"))


class Scene:
    """A hub in memory, whose cases go to a pretended helpdesk."""

    def __init__(self, house: House, desks: CaseDesks) -> None:
        self.house, self.desks = house, desks
        (self.desk,) = desks._desks
        self.port: OwnCases = desks._plays[SHOP]

    async def look(self) -> None:
        await self.desks.look(self.desk)

    async def told(self, kind: str) -> list[Any]:
        """The cases, oldest first; each is told of as this desk's."""
        found = [one["subject"] for one in await Reading(self.house.store).events(self.desk.shop, kind)]
        assert all(one.startswith(f"{CARE.account}/") for one in found)
        return [int(one.rpartition("/")[2]) for one in reversed(found)]

    def by(self, **given: Any) -> CaseDesks:
        """Another life of the hub, by other settings."""
        made = CaseDesks([HelpdeskSettings(**given)] if given else [], [SHOP], self.house.store)
        made._engine = self.house.engine
        return made

    def did(self) -> list[tuple[str, str]]:
        return [(one.operation.partition(".")[2], one.business) for one in self.house.vendors.effects()]

    async def asked(self, about: str, **given: Any) -> int:
        before = {one.no for one in await self.house.cases()}
        await self.house.tell(Wondered(about=about, **given))
        while not (new := {one.no for one in await self.house.cases()} - before):  # noqa: ASYNC110 - a flow asks
            await asyncio.sleep(0.01)
        return int(new.pop())


@asynccontextmanager
async def scene(**given: Any) -> AsyncIterator[Scene]:
    flows: list[Flow[Any, Any]] = [decide, ask_freely, ask_at_helpdesk.ask_at_helpdesk]
    async with House(flows, **given) as house:
        desks = CaseDesks([CARE], [SHOP], house.store)
        desks._engine = house.engine
        for play in desks._plays.values():
            play.engine = house.engine
        yield Scene(house, desks)


async def refused(call: Any) -> tuple[Code, str]:
    with pytest.raises(PortError) as no:
        await call
    assert isinstance(no.value, Rejected)
    return no.value.code, no.value.text


async def test_what_a_number_cannot_answer_and_other_teams_cases_stay_in_the_inbox() -> None:
    async with scene() as here:
        no = await here.asked("bowl")
        await here.asked("leash", team="operations")
        await here.house.tell(Asked())
        while len(await here.house.cases()) < 3:  # noqa: ASYNC110 - a flow asks
            await asyncio.sleep(0.01)
        for _ in range(3):
            await here.look()
        assert await here.told("case.asked@1") == [no]
        assert await here.told("case.ended@1") == []


async def test_a_case_is_told_once_also_by_another_life_and_so_is_its_end() -> None:
    async with scene() as here:
        no = await here.asked("bowl")
        await here.look()
        again = here.by(account=CARE.account, teams=["care"])
        await again.look(here.desk)
        assert await here.told("case.asked@1") == [no]
        await here.house.answer(no, "end it")
        await here.house.rest(but=["ask_at_helpdesk"])
        for _ in range(2):
            await again.look(here.desk)
        await here.look()
        assert await here.told("case.ended@1") == [no]
        await here.house.rest()
        did = [(one.operation, one.business.partition("/")[2]) for one in here.house.vendors.effects()]
        assert did[1:] == [
            ("Helpdesk.note", f"Case {no} is answered by ann: nothing is left to be done here."),
            ("Helpdesk.close", ""),
        ]  # fmt: skip


async def test_a_case_whose_team_is_not_answered_there_any_more_is_withdrawn() -> None:
    async with scene() as here:
        no = await here.asked("bowl")
        await here.look()
        other = here.by(account=CARE.account, teams=["ops"])
        for _ in range(2):
            await other.look(other._desks[0])
        await here.house.rest(but=["decide"])
        said = f"t1/Case {no} is withdrawn: nothing is left to be done here."
        assert here.did()[1:] == [("note", said), ("close", "t1")]
        assert [one.no for one in await here.house.cases()] == [no]


async def test_a_case_that_is_taken_away_and_given_back_has_a_ticket_again_each_time() -> None:
    async with scene() as here:
        no = await here.asked("bowl")
        wanted = []
        for turn in (1, 2, 3):
            for _ in range(2):
                await here.look()
            gone = here.by() if turn == 2 else here.by(account="zendesk/us", teams=["care"])
            (left,) = await gone.left()
            for _ in range(2):
                await gone.look(left)
            await here.house.rest(but=["decide"])
            wanted += [
                ("open", f"nobody/Case {no}: what about bowl?"),
                ("note", f"t{turn}/Case {no} is withdrawn: nothing is left to be done here."), ("close", f"t{turn}"),
            ]  # fmt: skip
            assert here.did() == wanted
        assert await here.by(account=CARE.account, teams=["ops"]).left() == []
        tickets: Any = here.house.vendors.tickets
        texts = [one.text for one in tickets._about.values()]
        assert len(set(texts)) == 3  # so that none is taken for another where it is looked up
        await here.house.answer(no, "end it")
        await here.house.rest()
        await here.look()
        assert (await noted(here), here.did()) == (Noted(), wanted)


async def test_what_an_older_pawline_told_is_told_anew_and_its_ticket_ends() -> None:
    async with scene() as here:
        no = await here.asked("bowl")
        old = CaseAsked(case=no, title="bowl?", choices=("a", "b"), team="care", account=CARE.account)
        assert (old.subject, old.fact) == (str(no), f"case.asked/{no}")
        await here.house.tell(old)
        while not here.did():  # noqa: ASYNC110 - a flow asks
            await asyncio.sleep(0.01)
        note = ("set_checkpoint", (SHOP, NOTED, CARE.account, f"[{no}]", here.house.store.now()))
        assert (await here.house.store.written([note])).error is None
        for _ in range(2):
            await here.look()
        await here.house.rest(but=["decide", "ask_at_helpdesk"])
        while len(here.did()) < 4:  # noqa: ASYNC110 - a flow asks
            await asyncio.sleep(0.01)
        said = f"t1/Case {no} is withdrawn: nothing is left to be done here."
        assert sorted(here.did()) == sorted([
            ("open", f"nobody/Case {no}: bowl?"), ("note", said), ("close", "t1"),
            ("open", f"nobody/Case {no}: what about bowl?"),
        ])  # fmt: skip
        assert await noted(here) == Noted({no: 2})
        await here.house.answer(no, "end it")
        await here.house.rest(but=["ask_at_helpdesk"])
        await here.look()
        await here.house.rest()
        said = f"t2/Case {no} is answered by ann: nothing is left to be done here."
        assert here.did()[4:] == [("note", said), ("close", "t2")]


async def noted(here: Scene) -> Noted:
    ((cursor, _),) = await here.house.store.fetch("checkpoint", (SHOP, NOTED, CARE.account))
    return Noted.read(cursor)


async def test_a_case_that_is_open_for_long_is_told_as_any_other() -> None:
    async with scene() as here:
        no = await here.asked("bowl")
        store = here.house.store
        now = store.now
        store.now = lambda: now() + timedelta(days=300).total_seconds()  # type: ignore[method-assign]
        for _ in range(2):
            await here.look()
        store.now = now  # type: ignore[method-assign]
        assert await here.told("case.asked@1") == [no]


async def test_an_answer_is_taken_once_from_those_who_may() -> None:
    async with scene() as here:
        no, other = await here.asked("bowl"), await here.asked("leash", team="operations")
        desk, wrong = "pretended/helpdesk", Code.NOT_FOUND
        for case, who in {no + 1: desk, other: desk, no: "zendesk/us"}.items():
            assert await refused(here.port.answer(case, 1, who, "7", None)) == (
                wrong, f"there is no case {case} that is answered here"
            )  # fmt: skip
        stranger = OwnCases("elsewhere", here.desks._desks, here.house.store)
        assert (await refused(stranger.answer(no, 1, desk, "7", None)))[0] is wrong
        for choice in (0, 3, -1):
            assert await refused(here.port.answer(no, choice, desk, "7", None)) == (
                Code.INVALID, f"case {no} has no choice {choice}"
            )  # fmt: skip
        assert len(await here.house.cases()) == 2
        for _ in range(2):
            assert (await here.port.answer(no, 2, desk, "7", None)).reference == str(no)
        await here.house.rest(but=["decide"])
        assert (await here.house.outcomes())["decide bowl"] == "end it"
        gone = (Code.GONE, f"case {no} is answered already")
        assert await refused(here.port.answer(no, 1, desk, "7", None)) == gone  # another choice
        assert await refused(here.port.answer(no, 2, desk, "8", None)) == gone  # somebody else


async def test_an_answer_is_not_taken_after_it_was_good_and_neither_is_what_was_ordered_before() -> None:
    async with scene() as here:
        no, store = await here.asked("bowl"), here.house.store
        over = datetime.now(UTC) - timedelta(seconds=1)
        late = (Code.TOO_LATE, f"it is too late to answer case {no} by that")
        assert await refused(here.port.answer(no, 2, "pretended/helpdesk", "7", over)) == late
        row = await store.case(no)
        assert row is not None
        left = command(
            store, SHOP, "answer", f"case:{no}", by="7", reason="x", lane=row.lane,
            said=Said(value=msgspec.Raw(b'"end it"'), until=over.timestamp()),
        )  # fmt: skip
        assert (await store.written(await sealed(store, left))).error is None
        await here.house.rest(but=["decide"])
        ((*_, state, result),) = await store.fetch("command", (left.no,))
        assert (state, result) == ("refused", "it was good for some time only, which is over: answer anew")
        assert [one.no for one in await here.house.cases()] == [no]
        soon = datetime.now(UTC) + timedelta(hours=1)
        for until in (soon, soon, over):  # the same again is fine, however late
            assert (await here.port.answer(no, 2, "pretended/helpdesk", "7", until)).reference == str(no)
        await here.house.rest(but=["decide"])
        assert (await here.house.outcomes())["decide bowl"] == "end it"


async def test_of_several_answers_at_once_one_is_taken_and_who_gave_it_twice_is_not_refused() -> None:
    async with scene() as here:
        no = await here.asked("bowl")
        answers = [(2, "7"), (1, "8"), (2, "7"), (1, "8"), (2, "7")]
        calls = [here.port.answer(no, choice, "pretended/helpdesk", by, None) for choice, by in answers]
        found = await asyncio.gather(*calls, return_exceptions=True)
        await here.house.rest(but=["decide"])
        answer = (await here.house.outcomes())["decide bowl"]
        first = "7" if answer == "end it" else "8"
        for (_, by), outcome in zip(answers, found, strict=True):
            if by == first:
                assert outcome == Receipt(str(no))
            else:
                assert isinstance(outcome, Rejected)
                assert (outcome.code, outcome.text) == (Code.GONE, f"case {no} is answered already")


async def test_a_case_is_known_by_its_mark_which_no_other_hubs_case_of_that_number_bears() -> None:
    found = []
    for _ in range(2):
        async with scene() as here:
            no = await here.asked("bowl")
            row = await here.house.store.case(no)
            assert row is not None
            found.append((no, mark_of(row)))
            assert await here.port.bears(no, mark_of(row))
            for wrong in ("", "x", found[0][1] if found[0] != found[-1] else "y"):
                assert not await here.port.bears(no, wrong)
            assert not await here.port.bears(no + 1, mark_of(row))
            stranger = OwnCases("elsewhere", here.desks._desks, here.house.store)
            assert not await stranger.bears(no, mark_of(row))
            await here.house.answer(no, "end it")
            await here.house.rest(but=["decide"])
            assert await here.port.bears(no, mark_of(row))
    assert found[0][0] == found[1][0]
    assert found[0][1] != found[1][1]


async def test_a_case_of_an_erased_household_is_answered_by_nobody() -> None:
    async with scene() as here:
        no = await here.asked("bowl", of=HouseholdId("h-1"))
        await here.house.views.erase(here.desk.shop, HouseholdId("h-1"), 1.0, here.house.store.now())
        await here.look()
        assert await here.told("case.asked@1") == []
        code, _ = await refused(here.port.answer(no, 1, "pretended/helpdesk", "7", None))
        assert code is Code.INVALID
