"""What the command line and the console read: rows as plain objects, bodies opened only on purpose."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.hub.settings import HubRefused
from pawline.hub.story import HIDDEN, entries
from pawline.measure.funnel import funnel
from pawline.model import acts_of
from pawline.runtime.ending import PLAIN, CaseBody
from pawline.runtime.records import decode_records
from pawline.runtime.seal import case_aad, event_aad, open_journal, outcome_aad
from pawline.store import PURGED, CaseRow, Erased, EventRow, RunRow, Status
from pawline.store.visits import counted
from pawline.views.visits import looked_at, visits_of

if TYPE_CHECKING:
    from pawline.store import Store

LAST: Final = 2**62
DAY: Final = 86_400.0


class Reading:
    """Reads of one store. Personal data stays sealed unless `reveal`; whoever reveals is audited by the desk."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def runs(
        self, shop: str, flow: str = "", status: str = "", limit: int = 50, before: int = LAST
    ) -> list[dict[str, Any]]:
        """A page of one shop's runs, newest first; `status` in words, '' is any."""
        number = -1
        if status:
            if status.upper() not in Status.__members__:
                raise HubRefused(f"{status!r} is no status: {', '.join(one.name.lower() for one in Status)}")
            number = int(Status[status.upper()])
        rows = await self.store.fetch("runs_page", (shop, flow, number, before, limit))
        return [_run(RunRow._make(row)) for row in rows]

    async def run(self, no: int, *, reveal: bool = False) -> dict[str, Any]:
        """One run with its timeline, its waits and its open cases."""
        row = (await self.store.runs([no])).get(no)
        if row is None:
            raise HubRefused(f"there is no run {no}: `pawline runs list` shows those there are")
        event = (await self.store.events([row.event])).get(row.event)
        number = row.key if row.key is not None else event.key if event else None
        journal = (await self.store.journals([no]))[no]
        key = await self.store.keys.by_no(journal[0].key or number or 0) if journal else None
        told = _run(row)
        if isinstance(key, Erased):
            told["timeline"], told["erased"] = [], key.at
        else:
            history = [one for part in journal if key for one in decode_records(open_journal(part, key))]
            told["timeline"] = msgspec.to_builtins(entries(history, row.created, reveal=reveal))
        told["outcome"] = await self._opened(row.codec, row.key, row.outcome, outcome_aad(no), reveal=reveal)
        told["waits"] = [
            {"step": w.path, "for": w.type or ("a brake" if w.kind == 3 and w.due is None else "time"), "until": w.due}
            for w in (await self.store.waits([no]))[no]
        ]
        told["cases"] = [_case(one) for one in await self.store.cases_of(no)]
        return told

    async def events(self, shop: str, kind: str = "", limit: int = 50, before: int = LAST) -> list[dict[str, Any]]:
        """A page of one shop's events, newest first."""
        rows = await self.store.fetch("events_page", (shop, kind, before, limit))
        return [_event(EventRow._make(row)) for row in rows]

    async def event(self, no: int, *, reveal: bool = False) -> dict[str, Any]:
        """One event and the runs it began."""
        row = (await self.store.events([no])).get(no)
        if row is None:
            raise HubRefused(f"there is no event {no}: `pawline events list` shows those there are")
        told = _event(row)
        told["body"] = await self._opened(row.codec, row.key, row.body, event_aad(no), reveal=reveal)
        told["runs"] = [
            {"no": one, "flow": flow, "generation": generation, "status": Status(status).name.lower()}
            for one, flow, generation, status in await self.store.fetch("runs_of_event", (no,))
        ]
        return told

    async def household(
        self, shop: str, household: str, limit: int = 200, before: int = LAST, *, reveal: bool = False
    ) -> dict[str, Any]:  # fmt: skip
        """All that belongs to a household's key, newest first: a page of its events. Slow: it reads every event.

        The first page has its visits, too: what its browsers told, which is of no key.
        """
        rows = [
            EventRow._make(row)
            for row in await self.store.fetch("events_of_household", (shop, household, before, limit))
        ]
        told = [
            _event(row) | {"body": await self._opened(row.codec, row.key, row.body, event_aad(row.no), reveal=reveal)}
            for row in rows
        ]
        first = before == LAST
        visits = [_visit(row, reveal=reveal) for row in await visits_of(self.store, shop, household)] if first else []
        return {"shop": shop, "household": household, "events": told, "visits": visits}

    async def visits(self, shop: str, days: int = 14) -> list[dict[str, Any]]:
        """The figures of so many days, the newest first; days on which nobody was counted are left out."""
        today, found = int(self.store.now() // DAY), []
        for day in range(today, today - days, -1):
            counts = await self.store.fetch("visit_figures", (day, shop))
            if not counts:
                counts = [(did, n) for (of, did), n in (await counted(self.store, day)).items() if of == shop]
            if counts:
                on = datetime.fromtimestamp(day * DAY, UTC).date().isoformat()
                found.append({"day": on, **msgspec.to_builtins(funnel((did, count) for did, count in counts))})
            await asyncio.sleep(0)  # a read of SQLite lets nobody else in
        return found

    async def cases(self, shop: str, limit: int = 50, after: int = -1) -> list[dict[str, Any]]:
        """A page of one shop's open cases, oldest first."""
        return [_case(row) for row in await self.store.open_cases(shop, limit, after)]

    async def case(self, no: int, *, reveal: bool = False) -> dict[str, Any]:
        """One case with its question. Choices and evidence are shown only on purpose: they may be personal."""
        row = await self.store.case(no)
        if row is None:
            raise HubRefused(f"there is no case {no}: `pawline cases list` shows the open ones")
        told = _case(row)
        raw = await self._body(row)
        if raw is None:
            return told | {"body": None}
        body = msgspec.json.decode(raw, type=CaseBody)
        told |= {"flow": body.flow, "choices": msgspec.json.decode(body.choices), "detail": body.detail}
        for name in ("evidence", "suggested", "otherwise"):
            value = msgspec.json.decode(getattr(body, name))
            told[name] = value if reveal or value is None else HIDDEN
        return told

    async def _body(self, row: CaseRow) -> bytes | None:
        """What is asked; None where it is gone."""
        if row.codec == PLAIN and row.key is None:
            return row.body
        key = await self.store.keys.by_no(row.key) if row.key is not None else None
        if row.codec == PURGED or key is None or isinstance(key, Erased):
            return None
        return key.open(row.body, case_aad(row.no))

    async def _opened(self, codec: int, key: int | None, body: bytes | None, aad: bytes, *, reveal: bool) -> Any:
        if codec == PURGED:
            return "(purged: its time of retention is over)"
        if body is None or key is None:
            return None
        data_key = await self.store.keys.by_no(key)
        if isinstance(data_key, Erased):
            return "(erased)"
        return msgspec.json.decode(data_key.open(body, aad)) if reveal else HIDDEN


def _run(row: RunRow) -> dict[str, Any]:
    return {
        "no": row.no, "shop": row.shop, "flow": row.flow, "version": row.version, "key": row.run_key,
        "status": Status(row.status).name.lower(), "event": row.event, "generation": row.generation,
        "deaths": row.deaths, "records": row.records, "created": row.created, "ended": row.ended,
    }  # fmt: skip


def _event(row: EventRow) -> dict[str, Any]:
    return {
        "no": row.no, "shop": row.shop, "type": row.type, "subject": row.subject, "source": row.source, "id": row.id,
        "at": row.at, "recorded": row.recorded, "lane": row.lane, "seq": row.seq,
    }  # fmt: skip


def _case(row: CaseRow) -> dict[str, Any]:
    return {
        "no": row.no, "shop": row.shop, "kind": row.kind, "title": row.title, "team": row.team, "state": row.state,
        "run": row.run, "step": row.path, "opened": row.opened, "until": row.until, "answered_by": row.answered_by,
    }  # fmt: skip


def _visit(row: tuple[Any, ...], *, reveal: bool) -> dict[str, Any]:
    _, at, did, seen = row
    return {"at": at, "did": [act.value for act in acts_of(did)], "seen": [*looked_at(seen)] if reveal else HIDDEN}
