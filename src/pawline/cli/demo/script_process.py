"""The script of a demo: what shops wire by hand, in a process of its own, which is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from pawline.cli.demo.spawning import spawn
from pawline.hub import HubRefused
from pawline.testing.port import free_port

START: Final = 20.0
"""Seconds for it to say that it is up."""


class ScriptProcess:
    """`up` is set while it answers at `port`; started again, it has the same. `end` leaves no process."""

    def __init__(self, script: Path, environment: Mapping[str, str]) -> None:
        self.script, self.up, self.port = script, asyncio.Event(), 0
        self.process: asyncio.subprocess.Process | None = None
        self._environment = {**os.environ, **environment}

    async def start(self, *words: str) -> None:
        """Until it says so. `words` come before its port. Raises HubRefused where it does not."""
        if not self.port:
            self.port = free_port()
        called = (sys.executable, str(self.script), *words, str(self.port))
        await spawn(self._keep, *called, stdout=asyncio.subprocess.PIPE, env=self._environment)
        said, line = None if self.process is None else self.process.stdout, b""
        with suppress(TimeoutError):
            line = b"" if said is None else await asyncio.wait_for(said.readline(), START)
        if line != b"up\n":
            raise HubRefused("the demo's script by hand did not start: run it again")
        self.up.set()

    def _keep(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def kill(self, *words: str) -> None:
        """No goodbye; then it is started again."""
        self.up.clear()
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            await self.process.wait()
        await self.start(*words)

    async def end(self) -> None:
        """It is made to."""
        if self.process is not None:
            if self.process.returncode is None:
                self.process.kill()
            await self.process.wait()
