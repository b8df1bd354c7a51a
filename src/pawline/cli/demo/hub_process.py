"""The hub of a demo: `pawline up` in a process of its own, which is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from pawline.cli.demo.spawning import spawn
from pawline.hub import Caller, HubRefused, line_of
from pawline.store import Keyring

START: Final = 20.0
"""Seconds for it to come up."""


class HubProcess:
    """`up` is set while it answers. Its store, its key and its log are in `folder`; `end` leaves no process."""

    def __init__(self, folder: Path, settings: str, environment: Mapping[str, str]) -> None:
        self.folder, self.up, self.killing = folder, asyncio.Event(), False
        self.process: asyncio.subprocess.Process | None = None
        self._caller: Caller | None = None
        self._one = asyncio.Lock()  # a person may press a key while it is killed anyway
        # Nothing of this shell's own hub: its PAWLINE_STORE is no place for a made-up day.
        own = {name: value for name, value in os.environ.items() if not name.startswith("PAWLINE_")}
        self._environment = own | dict(environment)
        (folder / "pawline.toml").write_text(settings, "utf-8")
        if not (folder / "pawline.key").exists():
            Keyring.generate().save(folder / "pawline.key")

    async def start(self) -> None:
        """Until it answers. Raises HubRefused with its last words where it does not."""
        with (self.folder / "hub.log").open("ab") as log:
            words = (sys.executable, "-m", "pawline.cli", "up", "--config", str(self.folder / "pawline.toml"))
            await spawn(self._keep, *words, stdout=log, stderr=log, env=self._environment)
        await self._answers()

    def _keep(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def _answers(self) -> None:
        until = time.monotonic() + START
        while True:
            if self.process is None or self.process.returncode is not None or time.monotonic() > until:
                lines = (self.folder / "hub.log").read_text("utf-8").strip().splitlines() or ["it said nothing"]
                raise HubRefused(f"the demo's hub did not start: {lines[-1]}")
            with suppress(HubRefused):
                self._caller = await Caller.reach(line_of(f"sqlite:///{self.folder / 'pawline.db'}"))
                break
            await asyncio.sleep(0.02)
        self.up.set()

    async def ask(self, do: str, **given: Any) -> Any:
        """Its desk's answer. Raises HubRefused where it does not answer just now."""
        if self._caller is None:
            raise HubRefused("the demo's hub is not up")
        return await self._caller.ask(do, **given)

    async def kill(self, dark: float = 0.0) -> float:
        """No goodbye, no flush; then, after so many seconds, it is started again. Seconds until it answered."""
        async with self._one:
            self.up.clear()
            self.killing = True
            killed = time.monotonic()
            if self.process is not None:
                self.process.send_signal(signal.SIGKILL)
                await self.process.wait()
            await self._hang_up()
            await asyncio.sleep(dark)
            await self.start()
            self.killing = False
            return time.monotonic() - killed

    async def watch(self) -> None:
        """Raises HubRefused where it died and nobody killed it."""
        while (process := self.process) is not None:
            await process.wait()
            if not self.killing:
                raise HubRefused(
                    f"the demo's hub ended by itself ({process.returncode}); see {self.folder / 'hub.log'}"
                )
            await self.up.wait()

    async def end(self) -> None:
        """It leaves in order, or is made to."""
        await self._hang_up()
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), 10)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()

    async def _hang_up(self) -> None:
        if self._caller is not None:
            await self._caller.close()
            self._caller = None
