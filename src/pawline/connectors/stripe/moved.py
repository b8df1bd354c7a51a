"""The balance, transaction by transaction, for an X-ray: by lists alone, and nothing is written.

A transaction does not say of which order it is; the charge, refund or dispute that it is about leads there. Nor does it
say in which payout it is: a payout is asked for its own, once Stripe has made up which those are.

https://docs.stripe.com/api/balance_transactions/list , https://docs.stripe.com/api/charges/list ,
https://docs.stripe.com/api/refunds/list , https://docs.stripe.com/api/disputes/list , https://docs.stripe.com/api/payouts/list
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from pawline.connectors.stripe import amounts
from pawline.connectors.stripe.client import Api
from pawline.connectors.stripe.naming import LABEL, ORDER, ours
from pawline.connectors.stripe.settings import Settings
from pawline.connectors.stripe.told import Named, ToldPayout, moment
from pawline.kit import Http, Move, Moves
from pawline.model import Money
from pawline.ports import Code, Malformed, Rejected

THEIRS: Final = "order_id"
"""Where others put the order: WooCommerce's plugin, and what the dashboard's exports call `order_id (metadata)`."""


class Charged(msgspec.Struct, frozen=True):
    """A charge, as far as it says whose it is and what its shopper saw."""

    id: str
    currency: str
    amount_captured: int = 0
    metadata: dict[str, str] | None = None


class Back(msgspec.Struct, frozen=True):
    """A refund or a dispute, which names its charge."""

    id: str
    amount: int
    currency: str
    charge: Named | str | None = None


class Transacted(msgspec.Struct, frozen=True):
    """A change of the balance, and what it is about."""

    id: str
    created: int
    amount: int
    net: int
    currency: str
    reporting_category: str = ""
    source: Named | str | None = None


class Known(NamedTuple):
    """Of a charge, refund or dispute: its order, and what its shopper saw."""

    order: str
    amount: Money


async def since(
    http: Http, settings: Settings, begin: datetime, say: Callable[[str], None]
) -> AsyncIterator[Move]:  # fmt: skip
    """Each transaction once: those since then, and the older ones that a payout since then is made of."""
    reading = _Reading(Api(http), settings, int(begin.timestamp()), say)
    await reading.know()
    async for move in reading.moves():
        yield move


class _Reading:
    def __init__(self, api: Api, settings: Settings, begin: int, say: Callable[[str], None]) -> None:
        self._api, self._settings, self._say = api, settings, say
        self._lately = {"created": {"gte": begin}}
        self._known: dict[str, Known | None] = {}
        self._payouts: dict[str, str] = {}
        self._older: dict[str, Transacted] = {}

    async def know(self) -> None:
        """What transactions may be about, and what is in which payout."""
        async for one in self._api.each("charges", query=self._lately, into=Charged, name=_id):
            self._known[one.id] = self._charge(one)
        self._say(f"{len(self._known)} charges")
        for path in ("refunds", "disputes"):
            count = 0
            async for back in self._api.each(path, query=self._lately, into=Back, name=_id):
                self._known[back.id] = await self._back(back)
                count += 1
            self._say(f"{count} {path}")
        async for payout in self._api.each("payouts", query=self._lately, into=ToldPayout, name=_id):
            await self._in(payout)

    async def moves(self) -> AsyncIterator[Move]:
        """All of them, the newest first; then what is older."""
        seen = 0
        path = "balance_transactions"
        async for one in self._api.each(path, query=self._lately, into=Transacted, name=_id):
            self._older.pop(one.id, None)
            seen += 1
            yield await self._move(one)
        for one in self._older.values():
            yield await self._move(one)
        self._say(f"{seen + len(self._older)} transactions")

    async def _in(self, payout: ToldPayout) -> None:
        """Of one that is made up: Stripe does not say it of those that were asked for by hand."""
        if payout.reconciliation_status != "completed":
            return
        query = {"payout": payout.id}
        async for one in self._api.each("balance_transactions", query=query, into=Transacted, name=_id):
            self._payouts[one.id] = payout.id
            self._older[one.id] = one

    async def _move(self, one: Transacted) -> Move:
        source = _named(one.source)
        known = await self._about(source, one.reporting_category)
        try:
            return Move(
                id=one.id, kind=one.reporting_category, source=source, at=moment(one.created),
                settled=amounts.money(one.amount, one.currency), net=amounts.money(one.net, one.currency),
                amount=None if known is None else known.amount, order="" if known is None else known.order,
                payout=self._payouts.get(one.id, ""),
            )  # fmt: skip
        except (ValueError, OverflowError) as problem:
            raise Malformed(f"transaction {one.id}: {problem}") from problem

    async def _about(self, source: str, category: str) -> Known | None:
        if source in self._known or category != "charge":
            return self._known.get(source)
        return await self._older_charge(source)

    async def _older_charge(self, id_: str) -> Known | None:
        """One of before: it is asked for by itself, once."""
        if id_ not in self._known:
            try:
                self._known[id_] = self._charge(await self._api.get("charges", id_, into=Charged))
            except Rejected as no:
                if no.code is not Code.NOT_FOUND:
                    raise
                self._known[id_] = None
        return self._known[id_]

    async def _back(self, back: Back) -> Known | None:
        charge = _named(back.charge)
        of = await self._older_charge(charge) if charge else None
        return _known(back.id, "" if of is None else of.order, back.amount, back.currency)

    def _charge(self, one: Charged) -> Known | None:
        told = one.metadata or {}
        mine = ours(self._settings.labels, told)
        others = LABEL in told or ORDER in told  # another shop's, or another hub's: no order of this one
        order = mine.order if mine is not None else "" if others else told.get(THEIRS, "")
        return _known(one.id, order, one.amount_captured, one.currency)


def _known(id_: str, order: str, amount: int, currency: str) -> Known:
    try:
        return Known(order, amounts.money(amount, currency))
    except (ValueError, OverflowError) as problem:
        raise Malformed(f"{id_}: {problem}") from problem


def _named(what: Named | str | None) -> str:
    return "" if what is None else what if isinstance(what, str) else what.id


def _id(one: Charged | Back | Transacted | ToldPayout) -> str:
    return one.id


MOVES: Final[Moves[Settings]] = Moves(since)
