"""Which HTTP client the kit stands on: what a call costs with each, in turn, and what the kit's promises add."""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.line import HERE
from bench.registry import Bar, Check, Options, Skipped

VENV = HERE / ".venv-clients" / "bin" / "python"
PEERS = ("aiohttp", "httpx", "httpx2", "niquests", "pyreqwest")
REPLY = b'{"id":"s-1","status":"accepted","at":"2026-11-26T10:00:00Z"}'


async def _serve() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(REPLY)
        try:
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
                size = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
                await reader.readexactly(size)
                writer.write(head + REPLY)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def _server() -> Iterator[str]:
    command = [sys.executable, "-m", "bench.clients"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE.parent) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/orders"
        finally:
            process.kill()


def _cost(name: str, url: str, calls: int) -> float:
    python = sys.executable if name == "kit" else str(VENV)
    command = [python, str(HERE / "client_stick.py"), name, url, str(calls)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    return float(json.loads(done.stdout)["cpu_us"])


def _costs(options: Options, *names: str) -> dict[str, float]:
    """Microseconds of processor time a call, the median of the rounds."""
    if not VENV.exists():
        raise Skipped("the clients are not installed: `make peers`")
    calls = options.scaled(3_200, 640)
    found: dict[str, list[float]] = {name: [] for name in names}
    with _server() as url:
        for _ in range(options.rounds):
            for name, costs in found.items():
                costs.append(_cost(name, url, calls))
    return {name: round(statistics.median(costs), 1) for name, costs in found.items()}


def chosen(options: Options) -> tuple[float, dict[str, Any]]:
    """The chosen client's cost over that of the cheapest other that is written in Python."""
    costs = _costs(options, *PEERS)
    return costs["aiohttp"] / min(costs["httpx"], costs["httpx2"], costs["niquests"]), {"cpu_us": costs}


def kit(options: Options) -> tuple[float, dict[str, Any]]:
    """The kit's cost over that of the bare client, JSON on both sides."""
    costs = _costs(options, "aiohttp", "kit")
    return costs["kit"] / costs["aiohttp"], {"cpu_us": costs}


CHECKS = [
    Check("http_client", Bar("<=", 0.5, "×"), "aiohttp's cost of a call over the cheapest other's", work=chosen),
    Check("http_kit", Bar("<=", 1.6, "×"), "kit.Http's cost of a call over the bare client's", work=kit),
]


if __name__ == "__main__":
    asyncio.run(_serve())
