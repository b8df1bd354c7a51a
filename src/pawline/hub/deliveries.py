"""Deliveries on the disk: sealed by the shop's own key, until they were taken apart."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from pawline.hub.hearing import Arrived
from pawline.kit import as_text
from pawline.store import DataKey, Erased, StoreError, Unreadable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pawline.store import Store

_log = logging.getLogger("pawline.hub")
ORPHANED: Final = 30.0
"""Seconds after which a delivery is anybody's: the owner of its lane may be of a version that knows no deliveries."""
UNREAD: Final = 60.0
"""Seconds until one that does not open is tried again: its key may be given by then."""
PAGE: Final = 64
PAGE_BYTES: Final = 4 << 20
NUMBERS: Final = 1_000
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[list[tuple[bytes, bytes]], bytes]).decode


class Waits(NamedTuple):
    """A delivery on the disk; `arrived` is None where it does not open, and `why` says why."""

    no: int
    shop: str
    account: str
    at: float
    size: int
    arrived: Arrived | None
    why: str = ""


class Deliveries:
    """Reads them. What does not open stays where it is, for whoever has its key, and is passed over for a while."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._passed: dict[int, float] = {}  # until when

    def pass_over(self, no: int, seconds: float) -> None:
        """It is on no page for so long."""
        self._passed[no] = time.monotonic() + seconds

    async def page(self, lanes: Iterable[int], after: int, but: Collection[int]) -> tuple[list[int], bool]:
        """Numbers behind `after` of these lanes, and of any where they wait for long, and whether there are more.

        Raises StoreError.
        """
        wanted, size, mine = list[int](), 0, sorted(lanes)
        self._passed = {no: at for no, at in self._passed.items() if at > time.monotonic()}
        while rows := await self._store.fetch("delivery_numbers", (after, mine, self._store.now() - ORPHANED, NUMBERS)):
            for no, length in rows:
                if no in but or no in self._passed:
                    continue
                if len(wanted) >= PAGE or (wanted and size + length > PAGE_BYTES):
                    return wanted, True
                wanted.append(no)
                size += length
            if len(rows) < NUMBERS:
                break
            after = rows[-1][0]
            await asyncio.sleep(0)  # whoever waits outside has a turn
        return wanted, False

    async def read(self, numbers: list[int]) -> list[tuple[int, Arrived, int]]:
        """Those of these that are still there and open, with their sizes. Raises StoreError."""
        found: list[tuple[int, Arrived, int]] = []
        for one in await opened(self._store, numbers):
            if one.arrived is not None:
                found.append((one.no, one.arrived, one.size))
                continue
            self.pass_over(one.no, UNREAD)
            _log.error("webhook %d of %s does not open, it is tried again: %s", one.no, one.account, one.why)
        return found


async def opened(store: Store, numbers: list[int]) -> list[Waits]:
    """Those of these that are still there. Raises StoreError."""
    found = list[Waits]()
    rows = await store.fetch("deliveries", (numbers,)) if numbers else []
    keys = await store.keys.by_nos({row[4] for row in rows}) if rows else {}
    for no, shop, account, at, name, body in rows:
        one = Waits(no, shop, account, at, len(body), None)
        try:
            headers, whole = unpacked(_key(keys[name]).open(body, aad(no)))
            one = one._replace(arrived=Arrived(account, shop, headers, whole, at))
        except (StoreError, msgspec.DecodeError) as problem:
            one = one._replace(why=str(problem))
        found.append(one)
    return found


def _key(found: DataKey | Erased | StoreError) -> DataKey:
    if isinstance(found, StoreError):
        raise found
    if isinstance(found, Erased):
        raise Unreadable("the shop's key is not there any more")
    return found


def pack(arrived: Arrived) -> bytes:
    """A delivery as it is sealed: what was let in of it, and no more."""
    headers = [(name.encode("latin-1"), value.encode("utf-8", "surrogateescape")) for name, value in arrived.headers]
    return _encode((headers, arrived.body))


def unpacked(packed: bytes) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and body of one that was packed. Raises msgspec.DecodeError."""
    headers, body = _decode(packed)
    return as_text(headers), body


def aad(no: int) -> bytes:
    """What a sealed delivery is bound to."""
    return b"delivery:%d" % no
