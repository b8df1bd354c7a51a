"""The vendors, pretended at the true seam: they know keys, lose connections, are late, and write down each effect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from pawline.model import Item, Money
from pawline.ports import (
    Code,
    Crm,
    ErrorRecord,
    Fulfilment,
    Helpdesk,
    Inventory,
    Mail,
    Marketing,
    Payments,
    PortError,
    Rejected,
    Shipping,
    Shop,
    Subscriptions,
    Transient,
    to_record,
)  # fmt: skip
from pawline.runtime.port import methods_of
from pawline.sandbox.autoship import Autoships
from pawline.sandbox.depot import Depot
from pawline.sandbox.faults import Fault, Faults
from pawline.sandbox.hooks import Hooks
from pawline.sandbox.ledger import Effect, MemoryLedger
from pawline.sandbox.marketing import Marketing as MarketingTool
from pawline.sandbox.purse import Purse
from pawline.sandbox.shop import Shop as ShopTrade
from pawline.sandbox.tickets import Tickets
from pawline.sandbox.trades import Carrier, People, Till, Warehouse

if TYPE_CHECKING:
    from pawline.runtime.port import PortMethod
    from pawline.sandbox.faults import Dice, Drawn
    from pawline.sandbox.ledger import Ledger

PORTS: Final[tuple[type[Any], ...]] = (
    Payments, Inventory, Shipping, Crm, Marketing, Mail, Fulfilment, Subscriptions, Shop, Helpdesk,
)  # fmt: skip
LOOK_UPS: Final = {
    "Payments.authorize": "find_authorisation", "Payments.capture": "find_capture",
    "Inventory.reserve": "find_reservation", "Shipping.book": "find_shipment",
    "Fulfilment.request": "find_request", "Shop.refund": "find_refund",
    "Helpdesk.open": "find_ticket",
}  # fmt: skip
"""Effects that can be looked up, and by which method."""
KEYED: Final = frozenset(
    {
        "Payments.authorize",
        "Payments.capture",
        "Payments.refund",
        "Marketing.send",
        "Inventory.adjust",
        "Shop.refund",
        "Helpdesk.open",
        "Helpdesk.reply",
    }
)
"""Effects whose vendor knows a key again."""
_NEVER: Final = 3_600.0
_ASKED: Final = {f"{effect.partition('.')[0]}.{look_up}": effect for effect, look_up in LOOK_UPS.items()}
_encode: Final = msgspec.json.Encoder().encode


class Request(msgspec.Struct, frozen=True):
    """One call of a vendor: `method` is port and method, `args` the list of its arguments in JSON."""

    method: str
    key: str
    args: msgspec.Raw


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came back: a result in JSON, or one of the four errors."""

    value: msgspec.Raw = msgspec.Raw(b"null")
    error: ErrorRecord | None = None


class Line(Protocol):
    """The way to the vendors."""

    async def ask(self, request: Request) -> Reply:
        """The vendors' reply. Raises ConnectionError if the connection broke: nobody knows then what happened."""
        ...


class _Known(msgspec.Struct):
    """A key that the vendor remembers: when it came first, for which arguments, and the reply (None: still at it)."""

    at: float
    args: bytes
    reply: Reply | None


class Vendors:
    """All vendors of one shop. They go on when a hub dies: what they did, and still will do, does not depend on it.

    `now` is their clock (epoch seconds), `stock` what the warehouse begins with, `key_life` how long keys are known.
    `faults` may be replaced at any time; `requests` counts what came in; `noting` is around each effect.
    """

    def __init__(
        self, *, now: Callable[[], float], ledger: Ledger | None = None, stock: Mapping[str, int] | None = None,
        faults: Faults | None = None, key_life: timedelta = timedelta(hours=24),
    ) -> None:  # fmt: skip
        self.books: Ledger = MemoryLedger() if ledger is None else ledger
        self.warehouse = Warehouse(dict(stock or {}), now)
        self.now = now
        self._key_life = key_life.total_seconds()
        self._number = len(self.books.read())
        self._keys: dict[str, _Known] = {}
        self._late: list[tuple[float, Request]] = []
        people = People()
        self.depot, self.autoships = Depot(), Autoships()
        self.carrier = Carrier(self.depot.gone)
        self.hooks = Hooks(now)
        self.tickets = Tickets(self.hooks)
        till = Till()
        self.shop = ShopTrade(
            self.hooks, self.depot, now, partial(self.did, "Shop.mailed"), self.warehouse.free, Purse(till, self.did)
        )  # fmt: skip
        self.marketing = MarketingTool(partial(self.did, "Marketing.mailed"))
        self._sides: dict[str, Any] = {
            "Payments": till, "Inventory": self.warehouse, "Shipping": self.carrier, "Crm": people,
            "Marketing": self.marketing, "Mail": people, "Fulfilment": self.depot, "Subscriptions": self.autoships,
            "Shop": self.shop, "Helpdesk": self.tickets,
        }  # fmt: skip
        self.requests = 0
        self.noting: Callable[[Request], AbstractContextManager[None]] = lambda _: nullcontext()
        self.faults = Faults() if faults is None else faults

    @property
    def faults(self) -> Faults:
        """The plan of faults. A new plan counts requests from 1 again; `Faults()` makes the vendors healthy."""
        return self._dice.plan

    @faults.setter
    def faults(self, plan: Faults) -> None:
        self._dice: Dice = plan.dice()

    def do_late(self) -> None:
        """Do what is late and due by now. Each request does that too."""
        due = [late for late in self._late if late[0] <= self.now()]
        self._late = [late for late in self._late if late[0] > self.now()]
        for _, request in sorted(due, key=lambda late: late[0]):
            self._remember(request, self._do(request))

    def effects(self) -> tuple[Effect, ...]:
        """All effects so far, those included that were late and are due by now."""
        self.do_late()
        return tuple(self.books.read())

    async def ask(self, request: Request) -> Reply:
        """See `Line.ask`. What happens here is not undone, nor stopped, by whoever gives up waiting."""
        fault, come, go = self.meets()
        if come:
            await asyncio.sleep(come)
        if fault is Fault.UNHEARD:
            raise ConnectionResetError("before the vendor heard it")
        reply = self._answer(request, fault)
        if fault in {Fault.BROKEN, Fault.LATE}:
            raise ConnectionResetError("after the vendor heard it")
        if go or fault is Fault.SILENT:
            await asyncio.sleep(_NEVER if fault is Fault.SILENT else go)
        return reply

    def meets(self) -> Drawn:
        """What the next request meets on its way, whichever vendor it asks: the plan of faults is one for all."""
        self.requests += 1
        return self._dice.draw()

    def _answer(self, request: Request, fault: Fault | None) -> Reply:
        """At once, so that no death of the asking side can come in between."""
        self.do_late()
        if fault is Fault.LIMITED:
            wait = timedelta(seconds=self.faults.retry_after)
            return _failed(Transient("too many requests", Code.RATE_LIMITED, retry_after=wait))
        if fault is Fault.UNAVAILABLE:
            return _failed(Transient("503"))
        if (known := self._known(request)) is not None:
            return known
        if fault is Fault.LATE and _is_effect(request):
            self._late.append((self.now() + self.faults.late_after, request))
            self._remember(request, None)
            return Reply()
        reply = self._do(request)
        if fault is Fault.STORED_ERROR and _is_effect(request):
            reply = _failed(Transient("500"))
        self._remember(request, reply)
        return reply

    def _known(self, request: Request) -> Reply | None:
        known = self._keys.get(request.key) if request.method in KEYED else None
        if known is None or known.at + self._key_life < self.now():
            return None
        if known.args != bytes(request.args):
            return _failed(Rejected("this key came with other arguments", Code.KEY_REUSED))
        if known.reply is None:
            return _failed(Transient("still at it", Code.IN_PROGRESS))
        return known.reply

    def _remember(self, request: Request, reply: Reply | None) -> None:
        if request.method in KEYED:
            self._keys[request.key] = _Known(self.now(), bytes(request.args), reply)

    def _do(self, request: Request) -> Reply:
        port, _, name = request.method.partition(".")
        method = _method(request.method)
        values = list(method.decode_args(request.args))
        effect = _is_effect(request)
        if effect:
            values.insert(0, self._note(request))
        with self.noting(request) if effect else nullcontext():
            try:
                return Reply(msgspec.Raw(_encode(getattr(self._sides[port], name)(*values))))
            except PortError as error:
                return _failed(error)
            except ValueError as problem:  # the model's no: it would not be what was asked for
                return _failed(Rejected(str(problem), Code.INVALID))

    def redo(self, request: Request) -> None:
        """An effect of the past, once more."""
        self._remember(request, self._do(request))

    def did(
        self, operation: str, business: str, *, key: str = "", order: str = "", money: Money | None = None,
        items: tuple[Item, ...] = (), again: bool = False,
    ) -> str:  # fmt: skip
        """Writes down an effect, asked for under `key` or done by a vendor by itself; its number."""
        self._number += 1
        amount, currency = (0, "") if money is None else (money.minor, money.currency)
        self.books.append(Effect(
            no=self._number, at=self.now(), operation=operation, business=business, key=key, order=order,
            amount=amount, currency=currency, items={one.sku: one.quantity for one in items}, again=again,
        ))  # fmt: skip
        return str(self._number)

    def _note(self, request: Request) -> Callable[..., str]:
        return partial(self.did, request.method, key=request.key)


def _failed(error: PortError) -> Reply:
    return Reply(error=to_record(error))


def _method(name: str) -> PortMethod:
    """The port's method; of a look-up the one that it looks up, which takes the same arguments."""
    port, _, method = _ASKED.get(name, name).partition(".")
    return methods_of(next(one for one in PORTS if one.__name__ == port))[method]


def _is_effect(request: Request) -> bool:
    return request.method not in _ASKED and not _method(request.method).read
