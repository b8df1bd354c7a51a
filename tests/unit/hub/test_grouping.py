"""Many cases of one cause are one line in the inbox and one answer; what cannot take it keeps no other from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pawline.cli import app
from pawline.hub import Caller, Hub, HubRefused, line_of
from tests.unit.hub.shop import Dispenser, fill, hub_of, statuses, until, write

MODULE = "asking"
ASKS = '''
from pawline.ports import Rejected
from pawline.runtime import Question, ask, flow, use
from tests.unit.hub.shop import BowlFilled, Feeder

@flow(on=BowlFilled)
async def settle_bowl(filled: BowlFilled) -> str:
    """A person says what becomes of a bowl."""
    cause = "the bowls are cracked" if filled.pet.startswith("cracked") else ""
    choices = ("mend",) if filled.pet == "cracked-3" else ("mend", "throw away")
    return await ask(Question(f"what about {filled.pet}?", choices=choices, cause=cause))
'''


def shop(folder: Path) -> None:
    write(folder, 1, module="unused")
    (folder / f"{MODULE}.py").write_text(ASKS, "utf-8")
    (folder / "pawline.toml").write_text(f'shops = ["home"]\nflows = ["{MODULE}"]\n', "utf-8")


async def asked(hub: Hub, count: int) -> list[dict[str, Any]]:
    async def all_there() -> bool:
        counts: list[int] = [one["count"] for one in await hub.desk.answer("groups", {"shop": "home"})]
        return sum(counts) == count

    await until(all_there)
    groups: list[dict[str, Any]] = await hub.desk.answer("groups", {"shop": "home"})
    return groups


async def test_one_answer_reaches_every_case_of_its_cause_and_no_other(tmp_path: Path, vendor: Dispenser) -> None:
    shop(tmp_path)
    async with hub_of(tmp_path) as hub:
        for count, pet in enumerate(("cracked-1", "cracked-2", "cracked-3", "lonely"), 1):
            await fill(hub, pet)
            groups = await asked(hub, count)  # one after the other: the oldest case names its group
        assert [(one["count"], one["title"], one["kind"]) for one in groups] == [
            (3, "what about cracked-1?", "ask"), (1, "what about lonely?", "ask"),
        ]  # fmt: skip
        told = await hub.desk.answer("order_all", {
            "action": "answer", "case": groups[0]["no"], "by": "ann", "reason": "too old",
            "said": {"value": "throw away"},
        })  # fmt: skip
        assert told["done"] == 2
        (why,) = told["refused"]
        assert "'throw away' is not among the choices of 'what about cracked-3?'" in why
        await until(lambda: _ended(hub, 2))
        assert await statuses(hub) == {
            "cracked-1": ["done"], "cracked-2": ["done"], "cracked-3": ["waiting"], "lonely": ["waiting"]
        }  # fmt: skip
        with pytest.raises(HubRefused, match=f"case {groups[0]['no']} is not open"):
            await hub.desk.answer("order_all", {"action": "answer", "case": groups[0]["no"], "by": "a", "reason": "b"})


async def _ended(hub: Hub, count: int) -> bool:
    return sum(one == ["done"] for one in (await statuses(hub)).values()) == count


async def test_a_step_that_became_a_case_is_tried_again_with_all_like_it(tmp_path: Path, vendor: Dispenser) -> None:
    """Malformed answers: two bowls park with one cause, the vendor is mended, one word tries both again."""
    write(tmp_path, 1, module="feeding")
    vendor.open.set()
    mended, vendor.clean = vendor.clean, _broken  # type: ignore[method-assign]
    async with hub_of(tmp_path) as hub:
        await fill(hub, "rex")
        await fill(hub, "tom")
        (group,) = await asked(hub, 2)
        assert (group["kind"], group["title"]) == ("malformed", "dispenser/home: clean raised KeyError")
        vendor.clean = mended  # type: ignore[method-assign]
        told = await hub.desk.answer(
            "order_all", {"action": "retry", "case": group["no"], "by": "ann", "reason": "mended"}
        )
        assert told == {"case": group["no"], "action": "retry", "done": 2, "refused": {}}
        await until(lambda: _ended(hub, 2))
        assert sorted(vendor.cleaned) == ["rex", "tom"]
        assert await hub.desk.answer("groups", {"shop": "home"}) == []


async def test_an_answer_and_a_result_given_by_hand_reach_their_run_over_the_line(
    tmp_path: Path, vendor: Dispenser
) -> None:
    """As the command line sends them: plain JSON, which a command carries as it is."""
    shop(tmp_path)
    vendor.clean = _broken  # type: ignore[method-assign]
    vendor.open.set()
    write(tmp_path, 1, module="feeding")
    both = (
        f'shops = ["home"]\nflows = ["feeding", "{MODULE}"]\naccounts = [{{ use = "tests.unit.hub.shop:connect" }}]\n'
    )
    (tmp_path / "pawline.toml").write_text(both, "utf-8")
    async with hub_of(tmp_path) as hub:
        caller = await Caller.reach(line_of(hub.settings.url))
        await fill(hub, "rex")
        groups = {one["kind"]: one["no"] for one in await asked(hub, 2)}
        case = await caller.ask("case", no=groups["ask"])
        order = {"by": "ann", "reason": "seen"}
        told = await caller.ask("order", action="answer", target=f"case:{case['no']}", said={"value": "mend"}, **order)
        assert told["state"] == "done"
        case = await caller.ask("case", no=groups["malformed"])
        said = {"path": case["step"], "value": "clean by hand"}
        told = await caller.ask("order", action="skip", target=f"run:{case['run']}", said=said, **order)
        assert told["state"] == "done"
        await caller.close()
        await until(lambda: _two_done(hub))
        assert vendor.given == ["rex"]


async def _two_done(hub: Hub) -> bool:
    return await statuses(hub) == {"rex": ["done", "done"]}


async def _broken(pet: str) -> str:
    raise KeyError(pet)


def test_the_command_line_says_how_many_and_fails_where_one_refused(tmp_path: Path) -> None:
    shop(tmp_path)
    runner, config = CliRunner(), str(tmp_path / "pawline.toml")
    said = runner.invoke(app, ["cases", "groups", "--config", config, "--json"])
    assert (said.exit_code, json.loads(said.output)) == (0, [])
    with pytest.raises(HubRefused, match="say why with --reason"):
        runner.invoke(app, ["cases", "answer", "1", "x", "--all-like-it", "--config", config], catch_exceptions=False)
    with pytest.raises(HubRefused, match="case 1 is not open: `pawline cases groups` shows what is"):
        runner.invoke(
            app, ["cases", "retry", "1", "--all-like-it", "--reason", "why", "--config", config], catch_exceptions=False
        )
