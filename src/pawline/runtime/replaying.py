"""Replay: an event again, on purpose, by a person's word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.runtime.commands import Refused, Said
from pawline.runtime.handing import Way
from pawline.store import PURGED

if TYPE_CHECKING:
    from pawline.runtime.engine import Engine
    from pawline.store import CommandRow, NewRun


async def generations(engine: Engine, row: CommandRow, said: Said) -> list[NewRun]:
    """New generations of the runs that the event began (of `said.name` only, if given), with keys of their own.

    Raises Refused for an event that is not here, begins no flow, or was the old way's before anybody looked.
    """
    number = int(row.target.partition(":")[2] or -1)
    event = (await engine.store.events([number])).get(number)
    if event is None or event.codec == PURGED:
        raise Refused(f"event {number} is not here (any more): send it again with `pawline events send`")
    begun = await engine.store.fetch("runs_of_event", (number,))
    opened = await engine.open_event(event)
    flows = [flow for flow in engine.flows.begun_by(event.type) if said.name in {"", flow.name}]
    if opened is None or not flows:
        raise Refused(f"event {number} begins no flow" if opened else f"event {number} was erased")
    if theirs := [one.name for one in flows if engine.brakes.way(event.shop, one.name, event.happened) is Way.OLD]:
        raise Refused(f"event {number} is from before {', '.join(theirs)} was handed over: the old way had it")
    return [
        engine.intake.beginning.generation(
            flow, event, opened, 1 + max((g for _, f, g, _ in begun if f == flow.name), default=-1)
        )
        for flow in flows
    ]
