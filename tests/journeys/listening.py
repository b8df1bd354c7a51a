"""A hub to whose events an agency listens, and the agency: a server that takes, refuses, and says what it heard."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from standardwebhooks.webhooks import Webhook

from pawline.hub import Hub, load_settings
from pawline.model import Envelope, Event
from pawline.store import Keyring
from pawline.testing.conformance import SECRETS
from pawline.testing.counter import Counter, Request, counter, json
from pawline.testing.orders import SHOP
from tests.journeys.around import keep, until

AGENCY = "webhooks/agency"


class Agency(Counter):
    """Answers `status` to whatever is told; `only` names types that it refuses alone."""

    def __init__(self) -> None:
        super().__init__()
        self.status, self.only, self.more = 200, frozenset[str](), tuple[str, ...]()
        self.failing = 0
        """So many more are answered 500."""
        self.open = asyncio.Event()
        self.open.set()
        self.answer = self._judged

    async def _judged(self, request: Request) -> bytes | None:
        await self.open.wait()
        if self.failing > 0:
            self.failing -= 1
            return json(500)
        spared = self.only and msgspec.json.decode(request.body)["type"] not in self.only
        status = 200 if spared else self.status
        return json(status, b"" if status == 204 else b"thanks", *self.more)

    @property
    def told(self) -> list[dict[str, Any]]:
        """What was told, in the order in which it came, each believed by the witness."""
        return [believed(one) for one in self.heard]

    @property
    def ids(self) -> list[str]:
        return [one.headers["webhook-id"] for one in self.heard]


def believed(request: Request) -> dict[str, Any]:
    """What a request tells; its signature is checked by the standard's own package, with either live secret."""
    said = [Webhook(secret).verify(request.body, request.headers) for secret in SECRETS[:2]]
    assert said[0] == said[1]
    return dict(said[0])


def settings(
    folder: Path, port: int, more: str = "", *, events: str = '["order.*"]', listen: int = 0
) -> Path:  # fmt: skip
    """The files of a hub."""
    keep(folder, {"one.secret": SECRETS[0], "two.secret": SECRETS[1]})
    file = folder / "pawline.toml"
    file.write_text(
        f"""
shops = ["{SHOP}"]
flows = ["pawline.flows.tell_listeners"]
allow_networks = ["127.0.0.0/8"]
listen = "{f"127.0.0.1:{listen}" if listen else ""}"

[[accounts]]
name = "{AGENCY}"
shops = ["{SHOP}"]

[accounts.settings]
url = "http://127.0.0.1:{port}/pawline/"
secrets = [{{ file = "one.secret" }}, {{ file = "two.secret" }}]
events = {events}
{more}
""",
        "utf-8",
    )
    if not (folder / "pawline.key").exists():
        Keyring.generate().save(folder / "pawline.key")
    return file


class Town:
    """A running hub and its agency."""

    def __init__(self, hub: Hub, agency: Agency) -> None:
        self.hub, self.agency, self._ids = hub, agency, 0

    async def tell(self, *events: Event) -> None:
        for event in events:
            self._ids += 1
            at = datetime.fromtimestamp(time.time(), UTC)
            envelope = Envelope(shop=SHOP, source="test", id=f"{time.time_ns()}-{self._ids}", at=at, event=event)
            await self.hub.engine.record(envelope)

    async def ask(self, do: str, **given: Any) -> Any:
        return await self.hub.desk.answer(do, given)

    async def fares(self) -> dict[str, Any]:
        (one,) = await self.ask("listeners")
        return dict(one)

    async def cases(self) -> list[dict[str, Any]]:
        return list(await self.ask("cases", shop=SHOP))

    async def runs(self, flow: str) -> list[str]:
        return [one["status"] for one in await self.ask("runs", shop=SHOP, flow=flow)]

    async def answer(self, value: str) -> None:
        (case,) = await until(self.cases)
        said = {"value": value}
        await self.ask("order", action="answer", target=f"case:{case['no']}", by="ann", reason="seen", said=said)

    async def heard(self, count: int) -> list[dict[str, Any]]:
        """Once so much was told."""
        await until(lambda: len(self.agency.heard) >= count)
        return self.agency.told

    async def rest(self) -> None:
        """Until nothing waits to be told, and nothing is being told."""

        async def still() -> bool:
            fares = await self.fares()
            rows = await self.hub.store.fetch("oldest_undispatched", (1,))
            return not rows and (fares["waits"], fares["tries"]) == (0, 0)

        await until(still)


@asynccontextmanager
async def town(folder: Path, more: str = "", agency: Agency | None = None, **given: Any) -> AsyncIterator[Town]:
    """The hub with its agency; both end with the block."""
    async with counter(agency or Agency(), 120) as there:
        assert isinstance(there, Agency)
        file = settings(folder, there.port, more, **given)
        async with await Hub.open(load_settings(file, {})) as hub:
            yield Town(hub, there)
