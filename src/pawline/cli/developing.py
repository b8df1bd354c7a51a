"""`pawline dev`: the hub, started anew whenever a file changes; what its runs do, as it happens."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from pawline.cli import showing
from pawline.cli.asking import Config, Json, run, shop_of
from pawline.cli.events import read
from pawline.hub import HubRefused, Reach, Settings, line_of, load_settings

LOOK: Final = 0.3
"""Seconds between two looks at files and runs."""


def dev(
    send: Annotated[
        Path | None, typer.Option("--send", help="A sample event to send at each start.", show_default=False)
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="End when the sample's runs have ended.")] = False,
    config: Config = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Run the hub, start it anew when a file of its folder changes, and tell what its runs do."""
    settings = load_settings(config)
    try:
        run(_Dev(settings, config, send, once=once, as_json=json).go())
    except KeyboardInterrupt:
        showing.console().print("stopped", style="dim")


class _Dev:
    def __init__(
        self, settings: Settings, config: Path | None, send: Path | None, *, once: bool, as_json: bool
    ) -> None:
        self._settings, self._config, self._send, self._once, self._json = settings, config, send, once, as_json
        self._told: dict[int, str] = {}
        self._sent: int | None = None

    async def go(self) -> None:
        """Until interrupted (or, with `once`, until the sample's runs have ended)."""
        while True:
            stamps, hub = self._stamps(), await self._start()
            try:
                self._sent = None
                while self._stamps() == stamps and hub.returncode is None:
                    await asyncio.sleep(LOOK)
                    if await self._tail() and self._once:
                        return
                if hub.returncode is not None:
                    if self._once:
                        raise HubRefused("the hub ended: see its words above")
                    self._say("the hub ended: mend what it says, and it starts anew", "red")
                    while self._stamps() == stamps:  # noqa: ASYNC110 - files tell nobody
                        await asyncio.sleep(LOOK)
                else:
                    self._say("a file changed: starting anew", "dim")
            finally:
                if hub.returncode is None:
                    hub.terminate()
                await hub.wait()

    async def _start(self) -> asyncio.subprocess.Process:
        given = [] if self._config is None else ["--config", str(self._config)]
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "pawline.cli", "up", *given, stdout=sys.stderr if self._json else None
        )

    def _stamps(self) -> dict[str, int]:
        home = Path(self._settings.home)
        files = [*home.rglob("*.py"), *home.glob("*.toml"), *([self._send] if self._send else [])]
        return {str(one): one.stat().st_mtime_ns for one in files if one.exists() and ".venv" not in one.parts}

    async def _tail(self) -> bool:
        """Tell what changed since the last look; whether the runs of the sample have ended."""
        if not self._is_up():
            return False
        try:
            async with Reach(self._settings) as desk:
                if self._send is not None and self._sent is None:
                    for event in read(self._send):
                        shop = shop_of(self._settings, "")
                        self._sent = (await desk.ask("send", event=event, shop=shop))["no"]
                return await self._news(desk)
        except HubRefused as problem:
            self._say(str(problem), "yellow")
            return False

    def _is_up(self) -> bool:
        """Whether a hub may answer: the file is left to the one that is starting."""
        return self._settings.on_postgres or line_of(self._settings.url).exists()

    async def _news(self, desk: Reach) -> bool:
        ended = False
        for shop in self._settings.shops:
            for row in reversed(await desk.ask("runs", shop=shop, limit=50)):
                if self._told.get(row["no"]) != row["status"]:
                    self._told[row["no"]] = row["status"]
                    self._tell(row)
                ended = ended or (row["event"] == self._sent and row["ended"] is not None)
        return ended

    def _tell(self, row: dict[str, Any]) -> None:
        if self._json:
            showing.json(row)
            return
        status = showing.tinted(row["status"], showing.STATES.get(row["status"], ""))
        at = showing.moment(row["ended"] or row["created"])[11:]
        showing.console().print(f"[dim]{at}[/dim] run {row['no']}  {row['flow']}  {escape(row['key'])}  {status}")

    def _say(self, text: str, style: str) -> None:
        if not self._json:
            showing.console().print(text, style=style)
