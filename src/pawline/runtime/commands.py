"""Commands: what a person asks the owner of a run for, as a row. What it carries of a customer's is sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.runtime.flow import digest63
from pawline.runtime.seal import command_aad
from pawline.store import LANES, CommandRow, Erased, HouseholdErased

if TYPE_CHECKING:
    from pawline.store import Store


NONE: Final = msgspec.Raw()
"""No value: msgspec reads no `Raw | None`, and leaves this very one out."""


class Refused(Exception):
    """The command cannot be done; the text says why and what to do instead."""


class NotYet(Exception):
    """A command cannot be taken now, and must not be refused."""


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a command carries besides its target: a step's path, a typed value, a code, arguments, a mode.

    An answer is good `until` then: taken up later, it is refused.
    `value` and `args` may be personal. In a row they are empty, and `sealed` holds both, under the data key `key`.
    """

    path: str = ""
    value: msgspec.Raw = NONE
    code: str = ""
    args: msgspec.Raw = NONE
    scope: str = ""
    name: str = ""
    mode: str = ""
    account: str = "*"
    watermark: float | None = None
    before: float | None = None
    until: float | None = None
    key: int = 0
    sealed: bytes = b""


def command(
    engine_store: Any, shop: str, action: str, target: str, *, by: str, reason: str, said: Said | None = None,
    lane: int | None = None,
) -> CommandRow:  # fmt: skip
    """The row of a command. `target`: `run:NO`, `case:NO`, `key:HASH`, or `shop`. Every command needs a reason."""
    if not by or not reason:
        raise Refused("say who you are and why: both are audited")
    where = digest63(shop, target) % LANES if lane is None else lane
    body = msgspec.json.encode(said or Said())
    return CommandRow(
        engine_store.next_no(), shop, where, action, target, by, reason, engine_store.now(), body, "pending", None
    )


async def sealed(store: Store, row: CommandRow) -> list[tuple[str, tuple[object, ...]]]:
    """The writes that put a command in, what it carries sealed for the household of the run or case it is about.

    Raises Refused for a household that was erased.
    """
    said = msgspec.json.decode(row.body, type=Said)
    if not said.value and not said.args:
        return [("insert_command", row)]
    try:
        key = await store.keys.obtain(row.shop, await _household(store, row.target))
    except HouseholdErased as erased:
        raise Refused(f"{row.target}: {erased}") from erased
    inner = key.seal(msgspec.json.encode([bytes(said.value), bytes(said.args)]), command_aad(row.no))
    said = msgspec.structs.replace(said, value=NONE, args=NONE, key=key.no, sealed=inner)
    return [*key.fresh_writes(), ("insert_command", row._replace(body=msgspec.json.encode(said)))]


async def _household(store: Store, target: str) -> str | None:
    kind, _, number = target.partition(":")
    if kind == "case" and number.isdigit():
        case = await store.case(int(number))
        return case.household if case is not None else None
    if kind == "run" and number.isdigit():
        run = (await store.runs([int(number)])).get(int(number))
        return run.household if run is not None else None
    return None


async def opened(store: Store, row: CommandRow) -> Said:
    """What a command says. Raises Refused where it was sealed for a household that was erased since, or not at all."""
    said = msgspec.json.decode(row.body, type=Said)
    if said.value or said.args:
        raise Refused("what it carries is not sealed: it was put in by another program")
    if not said.sealed:
        return said
    key = await store.keys.by_no(said.key)
    if isinstance(key, Erased):
        raise Refused(f"{row.target}: its household was erased")
    value, args = msgspec.json.decode(key.open(said.sealed, command_aad(row.no)), type=tuple[bytes, bytes])
    return msgspec.structs.replace(said, value=msgspec.Raw(value), args=msgspec.Raw(args))


def plainly(said: str) -> str:
    """A text that every database takes, whatever an exception says."""
    return said[:1000].encode("utf-8", "replace").decode().replace("\0", "?")
