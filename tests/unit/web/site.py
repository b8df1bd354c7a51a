"""A shop whose pages tell of visits: its settings, and what a pixel sends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from pawline.hub import Hub, Settings, load_settings
from pawline.store import Keyring
from pawline.testing.port import free_port
from pawline.web import serving
from tests.unit.connectors.test_shopify import SHOP

KEY: Final = "k-canary-77-public"
WHO: Final = "9d0a7e2c-0000-4000-8000-00000canary7"
ACCOUNT: Final = "shopify/eu"
SETTINGS: Final = """\
shops = ["pets"]
listen = "127.0.0.1:{port}"
public = "http://127.0.0.1:{port}"
allow_networks = ["127.0.0.0/8"]
[[accounts]]
name = "shopify/eu"
plays = ["Shop"]
[accounts.settings]
url = "{url}"
shop = "{shop}"
token = {{ env = "SHOPIFY_TOKEN" }}
pixel = "{key}"
pixel_origins = ["https://pets.example"]
poll = 0
"""


def settings_in(folder: Path, url: str = "http://127.0.0.1:1", key: str = KEY, shop: str = SHOP) -> Settings:
    """SHOPIFY_TOKEN is to be in the environment."""
    if not (folder / "pawline.key").exists():
        Keyring.generate().save(folder / "pawline.key")
    (folder / "pawline.toml").write_text(SETTINGS.format(port=free_port(), url=url, key=key, shop=shop), "utf-8")
    return load_settings(folder / "pawline.toml", {})


@asynccontextmanager
async def up(folder: Path) -> AsyncIterator[tuple[Hub, str]]:
    """A hub, and where the pages of its shop tell."""
    async with await Hub.open(settings_in(folder)) as hub, serving(hub) as address:
        yield hub, f"{address}/pixels/{ACCOUNT}/{KEY}"


def told(*did: str, who: str = WHO, **more: Any) -> bytes:
    return msgspec.json.encode({"v": 1, "who": who, "mine": True, "did": did or ("page",), **more})


async def ask(url: str, body: bytes = b"", method: str = "POST", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of what a browser would get: one request over a line of its own."""
    where, _, path = url.removeprefix("http://").partition("/")
    reader, writer = await asyncio.open_connection(*where.split(":"))
    named = {"host": "hub", "content-length": str(len(body)), "connection": "close"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{method} /{path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items() if value)]
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    async with asyncio.timeout(10):
        head, _, rest = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    status, *fields = head.decode().split("\r\n")
    found = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
    return int(status.split()[1]), found, rest


async def rows(hub: Hub, text: str = "select did, seen from visit") -> list[tuple[Any, ...]]:
    await hub.visits.flush()
    return await hub.store.job(lambda db: list(db.db.execute(text)))  # type: ignore[attr-defined]
