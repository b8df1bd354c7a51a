"""The pages behind a letter's links where something is in the way: senders that stall, a store that is away, a detour.

What a page says is believed: it says that an answer is not taken only where it is not.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from pawline.hub import answering
from pawline.store import StoreError, StoreUnsure
from pawline.web import bodies
from tests.journeys.around import until
from tests.journeys.letters import ANN, Letters, lettered, links

CLOSE = "connection: close\r\n"
FORM = f"{CLOSE}content-type: application/x-www-form-urlencoded\r\n"


async def told(address: str, head: str, body: bytes) -> bytes:
    """The head of what is answered to a request that is written by hand."""
    where = urlsplit(address)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    try:
        writer.write(f"POST {where.path} HTTP/1.1\r\nhost: x\r\n{head}\r\n".encode() + body)
        return await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.close()


async def a_link(here: Letters) -> str:
    await here.wonder("bowl")
    (letter,) = await until(lambda: here.to(ANN))
    return links(letter)[0]


async def test_a_form_that_does_not_arrive_is_hung_up_on_as_a_webhook_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever opens connections and says half a form keeps webhooks out: the server has a number of them."""
    monkeypatch.setattr(bodies, "PATIENCE", 0.2)
    async with asyncio.timeout(60), lettered(tmp_path) as here:
        address = await a_link(here)
        for one in (address, f"{address.rpartition('/')[0]}/x"):  # also without a link that is one
            async with asyncio.timeout(10):
                said = await told(one, f"{FORM}content-length: 400\r\n", b"choice=")
            assert said.startswith((b"HTTP/1.1 408", b"HTTP/1.1 404")), said[:40]
        assert await here.clicks() == 0


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        (f"{FORM}content-length: 5000\r\n", b"", b"413"),
        (f"{FORM}transfer-encoding: chunked\r\n", b"1388\r\n" + b"a" * 5_000 + b"\r\n0\r\n\r\n", b"413"),
        (f"{FORM}content-length: 22\r\n", b"choice=1&nonce=\xff%ff%00&", b"404"),
        (f"{CLOSE}content-type: text/plain\r\ncontent-length: 47\r\n", b"choice=1&nonce=" + b"a" * 32, b"404"),
        (f"{CLOSE}content-type: multipart/form-data\r\ncontent-length: 2\r\n", b"--", b"404"),
    ],
)
async def test_what_no_page_of_ours_sends_is_no_answer(head: str, body: bytes, status: bytes, tmp_path: Path) -> None:
    async with asyncio.timeout(60), lettered(tmp_path) as here:
        said = await told(await a_link(here), head, body)
        assert said.split(b" ", 2)[1] == status, said[:200]
        assert b"text/html" in said
        assert await here.clicks() == 0


async def test_an_answer_that_is_taken_is_never_said_not_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store went away between the record and the look at what became of it."""
    async with asyncio.timeout(60), lettered(tmp_path) as here:
        address = await a_link(here)
        page, record, real = await here.read(address), here.hub.engine.record, here.hub.answering.shown

        async def away(*_: Any) -> Any:
            raise StoreError("away")

        async def recorded(*given: Any) -> Any:
            try:
                return await record(*given)
            finally:
                monkeypatch.setattr(here.hub.answering, "shown", away)

        monkeypatch.setattr(here.hub.engine, "record", recorded)
        sent = await here.send(address, 1, page.nonce, follow=False)
        assert sent.status == 303
        monkeypatch.setattr(here.hub.answering, "shown", real)
        assert await until(lambda: here.ended("decide")) == ["leave it"]


async def test_where_the_store_is_away_the_page_says_that_and_that_nothing_was_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asyncio.timeout(60), lettered(tmp_path) as here:
        address = await a_link(here)

        async def away(*_: Any) -> Any:
            raise StoreError("away")

        monkeypatch.setattr(here.hub.answering, "_found", away)
        read, sent = await here.read(address), await here.send(address, 1, "a" * 32)
        for page, says in ((read, "cannot be shown"), (sent, "is not taken")):
            assert (page.status, page.headers["Retry-After"]) == (503, "5")
            assert page.headers["Content-Type"].startswith("text/html")
            assert says in page.text
        assert await here.clicks() == 0


async def test_where_nobody_knows_whether_an_answer_was_taken_the_page_says_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asyncio.timeout(60), lettered(tmp_path) as here:
        address, record = await a_link(here), here.hub.engine.record

        async def unsure(*given: Any) -> Any:
            await record(*given)
            raise StoreUnsure("while committing")

        monkeypatch.setattr(here.hub.engine, "record", unsure)
        sent = await here.send(address, 1, "a" * 32)
        assert (sent.status, sent.text) == (
            503,
            "Pawline Nobody knows yet Your answer may be taken, or not: open the link again in a moment, and look.",
        )


async def test_an_answer_leads_back_to_the_page_that_it_was_given_on(tmp_path: Path) -> None:
    """Also to one whose address something on the way wrote otherwise."""
    async with asyncio.timeout(60), lettered(tmp_path) as here:
        address = (await a_link(here)).partition("?")[0]
        for one in (f"{address}/", address.replace("/smtp/care/", "/smtp%2Fcare/")):
            page = await here.send(one, 1, (await here.read(one)).nonce or "a" * 32)
            assert page.status == 200, one


async def test_an_answer_that_is_not_taken_up_yet_is_said_to_be_on_its_way_and_the_page_looks_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "MOMENT", 0.0)
    async with asyncio.timeout(60), lettered(tmp_path) as here:
        address, record, kept = await a_link(here), here.hub.engine.record, list[Any]()

        async def waits(*given: Any) -> None:
            kept.append(given)

        monkeypatch.setattr(here.hub.engine, "record", waits)
        page = await here.send(address, 1, "a" * 32, follow=False)
        async with here.http.get(urljoin(address, page.headers["Location"])) as said:
            text = await said.text()
        assert (said.status, said.headers["Refresh"], "<button" in text) == (200, "2", False)
        assert "Your answer is on its way." in text
        later = await here.read(f"{address}&sent=1")
        assert "Your answer is not taken up yet. Should it come too late, a letter tells you." in later.text
        assert list(later.choices) == [1, 2]
        await record(*kept[0])
        said_then = await here.read(urljoin(address, page.headers["Location"]))
        assert said_then.text.endswith("It is answered by smtp/care ann: nothing is left to be done here.")
