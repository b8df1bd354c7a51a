"""Rates for a checkout that waits: answered from the shop's table and the views, and always answered.

What the table says is said in any case; what it promises only where the stock is known in time. Where the table does
not help, or something is wrong, the shop's backup is the answer. Nothing leaves, and nothing of who asks is kept.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pawline.hub.health import Check
from pawline.hub.rates import rates_of
from pawline.hub.settings import HubRefused
from pawline.insight.rates import NoPrice, Supply, Tariff, choices, supply
from pawline.kit import Headers, Quotes, Secret, Unsigned

if TYPE_CHECKING:
    from pawline.hub.settings import Settings
    from pawline.views.shelf import Shelf

_log = logging.getLogger("pawline.hub")
BUDGET: Final = 0.1
"""Seconds that an answer takes at most, or the doctor says so. Shopify gives up after three to ten; shoppers sooner."""
READ: Final = 0.05
"""Of them, for reading what is in stock: it is not waited for longer."""
SKUS: Final = 60
"""In a basket: of one that has more nothing is promised."""


class Asker(NamedTuple):
    """An account whose checkout asks for the rates of one shop, with the secrets that are live; see `asker_of`."""

    account: str
    shop: str
    quotes: Quotes[Any]
    secrets: tuple[Secret, ...]
    tariff: Tariff
    backup: bytes


class NoAsker(LookupError):
    """No account of this name asks for rates here."""


class How(StrEnum):
    """How a question was answered."""

    PROMISED = "with a day"
    UNPROMISED = "without a day"
    BACKUP = "by the backup"
    REFUSED = "not at all: unsigned"


UNPROMISED: Final = {
    Supply.THERE: "the table promises nothing there",
    Supply.LATER: "something is not in stock",
    Supply.UNKNOWN: "something was never counted, or is recalled",
}
"""Why there was no day, where the stock was known."""


class Quoting:
    """Answers for every account that asks.

    `now` tells the hub's own time, in epoch seconds; `waits` is told that a shopper does.
    `counts` and `why` are since the hub began, `slowest` the longest that an answer took, in seconds.
    """

    def __init__(
        self, askers: Iterable[Asker], shelf: Shelf, now: Callable[[], float], waits: Callable[[], None]
    ) -> None:
        self.askers: Final = {one.account: one for one in askers}
        self.counts: Final = Counter[tuple[str, How]]()
        self.why: Final = Counter[tuple[How, str]]()
        self.slowest = 0.0
        self._shelf, self._now, self._waits = shelf, now, waits

    async def answer(self, account: str, headers: Headers, body: bytes, now: float) -> bytes:
        """The answer's body. Raises NoAsker, and Unsigned (the log says why, without the payload); nothing else."""
        began = asyncio.get_running_loop().time()
        asker = self.askers.get(account)
        if asker is None:
            raise NoAsker(account)
        try:
            asker.quotes.signature.verify(asker.secrets, headers, body, now)
        except Unsigned as problem:
            self.counts[account, How.REFUSED] += 1
            _log.warning("%s: a question of %d bytes for rates is not believed: %s", account, len(body), problem.why)
            raise
        self._waits()
        how, said = await self._said(asker, body, began)
        self.counts[account, how] += 1
        self.slowest = max(self.slowest, asyncio.get_running_loop().time() - began)
        return said

    async def _said(self, asker: Asker, body: bytes, began: float) -> tuple[How, bytes]:
        try:
            basket = asker.quotes.read(body)
            skus, stock = {line.sku for line in basket.lines}, None
            if len(skus) <= SKUS:
                stock = await self._shelf.standings(asker.shop, skus, began + READ)
            at = datetime.fromtimestamp(self._now(), UTC)
            found = choices(asker.tariff, basket, at, stock, asker.quotes.shown)
            said = asker.quotes.write(found)
        except NoPrice as none:
            self.why[How.BACKUP, none.why.value] += 1
            return How.BACKUP, asker.backup
        except Exception as problem:  # noqa: BLE001 - whatever is wrong with us, the shopper goes on
            self.why[How.BACKUP, "it cannot be read, or a defect of ours: see the log"] += 1
            _log.error("%s: answered by the backup, because of %s", asker.account, type(problem).__name__)
            return How.BACKUP, asker.backup
        if any(one.latest for one in found):
            return How.PROMISED, said
        why = "its stock was not known in time" if stock is None else UNPROMISED[supply(asker.tariff, basket, stock)]
        self.why[How.UNPROMISED, why] += 1
        return How.UNPROMISED, said

    def check(self) -> Check:
        """The doctor's question how checkouts were answered since the hub began."""
        told = []
        for account in sorted(self.askers):
            counts = [f"{count} {how}" for how in How if (count := self.counts[account, how])]
            told.append(f"{account}: {', '.join(counts) or 'nobody has asked yet'}")
        if self.slowest:
            told.append(f"the slowest took {self.slowest * 1_000:.0f} ms")
        told += [f"{count} {how} because {why}" for (how, why), count in sorted(self.why.items())]
        odd = self.slowest > BUDGET or any(how in {How.BACKUP, How.REFUSED} for _, how in self.counts)
        return Check(name="quotes", state="look" if odd else "good", says="; ".join(told))


def asker_of(settings: Settings, account: str, shop: str, quotes: Quotes[Any], secrets: tuple[Secret, ...]) -> Asker:
    """The account with its shop's table. Raises HubRefused for prices that its checkout cannot be told."""
    said = next(one for one in settings.rates if shop in (one.shops or settings.shops))
    pickups = next((one for one in settings.pickups if shop in (one.shops or settings.shops)), None)
    rates = rates_of(said, pickups)
    try:
        backup = quotes.write([rates.backup])  # its currency is that of every price
    except ValueError as problem:
        raise HubRefused(f"`rates`: {account} cannot be told prices of {shop}: {problem}") from problem
    return Asker(account, shop, quotes, secrets, rates.tariff, backup)
