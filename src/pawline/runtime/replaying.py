"""Replay: an event again, on purpose, by a person's word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.runtime.commands import Refused, Said
from pawline.runtime.handing import Way
from pawline.store import PURGED, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pawline.runtime.engine import Engine
    from pawline.store import CommandRow, NewRun


async def generations(engine: Engine, row: CommandRow, said: Said) -> list[NewRun]:
    """New generations of the runs that the event began (of `said.name` only, if given), with keys of their own.

    Raises Refused for an event that is not here, begins no flow, or was the old way's before anybody looked; and for
    one of several flows where none is named and what did not fail would be done twice.
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
    if not said.name and len(flows) > 1:
        _all_failed(number, {flow.name for flow in flows}, begun)
    return [
        engine.intake.beginning.generation(
            flow, event, opened, 1 + max((g for _, f, g, _ in begun if f == flow.name), default=-1)
        )
        for flow in flows
    ]


def _all_failed(number: int, names: set[str], begun: Sequence[Sequence[Any]]) -> None:
    """Raises Refused where one of these flows was begun by the event and did not fail."""
    if any(flow in names and status != Status.FAILED for _, flow, _, status in begun):
        told = ", ".join(f"{flow} ({Status(status).name.lower()})" for _, flow, _, status in begun if flow in names)
        raise Refused(
            f"event {number} began {told}: what did not fail would be done twice; name the flow to run again by --flow"
        )
