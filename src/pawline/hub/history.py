"""History: what happened before the hub was there. Views and links know it from then on; no flow begins by it."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.hub.keepable import check_keepable, check_names
from pawline.hub.settings import HubRefused
from pawline.model import Envelope, UnknownEvent, UnreadableEvent
from pawline.model.cloudevents import from_cloudevent
from pawline.model.cloudevents_wire import from_structured
from pawline.store import HouseholdErased, StoreBusy, StoreError
from pawline.views.households import HOUSEHOLD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pawline.runtime import Engine
    from pawline.views import Projector

PAGE: Final = 200
"""Lines in one question to the hub, and at most so many events behind which the views are meanwhile."""
MARGIN: Final = 3600.0
"""Seconds before the first live event, or before now where there is none yet, from which on history takes nothing.

What is on its way then is live.
"""
PATIENCE: Final = 60.0
AGAIN: Final = 0.2
"""Seconds until a line that found the store full of work is offered again."""
ACCOUNT: Final = "pawline/import"
LONGEST: Final = 1 << 20
"""Bytes of a line: what is longer is no event of ours."""
SAID: Final = 300
"""Characters of what is wrong with a line: it may hold the line itself."""


class Linked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Our id of something, and what an account calls it."""

    account: str
    kind: str
    ours: str
    theirs: str


class BadLine(ValueError):
    """A line of a history that nobody can read; the text says why."""


class Told(msgspec.Struct):
    """What became of the lines of a page; `bad` by the line's number."""

    new: int = 0
    known: int = 0
    links: int = 0
    live: int = 0
    """At or after the moment from which on the hub heard for itself: left to it."""
    erased: int = 0
    """About households that were erased: not taken."""
    bad: list[tuple[int, str]] = msgspec.field(default_factory=list)


def read_line(line: bytes | str, shop: str) -> Envelope | Linked:
    """A CloudEvent of ours in JSON, or `{"link": {account, kind, ours, theirs}}`. Raises BadLine.

    `type`, `time` and `data` are required. Without an `id` the line's own digest is one, so that the same line again is
    the same event. What one of the databases would not keep is a bad line on each.
    """
    text = text_of(line if isinstance(line, bytes) else line.encode())
    try:
        found = msgspec.json.decode(text)
        if not isinstance(found, dict):
            raise BadLine("no JSON object: a line is an event, or a link")
        return _link(found["link"]) if "link" in found else _event(found, text, shop)
    except RecursionError:
        raise BadLine("it is nested too deeply") from None
    except msgspec.DecodeError as problem:
        raise BadLine(f"no JSON: {problem}"[:SAID]) from None


def text_of(line: bytes) -> str:
    """A line as text. Raises BadLine where it is none, or is longer than what is asked of the hub at once."""
    if len(line.rstrip(b"\r\n")) > LONGEST:
        raise BadLine(f"it is longer than {LONGEST >> 20} MB: no event of ours is")
    try:
        return line.decode()
    except UnicodeDecodeError as problem:
        raise BadLine(f"it is not UTF-8: {problem.reason} at byte {problem.start + 1}") from None


def _link(found: object) -> Linked:
    try:
        link = msgspec.convert(found, Linked)
        check_names(link.account, link.kind, link.ours, link.theirs)
    except ValueError as problem:
        raise BadLine(f"link: {problem}"[:SAID]) from None
    return link


def _event(found: dict[str, Any], text: str, shop: str) -> Envelope:
    for name, kind in (("type", str), ("time", str), ("data", dict)):
        if not isinstance(found.get(name), kind):
            raise BadLine(f"an event has `type`, `time` and `data`: `{name}` is missing, or is no {kind.__name__}")
    digest = hashlib.sha256(text.strip().encode()).hexdigest()[:32]
    whole = {
        "specversion": "1.0", "id": digest, "source": f"/shops/{shop}/history", "datacontenttype": "application/json",
    } | found  # fmt: skip
    whole["data"] = {"type": found["type"]} | found["data"]
    try:
        envelope = from_cloudevent(from_structured(msgspec.json.encode(whole)))
        check_names(envelope.source)
        check_keepable(envelope.id, envelope.at, envelope.event)
    except (UnknownEvent, UnreadableEvent, ValueError, TypeError, ArithmeticError) as problem:
        raise BadLine(str(problem)[:SAID]) from None
    if envelope.shop != shop:
        raise BadLine(f"it is of the shop {envelope.shop}, not {shop}"[:SAID])
    return envelope


class History:
    """Takes pages of lines; where a page was taken whole, the next import of the same file goes on behind it."""

    def __init__(self, engine: Engine, projector: Projector, *, alive: bool) -> None:
        self._engine, self._projector, self._alive = engine, projector, alive

    async def begin(self, name: str, shop: str, before: float | None, by: str = "", reason: str = "") -> dict[str, Any]:
        """How many lines of this file were taken, and up to when it counts as history. With `by` it is audited.

        Raises HubRefused for a `before` behind the first live event: an order that history took would begin no flow.
        """
        store = self._engine.store
        first = [at for (at,) in await store.fetch("first_heard", (shop,))]
        if before is not None and first and before > first[0]:
            raise HubRefused(
                f"this hub has heard for itself since {_iso(first[0])}: what happened later is no history; "
                f"give an earlier --before, or none"
            )
        taken = await store.fetch("checkpoint", (shop, ACCOUNT, name))
        if by:
            audit = (shop, store.now(), by, "import", name, reason)
            await self._write("insert_audit", audit)
        until = before if before is not None else (first[0] if first else store.now()) - MARGIN
        return {"lines": int(taken[0][0]) if taken else 0, "before": until}

    async def take(self, name: str, shop: str, before: float, first: int, lines: Sequence[str]) -> Told:
        """A page whose first line has the number `first`: when this returns it is on disk, and the views have read it.

        A hub that just began dispatches it a moment later, and the views read it then.

        Raises StoreError where the store fails: nothing of the page is on record as taken then, and again is harmless.
        """
        told, links, waiting = Told(), [], []
        for number, line in enumerate(lines, first):
            if not line.strip():
                continue
            try:
                found = read_line(line, shop)
            except BadLine as problem:
                told.bad.append((number, str(problem)))
                continue
            if isinstance(found, Linked):
                links.append((number, (shop, found.account, found.kind, found.ours, found.theirs)))
            elif found.at.timestamp() >= before:
                told.live += 1
            else:
                waiting.append(self._remember(found, told))
        await asyncio.gather(*waiting)
        for number, link in links:
            await self._link(number, link, told)
        mark = (shop, ACCOUNT, name, str(first + len(lines) - 1), self._engine.store.now())
        await self._write("set_checkpoint", mark)
        if self._alive:
            await self._projector.caught_up(PATIENCE)
        return told

    async def _remember(self, envelope: Envelope, told: Told) -> None:
        while True:
            try:
                recorded = await self._engine.record(envelope, "history")
            except HouseholdErased:
                told.erased += 1
                return
            except StoreBusy:  # shoppers first
                await asyncio.sleep(AGAIN)
                continue
            told.new += recorded.new
            told.known += not recorded.new
            return

    async def _link(self, number: int, link: tuple[str, ...], told: Told) -> None:
        if link[2] == HOUSEHOLD and await self._erased(link[0], link[3]):
            told.erased += 1
            return
        try:
            await self._write("insert_link", link)
            told.links += 1
        except StoreError as problem:
            if not await self._engine.store.fetch("ours", (*link[:3], link[4])):
                raise
            told.bad.append((number, f"{link[1]} has {link[2]} {link[4]} linked to another of ours ({problem})"[:SAID]))

    async def _erased(self, shop: str, household: str) -> bool:
        """Whether their last key is destroyed: an erasure took their links out, and they did not act anew since."""
        keys = await self._engine.store.fetch("data_keys", (shop, [household]))
        return any(generation[5] is not None for generation in keys[-1:])

    async def _write(self, name: str, row: tuple[object, ...]) -> None:
        while True:
            try:
                return await self._engine.intake.write((name, row))
            except StoreBusy:  # shoppers first
                await asyncio.sleep(AGAIN)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
