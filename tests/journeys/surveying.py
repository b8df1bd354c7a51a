"""What journeys of surveys share: a hub with its ear, its vendor, and what was told of answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import aiohttp
import msgspec
import pytest

from pawline.flows import hear_the_unhappy
from pawline.hub import Hub
from pawline.hub.bringing import Brought, bring
from pawline.sandbox import Desk


def soon(monkeypatch: pytest.MonkeyPatch, hook: ModuleType) -> None:
    """What rang is asked about, and who is unhappy is heard, without the waiting."""
    monkeypatch.setattr(hook, "SETTLES", 0.1)
    monkeypatch.setattr(hear_the_unhappy, "REST", timedelta(seconds=1))


class Town:
    """A hub with its ear, and the vendor."""

    def __init__(self, hub: Hub, desk: Desk, account: str) -> None:
        self.hub, self.desk, self.account = hub, desk, account
        self.address = f"{hub.settings.public}/hooks/{account}"

    async def told(self) -> list[str]:
        """What was told, by the ids of the answers; of other events their types."""
        rows = await self.hub.desk.answer("events", {"shop": "paws", "limit": 200})
        return sorted(one["id"] if one["type"] == "survey.answered@1" else one["type"] for one in rows)

    async def has(self, *names: str) -> bool:
        return set(names) <= set(await self.told())

    async def cases(self) -> list[str]:
        return [one["title"] for one in await self.hub.desk.answer("cases", {"shop": "paws", "limit": 50})]

    async def evidence(self) -> dict[str, Any]:
        """Of the one case that there is."""
        (case,) = await self.hub.desk.answer("cases", {"shop": "paws", "limit": 50})
        found: dict[str, Any] = (await self.hub.desk.answer("case", {"no": case["no"], "reveal": True}))["evidence"]
        return found

    async def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> int:
        given = {"content-type": "application/json", **(headers or {})}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.address}{path}", data=body, headers=given) as answer,
        ):
            return answer.status

    async def brought(self, folder: Path, since: datetime) -> tuple[Brought, list[Any]]:
        """How bringing the account's history went, and what of it is told."""
        file, said = folder / "history.jsonl", list[str]()
        done = await bring(self.hub.settings, self.account, "paws", file, since, said.append)
        return done, [msgspec.json.decode(one) for one in file.read_bytes().splitlines()]
