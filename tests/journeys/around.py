"""What journeys share: waiting for what somebody outside does, secrets in files, and a hub that is a process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pawline.hub import load_settings
from tests.journeys.adopted import Hub


async def until(there: Callable[[], Any], seconds: float = 30) -> Any:
    """What it comes to, once it comes to something: the vendors' book tells nobody."""
    async with asyncio.timeout(seconds):
        while True:
            found = there()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.02)


def keep(folder: Path, secrets: dict[str, str]) -> None:
    """In files that nobody else may read, by their names."""
    for name, value in secrets.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(value, "utf-8")


def port_of(folder: Path) -> int:
    """At which its settings have a hub listen."""
    return int(str(load_settings(folder / "pawline.toml", {}).listen).rpartition(":")[2])


async def ended(hub: Hub) -> bool:
    """Whether the one run that there is has."""
    return [one["status"] for one in await hub.caller.ask("runs", shop="paws")] == ["done"]
