"""One HTTP client as a stick: what a POST with a JSON body costs over kept connections. Stands alone, in any venv.

`python client_stick.py CLIENT URL CALLS`; `kit` is `pawline.kit.Http`, with everything that it promises.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop

AT_ONCE = 32
BODY: dict[str, Any] = {"order": "o-1", "lines": [{"sku": "DOG-1", "quantity": 2}] * 5}
BYTES = json.dumps(BODY).encode()
HEADERS = {"content-type": "application/json", "idempotency-key": "abc"}
Call = Callable[[], Awaitable[object]]


async def aiohttp(url: str, measure: Callable[[Call], Awaitable[None]]) -> None:
    library = importlib.import_module("aiohttp")
    async with library.ClientSession() as session:

        async def call() -> None:
            async with session.post(url, data=BYTES, headers=HEADERS) as reply:
                assert reply.status == 200
                json.loads(await reply.read())

        await measure(call)


async def httpx(url: str, measure: Callable[[Call], Awaitable[None]], name: str = "httpx") -> None:
    library = importlib.import_module(name)
    limits = library.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    async with library.AsyncClient(trust_env=False, limits=limits) as client:

        async def call() -> None:
            reply = await client.post(url, content=BYTES, headers=HEADERS)
            assert reply.status_code == 200
            json.loads(reply.content)

        await measure(call)


async def httpx2(url: str, measure: Callable[[Call], Awaitable[None]]) -> None:
    await httpx(url, measure, "httpx2")


async def niquests(url: str, measure: Callable[[Call], Awaitable[None]]) -> None:
    library = importlib.import_module("niquests")
    async with library.AsyncSession(pool_maxsize=AT_ONCE) as session:

        async def call() -> None:
            reply = await session.post(url, data=BYTES, headers=HEADERS)
            assert reply.status_code == 200
            json.loads(reply.content)

        await measure(call)


async def pyreqwest(url: str, measure: Callable[[Call], Awaitable[None]]) -> None:
    library = importlib.import_module("pyreqwest.client")
    async with library.ClientBuilder().build() as client:

        async def call() -> None:
            reply = await client.post(url).body_bytes(BYTES).headers(HEADERS).build().send()
            assert reply.status == 200
            json.loads(bytes(await reply.bytes()))

        await measure(call)


async def kit(url: str, measure: Callable[[Call], Awaitable[None]]) -> None:
    library, ports = importlib.import_module("pawline.kit"), importlib.import_module("pawline.ports")
    moment = importlib.import_module("datetime")
    until = moment.datetime.now(moment.UTC) + moment.timedelta(hours=1)
    http = library.Http(url.removesuffix("/orders"), guard=library.Guard(["127.0.0.0/8"]))

    async def call() -> None:
        with ports.attempting(ports.Attempt("abc", 1, until, "shop", "acme/eu")):
            await http.post("orders", json=BODY, into=dict[str, str])

    await measure(call)
    await http.close()


CLIENTS = {one.__name__: one for one in (aiohttp, httpx, httpx2, niquests, pyreqwest, kit)}


async def main(name: str, url: str, calls: int) -> None:
    async def many(call: Call, each: int) -> None:
        async def lane() -> None:
            for _ in range(each):
                await call()

        await asyncio.gather(*(lane() for _ in range(AT_ONCE)))

    async def measure(call: Call) -> None:
        await many(call, 5)
        before, since = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        await many(call, calls // AT_ONCE)
        after, done = resource.getrusage(resource.RUSAGE_SELF), calls // AT_ONCE * AT_ONCE
        cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        wall = time.perf_counter() - since
        print(
            json.dumps({"client": name, "cpu_us": round(cpu / done * 1e6, 1), "wall_us": round(wall / done * 1e6, 1)})
        )

    await CLIENTS[name](url, measure)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
