"""The whole way over HTTP: a real server in a real hub's loop, and what is on disk when it has answered."""

from __future__ import annotations

import asyncio
import base64
import hmac
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from granian.server.embed import Server

from pawline.connectors import sandbox
from pawline.hub import Hub, HubRefused, load_settings
from pawline.kit import Connector, Headers, Hmac, Signed, of_address, standard_key
from pawline.model.events.webhooks import WebhookUnclaimed
from pawline.store import EventRow, Keyring, Store, StoreFull
from pawline.testing.port import free_port
from pawline.web import application, bodies, serving
from tests.unit.web.bell import CANARY, HOOK, RAW, head, post, rung, said, signed

ACCOUNT = '[[accounts]]\nname = "sandbox/eu"\n[accounts.settings]\nurl = "http://127.0.0.1:1"\ntoken = { env = "T" }\n'


@pytest.fixture(autouse=True)
def _card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T", "tok")
    card = sandbox.connector
    fields = {name: getattr(card, name) for name in ("name", "title", "settings", "http", "offers", "limits")}
    monkeypatch.setattr(sandbox, "connector", Connector(hook=HOOK, **fields))


def settings_in(folder: Path, port: int, shops: str = '"pets"') -> Any:
    text = f'shops = [{shops}]\nlisten = "127.0.0.1:{port}"\nallow_networks = ["127.0.0.0/8"]\n{ACCOUNT}'
    (folder / "pawline.toml").write_text(text, "utf-8")
    if not (folder / "pawline.key").exists():
        Keyring.generate().save(folder / "pawline.key")
    return load_settings(folder / "pawline.toml", {})


@asynccontextmanager
async def up(folder: Path) -> AsyncIterator[tuple[Hub, str]]:
    async with await Hub.open(settings_in(folder, free_port())) as hub, serving(hub) as address:
        yield hub, f"{address}/hooks/sandbox/eu"


async def events(hub: Hub) -> list[tuple[str, str, str, str]]:
    assert await hub.tray.rest()
    rows = await hub.desk.answer("events", {"shop": "pets", "kind": "", "limit": 50})
    return [(one["type"], one["subject"], one["source"], one["id"]) for one in rows]


async def test_a_webhook_is_on_disk_when_it_is_answered_and_once_however_often_it_comes(tmp_path: Path) -> None:
    body = said("a")
    async with up(tmp_path) as (hub, url):
        answers = [await post(url, body, signed(body)) for _ in range(3)]
        answers += await asyncio.gather(*(post(url, body, signed(body)) for _ in range(20)))
        assert {(status, text) for status, _, text in answers} == {(202, None)}
        assert await events(hub) == [("test.rung@1", "a", "accounts/sandbox/eu", "m1")]
    async with up(tmp_path) as (hub, url):
        assert (await post(url, body, signed(body)))[0] == 202
        assert await events(hub) == [("test.rung@1", "a", "accounts/sandbox/eu", "m1")]


async def test_a_hub_that_leaves_in_order_leaves_none_waiting(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, free_port())
    async with await Hub.open(settings) as hub:
        for n in range(150):
            headers = [(name.encode(), value.encode()) for name, value in signed(said(f"{n}"), f"m{n}").items()]
            await hub.tray.accept("sandbox/eu", headers, said(f"{n}"), time.time())
    store = await Store.open(settings.url, Keyring.load(settings.key_path))
    assert await store.fetch("deliveries_waiting") == [(0, None)]
    assert len(await store.fetch("events_page", ("pets", "", 2**62, 200))) == 150
    await store.close()


async def test_what_nobody_hears_is_listed(tmp_path: Path) -> None:
    body = said("a", type="bell/polished")
    async with up(tmp_path) as (hub, url):
        assert (await post(url, body, signed(body)))[0] == 202
        (kept,) = await events(hub)
        assert kept[:3] == ("webhook.unclaimed@1", "sandbox/eu bell/polished", "accounts/sandbox/eu")
        again = {"shop": "pets", "by": "ann", "reason": "mended"}
        assert await hub.desk.answer("hear_again", again) == {"claimed": 0, "known": 0, "unclaimed": 1, "erased": 0}
        ear = hub.hearing.ears["sandbox/eu"]
        hub.hearing.ears["sandbox/eu"] = ear._replace(hook=replace(ear.hook, hears={"bell/polished": rung}))
        assert await hub.desk.answer("hear_again", again) == {"claimed": 1, "known": 0, "unclaimed": 0, "erased": 0}
        assert await hub.desk.answer("hear_again", again) == {"claimed": 0, "known": 1, "unclaimed": 0, "erased": 0}
        assert [one[:2] for one in await events(hub)] == [
            ("test.rung@1", "a"), ("webhook.unclaimed@1", "sandbox/eu bell/polished")
        ]  # fmt: skip


async def test_lines_that_say_nothing_keep_no_webhook_out(tmp_path: Path) -> None:
    """Load balancers open them to see whether somebody is there; anybody can."""
    body = said("a")
    async with up(tmp_path) as (_, url):
        port = int(url.split("/")[2].rpartition(":")[2])
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(200)]
        async with asyncio.timeout(4):
            assert (await post(url, body, signed(body)))[0] == 202
        for _, writer in silent:
            writer.close()


async def test_two_hubs_at_one_port_are_one_too_many(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    port = free_port()
    one = await Hub.open(settings_in(tmp_path / "a", port))
    two = await Hub.open(settings_in(tmp_path / "b", port))
    try:
        refused_one = asyncio.Event()
        async with asyncio.timeout(30):
            tried = await asyncio.gather(*(entered(hub, refused_one) for hub in (one, two)), return_exceptions=True)
        refused = [problem for problem in tried if isinstance(problem, HubRefused)]
        assert len(refused) == 1
        assert f"another hub listens at port {port}" in str(refused[0])
    finally:
        await one.close()
        await two.close()


async def entered(hub: Hub, refused: asyncio.Event) -> None:
    """In until the other is refused."""
    try:
        async with serving(hub):
            await refused.wait()
    except HubRefused:
        refused.set()
        raise


async def test_a_hub_whose_web_server_ended_is_not_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    servers: list[Server] = []

    class Kept(Server):
        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, **more)
            servers.append(self)

    monkeypatch.setattr(sys.modules[serving.__module__], "Server", Kept)
    async with await Hub.open(settings_in(tmp_path, free_port())) as hub:
        async with serving(hub):
            assert not hub.broken.done()
            servers[0].stop()  # type: ignore[no-untyped-call]
            async with asyncio.timeout(5):
                problem = await hub.broken
        assert "ended by itself" in str(problem)


async def test_whoever_is_refused_is_told_by_problem_details_and_leaves_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    body = said("a", by=CANARY)
    form = signed(body) | {"content-type": "image/png"}
    none = {name: value for name, value in signed(body).items() if name != "content-type"}
    async with up(tmp_path) as (hub, url):
        other = url.replace("/eu", "/us")
        for where, sent, headers, status in (
            (url, body, {"content-type": "application/json"}, 401),
            (url, body, signed(body + b" "), 401),
            (url, body, signed(body, at=time.time() - 400), 401),
            (other, body, signed(body), 404),
            (url + "/more", body, signed(body), 404),
            (url, body, form, 415),
            (url, body, none, 415),
        ):
            got, answered, problem = await post(where, sent, headers)
            assert (got, answered["content-type"], problem["status"]) == (status, "application/problem+json", status)
            assert CANARY not in str(problem)
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            assert answer.status == 405
        assert await head(url, 2 << 20) == b"HTTP/1.1 413 Payload Too Large"
        assert await events(hub) == []
    assert CANARY not in caplog.text


async def asgi(app: Any, body: bytes, headers: dict[str, str]) -> list[dict[str, Any]]:
    """One request without a server: what the application sends."""
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/hooks/sandbox/eu", "raw_path": b"/hooks/sandbox/eu", "query_string": b"", "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2), "state": {},
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


async def test_what_could_not_be_kept_is_to_come_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def full(_: object) -> None:
        raise StoreFull("no space")

    def broken(headers: Headers, body: bytes) -> Signed:
        raise RuntimeError(f"about {CANARY}")

    body = said("a")
    async with await Hub.open(settings_in(tmp_path, free_port())) as hub:
        hub.store.hooks.before_commit = full
        found = [await asgi(application(hub.tray), body, signed(body))]
        hub.store.hooks.before_commit = None
        ear = hub.hearing.ears["sandbox/eu"]
        hub.hearing.ears["sandbox/eu"] = ear._replace(hook=replace(ear.hook, signature=Hmac(broken)))
        found.append(await asgi(application(hub.tray), body, signed(body)))
        assert await events(hub) == []
    assert [head["status"] for head, _ in found] == [503, 500]
    assert all((b"retry-after", b"5") in head["headers"] for head, _ in found)
    assert CANARY not in str(found) + caplog.text


async def test_who_signs_the_address_is_believed_at_the_one_that_is_seen_and_told_by_its_status(tmp_path: Path) -> None:
    body = said("a", type="new")
    over = b"https://hooks.pets.example/hooks/sandbox/eu?x=%20" + body
    ours = base64.b64encode(hmac.new(RAW, over, "sha256").digest())
    headers = {"content-type": "application/json", "x-sign": ours.decode()}
    settings = msgspec.structs.replace(settings_in(tmp_path, free_port()), public="https://hooks.pets.example/")
    async with await Hub.open(settings) as hub, serving(hub) as address:
        ear = hub.hearing.ears["sandbox/eu"]
        signature = Hmac(of_address("x-sign"), key=standard_key)
        hub.hearing.ears["sandbox/eu"] = ear._replace(hook=replace(ear.hook, signature=signature, taken=200))
        for url, status in ((f"{address}/hooks/sandbox/eu?x=%20", 200), (f"{address}/hooks/sandbox/eu?x=%21", 401)):
            assert (await post(url, body, headers))[0] == status
        assert (await asgi(application(hub.tray), body, headers))[0]["status"] == 401
        assert await hub.tray.rest()
        (row,) = [EventRow._make(one) for one in await hub.store.fetch("events_page", ("pets", "", 2**62, 9))]
        kept = await hub.engine.open_event(row)
        assert isinstance(kept, WebhookUnclaimed)
        assert not {name for name, _ in kept.headers if name.startswith(":")}  # how it was called
        assert headers.items() <= dict(kept.headers).items()


async def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PATIENCE", 0.1)
    async with up(tmp_path) as (hub, url):
        where, _, path = url.removeprefix("http://").partition("/")
        reader, writer = await asyncio.open_connection(*where.split(":"))
        lines = ["POST /" + path + " HTTP/1.1", "host: x", "content-type: application/json", "content-length: 9"]
        writer.write("\r\n".join([*lines, "", "{"]).encode())
        async with asyncio.timeout(10):
            assert await reader.readline() == b"HTTP/1.1 408 Request Timeout\r\n"
        writer.close()
        assert (await post(url, said("b"), signed(said("b"))))[0] == 202
        assert [one[1] for one in await events(hub)] == ["b"]


async def test_who_hangs_up_before_the_body_is_there_leaves_nothing(tmp_path: Path) -> None:
    body = said("a")
    async with up(tmp_path) as (hub, url):
        where, _, path = url.removeprefix("http://").partition("/")
        lines = [f"{name}: {value}" for name, value in signed(body).items()]
        for sent in (b"", body[:9]):
            _, writer = await asyncio.open_connection(*where.split(":"))
            head = ["POST /" + path + " HTTP/1.1", "host: x", f"content-length: {len(body)}", *lines, "", ""]
            writer.write("\r\n".join(head).encode() + sent)
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        assert (await post(url, said("b"), signed(said("b"), "m2")))[0] == 202
        assert [one[1] for one in await events(hub)] == ["b"]


async def test_an_address_that_somebody_has_is_refused_and_an_account_of_two_shops(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, free_port())
    async with await Hub.open(settings) as hub, serving(hub):
        with pytest.raises(HubRefused, match=r"`listen`: another hub listens at port"):
            async with serving(hub):
                pass
    with socket.create_server(("127.0.0.1", 0)) as taken:  # by something that is no hub
        port = taken.getsockname()[1]
        (tmp_path / "taken").mkdir()
        async with await Hub.open(settings_in(tmp_path / "taken", port)) as hub:
            with pytest.raises(HubRefused, match=r"`listen`: .* cannot be had"):
                async with serving(hub):
                    pass
    with pytest.raises(HubRefused, match=r"`accounts\[0\].shops`: sandbox/eu hears webhooks, which are of one shop"):
        await Hub.open(settings_in(tmp_path, free_port(), '"pets", "cats"'))


@pytest.mark.parametrize("listen", ["8080", "localhost:8080", "127.0.0.1:0", "127.0.0.1:x", "1.2.3.4"])
def test_a_listen_that_is_no_address_is_refused(tmp_path: Path, listen: str) -> None:
    (tmp_path / "pawline.toml").write_text(f'shops = ["a"]\nlisten = "{listen}"\n', "utf-8")
    with pytest.raises(HubRefused, match=r"`listen` is .*: write address and port"):
        load_settings(tmp_path / "pawline.toml", {})
