"""The vendors of a column: `pawline sandbox` in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec

from pawline.cli.demo.spawning import spawn
from pawline.cli.lab.wire import Wire
from pawline.hub import HubRefused
from pawline.testing import Effect

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN: Final = "PAWLINE_SANDBOX_TOKEN"  # noqa: S105 - the name of a variable
START: Final = 30.0
"""Seconds for it to say that it is up."""


class SandboxProcess:
    """`url` is where it answers, once it was started; `end` leaves no process."""

    def __init__(self, stock: Mapping[str, int]) -> None:
        self.token, self.url, self._stock = secrets.token_urlsafe(24), "", stock
        self.process: asyncio.subprocess.Process | None = None
        self._wire: Wire

    async def start(self) -> None:
        """Until it answers. Raises HubRefused where it does not."""
        stock = [word for sku, units in self._stock.items() for word in ("--stock", f"{sku}={units}")]
        words = (sys.executable, "-m", "pawline.cli", "sandbox", "--port", "0", *stock, "--json")
        await spawn(
            self._keep, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, limit=1 << 20,
            env={**os.environ, TOKEN: self.token},
        )  # fmt: skip
        said = None if self.process is None else self.process.stdout
        try:
            line = b"" if said is None else await asyncio.wait_for(said.readline(), START)
            self.url = json.loads(line)["url"]
        except (TimeoutError, ValueError, KeyError):
            raise HubRefused("the lab's sandbox did not start: try `pawline sandbox` by itself") from None
        self._wire = Wire(int(urlsplit(self.url).port or 0))

    async def behave(self, vendor: str, manner: Mapping[str, Any]) -> None:
        """From now on it behaves so."""
        await self._desk("PUT", f"/desk/manners/{vendor}", msgspec.json.encode(manner))

    async def effects(self) -> list[Effect]:
        """The ledger."""
        return msgspec.json.decode(await self._desk("GET", "/desk/effects"), type=list[Effect])

    async def end(self) -> None:
        """It is made to."""
        if self.url:
            self._wire.close()
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), 5)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()

    def _keep(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def _desk(self, method: str, path: str, body: bytes = b"") -> bytes:
        said = await self._wire.ask(method, path, body, authorization=f"Bearer {self.token}")
        if said.status >= 400:
            raise HubRefused(f"the lab's sandbox does not take {path}: {said.body.decode(errors='replace')}")
        return said.body
