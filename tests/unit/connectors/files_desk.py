"""An account of files that a test describes: its folders, its exports as of moments of its own, and looks at them."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pawline.connectors import files
from pawline.connectors.files.settings import Settings
from pawline.kit import Files, Folder, Quarantined, Seen, Sighting
from pawline.model import StockCounted

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
LATELY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=2)
"""Noon of what is told only for a while: orders and parcels of long ago are no news."""


class Desk:
    """One export. What `seen` saw, and was given up, is kept from look to look, as the hub keeps it."""

    def __init__(self, place: Path, client: Files | None = None, noon: datetime = NOON, **export: Any) -> None:
        self.place, self.client, self.noon = place, client or Folder(place), noon.timestamp()
        for name in ("out", "kept", "in", "done"):
            (place / name).mkdir(exist_ok=True)
        given = {"kind": "stock", "files": "out/stock*.csv", "still": 0} | export
        self.export = {name: value for name, value in given.items() if value is not None}
        self.settings = self.told()
        self.cursor, self.bad, self.seen = "", list[Quarantined](), list[Sighting]()
        (self.watch,) = files.connector.watched(self.settings)

    def told(self) -> Settings:
        read: Settings = files.connector.configure({"place": str(self.place), "exports": [self.export]})
        return read

    def put(self, name: str, data: str | bytes, at: float = 0.0) -> Path:
        """The file, whole at once, as if it was written so many seconds after noon."""
        target = self.place / "out" / name
        part = target.with_name(f"{name}.part")
        part.write_bytes(data if isinstance(data, bytes) else data.encode())
        os.utime(part, (self.noon + at, self.noon + at))
        part.replace(target)
        return target

    async def look(self) -> Seen:
        seen = await self.watch.look(self.client, self.settings, self.cursor)
        self.cursor = seen.cursor
        self.seen += seen.sightings
        self.bad += seen.quarantined
        return seen

    async def all(self) -> list[Sighting]:
        """Looks until there is nothing more at once; what is new to a hub, which knows a sighting by its id."""
        known = {one.id for one in self.seen}
        begin = len(self.seen)
        while (await self.look()).more:
            pass
        return [one for one in self.seen[begin:] if one.id not in known]

    def restart(self) -> None:
        """Another process, with the cursor of this one."""
        (self.watch,) = files.connector.watched(self.settings)

    @property
    def offset(self) -> int:
        """How far the file that is being read was read; 0 for none."""
        return int(json.loads(self.cursor or "{}").get("reading", {}).get("offset", 0))


def counts(seen: list[Sighting]) -> dict[str, int]:
    """Units by SKU and place."""
    found = {}
    for one in seen:
        assert isinstance(one.event, StockCounted)
        found[one.event.subject] = one.event.level.on_hand
    return found
