"""The balance, transaction by transaction, for an X-ray: by lists alone, and nothing is written.

A transaction does not say of which order it is: the charge that it is about does, which is told with it, or the one
that its refund or dispute is about. Nor does it say in which payout it is: a payout is asked for its own, once Stripe
has made up which those are.

https://docs.stripe.com/api/balance_transactions/list , https://docs.stripe.com/api/refunds/list ,
https://docs.stripe.com/api/disputes/list , https://docs.stripe.com/api/payouts/list , https://docs.stripe.com/api/expanding_objects
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import Final, NamedTuple, TypeVar

import msgspec
from typing_extensions import TypeForm

from pawline.connectors.stripe import amounts
from pawline.connectors.stripe.client import Api
from pawline.connectors.stripe.naming import LABEL, ORDER, ours
from pawline.connectors.stripe.settings import Settings
from pawline.connectors.stripe.told import ToldPayout, moment
from pawline.kit import Http, Move, Moves
from pawline.model import Money
from pawline.ports import Malformed, Transient

T = TypeVar("T")
PAUSES: Final = (1.0, 5.0, 30.0)
"""Seconds before a page is asked for again: half a year of a shop is thousands of them, and one of them fails."""
EXPANDED: Final = {"expand": ["data.source"]}
THEIRS: Final = "order_id"
"""Where others put the order: WooCommerce's plugin, and what the dashboard's exports call `order_id (metadata)`."""


class Charged(msgspec.Struct, frozen=True):
    """A charge, as far as it says whose it is and what its shopper saw; anything else that a transaction is about."""

    id: str
    currency: str = ""
    amount_captured: int | None = None
    metadata: dict[str, str] | None = None


class Back(msgspec.Struct, frozen=True):
    """A refund or a dispute, which names its charge."""

    id: str
    amount: int
    currency: str
    charge: Charged | str | None = None


class Transacted(msgspec.Struct, frozen=True):
    """A change of the balance, and what it is about."""

    id: str
    created: int
    amount: int
    net: int
    currency: str
    reporting_category: str = ""
    source: Charged | str | None = None


class Known(NamedTuple):
    """Of a charge, refund or dispute: its order, and what its shopper saw."""

    order: str
    amount: Money


async def since(
    http: Http, settings: Settings, begin: datetime, say: Callable[[str], None]
) -> AsyncIterator[Move]:  # fmt: skip
    """Each transaction once: those since then, and the older ones that a payout since then is made of."""
    reading = _Reading(_Patient(http), settings, int(begin.timestamp()), say)
    await reading.know()
    async for move in reading.moves():
        yield move


class _Patient(Api):
    """Asks for a page again: a read does nothing, and no runtime does it for us."""

    async def get(self, *path: str, query: Mapping[str, object] | None = None, into: TypeForm[T]) -> T:
        for pause in PAUSES:
            try:
                return await super().get(*path, query=query, into=into)
            except Transient as problem:
                asked = 0.0 if problem.retry_after is None else problem.retry_after.total_seconds()
                await asyncio.sleep(max(pause, asked))
        return await super().get(*path, query=query, into=into)


class _Reading:
    def __init__(self, api: Api, settings: Settings, begin: int, say: Callable[[str], None]) -> None:
        self._api, self._settings, self._say = api, settings, say
        self._begin, self._lately = begin, {"created": {"gte": begin}}
        self._known: dict[str, Known] = {}
        self._payouts: dict[str, str] = {}
        self._older: dict[str, Transacted] = {}

    async def know(self) -> None:
        """What went back, of which charge, and what is in which payout."""
        query = self._lately | {"expand": ["data.charge"]}
        for path in ("refunds", "disputes"):
            count = 0
            async for back in self._api.each(path, query=query, into=Back, name=_id):
                order = self._order(back.charge) if isinstance(back.charge, Charged) else ""
                self._known[back.id] = _known(back.id, order, back.amount, back.currency)
                count += 1
            self._say(f"{count} {path}")
        async for payout in self._api.each("payouts", query=self._lately, into=ToldPayout, name=_id):
            await self._in(payout)

    async def moves(self) -> AsyncIterator[Move]:
        """All of them, the newest first; then what is older."""
        seen = 0
        path, query = "balance_transactions", self._lately | EXPANDED
        async for one in self._api.each(path, query=query, into=Transacted, name=_id):
            self._older.pop(one.id, None)
            seen += 1
            yield self._move(one)
        for one in self._older.values():
            yield self._move(one)
        self._say(f"{seen + len(self._older)} transactions")

    async def _in(self, payout: ToldPayout) -> None:
        """Of one that is made up: Stripe does not say it of those that were asked for by hand."""
        if payout.reconciliation_status != "completed":
            return
        query = {"payout": payout.id} | EXPANDED
        async for one in self._api.each("balance_transactions", query=query, into=Transacted, name=_id):
            self._payouts[one.id] = payout.id
            if one.created < self._begin:
                self._older[one.id] = one

    def _move(self, one: Transacted) -> Move:
        source = one.source if isinstance(one.source, str) else "" if one.source is None else one.source.id
        known = self._about(one.source)
        try:
            return Move(
                id=one.id, kind=one.reporting_category, source=source, at=moment(one.created),
                settled=amounts.money(one.amount, one.currency), net=amounts.money(one.net, one.currency),
                amount=None if known is None else known.amount, order="" if known is None else known.order,
                payout=self._payouts.get(one.id, ""),
            )  # fmt: skip
        except (ValueError, OverflowError) as problem:
            raise Malformed(f"transaction {one.id}: {problem}") from problem

    def _about(self, source: Charged | str | None) -> Known | None:
        """A charge says it itself; a refund or a dispute was listed."""
        if isinstance(source, Charged) and source.amount_captured is not None:
            return _known(source.id, self._order(source), source.amount_captured, source.currency)
        return self._known.get(source.id if isinstance(source, Charged) else source or "")

    def _order(self, one: Charged) -> str:
        told = one.metadata or {}
        mine = ours(self._settings.labels, told)
        if mine is not None:
            return mine.order
        others = LABEL in told or ORDER in told  # another shop's, or another hub's: no order of this one
        return "" if others else told.get(THEIRS, "")


def _known(id_: str, order: str, amount: int, currency: str) -> Known:
    try:
        return Known(order, amounts.money(amount, currency))
    except (ValueError, OverflowError) as problem:
        raise Malformed(f"{id_}: {problem}") from problem


def _id(one: Back | Transacted | ToldPayout) -> str:
    return one.id


MOVES: Final[Moves[Settings]] = Moves(since)
