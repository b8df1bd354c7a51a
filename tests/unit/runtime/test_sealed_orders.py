"""What operators type may be a customer's: it is sealed for the household before it is written anywhere."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pawline.ports import Malformed
from pawline.runtime import Question, Refused, Said, ask, command, flow, sealed, use
from tests.unit.runtime.clerk import Begun, Shelf
from tests.unit.runtime.hub import Hub

TYPED = "Ann Miller, 5 Dog Lane"


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


@flow(on=Begun)
async def puts(begun: Begun) -> str:
    return await use(Shelf).put("a")


@flow(on=Begun)
async def asks(begun: Begun) -> str:
    return await ask(Question("Where to?"))


@pytest.mark.parametrize(
    ("action", "said"),
    [("edit", {"path": "1", "args": raw([TYPED])}), ("skip", {"path": "1", "value": raw(TYPED)})],
    ids=["edit", "skip"],
)
async def test_neither_arguments_nor_a_result_reach_the_disk_in_the_clear(
    hub: Hub, action: str, said: dict[str, Any]
) -> None:
    await hub.up(puts)
    hub.clerk.says["put"] = [Malformed("what?")]
    no = await hub.begin(Begun(house="h1"))
    assert await hub.told(action, f"run:{no}", **said) == "done"
    assert await hub.outcome(no) == (f"{TYPED}!" if action == "edit" else TYPED)
    assert TYPED.encode() not in hub.store.image()
    assert [row[3] for row in await hub.audit()] == ["because"]


async def test_an_answer_does_not_reach_the_disk_in_the_clear(hub: Hub) -> None:
    await hub.up(asks)
    no = await hub.begin(Begun(house="h1"))
    assert await hub.told("answer", f"case:{(await hub.case()).no}", value=raw(TYPED)) == "done"
    assert await hub.outcome(no) == TYPED
    assert TYPED.encode() not in hub.store.image()


async def test_what_was_sealed_for_a_household_is_gone_with_it(hub: Hub) -> None:
    await hub.up(asks)
    await hub.begin(Begun(house="h1"))
    no = (await hub.case()).no
    row = command(hub.store, "s", "answer", f"case:{no}", by="ann", reason="because", said=Said(value=raw("x")))
    writes = await sealed(hub.store, row)
    await hub.engine.erase("s", "h1")
    await hub.engine.intake.write(*writes)
    await hub.quiet()
    ((state, result),) = await hub._select("select state, result from command where no = ?", row.no)
    assert (state, result) == ("refused", f"case:{no}: its household was erased")
    with pytest.raises(Refused, match=f"case:{no}: the key of this household was destroyed"):
        await sealed(hub.store, row)


async def test_a_value_that_is_not_sealed_is_refused(hub: Hub) -> None:
    await hub.up(asks)
    no = await hub.begin(Begun(house="h1"))
    case = f"case:{(await hub.case()).no}"
    row = command(hub.store, "s", "answer", case, by="ann", reason="because", said=Said(value=raw("x")))
    await hub.engine.intake.write(("insert_command", row))
    await hub.quiet()
    ((state, result),) = await hub._select("select state, result from command where no = ?", row.no)
    assert (state, result) == ("refused", "what it carries is not sealed: it was put in by another program")
    other = command(hub.store, "s", "answer", "case:1", by="ann", reason="because", said=Said(value=raw("x")))
    theirs = (await sealed(hub.store, other))[-1][1]
    moved = row._replace(no=hub.store.next_no(), body=theirs[8])  # type: ignore[arg-type]
    await hub.engine.intake.write(("insert_command", moved))
    await hub.quiet()
    ((state, result),) = await hub._select("select state, result from command where no = ?", moved.no)
    assert (state, result) == ("refused", "sealed bytes do not open with this key in this place")
    assert (await hub.run(no)).ended is None
