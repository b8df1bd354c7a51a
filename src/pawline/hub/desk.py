"""The desk: everything that people ask of a hub, by name; both the hub's line and the command line ask here."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import msgspec

from pawline import __version__
from pawline.hub.alarms.asking import AlarmDesk
from pawline.hub.checklist import ChecklistDesk
from pawline.hub.diffing import Diffs
from pawline.hub.goods import GoodsDesk
from pawline.hub.grouping import Groups
from pawline.hub.handing import hand
from pawline.hub.health import examine, heard_check, views_check, watches_check
from pawline.hub.history import History
from pawline.hub.listeners import ASKED, listeners_check
from pawline.hub.reading import LAST, Reading
from pawline.hub.recalling import RecallDesk
from pawline.hub.recorded import RecordedDay
from pawline.hub.rehearing import hear_again
from pawline.hub.settings import HubRefused
from pawline.hub.storefront.desk import StorefrontDesk
from pawline.hub.waiting import WaitingDesk
from pawline.model.cloudevents import BadCloudEvent, from_cloudevent
from pawline.model.cloudevents_wire import from_structured
from pawline.runtime import Refused, Said, command, sealed
from pawline.store import Retention, Status, back_up, purge

if TYPE_CHECKING:
    from pawline.hub.hearing import Hearing
    from pawline.hub.listeners import ListenerDesk
    from pawline.hub.quoting import Quoting
    from pawline.hub.settings import Settings
    from pawline.hub.visits import Visits
    from pawline.hub.watching import Watching
    from pawline.model import Envelope
    from pawline.runtime import Engine
    from pawline.views import Projector

MOMENT: Final = 10.0
"""Seconds that a question waits for its command to be taken."""


class Desk:
    """Answers for one store. `alive`: the engine of this process runs, so commands are taken while one waits."""

    def __init__(
        self, settings: Settings, engine: Engine, projector: Projector, *, alive: bool,
        hearing: Hearing | None = None, watching: Watching | None = None, quoting: Quoting | None = None,
        listeners: ListenerDesk | None = None, visits: Visits | None = None,
    ) -> None:  # fmt: skip
        self._settings, self._engine, self._store, self._alive = settings, engine, engine.store, alive
        self._projector, self._hearing, self._watching, self._quoting = projector, hearing, watching, quoting
        self._listeners, self._visits = listeners, visits
        self._reading = Reading(engine.store)
        groups, history = Groups(engine.store, self._order), History(engine, projector, alive=alive)
        self._front = StorefrontDesk(settings, engine.store)
        self.alarms = AlarmDesk(settings, engine.store)
        self._questions: dict[str, Callable[..., Awaitable[Any]]] = {
            "ping": self._ping, "runs": self._reading.runs, "run": self._run, "events": self._reading.events,
            "event": self._event, "cases": self._reading.cases, "case": self._case, "flows": self._flows,
            "household": self._household,
            "modes": self._modes, "health": self._health, "send": self._send, "order": self._order,
            "backup": self._backup, "purge": self._purge, "unfinished": self._unfinished,
            "views": self._projector.lags, "rebuild": self._rebuild, "visits": self._reading.visits,
            "hear_again": self._hear_again, "groups": groups.list, "order_all": groups.order,
            "handover": self._handover, "diff": Diffs(engine.store, engine.flows).diff,
            "import_begin": history.begin, "import": history.take,
            **RecordedDay(engine.store).questions, **self.alarms.questions, **WaitingDesk(engine.store).questions,
            **ChecklistDesk(
                settings, engine, projector, hearing=hearing, watching=watching, quoting=quoting
            ).questions,
            **GoodsDesk(engine, projector, alive=alive).questions, **self._front.questions,
            **RecallDesk(engine, projector, alive=alive).questions,
            **(dict.fromkeys(ASKED, self._nobody) if listeners is None else listeners.questions),
        }  # fmt: skip

    async def answer(self, do: str, given: dict[str, Any]) -> Any:
        """The answer in plain objects. Raises a sentence for people (see line.REFUSALS)."""
        question = self._questions.get(do)
        if question is None:
            raise HubRefused(f"the hub does not know {do!r}: it is version {__version__}, restart it after an upgrade")
        try:
            return msgspec.to_builtins(await question(**given))
        except TypeError as problem:
            raise HubRefused(f"the hub was asked {do!r} in a way it does not know: {problem}") from problem

    async def _ping(self) -> dict[str, Any]:
        return {"pid": os.getpid(), "version": __version__, "live": len(self._engine.live), "alive": self._alive}

    # -- reads that are audited ----------------------------------------------------------------------------------

    async def _run(self, no: int, *, reveal: bool = False, by: str = "") -> Any:
        found = await self._reading.run(no, reveal=reveal)
        return await self._revealed(found, f"run:{no}", by, reveal=reveal)

    async def _event(self, no: int, *, reveal: bool = False, by: str = "") -> Any:
        found = await self._reading.event(no, reveal=reveal)
        return await self._revealed(found, f"event:{no}", by, reveal=reveal)

    async def _case(self, no: int, *, reveal: bool = False, by: str = "") -> Any:
        found = await self._reading.case(no, reveal=reveal)
        return await self._revealed(found, f"case:{no}", by, reveal=reveal)

    async def _household(
        self, shop: str, household: str, limit: int = 200, before: int = LAST, *, reveal: bool = False, by: str = ""
    ) -> Any:  # fmt: skip
        found = await self._reading.household(shop, household, limit, before, reveal=reveal)
        return await self._revealed(found, f"household:{household}", by, reveal=reveal)

    async def _revealed(self, found: dict[str, Any], target: str, by: str, *, reveal: bool) -> dict[str, Any]:
        """Who saw personal data is on record before they see it."""
        if reveal:
            audit = (found["shop"], self._store.now(), by, "reveal", target, "command line")
            await self._write(("insert_audit", audit))
        return found

    # -- what is going on ----------------------------------------------------------------------------------------

    async def _flows(self) -> list[dict[str, Any]]:
        left = {(name, version): count for name, version, count in await self._store.fetch("unfinished_versions")}
        here = {(flow.name, flow.version): flow for flow in self._engine.flows}
        return [
            {
                "flow": name, "version": version, "unfinished": left.get((name, version), 0),
                "here": (name, version) in here,
                "says": here[name, version].description if (name, version) in here else "its code is not here",
            }
            for name, version in sorted({*left, *here})
        ]  # fmt: skip

    async def _modes(self) -> dict[str, Any]:
        modes, brakes = await self._store.fetch("modes"), await self._store.fetch("brakes")
        return {
            "modes": [dict(zip(("shop", "flow", "account", "mode", "watermark"), row, strict=True)) for row in modes],
            "handovers": [
                dict(zip(("shop", "flow", "at", "mode"), row, strict=True))
                for row in await self._store.fetch("handovers")
            ],
            "brakes": [dict(zip(("shop", "scope", "name", "by", "at", "reason"), row, strict=True)) for row in brakes],
        }

    async def _unfinished(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for shop in self._settings.shops:
            for _, status, count in await self._store.fetch("run_counts", (shop,)):
                name = Status(status).name.lower()
                counts[name] = counts.get(name, 0) + count
        waiting = await self._store.fetch("oldest_undispatched", (1,))
        return counts | {"undispatched": len(waiting)}

    async def _health(self) -> Any:
        checks = await examine(self._store, self._engine.flows, self._settings.shops, hub=self._alive)
        checks.append(views_check(await self._projector.lags(), hub=self._alive))
        if self._watching is not None:
            checks.append(watches_check(self._watching.sights(), self._store.now()))
        if self._hearing is not None:
            ears = [(ear.shop, ear.account) for ear in self._hearing.ears.values()]
            checks.append(await heard_check(self._store, ears))
        if self._quoting is not None and self._quoting.askers:
            checks.append(self._quoting.check())
        if self._visits is not None and self._visits.sites:
            checks.append(await self._visits.check())
        if self._listeners is not None and (fares := await self._listeners.fares()):
            checks.append(listeners_check(fares, self._store.now()))
        checks += await self._front.checks(self._engine.flows)
        checks += await self.alarms.health()
        return checks

    # -- what is done --------------------------------------------------------------------------------------------

    async def _send(self, event: dict[str, Any], shop: str = "", priority: str = "work") -> dict[str, Any]:
        recorded = await self._engine.record(envelope(event, shop or self._settings.shops[0]), priority)
        return {"no": recorded.no, "new": recorded.new}

    async def _order(
        self, action: str, target: str, by: str, reason: str, shop: str = "", said: dict[str, Any] | None = None,
        seconds: float = MOMENT,
    ) -> dict[str, Any]:  # fmt: skip
        """An operator's order: a row in `command`, taken once by the owner of its lane."""
        where, lane = await self._target(target)
        row = command(
            self._store, where or shop or self._settings.shops[0], action, target, by=by, reason=reason,
            said=msgspec.json.decode(msgspec.json.encode(said or {}), type=Said), lane=lane,
        )  # fmt: skip
        await self._write(*await sealed(self._store, row))
        self._engine.hints.tell()
        if self._alive:
            self._engine.nudge()
        until = asyncio.get_running_loop().time() + (seconds if self._alive or self._settings.on_postgres else 0)
        while True:
            state, result = (await self._store.fetch("command", (row.no,)))[0][9:11]
            if state != "pending" or asyncio.get_running_loop().time() >= until:
                break
            await asyncio.sleep(0.03)
        if state == "refused":
            raise Refused(str(result))
        asked = said or {}
        about = " ".join(str(asked[one]) for one in ("mode", "scope", "name") if asked.get(one)) or target
        return {"no": row.no, "state": state, "target": target, "action": action, "about": about}

    async def _target(self, target: str) -> tuple[str, int | None]:
        """The shop and lane of what a command is about: its owner takes the command."""
        kind, _, number = target.partition(":")
        if kind not in {"run", "case", "event"}:
            return "", None
        no = int(number)
        found: Any = await self._store.case(no) if kind == "case" else None
        if kind != "case":
            found = (await (self._store.runs([no]) if kind == "run" else self._store.events([no]))).get(no)
        if found is None:
            raise HubRefused(f"there is no {kind} {no}: `pawline {kind}s list` shows those there are")
        return found.shop, found.lane

    async def _backup(self, target: str) -> Any:
        return await back_up(self._settings.url, Path(target))

    async def _rebuild(self, view: str, by: str, reason: str) -> dict[str, str]:
        try:
            await self._projector.rebuild(view)
        except LookupError as problem:
            raise HubRefused(str(problem.args[0])) from None
        await self._write(("insert_audit", ("*", self._store.now(), by, "rebuild", view, reason)))
        return {"view": view, "state": "is read again"}

    async def _handover(
        self, shop: str, flow: str, mode: str, by: str, reason: str, at: float | None = None
    ) -> dict[str, Any]:  # fmt: skip
        """From when on the flow is ours (`live`), or the old way's (`observe`)."""
        if not any(one.name == flow for one in self._engine.flows):
            raise HubRefused(f"there is no flow {flow}: `pawline flows list` shows those there are")
        self._front.check_handover(shop, flow, mode)
        done = await hand(self._store, (shop, flow), mode, at, (by, reason), alive=self._alive)
        await self._engine.brakes.load()  # at once here; other owners within a second
        return done

    async def _hear_again(self, shop: str, by: str, reason: str) -> dict[str, int]:
        """Every unclaimed webhook that is still kept, oldest first: how many are claimed now, and how many are not."""
        if self._hearing is None:
            raise HubRefused("no hub is running: `pawline up` starts the one that hears")
        return await hear_again(self._engine, self._hearing, shop, (by, reason))

    async def _nobody(self, **_: Any) -> None:
        raise HubRefused("no hub is running: `pawline up` starts the one that tells listeners")

    async def _purge(self, payloads: float | None = None, facts: float | None = None) -> Any:
        kept = self._settings.retention
        days = (kept.payloads if payloads is None else payloads, kept.facts if facts is None else facts)
        return await purge(self._store, Retention(*days, visits=kept.visits))

    async def _write(self, *writes: tuple[str, tuple[object, ...]]) -> None:
        if (error := (await self._store.written(writes)).error) is not None:
            raise error


def envelope(event: dict[str, Any], shop: str) -> Envelope:
    """An event from a CloudEvent in JSON; of which only `type` and `data` must be given. Raises HubRefused."""
    if not isinstance(event.get("type"), str) or not isinstance(event.get("data"), dict):
        raise HubRefused('an event is a JSON object with at least `type` ("order.placed@1") and `data`')
    whole = {
        "specversion": "1.0", "id": str(uuid4()), "source": f"/shops/{shop}/cli",
        "time": datetime.now(UTC).isoformat(), "datacontenttype": "application/json",
    } | event  # fmt: skip
    whole["data"] = {"type": event["type"]} | event["data"]
    try:
        return from_cloudevent(from_structured(msgspec.json.encode(whole)))
    except BadCloudEvent as problem:
        raise HubRefused(f"this is no event: {problem}") from problem


def person() -> str:
    """Who sits at this command line: their name on this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


__all__ = ["LAST", "Desk", "envelope", "person"]
