"""What people do to runs: each command is taken once, audited, and refused with a reason where it cannot be done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.ports import Code, Rejected, Transient
from pawline.runtime import Refused, Said, command, flow, sleep_until, together, use
from pawline.runtime.records import Done, Failed, Intent, Resumed
from pawline.store import Status
from tests.unit.runtime.clerk import ASK, BY_KEY, LOOK_UP, Begun, Shelf
from tests.unit.runtime.hub import Hub
from tests.unit.runtime.virtual import NOON


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


@flow(on=Begun)
async def puts(begun: Begun) -> list[str]:
    shelf = use(Shelf)
    try:
        first = await shelf.put("first")
    except Rejected as no:
        return ["rejected", no.code, no.text]
    return [first, await shelf.put("second")]


async def asked(hub: Hub, *, death: bool = False) -> int:
    """A run whose first step is a case: nobody but a person can tell whether it happened."""
    hub.bindings = (hub.shelf(operations={**BY_KEY, "put": ASK}),)
    await hub.up(puts)
    hub.clerk.says["put", "first"] = [Transient("broke")]
    no = await hub.begin(Begun())
    await hub.quiet(12)
    if death:
        await hub.die()
        await hub.up()
    assert (await hub.status(no), (await hub.case()).path, hub.engine.live) == (Status.PARKED, "1", {})
    return no


async def audited(hub: Hub) -> tuple[str, str, str, str]:
    (line,) = await hub.audit()
    return line


@pytest.mark.parametrize("death", [False, True])
async def test_retry_says_that_it_did_not_happen(hub: Hub, death: bool) -> None:
    no = await asked(hub, death=death)
    assert await hub.told("retry", f"run:{no}", path="1") == "done"
    assert (await hub.status(no), await hub.outcome(no)) == (Status.DONE, ["first!", "second!"])
    assert hub.clerk.did == [("put", "first"), ("put", "first"), ("put", "second")]
    assert hub.clerk.keys[0] != hub.clerk.keys[1]
    assert await audited(hub) == ("ann", "retry done", f"run:{no}", "because")
    assert await hub.case_states() == [("unknown", "closed")]
    assert [one.path for one in await hub.journal(no) if isinstance(one, Resumed)] == ["1"]


@pytest.mark.parametrize("death", [False, True])
async def test_skip_stands_in_for_the_result(hub: Hub, death: bool) -> None:
    no = await asked(hub, death=death)
    assert await hub.told("skip", f"run:{no}", path="1", value=raw("seen")) == "done"
    assert await hub.outcome(no) == ["seen", "second!"]
    assert hub.clerk.did == [("put", "first"), ("put", "second")]
    assert await audited(hub) == ("ann", "skip done", f"run:{no}", "because")
    assert await hub.case_states() == [("unknown", "closed")]


async def test_skip_takes_only_a_result_of_the_ports_type(hub: Hub) -> None:
    no = await asked(hub)
    assert await hub.told("skip", f"run:{no}", path="1", value=raw(5)) == "refused: Expected `str`, got `int`"
    why = "refused: skip takes the path of a call and the result that stands in for it"
    assert await hub.told("skip", f"run:{no}", path="1") == why
    assert (await hub.status(no), len(await hub.cases()), hub.engine.live) == (Status.PARKED, 1, {})
    assert [line[1] for line in await hub.audit()] == ["skip refused", "skip refused"]


@pytest.mark.parametrize("death", [False, True])
async def test_refuse_raises_in_the_flow(hub: Hub, death: bool) -> None:
    no = await asked(hub, death=death)
    assert await hub.told("refuse", f"run:{no}", path="1", code="out_of_stock", reason="none left") == "done"
    assert await hub.outcome(no) == ["rejected", "out_of_stock", "none left"]
    assert hub.clerk.did == [("put", "first")]
    (failed,) = [one for one in await hub.journal(no) if isinstance(one, Failed)]
    assert (failed.kind, failed.code, failed.text) == ("rejected", Code.OUT_OF_STOCK, "none left")


async def test_refuse_needs_a_code_that_flows_know(hub: Hub) -> None:
    no = await asked(hub)
    assert await hub.told("refuse", f"run:{no}", path="1", code="meh") == "refused: 'meh' is not a valid Code"
    assert await hub.status(no) == Status.PARKED


@pytest.mark.parametrize("death", [False, True])
async def test_edit_goes_on_with_other_arguments_under_a_new_key(hub: Hub, death: bool) -> None:
    no = await asked(hub, death=death)
    assert await hub.told("edit", f"run:{no}", path="1", args=raw(["mended"])) == "done"
    assert await hub.outcome(no) == ["mended!", "second!"]
    assert hub.clerk.did == [("put", "first"), ("put", "mended"), ("put", "second")]
    assert len(set(hub.clerk.keys)) == 3


async def test_edited_arguments_outlive_a_death_and_keep_their_key(hub: Hub) -> None:
    hub.bindings = (hub.shelf(operations={**BY_KEY, "put": LOOK_UP}),)
    await hub.up(puts)
    hub.clerk.says["put", "first"] = [Transient("broke")]
    hub.clerk.says["find"] = [Rejected("cannot be looked up")]
    no = await hub.begin(Begun())
    await hub.quiet(13)
    assert (await hub.case()).kind == "unknown"
    hub.clerk.says["put", "mended"] = [timedelta(seconds=60)]
    assert await hub.told("edit", f"run:{no}", path="1", args=raw(["mended"])) == "done"
    await hub.die()
    await hub.up()
    await hub.quiet(15)
    assert await hub.outcome(no) == ["mended!", "second!"]
    assert hub.clerk.did[2:] == [("put", "mended"), ("find", "mended"), ("put", "mended"), ("put", "second")]


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (["a", "b"], "Expected `array` of length 1"),
        ([5], r"Expected `str`, got `int` - at `$[0]`"),
        (None, "edit takes the path of a call and its new arguments as a JSON list"),
    ],
)
async def test_edit_takes_only_arguments_of_the_port(hub: Hub, args: Any, why: str) -> None:
    no = await asked(hub)
    given: dict[str, Any] = {} if args is None else {"args": raw(args)}
    assert await hub.told("edit", f"run:{no}", path="1", **given) == f"refused: {why}"
    assert len(hub.clerk.did) == 1


@pytest.mark.parametrize("action", ["retry", "skip", "refuse", "edit"])
async def test_a_step_that_is_not_open_is_refused_with_those_that_are(hub: Hub, action: str) -> None:
    no = await asked(hub)
    said = await hub.told(action, f"run:{no}", path="9", value=raw("x"), args=raw(["x"]))
    assert said == f"refused: step '9' of run {no} is not open; open are: 1"
    assert (len(hub.clerk.did), hub.engine.live) == (1, {})


@pytest.mark.parametrize("action", ["retry", "skip", "refuse", "edit"])
async def test_a_step_on_its_way_is_not_touched(hub: Hub, action: str) -> None:
    await hub.up(puts)
    hub.clerk.says["put", "first"] = [timedelta(seconds=5)]
    no = await hub.begin(Begun())
    said = await hub.told(action, f"run:{no}", path="1", value=raw("x"), args=raw(["x"]))
    assert said == "refused: step 1 is on its way to the vendor just now: wait for its end"
    await hub.quiet(5)
    assert (await hub.outcome(no), len(hub.clerk.did)) == (["first!", "second!"], 2)


async def test_retry_shortens_a_long_back_off(hub: Hub) -> None:
    await hub.up(puts)
    hub.clerk.says["put", "first"] = [Transient("down", retry_after=timedelta(hours=5))]
    no = await hub.begin(Begun())
    assert [wait.path for wait in await hub.waits(no)] == ["1"]
    assert await hub.told("retry", f"run:{no}", path="1") == "done"
    assert (await hub.status(no), await hub.waits(no)) == (Status.DONE, [])
    await hub.later(6 * 3600)
    assert hub.clerk.did == [("put", "first"), ("put", "first"), ("put", "second")]


async def test_a_case_of_another_step_stays_open(hub: Hub) -> None:
    @flow(on=Begun)
    async def forks(begun: Begun) -> list[str]:
        shelf = use(Shelf)
        return list(await together(shelf.put("a"), shelf.put("b")))

    hub.bindings = (hub.shelf(operations={**BY_KEY, "put": ASK}),)
    await hub.up(forks)
    hub.clerk.says["put"] = [Transient("broke"), Transient("broke")]
    no = await hub.begin(Begun())
    await hub.quiet(12)
    assert [case.path for case in await hub.cases()] == ["1.1/1", "1.2/1"]
    assert await hub.told("skip", f"run:{no}", path="1.1/1", value=raw("A")) == "done"
    assert ([case.path for case in await hub.cases()], await hub.status(no)) == (["1.2/1"], Status.PARKED)
    assert await hub.told("skip", f"run:{no}", path="1.2/1", value=raw("B")) == "done"
    assert await hub.outcome(no) == ["A", "B"]


# -- which run ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("run:77", "run 77 is not under way here: it ended, waits for its key, or another owner has it"),
        ("dog:1", "'dog:1' names no run: give run:NUMBER"),
        ("run:", "'run:' names no run: give run:NUMBER"),
    ],
)
async def test_what_is_no_run_is_refused(hub: Hub, target: str, why: str) -> None:
    await hub.up(puts)
    assert await hub.told("retry", target) == f"refused: {why}"


async def test_a_run_that_ended_is_refused(hub: Hub) -> None:
    await hub.up(puts)
    no = await hub.begin(Begun())
    why = f"refused: run {no} is not under way here: it ended, waits for its key, or another owner has it"
    for action in ("retry", "cancel"):
        assert await hub.told(action, f"run:{no}") == why
    assert await hub.status(no) == Status.DONE


async def test_an_unknown_action_is_refused_with_those_there_are(hub: Hub) -> None:
    await hub.up(puts)
    said = await hub.told("dance", "run:1")
    assert said.startswith("refused: there is no action 'dance'; there are answer, cancel, close, edit, go_on, mode, ")


@pytest.mark.parametrize(("by", "reason"), [("", "why"), ("ann", "")])
async def test_nobody_acts_without_a_name_and_a_reason(hub: Hub, by: str, reason: str) -> None:
    await hub.up(puts)
    with pytest.raises(Refused, match="say who you are and why: both are audited"):
        command(hub.store, "s", "cancel", "run:1", by=by, reason=reason)


# -- once --------------------------------------------------------------------------------------------------------


async def test_a_command_is_taken_once_though_the_hub_dies(hub: Hub) -> None:
    no = await asked(hub)
    for action in ("retry", "retry"):
        row = command(hub.store, "s", action, f"run:{no}", by="ann", reason="because", said=Said(path="1"))
        await hub.engine.intake.write(("insert_command", row))
    await hub.die()
    await hub.up()
    await hub.quiet(2)
    assert await hub.outcome(no) == ["first!", "second!"]
    assert len(hub.clerk.did) == 3
    assert sorted(line[1] for line in await hub.audit()) == ["retry done", "retry refused"]


async def test_the_command_and_what_it_does_are_one_commit(hub: Hub) -> None:
    no = await asked(hub)
    parts: list[list[str]] = []

    def note(units: Any) -> None:
        for unit in units:
            names = [name for name, _ in unit.writes]
            if "finish_command" in names:
                parts.append([*names, *("journal" for _ in unit.journal)])

    hub.store.hooks.before_commit = note
    assert await hub.told("skip", f"run:{no}", path="1", value=raw("seen")) == "done"
    assert [sorted(names) for names in parts] == [
        sorted(["delete_wait", "close_cases_at", "finish_command", "insert_audit", "journal"])
    ]
    assert isinstance((await hub.journal(no))[-3], Done)
    assert isinstance((await hub.journal(no))[-2], Intent)


# -- cases and queues --------------------------------------------------------------------------------------------


async def test_only_a_question_takes_an_answer(hub: Hub) -> None:
    await asked(hub)
    case = await hub.case()
    why = "refused: only a question takes an answer; retry, skip or cancel the run of another case"
    assert await hub.told("answer", f"case:{case.no}", value=raw("yes")) == why
    assert await hub.told("answer", "case:77", value=raw("yes")) == "refused: case:77 is not open"
    assert len(await hub.cases()) == 1


async def test_a_case_keeps_its_key_until_an_operator_lets_the_next_pass(hub: Hub) -> None:
    no = await asked(hub)
    await hub.record(Begun(body="next"))
    await hub.record(Begun(body="after"))
    await hub.later(86400)
    assert await hub.statuses() == [Status.PARKED, Status.QUEUED, Status.QUEUED]
    assert await hub.told("pass", f"run:{no}") == "done"
    assert await hub.statuses() == [Status.PARKED, Status.DONE, Status.DONE]
    assert await hub.told("retry", f"run:{no}", path="1") == "done"
    assert await hub.statuses() == [Status.DONE] * 3
    assert [line[1] for line in await hub.audit()] == ["pass done", "retry done"]


async def test_only_a_case_lets_others_pass(hub: Hub) -> None:
    @flow(on=Begun)
    async def sleeps(begun: Begun) -> str:
        await sleep_until(datetime.fromtimestamp(NOON + 100, UTC))
        return "awake"

    await hub.up(sleeps)
    no = await hub.begin(Begun())
    await hub.record(Begun())
    await hub.quiet()
    why = "only a run that became a case lets the next of its key pass"
    assert await hub.told("pass", f"run:{no}") == f"refused: run:{no} is waiting: {why}"
    assert await hub.told("pass", "run:77") == f"refused: run:77 is not there: {why}"
    assert await hub.statuses() == [Status.WAITING, Status.QUEUED]
    await hub.later(100)
    assert await hub.told("pass", f"run:{no}") == f"refused: run:{no} is done: {why}"


async def test_replay_on_purpose_is_a_new_generation_with_keys_of_its_own(hub: Hub) -> None:
    await hub.up(puts)
    no = await hub.record(Begun())
    await hub.quiet()
    assert await hub.told("replay", f"event:{no}") == "done"
    assert [(row.event, row.generation, row.status) for row in await hub.runs()] == [
        (no, 0, Status.DONE),
        (no, 1, Status.DONE),
    ]
    assert (len(hub.clerk.heard), len(set(hub.clerk.keys))) == (4, 4)
    why = "refused: event 77777 is not here (any more): send it again with `pawline events send`"
    assert await hub.told("replay", "event:77777") == why


@flow(on=Begun)
async def one(begun: Begun) -> str:
    return await use(Shelf).put(begun.body)


async def test_a_replay_of_several_flows_names_one_unless_all_failed(hub: Hub) -> None:
    await hub.up(one, replace(one, name="other"))
    hub.clerk.says["put"] = [Rejected("sold out")]
    no = await hub.record(Begun())
    await hub.quiet()
    first = [(row.flow, Status(row.status)) for row in await hub.runs()]
    assert first == [("one", Status.FAILED), ("other", Status.DONE)]
    heard = len(hub.clerk.heard)
    told = (
        f"refused: event {no} began one (failed), other (done): what did not fail would be done twice; "
        "name the flow to run again by --flow"
    )
    assert await hub.told("replay", f"event:{no}") == told
    await hub.quiet(1)
    assert len(hub.clerk.heard) == heard
    assert await hub.told("replay", f"event:{no}", name="one") == "done"
    await hub.quiet(1)
    runs = [(row.flow, row.generation, Status(row.status)) for row in await hub.runs()]
    assert runs == [("one", 0, Status.FAILED), ("other", 0, Status.DONE), ("one", 1, Status.DONE)]


async def test_a_replay_of_flows_that_all_failed_runs_them_all(hub: Hub) -> None:
    await hub.up(one, replace(one, name="other"))
    hub.clerk.says["put"] = [Rejected("sold out"), Rejected("sold out")]
    no = await hub.record(Begun())
    await hub.quiet()
    assert await hub.told("replay", f"event:{no}") == "done"
    await hub.quiet(1)
    runs = [(row.flow, row.generation, Status(row.status)) for row in await hub.runs()]
    assert runs[:2] == [("one", 0, Status.FAILED), ("other", 0, Status.FAILED)]
    assert runs[2:] == [("one", 1, Status.DONE), ("other", 1, Status.DONE)]


async def test_a_cancelled_run_in_line_never_begins(hub: Hub) -> None:
    no = await asked(hub)
    await hub.record(Begun(body="next"))
    await hub.quiet()
    queued = max(row.no for row in await hub.runs())
    assert await hub.told("cancel", f"run:{queued}") == "done"
    assert await hub.statuses() == [Status.PARKED, Status.CANCELLED]
    assert (await hub.status(no), len(hub.clerk.did)) == (Status.PARKED, 1)
