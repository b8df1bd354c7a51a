"""Answers that are given again: of a request that names itself (Idempotency-Key) the first one decides, for 48 hours.

Its answer is written in the commit of what it did, so that there is never one without the other. What was refused did
nothing, and is not kept: the same key may try again.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from pawline.hub.storefront.refusals import Cause, Refusal
from pawline.hub.storefront.sealing import shop_key
from pawline.store import Erased

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pawline.store import Store

OPEN: Final = 0
"""The status of an answer that only stands on the disk so far: whoever asked waits for more."""
Write = tuple[str, tuple[object, ...]]


class Asked(NamedTuple):
    """A request: of which shop, whose key, by what name, and a digest of what it asks."""

    shop: str
    caller: str
    name: str
    digest: bytes

    @property
    def place(self) -> tuple[str, str, str]:
        """By this it is found."""
        return self.shop, self.caller, self.name

    @property
    def event(self) -> str:
        """What an event that comes of it is called by its caller.

        The store knows an event's name for months: given again to another request, when the answer is long gone, it
        would take that one for the old one. So what is asked is in it.
        """
        return f"{self.name}/{self.digest.hex()[:32]}"


class Known(NamedTuple):
    """What was answered: status and body, in JSON."""

    status: int
    body: bytes


def asked(shop: str, caller: str, name: str, what: str, form: msgspec.Struct) -> Asked:
    """`what` is the method and the path. Two bodies that mean the same are the same."""
    said = hashlib.sha256(f"{what}\0".encode() + msgspec.json.encode(form)).digest()
    return Asked(shop, caller, name, said)


class Answers:
    """Of one store. A second request of a name is told `under-way` where the first is still being answered here.

    In another process it waits for the disk as the first does, and is told what the first came to.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._under_way: set[tuple[str, str, str]] = set()

    @contextmanager
    def turn(self, one: Asked) -> Iterator[None]:
        """While it is answered. Raises Refusal."""
        if one.place in self._under_way:
            raise Refusal(Cause.UNDER_WAY)
        self._under_way.add(one.place)
        try:
            yield
        finally:
            self._under_way.discard(one.place)

    async def known(self, one: Asked) -> Known | None:
        """What was answered before. Raises Refusal where the name was another request's."""
        rows = await self._store.fetch("answered", one.place)
        if not rows:
            return None
        digest, _, status, key, body = rows[0]
        if bytes(digest) != one.digest:
            raise Refusal(Cause.REUSED)
        opener = await self._store.keys.by_no(key)
        if isinstance(opener, Erased):  # a shop's own key never is
            raise Refusal(Cause.NOT_FOUND)
        return Known(status, opener.open(bytes(body), _aad(one)))

    async def keep(self, one: Asked, known: Known, household: str | None = None) -> list[Write]:
        """The writes that keep it, for the commit of what it did; until its `household` is erased."""
        key = await shop_key(self._store, one.shop)
        sealed = key.seal(known.body, _aad(one))
        row = (*one.place, one.digest, self._store.now(), known.status, key.no, sealed, household)
        return [("insert_answered", row)]

    async def bind(self, one: Asked, known: Known, household: str | None = None) -> Known:
        """The answer of a request that found everything done: kept by itself, for there is no commit that it joins.

        Raises Refusal where another request took the name meanwhile.
        """
        if (error := (await self._store.written(await self.keep(one, known, household))).error) is not None:
            raise error
        return await self.known(one) or known

    async def settle(self, one: Asked, known: Known) -> Known:
        """What was said in the end, where nobody said it before; and what that is."""
        key = await shop_key(self._store, one.shop)
        row = (*one.place, one.digest, known.status, key.no, key.seal(known.body, _aad(one)))
        if (error := (await self._store.written([("settle_answered", row)])).error) is not None:
            raise error
        try:
            return await self.known(one) or known
        except Refusal:  # two requests took one name at once, over two hubs: both were done, and the other's is kept
            return known


def _aad(one: Asked) -> bytes:
    return "\0".join(("answered", *one.place)).encode()
