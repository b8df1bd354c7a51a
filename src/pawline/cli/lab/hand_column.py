"""The column by hand: the demo's script as a checkout, in a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from pawline.cli import demo
from pawline.cli.demo.script_process import ScriptProcess
from pawline.cli.lab.sandbox_process import TOKEN
from pawline.cli.lab.tills import HandTill
from pawline.cli.lab.wire import Wire
from pawline.hub import HubRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pawline.cli.lab.sandbox_process import SandboxProcess
    from pawline.cli.lab.shopping import Clock
    from pawline.lab.judging import Known
    from pawline.lab.rows import Lag

SCRIPT: Final = Path(demo.__file__).with_name("by_hand.py")


class HandColumn:
    """The script of one round. `end` leaves no process."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.script = ScriptProcess(SCRIPT, {TOKEN: sandbox.token})
        self._words = (sandbox.url, "checkout")
        self._wire: Wire
        self.till: HandTill
        self.by_hand = 0
        """Orders that were called off or sent back: the script has no code for it, and a person sees to each."""

    async def start(self, _: Mapping[str, int]) -> HandTill:
        """Up; the till at which shoppers stand."""
        await self.script.start(*self._words)
        self._wire = Wire(self.script.port)
        self.till = HandTill(self._wire)
        return self.till

    async def kill(self) -> None:
        """No goodbye; and started again."""
        await self.script.kill(*self._words)

    async def end(self) -> None:
        """It is made to."""
        if self.script.port:
            self._wire.close()
        await self.script.end()

    async def known(self, begun: float) -> dict[str, Known]:
        """All orders that were sent to it: it keeps none itself. Raises HubRefused where it ended unasked."""
        if self.script.process is None or self.script.process.returncode is not None:
            raise HubRefused("the script by hand ended by itself: its column would be of a dead process")
        return {name: one._replace(placed=one.placed - begun) for name, one in self.till.placed.items()}

    async def call_off(self, _: str) -> None:
        """Somebody does it, system by system."""
        self.by_hand += 1

    async def send_back(self, _: str) -> None:
        """Somebody pays it back."""
        self.by_hand += 1

    async def cases(self) -> tuple[str, ...]:
        """It asks nobody."""
        return ()

    async def count_views(self) -> int:
        """It keeps nothing."""
        return 0

    async def watch(self, _clock: Clock, _until: float) -> tuple[Lag, ...]:
        """It keeps nothing that a page could show."""
        return ()
