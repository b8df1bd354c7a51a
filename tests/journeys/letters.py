"""A team that reads mail: a hub with its pages, a mail server, and whoever follows the links in what it took."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp

from pawline.console import pages
from pawline.hub import Hub, load_settings
from pawline.model import Envelope
from pawline.sandbox.post import Post, posted
from pawline.store import Keyring
from pawline.testing.port import free_port
from pawline.web import serving
from tests.journeys.asking import Wondered

ANN, BO = "ann@paws.example", "bo@paws.example"
SETTINGS = """
shops = ["paws"]
flows = ["pawline.flows.ask_on_board", "tests.journeys.asking", "tests.journeys.hurrying"]
listen = "127.0.0.1:{port}"
public = "http://127.0.0.1:{port}"
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "smtp/care"

[accounts.settings]
host = "127.0.0.1"
port = {mail}
tls = "none"
sender = "desk@paws.example"
people = [
    {{ name = "ann", to = "ann@paws.example", zone = "Asia/Tokyo" }},
    {{ name = "bo", to = "bo@paws.example" }},
]

[[helpdesks]]
account = "smtp/care"
teams = ["care"]

[runtime]
first_retry = 0.05
deaths = 1000
"""


class Page(NamedTuple):
    """What somebody's browser shows. `choices` are the buttons, by the number that they send, in their order."""

    status: int
    headers: dict[str, str]
    text: str
    nonce: str
    choices: dict[int, str]


def page_of(status: int, headers: dict[str, str], html: str) -> Page:
    nonce = re.search(r'name="nonce" value="(\w+)"', html)
    buttons = re.findall(r'<button[^>]* value="(\d+)">(.*?)</button>', html)
    body = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    words = " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())
    return Page(status, headers, words, nonce[1] if nonce else "", {int(n): unescape(text) for n, text in buttons})


class Letters:
    """A hub with its pages, and what its mail server took."""

    def __init__(self, hub: Hub, post: Post, http: aiohttp.ClientSession) -> None:
        self.hub, self.post, self.http = hub, post, http

    async def wonder(self, about: str, **given: Any) -> None:
        event = Wondered(about=about, **given)
        await self.hub.engine.record(
            Envelope(shop="paws", source="test", id=about, at=datetime.now(UTC), event=event)
        )  # fmt: skip

    def to(self, whom: str) -> list[Any]:
        return [one for one in self.post.messages if str(one["To"]) == whom]

    async def read(self, address: str) -> Page:
        return await self._seen(self.http.get(address))

    async def send(self, address: str, choice: object, nonce: object, *, follow: bool = True) -> Page:
        form = {name: str(value) for name, value in (("choice", choice), ("nonce", nonce)) if value is not None}
        return await self._seen(self.http.post(address.partition("?")[0], data=form, allow_redirects=follow))

    async def _seen(self, request: Any) -> Page:
        """As a browser shows it in the end: a page that looks again by itself does, however busy the machine is."""
        while True:
            async with request as said:
                page = page_of(said.status, dict(said.headers), await said.text())
                if "Refresh" not in said.headers:
                    return page
                request = self.http.get(said.url)
            await asyncio.sleep(0.1)

    async def cases(self) -> list[str]:
        found = await self.hub.desk.answer("cases", {"shop": "paws", "limit": 50})
        return [one["title"] for one in found]

    async def case(self, about: str) -> dict[str, Any]:
        """The newest, whatever its state."""
        rows = await self.hub.store.fetch("open_questions", ("paws", -1, 50))
        for no, _ in rows:
            found: dict[str, Any] = await self.hub.desk.answer("case", {"no": no})
            if found["title"] == f"what about {about}?":
                return found
        raise LookupError(about)

    async def ended(self, flow: str) -> list[Any]:
        found = []
        for one in reversed(await self.hub.desk.answer("runs", {"shop": "paws", "flow": flow})):
            run = await self.hub.desk.answer("run", {"no": one["no"], "reveal": True, "by": "test"})
            found += [run["outcome"]] if one["status"] == "done" else []
        return found

    async def clicks(self) -> int:
        return len(await self.hub.desk.answer("events", {"shop": "paws", "kind": "case.clicked@1", "limit": 50}))


def words(letter: Any) -> str:
    said: str = letter.get_body(("plain",)).get_content()
    return said


def links(letter: Any) -> list[str]:
    """The addresses in its plain text, and the very same in its HTML."""
    plain = re.findall(r"http://\S+", words(letter))
    html = letter.get_body(("html",)).get_content()
    assert [unescape(one) for one in re.findall(r'href="([^"]+)"', html)] == plain
    return plain


def write(folder: Path, mail: int, **changed: str) -> Path:
    """The settings of a hub there, with some texts in place of others."""
    folder.mkdir(exist_ok=True)
    if not (folder / "pawline.key").exists():
        Keyring.generate().save(folder / "pawline.key")
    text = SETTINGS.format(port=free_port(), mail=mail)
    for old, new in changed.items():
        text = text.replace(old, new)
    (folder / "pawline.toml").write_text(text, "utf-8")
    return folder / "pawline.toml"


@asynccontextmanager
async def at_work(file: Path, post: Post) -> AsyncIterator[Letters]:
    """Its hub, with its pages."""
    settings = load_settings(file, {})
    async with aiohttp.ClientSession() as http, await Hub.open(settings) as hub, serving(hub, pages(hub)):
        yield Letters(hub, post, http)


@asynccontextmanager
async def lettered(folder: Path) -> AsyncIterator[Letters]:
    """A mail server, and a hub that writes to it."""
    post = Post(lambda _, __: None)
    async with posted(post) as mail, at_work(write(folder, mail), post) as here:
        yield here
