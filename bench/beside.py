"""A hub's application beside a bare one, on the same server with the same flags: what both answer a second."""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, Final

import msgspec
import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

from bench.line import HERE, SCRATCH, folder, say
from bench.registry import Options
from pawline.testing.port import free_port

CONNECTIONS: Final = 64
Application = Callable[..., Awaitable[None]]
_Message = Callable[[], Awaitable[dict[str, object]]]


def ratio(stick: str, many: int, few: int) -> Callable[[Options], tuple[float, dict[str, Any]]]:
    """The hub's answers a second over the bare application's, by this stick: the median of the rounds' ratios."""

    def rate(name: str, options: Options) -> dict[str, Any]:
        port = free_port()
        command = [sys.executable, "-m", stick, name, "--port", str(port), "--dir", str(options.place)]
        command += ["--orders", str(options.scaled(many, few))]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300, cwd=HERE.parent)
        return dict(json.loads(done.stdout))

    def work(options: Options) -> tuple[float, dict[str, Any]]:
        rounds = [{name: rate(name, options) for name in ("bare", "hub")} for _ in range(options.rounds)]
        ratios = [one["hub"]["per_s"] / one["bare"]["per_s"] for one in rounds]
        return round(statistics.median(ratios), 3), {"rounds": rounds}

    return work


async def bare(scope: dict[str, object], receive: _Message, send: Callable[[object], Awaitable[None]]) -> None:
    """Reads the body and answers."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 202, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def measure(given: argparse.Namespace, app: Application, stick: str, what: str, place: Path) -> None:
    """Serves it here while the stick's `load` sends, in a process of its own; prints one line of JSON."""
    server = Server(
        app, address="127.0.0.1", port=given.port, interface=Interfaces.ASGINL, log_enabled=False, websockets=False
    )
    task = asyncio.create_task(server.serve())
    await asyncio.sleep(0.3)
    before = resource.getrusage(resource.RUSAGE_SELF)
    command = [sys.executable, "-m", stick, "load", "--orders", str(given.orders), "--port", str(given.port)]
    load = await asyncio.create_subprocess_exec(*command, "--dir", str(place), stdout=asyncio.subprocess.PIPE)
    out, _ = await load.communicate()
    after = resource.getrusage(resource.RUSAGE_SELF)
    server.stop()  # type: ignore[no-untyped-call]
    await task
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    seconds = float(msgspec.json.decode(out)["seconds"])
    each = round(1_000 * cpu / given.orders, 4)
    say({"contender": given.name, what: given.orders, "per_s": round(given.orders / seconds, 1), "cpu_ms_each": each})


async def _send(requests: Iterable[bytes], port: int) -> None:
    left = iter(requests)
    begun = time.perf_counter()

    async def line() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for one in left:
            writer.write(one)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 202"), head
            length = next((each for each in head.split(b"\r\n") if each.startswith(b"content-length: ")), b": 0")
            await reader.readexactly(int(length.partition(b": ")[2]))
        writer.close()

    await asyncio.gather(*(line() for _ in range(CONNECTIONS)))
    say({"seconds": time.perf_counter() - begun})


def run(
    about: str | None, orders: int, serve: Callable[[argparse.Namespace, Path], Awaitable[None]],
    requests: Callable[[argparse.Namespace], list[bytes]],
) -> None:  # fmt: skip
    """The stick's command line: `hub` and `bare` are served, `load` sends these requests."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("name", choices=["hub", "bare", "load"])
    parser.add_argument("--orders", type=int, default=orders)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dir", type=Path, default=SCRATCH)
    given = parser.parse_args()
    if given.name == "load":
        uvloop.run(_send(requests(given), given.port))
        return

    async def served() -> None:
        with folder(given.dir) as place:
            await serve(given, place)

    uvloop.run(served())
