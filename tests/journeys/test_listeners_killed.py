"""A hub that is killed while it tells, and who works at its command line: nothing is lost, nothing is another event."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.testing.counter import counter
from pawline.testing.orders import SHOP
from pawline.testing.port import free_port
from tests.journeys.adopted import Hub as Process
from tests.journeys.around import until
from tests.journeys.listening import AGENCY, Agency, believed, settings


def confirmed(no: int) -> dict[str, Any]:
    return {"type": "order.confirmed@1", "data": {"order": f"o{no}", "household": f"h-{no}"}}


async def told(hub: Process) -> bool:
    """Whether nothing waits any more."""
    (one,) = await hub.caller.ask("listeners")
    left = await hub.caller.ask("unfinished")
    return (one["waits"], one["tries"], left["undispatched"]) == (0, 0, 0)


@pytest.mark.parametrize("heard", [0, 1, 3], ids=["before", "at-the-first", "in-the-middle"])
async def test_killed_while_it_tells_each_event_is_told_under_one_id(heard: int, tmp_path: Path) -> None:
    """The agency takes what it hears and its answer is lost with the hub: it hears that again, as the same."""
    async with asyncio.timeout(150), counter(Agency(), 150) as agency:
        assert isinstance(agency, Agency)
        port = free_port()
        settings(tmp_path, agency.port, listen=port)
        hub = Process(tmp_path, port)
        await hub.start()
        agency.open.clear()
        for no in range(5):
            await hub.caller.ask("send", event=confirmed(no), shop=SHOP)
        await until(lambda: len(agency.heard) >= heard)
        await hub.kill()
        before = len(agency.heard)
        agency.open.set()
        await hub.start()
        await until(lambda: told(hub))
        runs = await hub.caller.ask("runs", shop=SHOP, flow="tell_listener")
        assert [one["status"] for one in runs] == ["done"] * 5
        owed = await hub.caller.ask("events", shop=SHOP, kind="listener.owed@1")
        assert len(owed) == 5
        await hub.kill()
        by_id = {one.headers["webhook-id"]: believed(one)["subject"] for one in agency.heard}
        assert sorted(by_id.values()) == [f"o{no}" for no in range(5)]
        assert len(agency.heard) == 5 + before


async def pawline(folder: Path, *words: str, code: int = 0) -> Any:
    """A command line of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pawline.cli", *words, "--config", str(folder / "pawline.toml"), "--json",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == code, (out.decode(), err.decode())
    return msgspec.json.decode(out) if code == 0 else err.decode()


async def test_from_the_command_line_a_listener_is_tried_seen_and_told_again(tmp_path: Path) -> None:
    async with asyncio.timeout(120), counter(Agency(), 120) as agency:
        assert isinstance(agency, Agency)
        port = free_port()
        settings(tmp_path, agency.port, listen=port)
        agency.status = 401
        said = await pawline(tmp_path, "connect", AGENCY, code=1)
        assert f"{AGENCY}: what was told was answered 401: nothing was changed" in said
        agency.status = 200
        answer = await pawline(tmp_path, "connect", AGENCY)
        (tried,) = [one for one in agency.heard if believed(one)["type"] == "pawline.tried@1"][1:]
        assert answer["told"][0].startswith(f"it took {tried.headers['webhook-id']} ")
        nobody = await pawline(tmp_path, "events", "listeners", code=1)
        assert "no hub is running" in nobody
        hub = Process(tmp_path, port)
        await hub.start()
        await hub.caller.ask("send", event=confirmed(1), shop=SHOP)
        await until(lambda: told(hub))
        (first,) = agency.heard[2:]
        (row,) = await pawline(tmp_path, "events", "listeners")
        assert (row["account"], row["off"], row["waits"], row["tries"]) == (AGENCY, None, 0, 0)
        assert row["taken"] > 0
        again = ("events", "tell-again", AGENCY, "--since", "2020-01-01", "--reason", "they lost it")
        assert await pawline(tmp_path, *again) == {"account": AGENCY, "owed": 1}
        await until(lambda: told(hub))
        assert [one.headers["webhook-id"] for one in agency.heard[3:]] == [first.headers["webhook-id"]]
        assert "--type is 'parcel.*'" in await pawline(tmp_path, *again, "--type", "parcel.*", code=1)
        other = "webhooks/other"
        assert f"{other} listens to nothing here; there are {AGENCY}" in await pawline(
            tmp_path, "events", "tell-again", other, "--since", "2020-01-01", "--reason", "x", code=1
        )
        assert "say why" in await pawline(tmp_path, "events", "reopen", AGENCY, code=1)
        assert f"{AGENCY} is not off" in await pawline(tmp_path, "events", "reopen", AGENCY, "--reason", "x", code=1)
        assert await hub.end() == 0
