"""Looks at accounts that tell nothing: what was seen is recorded, and only then the cursor moves on."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from pawline.hub.keepable import check_keepable
from pawline.hub.refused import keep
from pawline.kit import Due, Quarantined, Seen, Sighting, Tried
from pawline.model import Envelope
from pawline.ports import PortError, Transient, Unauthorised
from pawline.runtime import digest63, fingerprint_of, untold_case
from pawline.store import LANES, StoreError

if TYPE_CHECKING:
    from pawline.runtime import Engine
    from pawline.store import Store

_log = logging.getLogger("pawline.hub")
AT_ONCE: Final = 64
"""Events of one look that are on their way to disk together."""
LONGEST: Final = 300.0
"""Seconds to the next look after many that failed, or after one that is made once a day: a walk of many pages is not
put off to tomorrow by a page that was too much. Whoever names a longer wait has it."""
LOCKED_OUT: Final = "locked_out"
"""The kind of the case of a watch that is not let in. No brake is on: it ends with the first look that succeeds."""
OLDEST: Final = ("unauthorised", "rejected", "malformed", "code")
"""Kinds of the cases of watches that could not look, before only those were cases that no look mends."""
PAGE: Final = 200
SHOWN: Final = 20
"""Files and reasons that are named in a case; the rest is counted."""
NAMED: Final = 5_000
"""Rows that are."""
TURN: Final = 200
"""Events after which others have their turn."""


class Watched(NamedTuple):
    """One watch of one account of one shop; `every` in seconds. `due` and `rehearse` as in `Watch`."""

    account: str
    shop: str
    name: str
    every: float
    look: Callable[[str], Awaitable[Seen]]
    due: Due | None = None
    rehearse: Callable[[], Awaitable[Tried | None]] | None = None


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """How a watch fares: when it last looked and last succeeded (epoch seconds), and what went wrong since."""

    account: str
    name: str
    looked: float | None = None
    succeeded: float | None = None
    problem: str = ""
    quarantined: int = 0


class Watching:
    """Follows every watch, in the hub that owns the account's lane, until the engine stops."""

    def __init__(self, watched: Iterable[Watched]) -> None:
        self._watched: Final = tuple(watched)
        self._sights = {(one.account, one.name): Sight(account=one.account, name=one.name) for one in self._watched}
        self._engine: Engine

    def start(self, engine: Engine) -> None:
        """Begins to look."""
        self._engine = engine
        for one in self._watched:
            engine.spawn(self._follow(one))

    def sights(self) -> list[Sight]:
        """How each watch fares, as far as this process looked."""
        return list(self._sights.values())

    async def _follow(self, one: Watched) -> None:
        lane, failures, told = digest63(one.account) % LANES, 0, 0.0
        while True:
            if lane not in self._engine.lanes:
                await asyncio.sleep(one.every)
                continue
            try:
                more = await self.look(one)
            except Exception as problem:  # noqa: BLE001 - a connector's defect must not be the last look
                failures += 1
                await self._failed(one, problem)
                told = _wait(problem)
                more = False
            else:
                failures = 0
            if failures:
                await asyncio.sleep(max(told, min(LONGEST, one.every * 2.0 ** min(failures, 30))))
            elif not more:
                await asyncio.sleep(one.every)

    async def look(self, one: Watched) -> bool:
        """One look; whether there is more to be seen at once. Raises what went wrong: nothing was passed over then."""
        store = self._engine.store
        known = await store.fetch("checkpoint", (one.shop, one.account, one.name))
        cursor = known[0][0] if known else ""
        self._note(one, looked=store.now())
        seen = await _keepable(await one.look(cursor))
        for begin in range(0, len(seen.sightings), AT_ONCE):
            await asyncio.gather(*[
                self._record(Envelope(shop=one.shop, source=f"accounts/{one.account}", id=each.id, at=each.at,
                                      event=each.event.told_by(one.account)))
                for each in seen.sightings[begin : begin + AT_ONCE]
            ])  # fmt: skip
        if seen.cursor != cursor or seen.quarantined:
            await self._passed(one, seen)
        sight = self._sights[one.account, one.name]
        if sight.problem:
            _log.info("%s: %s can be looked at again", one.account, one.name)
        if sight.problem or sight.succeeded is None:  # or another life of ours asked for help
            await self._helped(one)
        more = sight.quarantined + len(seen.quarantined)
        self._note(one, succeeded=store.now(), problem="", quarantined=more)
        return seen.more

    async def _record(self, envelope: Envelope) -> None:
        await keep(self._engine, envelope)

    async def _passed(self, one: Watched, seen: Seen) -> None:
        """The cursor, and a case for what could not be read, in one commit: each is told once."""
        engine = self._engine
        row = (one.shop, one.account, one.name, seen.cursor, engine.store.now())
        writes: list[tuple[str, tuple[object, ...]]] = [("set_checkpoint", row)]
        if seen.quarantined:
            title = f"{one.account}: {len(seen.quarantined)} in {one.name} cannot be read; the rest went through"
            cause = f"{one.account} {one.name}"  # not the file's: what is wrong with one is mostly wrong with the next
            case = untold_case(engine, one.shop, "malformed", title, cause, _told(seen.quarantined))
            writes.append(("insert_case", case))
        await self._commit(writes)

    async def _commit(self, writes: list[tuple[str, tuple[object, ...]]]) -> None:
        if (error := (await self._engine.store.written(writes)).error) is not None:
            raise error

    async def _failed(self, one: Watched, problem: Exception) -> None:
        said = problem.text if isinstance(problem, PortError) else f"{type(problem).__name__}: {problem}"
        if said == self._sights[one.account, one.name].problem:
            return
        level = logging.WARNING if isinstance(problem, (Transient, StoreError)) else logging.ERROR
        _log.log(level, "%s: %s cannot be looked at: %s", one.account, one.name, said)  # once a change of state
        if isinstance(problem, Unauthorised):  # no look mends that; what may pass is `vendor_down`'s, see the alarms
            try:
                await self._ask_for_help(one, problem)
            except Exception:  # noqa: BLE001 - it failed for another reason; the next look says it again
                _log.exception("%s: no case could be opened", one.account)
                return
        self._note(one, problem=said)

    async def _ask_for_help(self, one: Watched, problem: Unauthorised) -> None:
        """A case: one, also after restarts, while it is open."""
        if not await self._asking(one):
            title = f"{one.account}: {one.name} cannot be looked at: unauthorised"
            case = untold_case(self._engine, one.shop, LOCKED_OUT, title, f"{one.account} {one.name}", problem.text)
            await self._commit([("insert_case", case)])

    async def _helped(self, one: Watched) -> None:
        """What was asked about is mended: who looks into the inbox finds nothing to do."""
        if open_ := await self._asking(one):
            await self._commit([("end_case", (no, "closed", self._engine.now())) for no in open_])

    async def _asking(self, one: Watched) -> list[int]:
        """Its open cases, also those that an older Pawline opened."""
        cause = f"{one.account} {one.name}"
        ours = {fingerprint_of(LOCKED_OUT, cause), fingerprint_of("unauthorised", cause)}
        ours |= {fingerprint_of(kind, f"{cause} {kind}") for kind in OLDEST}
        return await open_of(self._engine.store, one.shop, ours)

    def _note(self, one: Watched, **changed: object) -> None:
        key = (one.account, one.name)
        self._sights[key] = msgspec.structs.replace(self._sights[key], **changed)


def _wait(problem: Exception) -> float:
    """Seconds that the other side named."""
    named = problem.retry_after if isinstance(problem, Transient) else None
    return 0.0 if named is None else named.total_seconds()


async def open_of(store: Store, shop: str, fingerprints: Collection[str]) -> list[int]:
    """Open cases of a shop with one of these fingerprints."""
    found, after = list[int](), -1
    while cases := await store.open_cases(shop, PAGE, after):
        after = cases[-1].no
        found += [each.no for each in cases if each.fingerprint in fingerprints]
    return found


async def _keepable(seen: Seen) -> Seen:
    """The same, with what the store could not keep among what could not be read: it must not keep the rest out."""
    good: list[Sighting] = []
    bad = list(seen.quarantined)
    for number, each in enumerate(seen.sightings):
        if number % TURN == 0:
            await asyncio.sleep(0)
        try:
            check_keepable(each.id, each.at, each.event)
        except Exception as problem:  # noqa: BLE001 - a connector's defect must not block its watch
            bad.append(Quarantined(each.id.encode("utf-8", "backslashreplace").decode(), type(problem).__name__))
        else:
            good.append(each)
    return seen._replace(sightings=tuple(good), quarantined=tuple(bad))


def _told(rows: tuple[Quarantined, ...]) -> str:
    """By file and reason, each with all its lines: who mends it needs to find every one."""
    lines: dict[tuple[str, str], list[int]] = {}
    for one in rows[:NAMED]:
        found = lines.setdefault((one.where, one.why), [])
        if one.line is not None:
            found.append(one.line)
    told = [
        f"{where}{_lines(found)}: {why}" for (where, why), found in itertools.islice(lines.items(), SHOWN)
    ]  # fmt: skip
    left = len(rows) - sum(max(1, len(found)) for found in itertools.islice(lines.values(), SHOWN))
    return "\n".join([*told, *([f"and {left} more"] if left > 0 else [])])


def _lines(found: list[int]) -> str:
    if not found:
        return ""
    return f" line{'s' if len(found) > 1 else ''} {', '.join(map(str, found))}"


def late(sights: Iterable[Sight], now: float, after: timedelta) -> list[Sight]:
    """Watches that have not succeeded for so long, or never."""
    return [one for one in sights if one.looked is not None and now - (one.succeeded or 0.0) > after.total_seconds()]
