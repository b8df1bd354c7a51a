"""Lists in pages and keys, done wrong one way at a time: each promise notices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

import msgspec
import pytest

from pawline.kit import Guard, Http
from pawline.model import Aware
from pawline.ports import Malformed, Receipt, current_attempt, read
from pawline.testing.conformance import ConnectorPromises
from pawline.testing.counter import json
from tests.unit.connectors.hostile import GoodBell, promises

Promise = Callable[[ConnectorPromises], None]
P = ConnectorPromises
NAME = "Log.since"
FIRST, SECOND, LAST = (b'{"rings": ["a"], "after": "c 1"}', b'{"rings": ["b"], "after": "c/2"}', b'{"rings": ["c"]}')
PAGES = {NAME: (FIRST, SECOND, LAST)}


class Rings(msgspec.Struct, frozen=True, kw_only=True):
    rings: tuple[str, ...]
    after: str | None = None


class Log(Protocol):
    """A port of this test."""

    @read
    async def since(self, since: Aware, after: str | None) -> Rings: ...

    @read
    async def last(self) -> Rings: ...


class GoodLog(GoodBell):
    async def page(self, after: str | None) -> Rings:
        return await self.http.get("log", query={} if after is None else {"cursor": after}, into=Rings)

    async def since(self, since: datetime, after: str | None) -> Rings:
        return await self.page(after)

    async def last(self) -> Rings:
        return await self.page(None)


class OnlyFirst(GoodLog):
    async def since(self, since: datetime, after: str | None) -> Rings:
        return Rings(rings=(await self.page(after)).rings)


class ForgetsWhere(GoodLog):
    async def since(self, since: datetime, after: str | None) -> Rings:
        return await self.page(None)


class AllAtOnce(GoodLog):
    async def since(self, since: datetime, after: str | None) -> Rings:
        found = await self.page(after)
        rings = found.rings
        while found.after is not None:
            found = await self.page(found.after)
            rings += found.rings
        return Rings(rings=rings)


class CountsItself(GoodLog):
    count = 0

    async def since(self, since: datetime, after: str | None) -> Rings:
        found, self.count = await self.page(after), self.count + 1
        return Rings(rings=found.rings, after=None if found.after is None else f"{self.count}")


class Breaks(GoodLog):
    async def since(self, since: datetime, after: str | None) -> Rings:
        if after is not None:
            raise Malformed("only one page is understood")
        return await self.page(after)


@pytest.mark.parametrize("pages", [PAGES, {NAME: tuple(json(200, one, "link: x") for one in PAGES[NAME])}])
@pytest.mark.parametrize(
    "promise",
    [
        P.test_every_list_in_pages_is_tried, P.test_a_list_is_read_to_its_end,
        P.test_a_list_that_names_a_cursor_again_ends,
    ],
)  # fmt: skip
def test_pages_that_are_read_right_pass(promise: Promise, pages: Any) -> None:
    promise(promises(GoodLog, port=Log, vendor_pages=pages))


@pytest.mark.parametrize(
    ("promise", "play", "says"),
    [
        (P.test_a_list_is_read_to_its_end, OnlyFirst, "Log.since: of 3 pages it read 1"),
        (P.test_a_list_is_read_to_its_end, ForgetsWhere, "the page after c 1 is not asked for by its cursor"),
        (P.test_a_list_is_read_to_its_end, AllAtOnce, "Log.since: of 3 pages it read 3"),
        (P.test_a_list_is_read_to_its_end, Breaks, "only one page is understood"),
        (P.test_a_list_that_names_a_cursor_again_ends, OnlyFirst, "went round in circles, and it said None"),
        (P.test_a_list_that_names_a_cursor_again_ends, AllAtOnce, "went round in circles, and it said Transient"),
        (P.test_a_list_that_names_a_cursor_again_ends, CountsItself, "went round in circles, and it said Transient"),
    ],
)
def test_pages_that_are_read_wrong_are_noticed(promise: Promise, play: type[Any], says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        promise(promises(play, port=Log, vendor_pages=PAGES))


@pytest.mark.parametrize(
    ("pages", "says"),
    [
        ({}, "`vendor_pages` has the vendor's answers to Log.since"),
        (PAGES | {"Log.last": PAGES[NAME]}, "`vendor_pages` has the vendor's answers to Log.since"),
        ({NAME: (LAST,)}, "Log.since: two different pages at least"),
        ({NAME: (FIRST, FIRST)}, "Log.since: two different pages at least"),
    ],
)
def test_a_list_in_pages_that_is_not_tried_is_reported(pages: Any, says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        promises(GoodLog, port=Log, vendor_pages=pages).test_every_list_in_pages_is_tried()


class KeepsTheFirstKey(GoodBell):
    key = ""

    async def ring(self, text: str) -> Receipt:
        self.key = self.key or current_attempt().key
        return await self.http.post("rings", json={"text": text, "key": self.key}, into=Receipt)


class OtherWords(GoodBell):
    key = ""

    async def ring(self, text: str) -> Receipt:
        given = current_attempt().key
        self.key, again = given, self.key == given
        body = {"text": text, "again": again}
        return await self.http.post("rings", json=body, into=Receipt)


class OtherKeyAtTheSecondTry(GoodBell):
    tries = 0

    async def ring(self, text: str) -> Receipt:
        self.tries += 1
        key = current_attempt().key if self.tries == 1 else f"{self.tries}"
        return await self.http.post("rings", json={"text": text, "key": key}, into=Receipt)


def keyless_http(settings: Any, guard: Guard) -> Http:
    return Http(settings.url, guard=guard, key_header=None)


def test_an_attempts_key_that_is_right_passes() -> None:
    promises().test_an_attempt_has_one_key_and_the_next_attempt_another()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"play": KeepsTheFirstKey}, "Bell.ring: another attempt is sent with the key of the one before"),
        ({"play": KeepsTheFirstKey, "http": keyless_http}, "Bell.ring: another attempt is sent without its own key"),
        ({"play": OtherWords}, "Bell.ring: its key comes with other words"),
        ({"play": OtherKeyAtTheSecondTry, "http": keyless_http}, "Bell.ring: sent again, its key is another"),
    ],
)
def test_an_attempts_key_that_is_wrong_is_noticed(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        promises(**wrong).test_an_attempt_has_one_key_and_the_next_attempt_another()
