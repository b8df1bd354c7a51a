"""A store under test with what every test needs: held lanes, units that can be awaited, rows with defaults."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pawline.store import (
    EventRow,
    JournalRow,
    Keyring,
    NewRun,
    Outcome,
    RunRow,
    Status,
    Store,
    Unit,
    WaitKind,
    WaitRow,
)

ALL = list(range(256))
LANE = 3
ABOUT = 77
TYPE = "order.placed@1"
KEYS_OF_SCHEMA_10 = (
    "drop index data_key_of", "alter table data_key drop column generation",
    "create unique index data_key_of on data_key (shop, household)",
)  # fmt: skip
"""What makes the table of data keys what it was before a household could have a second one."""


@dataclass
class Desk:
    """One open store and the lanes that it holds."""

    store: Store
    held: dict[int, int] = field(default_factory=dict)

    def lane(self, lane: int = LANE) -> tuple[tuple[int, int], ...]:
        return ((lane, self.held[lane]),)

    def begin(self, **parts: Any) -> asyncio.Future[Outcome]:
        """Commits a unit of lane 3, or of `lanes`; the future has its outcome. Units of one turn share a batch."""
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        if "lanes" not in parts:
            parts["lanes"] = self.lane()
        self.store.commit(Unit(answer.set_result, **parts))
        return answer

    async def commit(self, **parts: Any) -> Outcome:
        return await self.begin(**parts)

    async def stored(self, **parts: Any) -> Outcome:
        """The same for a unit that must be stored."""
        outcome = await self.begin(**parts)
        assert outcome.error is None, outcome.error
        return outcome

    async def together(self, units: Iterable[dict[str, Any]]) -> list[Outcome]:
        """Several units in one batch."""
        before = self.store.commits
        outcomes = list(await asyncio.gather(*[self.begin(**parts) for parts in units]))
        assert self.store.commits == before + 1
        return outcomes

    def event(self, **given: Any) -> EventRow:
        no = self.store.next_no()
        row = EventRow(
            no, "shop", LANE, None, TYPE, "o1", ABOUT, "shop/eu", "id-1", 1.5, 100.0, None, 1, 0, None, b"{}"
        )
        return row._replace(**given)

    def run(self, **given: Any) -> RunRow:
        no, running = self.store.next_no(), Status.RUNNING
        row = RunRow(no, "shop", LANE, "fulfil", 1, "o1", 5, 1, 0, 1, running, 0, 0, 100.0, None, None, 0, None, None)
        return row._replace(**given)

    async def running(self, **given: Any) -> RunRow:
        """A run that is stored and RUNNING, of a key of its own unless one is given."""
        given.setdefault("keyhash", None)
        row = self.run(**given)
        outcome = await self.stored(runs=[NewRun(row)])
        assert outcome.statuses == {row.no: Status.RUNNING}
        return row

    async def status(self, no: int) -> Status:
        return Status((await self.store.runs([no]))[no].status)


def wait(run: int, path: str = "1", **given: Any) -> WaitRow:
    row = WaitRow(run, path, LANE, WaitKind.EVENT, ABOUT, "shop", TYPE, "o1", 0.0, None, None)
    return row._replace(**given)


def journal(run: int, seq: int = 0, body: bytes = b"r") -> JournalRow:
    return JournalRow(run, seq, 0, None, body)


def digest(name: str) -> bytes:
    return name.encode().ljust(16, b".")


@dataclass
class Place:
    """Where one test's stores live. `open` may be called again: another process on the same database."""

    kind: str  # memory, sqlite, postgres
    url: str
    keyring: Keyring
    desks: list[Desk] = field(default_factory=list)

    async def open(self, *, claim: bool = True, **options: Any) -> Desk:
        options.setdefault("clock", lambda: 1000.0)
        store = await Store.open(self.url, options.pop("keyring", self.keyring), **options)
        desk = Desk(store)
        self.desks.append(desk)
        if claim:
            desk.held = await store.claim(None, 60.0)
        return desk

    async def close(self) -> None:
        for desk in self.desks:
            await desk.store.close(patience=1.0)

    @property
    def keyring_text(self) -> str:
        """The keys in base64, as a file holds them."""
        return base64.b64encode(self.keyring._keys[self.keyring.current]).decode()

    @property
    def file(self) -> Path:
        return Path(self.url)
