"""Taxes in a quote, where an account of the shop says what they are: asked once for each thing that can be asked.

What it answered is kept for a while and asked for again beside the quotes that use it, so that a page waits for nobody
but the first time: then for a deadline. Where nobody can say it in time another account says it, which the settings
name, or there is no quote: a total that may be wrong is shown to nobody. Nothing is computed here.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from pawline.hub.storefront.refusals import Cause, Refusal
from pawline.model import Destination, Line, OrderId
from pawline.ports import (
    Code,
    LineTaxes,
    PortError,
    Rejected,
    Tax,
    TaxedLine,
    TaxRequest,
    Transient,
    Unauthorised,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence

    from pawline.hub.pickups import PickupSettings
    from pawline.hub.storefront.settings import StorefrontSettings
    from pawline.model import DeliveryChoice, ProductKind
    from pawline.model import Tax as TaxAmount
    from pawline.runtime import Binding, Engine

_log = logging.getLogger("pawline.hub")
FRESH: Final = 300.0
"""Seconds that an answer is used without asking again; then it is used, and asked for again beside."""
KEPT: Final = 900.0
"""Seconds after which nobody uses it: as long as a quote holds."""
MOST: Final = 50_000
"""Lines whose answers are kept, some 20 MB; the answer that nobody used for longest goes first."""
AT_ONCE: Final = 32
"""Questions to one account under way; more wait for their turn, as part of their deadline."""
IN_ALL: Final = 500
"""Questions under way and waiting: more find a service that hangs."""
PAUSE: Final = 5.0
"""Seconds for which an account that failed is not waited for: not every shopper has its deadline to lose.

An answer that cannot be used is one question's: nobody who asks for odd things closes the checkout for all others.
"""
NOWHERE: Final = frozenset({Code.INVALID, Code.NOT_FOUND})
"""By which it says that it knows nothing of a place. After any other no another account is asked."""
SHIPPING: Final = "shipping:"
Answer = dict[str, tuple["TaxAmount", ...]]


def _now() -> float:
    return asyncio.get_running_loop().time()


class Unknown(Exception):
    """Nobody says it, or not in time."""


class Laid(NamedTuple):
    """Lines with their taxes, and those of each delivery by its code."""

    lines: tuple[Line, ...]
    shipping: dict[str, tuple[TaxAmount, ...]]


class _Kept(NamedTuple):
    at: float
    answer: Answer


class TaxPlayer:
    """One account that plays Tax, and what it answered."""

    def __init__(self, account: str, plays: Tax, spawn: Callable[[Coroutine[Any, Any, None]], object]) -> None:
        self.account, self._plays, self._spawn = account, plays, spawn
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()
        self._lines = 0
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._asked: dict[bytes, asyncio.Future[Answer]] = {}
        self._failed = float("-inf")

    async def taxes(self, request: TaxRequest, deadline: float, *, stopped: bool = False) -> Answer:
        """What it says, or said a while ago; one that is `stopped` is not asked.

        Raises Unknown, and Rejected for a place that it knows nothing of.
        """
        now = _now()
        what = msgspec.json.encode(msgspec.structs.replace(request, order=OrderId("")))
        key = hashlib.sha256(what).digest()
        kept = self._kept.get(key)
        if kept is not None and now - kept.at < KEPT:
            self._kept.move_to_end(key)
            if now - kept.at >= FRESH and len(self._asked) < AT_ONCE and now - self._failed >= PAUSE and not stopped:
                self._ask(key, request)
            return kept.answer
        if stopped:
            raise Unknown
        if key not in self._asked and (len(self._asked) >= IN_ALL or now - self._failed < PAUSE):
            raise Unknown
        asked = self._ask(key, request)
        try:
            async with asyncio.timeout(deadline):
                return await asyncio.shield(asked)  # what comes too late is there for the next
        except TimeoutError:
            self._failed = _now()
            _log.warning("%s did not say in %.1f s what taxes are owed", self.account, deadline)
            raise Unknown from None

    def _ask(self, key: bytes, request: TaxRequest) -> asyncio.Future[Answer]:
        """Once, however many want to know."""
        if (asked := self._asked.get(key)) is None:
            asked = self._asked[key] = asyncio.get_running_loop().create_future()
            self._spawn(self._put(key, request, asked))
        return asked

    async def _put(self, key: bytes, request: TaxRequest, asked: asyncio.Future[Answer]) -> None:
        try:
            asked.set_result(await self._answer(key, request))
        except (Rejected, Unknown) as no:
            asked.set_exception(no)
            asked.exception()  # nobody may wait for it any more
        finally:
            del self._asked[key]
            asked.cancel()  # the hub ends

    async def _answer(self, key: bytes, request: TaxRequest) -> Answer:
        try:
            async with self._turns:
                answer = _checked(request, await self._plays.quote(request))
        except Exception as problem:
            if isinstance(problem, Rejected) and problem.code in NOWHERE:
                raise
            if isinstance(problem, Transient | Unauthorised):
                self._failed = _now()
            text = problem.code.value if isinstance(problem, PortError) else type(problem).__name__
            _log.warning("%s does not say what taxes are owed: %s", self.account, text)
            raise Unknown from problem
        self._failed = float("-inf")
        self._keep(key, answer)
        return answer

    def _keep(self, key: bytes, answer: Answer) -> None:
        if (before := self._kept.pop(key, None)) is not None:
            self._lines -= len(before.answer)
        self._kept[key] = _Kept(_now(), answer)
        self._lines += len(answer)
        while self._lines > MOST:
            self._lines -= len(self._kept.popitem(last=False)[1].answer)


class ShopTaxes:
    """Of one shop: who says them, and who if those do not. `sent_from` is where parcels leave.

    `stopped` says whether the account is: then it is not asked, as no flow asks it.
    """

    def __init__(
        self, players: Sequence[TaxPlayer], deadline: float, *, included: bool, sent_from: Destination | None,
        stopped: Callable[[str], bool] = lambda _: False,
    ) -> None:  # fmt: skip
        self._players, self._deadline, self._included, self._from = players, deadline, included, sent_from
        self._stopped = stopped

    async def laid(
        self, order: OrderId, lines: Sequence[Line], kinds: Sequence[ProductKind | None],
        choices: Iterable[DeliveryChoice], to: Destination,
    ) -> Laid:  # fmt: skip
        """The taxes of these lines and deliveries. Raises Refusal where nobody says them."""
        choices = list(choices)
        asked = [
            TaxedLine(key=line.id, amount=line.subtotal(), quantity=line.quantity, sku=line.sku, kind=kind)
            for line, kind in zip(lines, kinds, strict=True)
        ]
        asked += [
            TaxedLine(key=f"{SHIPPING}{one.code}", amount=one.price, quantity=1, shipping=True) for one in choices
        ]
        request = TaxRequest(
            order=order, ship_to=to, ship_from=self._from, lines=tuple(asked), included=self._included
        )  # fmt: skip
        said = await self._said(request)
        laid = tuple(msgspec.structs.replace(line, taxes=said[line.id]) for line in lines)
        return Laid(laid, {one.code: said[f"{SHIPPING}{one.code}"] for one in choices})

    async def _said(self, request: TaxRequest) -> Answer:
        for player in self._players:
            try:
                return await player.taxes(request, self._deadline, stopped=self._stopped(player.account))
            except Unknown:
                continue
            except Rejected:
                text = "destination: what taxes are owed there is not known, so nothing is sold there"
                raise Refusal(Cause.INVALID, text) from None
        raise Refusal(Cause.TAXES)


def _checked(request: TaxRequest, said: Sequence[LineTaxes]) -> Answer:
    """Each line's taxes, once and in its currency. Raises ValueError for what cannot be charged."""
    if [one.key for one in said] != [line.key for line in request.lines]:
        raise ValueError("it does not answer line by line")
    for line, one in zip(request.lines, said, strict=True):
        if any(tax.amount.currency != line.amount.currency or tax.amount.minor < 0 for tax in one.taxes):
            raise ValueError(f"{line.key}: a tax in another currency, or below nothing")
        if sum(tax.amount.minor for tax in one.taxes if tax.included) > line.amount.minor:
            raise ValueError(f"{line.key}: more is in its price than it costs")
    return {one.key: one.taxes for one in said}


def check_taxes(storefronts: Iterable[StorefrontSettings], shops: Sequence[str], bindings: Iterable[Binding]) -> None:
    """Raises ValueError with a sentence for an account that plays no Tax for its shop."""
    bindings = list(bindings)
    for one in storefronts:
        for shop, account in ((shop, account) for shop in one.shops or shops for account in one.taxes):
            if account not in _who(shop, bindings):
                raise ValueError(f"`storefronts`: `taxes` of {shop} names {account}, which plays no Tax there: add it")


def shop_taxes(
    shop: str, said: StorefrontSettings, engine: Engine, players: dict[str, TaxPlayer], pickups: PickupSettings | None
) -> ShopTaxes | None:  # fmt: skip
    """As the settings name them, which were checked; None where taxes are in the prices, or told.

    `players` are shared by all shops: what one account answered it answered.
    """
    if not said.taxes:
        return None
    here = _who(shop, engine.bindings)
    found = [
        players.setdefault(account, TaxPlayer(account, here[account].implementation, engine.spawn))
        for account in said.taxes
    ]
    return ShopTaxes(
        found, said.tax_deadline, included=said.taxes_included, sent_from=_from(pickups),
        stopped=lambda account: _stopped(engine, shop, account),
    )  # fmt: skip


def _stopped(engine: Engine, shop: str, account: str) -> bool:
    """By a person, or because it lets us in no more. Who stops all holds what flows do: the shop goes on selling."""
    stops = engine.brakes.stops
    return any((where, "account", account) in stops for where in (shop, "*"))


def _who(shop: str, bindings: Iterable[Binding]) -> Mapping[str, Binding]:
    return {one.account: one for one in bindings if one.port is Tax and (one.shops is None or shop in one.shops)}


def _from(pickups: PickupSettings | None) -> Destination | None:
    """Where parcels leave, as far as the settings say."""
    if pickups is None or pickups.ship_from is None:
        return None
    at = pickups.ship_from
    return Destination(country=at.country, region=at.region, postcode=at.postcode)
