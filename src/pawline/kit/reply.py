"""The body of an answer: read up to a limit, or left where its head says all."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

import aiohttp

from pawline.ports import Code, Malformed

MOMENT: Final = 1.0
"""Seconds for which a body is waited for of which nothing is wanted, so that its connection serves the next call."""


async def read(reply: aiohttp.ClientResponse, most: int, what: str) -> bytes:
    """All of it. Raises Malformed for an answer of success that is longer than `most`."""
    chunks, size = list[bytes](), 0
    async for chunk in reply.content.iter_any():
        size += len(chunk)
        if size > most:
            reply.close()
            if reply.status < 300:
                raise Malformed(f"{what} was answered with more than {most} bytes", Code.TOO_LARGE)
            break  # an error is an error by its status, however long its page is
        chunks.append(chunk)
    return b"".join(chunks)


async def leave(reply: aiohttp.ClientResponse, most: int, what: str) -> bytes:
    """Nothing of an answer of success: one that goes on, or breaks off, is hung up on, and is one all the same."""
    if reply.status >= 300:
        return await read(reply, most, what)
    with suppress(TimeoutError, aiohttp.ClientError):
        async with asyncio.timeout(MOMENT):
            await reply.content.readany()
    return b""
