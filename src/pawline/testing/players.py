"""Our side of the line: implementations of the ports that ask the pretended vendors, and the bindings for a hub."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.model import HouseholdId, Item, ListedRecall, Order, OrderId, PetId, ReturnId, SkuId, left_to_send
from pawline.ports import (
    Behaviour,
    Bills,
    Browsed,
    Claim,
    Code,
    Goods,
    Held,
    Households,
    Invitations,
    Named,
    Operation,
    Orders,
    Recalls,
    Receipt,
    Sender,
    Senders,
    Settle,
    Stock,
    Transient,
    current_attempt,
    from_record,
)
from pawline.runtime import Binding, Bindings
from pawline.runtime.port import methods_of
from pawline.sandbox.vendors import LOOK_UPS, PORTS, Request
from pawline.testing.books import Books

if TYPE_CHECKING:
    from pawline.runtime.port import PortMethod
    from pawline.sandbox.vendors import Line

_encode: Final = msgspec.json.Encoder().encode

SETTLED: Final = {
    "Payments.authorize": Settle.KEY, "Payments.capture": Settle.KEY, "Payments.refund": Settle.KEY,
    "Payments.void": Settle.REPEAT, "Inventory.reserve": Settle.LOOK_UP, "Inventory.release": Settle.REPEAT,
    "Inventory.commit": Settle.REPEAT, "Inventory.set_levels": Settle.REPEAT, "Inventory.adjust": Settle.KEY,
    "Shipping.book": Settle.LOOK_UP,
    "Shipping.cancel": Settle.REPEAT, "Crm.upsert": Settle.REPEAT, "Crm.upsert_pet": Settle.REPEAT,
    "Crm.note": Settle.REPEAT, "Marketing.send": Settle.KEY, "Marketing.track": Settle.REPEAT,
    "Marketing.consent": Settle.REPEAT, "Marketing.suppress": Settle.REPEAT, "Mail.send": Settle.ASK,
    "Fulfilment.request": Settle.LOOK_UP, "Fulfilment.cancel": Settle.REPEAT, "Fulfilment.hold": Settle.REPEAT,
    "Fulfilment.release": Settle.REPEAT, "Subscriptions.move": Settle.REPEAT, "Subscriptions.skip": Settle.REPEAT,
    "Subscriptions.swap": Settle.REPEAT, "Subscriptions.set_quantity": Settle.REPEAT,
    "Subscriptions.pause": Settle.REPEAT, "Subscriptions.resume": Settle.REPEAT, "Subscriptions.end": Settle.REPEAT,
    "Helpdesk.open": Settle.KEY, "Helpdesk.reply": Settle.KEY, "Helpdesk.note": Settle.REPEAT,
    "Helpdesk.close": Settle.REPEAT,
    "Invitations.claim": Settle.KEY, "Invitations.give_back": Settle.REPEAT,
    "Households.erase": Settle.REPEAT, "Households.keep_out": Settle.REPEAT, "Households.let_in": Settle.REPEAT,
    "Bills.refund": Settle.REPEAT, "Bills.paid": Settle.REPEAT,
    "Shop.cancel": Settle.REPEAT, "Shop.edit": Settle.REPEAT, "Shop.refund": Settle.KEY, "Shop.tag": Settle.REPEAT,
}  # fmt: skip
"""How the unknown outcome of each effect is settled: all four ways occur."""


class Player:
    """A port, played over a line: each of the port's methods, and its look-ups, asks the vendors.

    A broken connection is Transient(disconnected), as a connector would have it. Effects are sent with the key of the
    current attempt.
    """

    def __init__(self, port: type[Any], line: Line) -> None:
        self._line = line
        for name, method in methods_of(port).items():
            called = f"{port.__name__}.{name}"
            setattr(self, name, self._asks(called, method))
            if called in LOOK_UPS:
                setattr(self, LOOK_UPS[called], self._asks(f"{port.__name__}.{LOOK_UPS[called]}", method, look_up=True))

    def _asks(self, called: str, method: PortMethod, *, look_up: bool = False) -> Callable[..., Awaitable[Any]]:
        async def ask(*args: object) -> Any:  # noqa: ANN401 - of the type that the port says
            key = "" if look_up or method.read else current_attempt().key
            try:
                reply = await self._line.ask(Request(called, key, msgspec.Raw(_encode(args))))
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                raise Transient(f"{called}: the connection broke", Code.DISCONNECTED) from error
            if reply.error is not None:
                raise from_record(*reply.error)
            nothing = look_up and bytes(reply.value) == b"null"
            return None if nothing else method.decode_result(reply.value)

        return ask


class Own:
    """What the hub itself plays, without a hub; what takes more than this to answer needs one.

    The register names only `senders`; the pets that died are `dead`, the orders that were called off `ended`, what
    is recalled `recalled`, the orders that were placed `orders`, those of our own checkout that were confirmed
    `sure`, when they left and arrived `left` and `delivered`, the returns that were withdrawn `kept`; of everybody
    it holds `held_of`, and `erased` are those that it was told to forget. `asked` are those who were asked by a
    survey: nobody is asked twice.
    """

    def __init__(
        self, dead: Collection[PetId] = (), senders: Mapping[str, Sender] | None = None,
        ended: Collection[OrderId] = (), recalled: Sequence[Recalls] = (), orders: Sequence[Order] = (),
        delivered: Mapping[OrderId, datetime] | None = None, kept: Collection[ReturnId] = (),
        sure: Collection[OrderId] = (), left: Mapping[OrderId, datetime] | None = None,
    ) -> None:  # fmt: skip
        self.left_at = left or {}
        self.dead, self.senders, self.ended, self.recalled = dead, senders or {}, ended, recalled
        self.orders, self.delivered_at, self.kept, self.sure = orders, delivered or {}, kept, sure
        self.held_of: Held | None = None
        self.erased: list[HouseholdId] = []
        self.asked: list[HouseholdId] = []

    async def order(self, order: OrderId) -> Order | None:
        """See `Orders`."""
        return next((one for one in self.orders if one.id == order), None)

    async def to_send(self, order: OrderId) -> tuple[Item, ...] | None:
        """See `Orders`."""
        found = await self.order(order)
        return None if found is None else left_to_send(found, found.refunds)

    async def called_off(self, order: OrderId) -> bool:
        """See `Orders`."""
        return order in self.ended

    async def confirmed(self, order: OrderId) -> bool:
        """See `Orders`."""
        return order in self.sure

    async def withdrawn(self, returned: ReturnId) -> bool:
        """See `Orders`."""
        return returned in self.kept

    async def left(self, order: OrderId) -> datetime | None:
        """See `Orders`."""
        return self.left_at.get(order)

    async def delivered(self, order: OrderId) -> datetime | None:
        """See `Orders`."""
        return self.delivered_at.get(order)

    async def recalls(self, skus: tuple[SkuId, ...]) -> tuple[Recalls, ...]:
        """See `Stock`."""
        return tuple(one for one in self.recalled if one.sku in skus)

    async def recalls_of(self, _: OrderId) -> tuple[Recalls, ...]:
        """See `Stock`: every recall is of what is in each order."""
        return tuple(self.recalled)

    async def of(self, message: str) -> Sender:
        """See `Senders`."""
        return self.senders.get(message) or Sender(message=message)

    async def lost(self, pets: tuple[PetId, ...]) -> tuple[PetId, ...]:
        """See `Households`."""
        return tuple(pet for pet in pets if pet in self.dead)

    async def held(self, households: tuple[HouseholdId, ...], _: tuple[OrderId, ...]) -> Held:
        """See `Households`."""
        return self.held_of or Held(theirs=households)

    async def erase(self, households: tuple[HouseholdId, ...], _: datetime) -> Receipt:
        """See `Households`."""
        self.erased += [one for one in households if one not in self.erased]
        return Receipt()

    async def claim(self, household: HouseholdId) -> Claim:
        """See `Invitations`."""
        if household in self.asked:
            return Claim(reference="", granted=False)
        self.asked.append(household)
        return Claim(reference=household)

    async def give_back(self, household: HouseholdId, _: str) -> Receipt:
        """See `Invitations`."""
        self.asked = [one for one in self.asked if one != household]
        return Receipt()

    async def seen(self, _: HouseholdId) -> Browsed:
        """See `Behaviour`: of nobody anything is known."""
        return Browsed()

    async def named_in(self, _: ListedRecall) -> tuple[Named, ...]:
        """See `Goods`: nothing is described, so nothing is named."""
        return ()


def players(line: Line) -> dict[type[Any], Any]:
    """A player for each port, as `rehearsing` takes them."""
    own = Own()
    hubs = {Senders: own, Households: own, Orders: own, Stock: own, Invitations: own, Bills: Books(), Goods: own}
    hubs[Behaviour] = own
    return {port: Player(port, line) for port in PORTS} | hubs


def bindings(
    line: Line, *, timeout: timedelta = timedelta(seconds=10), margin: timedelta = timedelta(seconds=1),
    key_life: timedelta = timedelta(hours=24), settled: Mapping[str, Settle] = SETTLED,
) -> Bindings:  # fmt: skip
    """One account for each port. An effect with a key and a look-up is looked up once its key is forgotten."""
    return Bindings(
        Binding(f"pretended/{port.__name__.lower()}", port, player, operations={
            name: _operation(f"{port.__name__}.{name}", settled, timeout, margin, key_life)
            for name, method in methods_of(port).items() if not method.read
        })
        for port, player in players(line).items()
    )  # fmt: skip


def _operation(
    called: str, settled: Mapping[str, Settle], timeout: timedelta, margin: timedelta, key_life: timedelta
) -> Operation:
    how, look_up = settled[called], LOOK_UPS.get(called)
    if how is Settle.KEY:
        after = Settle.ASK if look_up is None else Settle.LOOK_UP
        return Operation(
            settle=how, timeout=timeout, margin=margin, key_life=key_life, after_key_life=after, look_up=look_up
        )
    return Operation(settle=how, timeout=timeout, margin=margin, look_up=look_up if how is Settle.LOOK_UP else None)
