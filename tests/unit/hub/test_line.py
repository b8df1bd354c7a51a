"""The line of a running hub: whoever asks hears something, also when it is cut."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest
import uvloop

from pawline.hub import Caller, HubRefused
from pawline.hub.line import Line

HUNG_UP = "the hub hung up: see its log, then ask again"


class Silent:
    """A desk that takes questions and never answers."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def answer(self, do: str, given: dict[str, Any]) -> Any:
        self.asked.set()
        await asyncio.Event().wait()


async def _hung_up(path: Path, *, by_the_hub: bool) -> list[BaseException]:
    """Three questions under way when the line is cut: what those who asked heard."""
    desk = Silent()
    line = Line(path, desk.answer)
    await line.open()
    caller = await Caller.reach(path)
    questions = [asyncio.create_task(caller.ask("runs")) for _ in range(3)]
    await desk.asked.wait()
    await (line.close() if by_the_hub else caller.close())
    async with asyncio.timeout(5):
        heard = await asyncio.gather(*questions, return_exceptions=True)
        with pytest.raises(HubRefused, match=HUNG_UP):
            await caller.ask("runs")  # nobody listens any more
    await caller.close()
    await line.close()
    return [each for each in heard if isinstance(each, BaseException)]


@pytest.mark.parametrize("by_the_hub", [True, False])
def test_questions_under_way_are_refused_when_the_line_is_cut(tmp_path: Path, by_the_hub: bool) -> None:
    heard = asyncio.run(_hung_up(tmp_path / "hub.sock", by_the_hub=by_the_hub))
    assert [(type(each), str(each)) for each in heard] == [(HubRefused, HUNG_UP)] * 3


class Slow:
    """A desk that answers once it may."""

    def __init__(self) -> None:
        self.asked, self.may, self.said = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def answer(self, do: str, given: dict[str, Any]) -> Any:
        self.asked.set()
        await self.may.wait()
        self.said.set()
        return "late"


async def _gone_before_the_answer(path: Path) -> list[dict[str, Any]]:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    desk = Slow()
    line = Line(path, desk.answer)
    await line.open()
    caller = await Caller.reach(path)
    question = asyncio.create_task(caller.ask("runs"))
    await desk.asked.wait()
    await caller.close()
    await asyncio.sleep(0.05)  # the hub reads that nobody is there
    desk.may.set()
    await desk.said.wait()
    await asyncio.sleep(0.05)
    gc.collect()
    await asyncio.gather(question, return_exceptions=True)
    await line.close()
    return complaints


def test_who_is_gone_before_the_answer_is_no_failure_of_the_hub(tmp_path: Path) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # whose transports are strict
        assert runner.run(_gone_before_the_answer(tmp_path / "hub.sock")) == []
