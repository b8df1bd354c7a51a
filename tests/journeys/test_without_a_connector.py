"""A system that nobody wrote a connector for: what it tells begins a flow once, and what it is asked happens once.

The hub is a process of its own, and is killed; the till's own list of what it did decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from pawline.testing.conformance import SECRETS
from pawline.testing.counter import counter
from pawline.testing.orders import SHOP
from pawline.testing.port import free_port
from tests.journeys.adopted import Hub
from tests.journeys.around import until
from tests.journeys.tilling import SETTINGS, SETTLES, Till, parcel, tell, write

ASKED = {"ask": "POST", "key": "POST POST", "look_up": "POST GET", "repeat": "PUT PUT"}


@asynccontextmanager
async def town(folder: Path, settle: str) -> AsyncIterator[tuple[Hub, Till, int]]:
    async with asyncio.timeout(150), counter(Till(settle), 150) as till:
        assert isinstance(till, Till)
        port = free_port()
        write(folder, till.port, port, settle)
        hub = Hub(folder, port)
        await hub.start()
        try:
            yield hub, till, port
        finally:
            await hub.kill()


async def runs(hub: Hub) -> list[str]:
    return [one["status"] for one in await hub.caller.ask("runs", shop=SHOP)]


async def cases(hub: Hub) -> list[dict[str, Any]]:
    return list(await hub.caller.ask("cases", shop=SHOP))


async def names(hub: Hub) -> list[str]:
    return [one["type"] for one in await hub.caller.ask("events", shop=SHOP)]


async def test_what_it_tells_is_believed_once_and_asked_back_once(tmp_path: Path) -> None:
    async with town(tmp_path, "key") as (hub, till, port):
        till.open.set()
        body = parcel(1)
        assert await tell(port, body, "m1") == 202
        assert await tell(port, body, "m1", secret=SECRETS[1]) == 202  # again, signed by the secret that is to be live
        assert await tell(port, parcel(1), "m2") == 202  # under another id: the fact is known
        assert await tell(port, parcel(2), "m3", secret=SECRETS[2]) == 401
        assert await tell(port, parcel(2), "m4", ago=301) == 401
        await until(lambda: _is(runs(hub), ["done"]))
        (heard,) = till.heard
        assert (heard.method, heard.target, till.effects) == ("POST", "/api/notes/JD1", ["JD1"])
        assert Webhook(SECRETS[0]).verify(heard.body, heard.headers) == {"parcel": "JD1", "order": "1"}
        assert heard.headers["webhook-id"] == heard.headers["idempotency-key"]
        assert await cases(hub) == []
        assert b"JD2" not in (tmp_path / "hub.log").read_bytes()


async def test_what_nobody_mapped_or_can_read_is_kept_and_listed(tmp_path: Path) -> None:
    async with town(tmp_path, "key") as (hub, till, port):
        till.open.set()
        for no, body in enumerate((parcel(1, event="till.closed"), parcel(2, sale=None), b"canary{")):
            assert await tell(port, body, f"m{no}") == 202
        await until(lambda: _counts(hub, "webhook.unclaimed@1", 3))
        assert await names(hub) == ["webhook.unclaimed@1"] * 3
        kept = await hub.caller.ask("events", shop=SHOP, kind="webhook.unclaimed@1")
        assert sorted(one["subject"] for one in kept) == ["http/till", "http/till parcel.left", "http/till till.closed"]
        assert (await runs(hub), till.heard) == ([], [])
        log = (tmp_path / "hub.log").read_bytes()
        assert b"is unreadable: ValueError" in log
        assert b"canary" not in log
        assert b"JD2" not in log
        assert await hub.end() == 0
        file = tmp_path / "pawline.toml"  # a parcel without a sale is one of the till itself
        file.write_text(file.read_text("utf-8").replace('is = "text"', 'values = { null = "till" }'), "utf-8")
        await hub.start()
        told = await hub.caller.ask("hear_again", shop=SHOP, by="ann", reason="mended")
        assert told == {"claimed": 1, "known": 0, "unclaimed": 2, "erased": 0}
        await until(lambda: _is(runs(hub), ["done"]))
        assert till.effects == ["JD2"]


@pytest.mark.parametrize("settle", SETTLES)
async def test_killed_after_the_effect_it_is_settled_as_declared(settle: str, tmp_path: Path) -> None:
    async with town(tmp_path, settle) as (hub, till, port):
        assert await tell(port, parcel(7), "m1") == 202
        await until(lambda: till.effects)
        await hub.kill()
        till.open.set()
        await hub.start()
        if settle == "ask":
            (case,) = await until(lambda: cases(hub))
            assert case["title"] == "did Calls.send happen? http/till cannot be asked"
            assert await runs(hub) != ["done"]
        else:
            await until(lambda: _is(runs(hub), ["done"]))
            assert await cases(hub) == []
        assert till.effects == ["JD7"]
        asked = [one.method for one in till.heard]
        assert (
            asked == {"ask": ["POST"], "key": ["POST"] * 2, "look_up": ["POST", "GET"], "repeat": ["PUT"] * 2}[settle]
        )
        keys = {one.headers["webhook-id"] for one in till.heard if one.method != "GET"}
        assert len(keys) == 1


async def test_what_left_before_keys_were_declared_is_not_sent_again_under_one(tmp_path: Path) -> None:
    """Its receiver never saw that key: a repetition would be a second effect."""
    async with town(tmp_path, "ask") as (hub, till, port):
        assert await tell(port, parcel(7), "m1") == 202
        await until(lambda: till.effects)
        await hub.kill()
        till.open.set()
        text = SETTINGS.format(shop=SHOP, port=till.port, listen=port, settle=SETTLES["key"])
        (tmp_path / "pawline.toml").write_text(text, "utf-8")
        await hub.start()
        (case,) = await until(lambda: cases(hub))
        assert case["title"] == "did Calls.send happen? http/till cannot be asked"
        assert till.effects == ["JD7"]


async def test_killed_before_anything_left_a_look_up_finds_nothing_and_it_is_sent(tmp_path: Path) -> None:
    """The till hung up on the first, which did nothing; the hub was killed before it could know."""
    async with town(tmp_path, "look_up") as (hub, till, port):
        lost = asyncio.Event()

        async def loses(_: object) -> None:
            lost.set()
            await asyncio.sleep(60)

        does, till.answer = till.answer, loses
        assert await tell(port, parcel(7), "m1") == 202
        await lost.wait()
        await hub.kill()
        till.answer = does
        till.open.set()
        await hub.start()
        await until(lambda: _is(runs(hub), ["done"]))
        assert [one.method for one in till.heard] == ["POST", "GET", "POST"]
        assert till.effects == ["JD7"]


async def test_let_in_and_killed_at_once_it_is_told_once(tmp_path: Path) -> None:
    async with town(tmp_path, "key") as (hub, till, port):
        till.open.set()
        for no in range(5):
            assert await tell(port, parcel(no), f"m{no}") == 202
        await hub.kill()
        await hub.start()
        await until(lambda: _is(runs(hub), ["done"] * 5))
        assert sorted(till.effects) == [f"JD{no}" for no in range(5)]


async def _is(found: Any, wanted: list[str]) -> bool:
    return bool(await found == wanted)


async def _counts(hub: Hub, name: str, count: int) -> bool:
    return (await names(hub)).count(name) == count
