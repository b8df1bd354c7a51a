"""Commands that code cannot answer are refused, and none of them stands in the way of a stop."""

from __future__ import annotations

from datetime import UTC, datetime

from pawline.runtime import Said, command, flow, sleep_until, use
from tests.unit.runtime.clerk import Begun, Shelf
from tests.unit.runtime.hub import Hub
from tests.unit.runtime.virtual import NOON


@flow(on=Begun)
async def puts(begun: Begun) -> str:
    return await use(Shelf).put("first")


async def test_what_user_code_raises_is_refused_with_its_type_and_audited(hub: Hub) -> None:
    @flow(on=Begun, key=lambda begun: begun.body["x"])  # type: ignore[index]
    async def bad(begun: Begun) -> None: ...

    await hub.up(bad)
    no = await hub.record(Begun())
    assert (await hub.told("replay", f"event:{no}")).startswith("refused: TypeError: ")
    assert [row[1] for row in await hub.audit()] == ["replay refused"]


async def test_a_number_that_is_none_is_refused(hub: Hub) -> None:
    await hub.up(puts)
    assert (await hub.told("retry", f"run:{'9' * 50}")).startswith("refused: ")


async def test_stops_are_taken_before_other_commands(hub: Hub) -> None:
    await hub.up(puts)
    store = hub.store
    rows = [command(store, "s", "retry", "run:1", by="ann", reason="r") for _ in range(60)]
    stop = command(store, "s", "stop", "shop", by="ann", reason="r", said=Said(scope="all"))
    await hub.engine.intake.write(*[("insert_command", row) for row in [*rows, stop]])
    await hub.quiet()
    assert (await hub.audit())[0][1] == "stop done"
    assert await hub._select("select no from command where state = 'pending'") == []


async def test_commands_of_runs_are_forgotten_when_they_ended(hub: Hub) -> None:
    @flow(on=Begun)
    async def sleeps(begun: Begun) -> None:
        await sleep_until(datetime.fromtimestamp(NOON + 10**6, UTC))

    await hub.up(sleeps)
    for number in range(3):
        no = await hub.begin(Begun(id=f"o{number}"))
        assert await hub.told("cancel", f"run:{no}") == "done"
    assert not hub.engine.operators._busy
