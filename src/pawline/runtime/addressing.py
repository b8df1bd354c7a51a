"""Where a command belongs: to the owner of the run or case that it is about, wherever it was put in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.store import ENDED, Status, Unit

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from pawline.runtime.engine import Engine
    from pawline.store import CommandRow


async def at_home(engine: Engine, row: CommandRow, taken: MutableMapping[int, float]) -> CommandRow | None:
    """The command in the lane of what it is about, where that is ours; None where it goes to the lane's owner.

    `taken`: commands that are being taken; it leaves them when it is on its way.
    """
    lane = await _home(engine, row)
    if lane in engine.lanes:
        return row._replace(lane=lane)

    def done(_: object) -> None:
        taken.pop(row.no, None)
        engine.hints.tell()

    write = ("readdress_command", (row.no, row.lane, lane))
    engine.store.commit(Unit(done, lanes=(engine.fence(row.lane),), writes=[write]))
    return None


async def _home(engine: Engine, row: CommandRow) -> int:
    kind, _, number = row.target.partition(":")
    if number.isdigit() and kind == "run":
        run = (await engine.store.runs([int(number)])).get(int(number))
        return row.lane if run is None else run.lane
    if number.isdigit() and kind == "case":
        case = await engine.store.case(int(number))
        return row.lane if case is None else case.lane
    return row.lane


async def awaits_trial(engine: Engine, no: int) -> bool:
    """Whether a run is a suspect that comes into memory once others got on: what is said to it waits as long."""
    row = (await engine.store.runs([no])).get(no)
    if row is None or row.lane not in engine.lanes or row.status in ENDED or row.status == Status.QUEUED:
        return False
    return engine.loading.trials.suspects(row.deaths)
