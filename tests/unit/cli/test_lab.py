"""The lab's players, apart from a whole day: what an answer is taken for, how a page asks, and what is refused."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from pawline.cli import app
from pawline.cli.lab import ending
from pawline.cli.lab.hand_column import SCRIPT, HandColumn
from pawline.cli.lab.playing import ROOT, survey_tools
from pawline.cli.lab.sandbox_process import SandboxProcess
from pawline.cli.lab.settings import written
from pawline.cli.lab.shopping import Answer, Clock, Says, Visitor
from pawline.cli.lab.tills import FrontTill, HandTill, Quoted, told
from pawline.cli.lab.wire import Said, Wire
from pawline.hub import HubRefused, load_settings
from pawline.lab.day import SCARCE, Shopper
from pawline.lab.judging import Known
from pawline.lab.parts import of_script
from pawline.lab.rows import Column, Left, Visit
from pawline.store import Keyring


def said(code: int, **body: Any) -> Answer:
    return told(Said(code, msgspec.json.encode(body)))


def test_what_an_answer_is_taken_for() -> None:
    assert said(202, id="o", status="placed") == Answer(Says.HAVE_IT, 202, "o")
    assert said(201, id="o", status="authorised") == Answer(Says.HAVE_IT, 201, "o")
    assert said(201, id="o", status="confirmed") == Answer(Says.BOUGHT, 201, "o")
    assert said(200, id="o", status="refused") == Answer(Says.REFUSED, 200, "o")
    assert said(402, order="o") == Answer(Says.REFUSED, 402, "o")
    assert said(409, type="/v1/problems/out-of-stock") == Answer(Says.REFUSED, 409)
    assert said(409, type="/v1/problems/under-way") == Answer(Says.WAIT, 409)
    assert said(503) == Answer(Says.BROKEN, 503)
    assert said(429) == Answer(Says.BROKEN, 429)
    assert told(None) == Answer(Says.BROKEN, 0)


class Shop:
    """A till that answers as it is told, one answer after the other; the last one for ever."""

    def __init__(self, *answers: Answer | None) -> None:
        self.answers, self.pressed = list(answers), list[int]()

    async def ready(self, shopper: Shopper) -> object:
        return shopper

    async def press(self, ready: object, shopper: Shopper, card: int) -> Answer:
        assert ready is shopper
        self.pressed.append(card)
        one = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if one is None:
            await asyncio.Event().wait()
        assert one is not None
        return one

    async def look(self, answer: Answer) -> Answer:
        return answer._replace(says=Says.REFUSED)


async def visited(shop: Shop, **more: Any) -> Visit:
    given: dict[str, Any] = {"declined": False, "patience": 60.0, "returns": False, "sku": "kibble-10"} | more
    one = Shopper(number=1, due=0.0, part="quiet", quantity=1, **given)
    return await Visitor(shop, one, Clock(asyncio.get_running_loop().time())).visit()


async def test_who_is_answered_has_bought_with_the_good_card() -> None:
    shop = Shop(Answer(Says.BOUGHT, 201, "o1"))
    found = await visited(shop)
    assert (found.left, found.status, found.asked, found.broken, found.gave_up) == (Left.BOUGHT, 201, 1, 0, False)
    assert (shop.pressed, found.orders) == ([1], ("o1",))
    assert found.stayed == pytest.approx((found.waited or 0.0) + found.page_ms, abs=0.01)


class SlowPage(Shop):
    """Its cart comes after a fifth of a second, or never."""

    never = False

    async def ready(self, shopper: Shopper) -> object:
        await asyncio.sleep(60.0 if self.never else 0.2)
        return shopper


async def test_who_waits_for_the_page_waits_and_has_one_patience_for_page_and_answer() -> None:
    found = await visited(SlowPage(Answer(Says.BOUGHT, 201, "o1")))
    assert (found.page_ms >= 200.0, found.stayed >= 200.0, (found.waited or 900.0) < 200.0) == (True, True, True)
    left = await visited(SlowPage(None), patience=0.5)
    assert (left.left, left.gave_up, left.waited) == (Left.GAVE_UP, True, None)
    assert 500.0 <= left.stayed < 690.0
    never = SlowPage(None)
    never.never = True
    gone = await visited(never, patience=0.05)
    assert (gone.gave_up, gone.asked, gone.stayed == gone.page_ms) == (True, 0, True)


async def test_who_is_declined_tries_another_card_and_their_first_answer_counts() -> None:
    shop = Shop(Answer(Says.REFUSED, 402, "o1"), Answer(Says.BOUGHT, 201, "o2"))
    found = await visited(shop, declined=True)
    assert (found.left, found.status, shop.pressed, found.orders) == (Left.BOUGHT, 402, [0, 1], ("o1", "o2"))


async def test_who_is_refused_with_a_good_card_finds_it_sold_out_also_where_the_page_says_so_later() -> None:
    assert (await visited(Shop(Answer(Says.REFUSED, 409)), sku=SCARCE)).left is Left.SOLD_OUT
    assert (await visited(Shop(Answer(Says.HAVE_IT, 202, "o1")), sku=SCARCE)).left is Left.SOLD_OUT
    assert (await visited(Shop(Answer(Says.REFUSED, 409)))).left is Left.DECLINED


async def test_who_sees_an_error_presses_again_and_it_is_counted() -> None:
    shop = Shop(Answer(Says.BROKEN, 500), Answer(Says.WAIT, 409), Answer(Says.BOUGHT, 201, "o1"))
    found = await visited(shop)
    assert (found.left, found.asked, found.broken, shop.pressed) == (Left.BOUGHT, 3, 1, [1, 1, 1])


async def test_who_has_no_patience_leaves_and_some_come_back_once() -> None:
    found = await visited(Shop(None), patience=0.01)
    assert (found.left, found.gave_up, found.came_back, found.waited) == (Left.GAVE_UP, True, False, None)
    assert found.stayed >= 10.0
    again = await visited(Shop(None, Answer(Says.BOUGHT, 201, "o1")), patience=0.5, returns=True)
    assert (again.left, again.gave_up, again.came_back, again.waited) == (Left.BOUGHT, True, True, None)


@asynccontextmanager
async def served(*answers: bytes) -> AsyncIterator[tuple[Wire, list[int]]]:
    """A socket that gives one answer to each request, and hangs up at b''; how many requests each connection had."""
    left, had, tasks = list(answers), list[int](), list[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.append(task)
        had.append(0)
        me = len(had) - 1
        with suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                had[me] += 1
                answer = left.pop(0)
                writer.write(answer)
                if not answer or b"..." in answer:
                    break
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        wire = Wire(server.sockets[0].getsockname()[1])
        yield wire, had
        wire.close()
        await asyncio.gather(*tasks)


BUYER = Shopper(number=7, due=0.0, part="quiet", sku="chew-1", quantity=1, declined=False, patience=9.0, returns=False)


async def test_what_was_sent_to_the_script_is_its_order_once_it_says_so() -> None:
    answers = (b"HTTP/1.1 %d So\r\nContent-Length: 0\r\n\r\n" % status for status in (500, 201))
    async with served(*answers) as (wire, _):
        till = HandTill(wire)
        await till.press(BUYER, BUYER, 1)
        first = till.placed["h7-1"]
        await till.press(BUYER, BUYER, 1)
        assert (first.sure, till.placed["h7-1"]) == (False, first._replace(sure=True))


async def test_an_order_that_a_shopper_was_told_of_is_known_whatever_the_hub_remembers() -> None:
    body = b'{"id": "o1", "status": "placed"}'
    gone = b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"
    answers = gone, b"HTTP/1.1 202 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    async with served(*answers) as (wire, _):
        till = FrontTill(wire, "key")
        ready = Quoted("q", {"minor": 1, "currency": "EUR"})
        await till.press(ready, BUYER, 1)
        ((_, first),) = till.sent.items()
        assert till.taken == {}
        await till.press(ready, BUYER, 1)
        assert till.taken == {"o1": Known(7, first, refused=False)}


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def test_a_connection_is_kept_and_what_breaks_is_an_os_error() -> None:
    async with served(OK, OK, b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n...", OK) as (wire, had):
        assert [await wire.ask("GET", "/"), await wire.ask("GET", "/")] == [Said(200, b"ok")] * 2
        assert had == [2]
        for _ in range(2):
            with pytest.raises(OSError, match="not whole"):
                await wire.ask("GET", "/")
        assert await wire.ask("GET", "/") == Said(200, b"ok")
        assert had == [3, 1, 1]
        with pytest.raises(OSError, match="onnect"):
            await Wire(1).ask("GET", "/")


def test_the_hub_of_each_profile_has_settings_that_are_taken(tmp_path: Path) -> None:
    Keyring.generate().save(tmp_path / "pawline.key")
    for profile in ("synchronous", "hybrid", "event-driven"):
        (tmp_path / "pawline.toml").write_text(written("http://127.0.0.1:1", 2, profile, 3.0, "23:59"), "utf-8")
        taken = load_settings(tmp_path / "pawline.toml", {})
        assert [one.profile.value for one in taken.storefronts] == [profile]
        assert (taken.stock, len(taken.accounts)) == ("accounts", 6)


async def test_a_script_that_ended_by_itself_is_no_measurement() -> None:
    column = HandColumn(SandboxProcess({}))
    await column.start({})
    try:
        assert await column.known(0.0) == {}
        assert column.script.process is not None
        column.script.process.kill()
        await column.script.process.wait()
        with pytest.raises(HubRefused, match="ended by itself"):
            await column.known(0.0)
    finally:
        await column.end()


def test_the_script_calls_the_same_six_systems() -> None:
    counted = of_script(SCRIPT.read_text("utf-8"), ROOT)
    assert (counted.systems, counted.stores, counted.flows) == (6, 0, 0)
    assert survey_tools() == ["formbricks", "zigpoll"]


async def test_who_is_told_to_end_ends_in_order() -> None:
    ended = list[bool]()

    async def play() -> tuple[Column, ...]:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(30)
        finally:
            ended.append(True)
        return ()

    with pytest.raises(typer.Exit) as told_to:
        await asyncio.create_task(ending(play()))
    assert (ended, told_to.value.exit_code) == ([True], 143)


def test_what_cannot_be_played_is_refused_before_it_begins(tmp_path: Path) -> None:
    def refused(*words: str) -> str:
        done = CliRunner().invoke(app, ["lab", *words])
        assert isinstance(done.exception, HubRefused)
        return str(done.exception)

    csv = tmp_path / "ours.csv"
    csv.write_text("vendor,milliseconds\nbank,3\n", "utf-8")
    assert refused("--latencies", str(csv)).endswith(
        "line 2: bank is none of crm, fulfilment, inventory, marketing, payments, shipping"
    )
    csv.write_bytes(b"\xff\xfe\x00")
    assert refused("--latencies", str(csv)).endswith("it is no text")
    assert refused("--page", str(tmp_path)).endswith("name a file in a folder that is there")
    assert refused("--page", str(tmp_path / "no" / "page.html")).endswith("name a file in a folder that is there")
