"""The two checkouts of the lab: Pawline's Storefront API, and the script by hand."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from pawline.cli.lab.shopping import Answer, Says
from pawline.lab.judging import Known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pawline.cli.lab.wire import Said, Wire
    from pawline.lab.day import Shopper

HOME: Final = {"name": "Ann", "lines": ["Hauptstr. 1"], "city": "Berlin", "postcode": "10115", "country": "DE"}
TO: Final = {"country": "DE", "postcode": "10115"}
PRICE: Final = 1_000
DELIVERY: Final = "dhl"
OF_THE_LAB: Final = "-of-the-lab-s-day"
"""Ends the name of each request: a short one is refused, as it could be guessed."""
SURE: Final = frozenset({"confirmed", "sent", "delivered"})
"""Stages of an order after which its page need not be looked at any more: money alone is not the goods."""
BROKEN: Final = Answer(Says.BROKEN, 0)


def source(card: int) -> str:
    """The means, by the number of the try: the sandbox's till declines the first (see `sandbox.trades.DECLINES`)."""
    return "declines" if card == 0 else "card-1"


class Quoted(NamedTuple):
    """A quote as a page keeps it."""

    id: str
    total: dict[str, Any]


class FrontTill:
    """At `/v1`, with a key that may buy.

    `sent` is when a request was sent first, by its name (epoch seconds); `taken` are orders that a shopper was told of.
    """

    def __init__(self, wire: Wire, key: str) -> None:
        self._wire, self._headers, self._carts = wire, {"authorization": f"Bearer {key}"}, 0
        self.sent: dict[str, float] = {}
        self.taken: dict[str, Known] = {}

    async def ready(self, shopper: Shopper) -> Quoted | None:
        """A cart of theirs, and what it comes to."""
        cart = await self.cart(shopper.lines)
        return None if cart is None else await self.quote(cart)

    async def cart(self, lines: Sequence[tuple[str, int]]) -> str | None:
        """The name of a new one."""
        self._carts += 1
        wanted = {"lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines]}
        said = await self._ask("POST", "/v1/carts", wanted, name=f"cart-{self._carts}{OF_THE_LAB}")
        return msgspec.json.decode(said.body)["id"] if said is not None and said.status == 201 else None

    async def quote(self, cart: str) -> Quoted | None:
        """Of this cart; each makes one order."""
        said = await self._ask("POST", "/v1/quotes", {"cart": cart, "destination": TO})
        if said is None or said.status != 200:
            return None
        quote = msgspec.json.decode(said.body)
        total = next(one["total"] for one in quote["choices"] if one["delivery"]["code"] == DELIVERY)
        return Quoted(quote["id"], total)

    async def press(self, ready: object, shopper: Shopper, card: int) -> Answer:
        """See Till."""
        if not isinstance(ready, Quoted):
            return BROKEN
        form = {
            "quote": ready.id, "delivery": DELIVERY, "total": ready.total, "ship_to": HOME,
            "contact": {"email": f"s{shopper.number}@example.com"},
            "payments": [{"kind": "card", "source": source(card), "amount": ready.total}],
        }  # fmt: skip
        name = named(shopper, card)
        pressed = self.sent.setdefault(name, time.time())
        answer = told(await self._ask("POST", "/v1/checkouts", form, name=name))
        if answer.order and answer.says in {Says.BOUGHT, Says.HAVE_IT}:
            self.taken[answer.order] = Known(shopper.number, pressed, refused=False)
        return answer

    async def look(self, answer: Answer) -> Answer:
        """See Till."""
        seen = told(await self._ask("GET", f"/v1/orders/{answer.order}"))
        return seen._replace(order=answer.order)

    async def units(self, sku: str) -> int | None:
        """What a page shows of a SKU's stock."""
        said = await self._ask("GET", f"/v1/products/{sku}")
        if said is None or said.status != 200:
            return None
        stock = msgspec.json.decode(said.body)["stock"]
        return None if stock is None else int(stock["units"])

    async def _ask(self, method: str, path: str, body: object = None, name: str = "") -> Said | None:
        headers = self._headers | ({"content-type": "application/json"} if body is not None else {})
        headers |= {"idempotency-key": name} if name else {}
        try:
            return await self._wire.ask(method, path, b"" if body is None else msgspec.json.encode(body), **headers)
        except OSError:
            return None


def named(shopper: Shopper, card: int) -> str:
    """What a checkout's request is called: the lab finds the shopper of an order by it."""
    return f"s{shopper.number}-{card}{OF_THE_LAB}"


def told(said: Said | None) -> Answer:
    """What the storefront's answer comes to, of a checkout or of an order that is looked at."""
    if said is None:
        return BROKEN
    if said.status == 409 and b"/under-way" in said.body:
        return Answer(Says.WAIT, said.status)
    body = msgspec.json.decode(said.body) if said.body else {}
    if said.status in {402, 409}:
        return Answer(Says.REFUSED, said.status, str(body.get("order", "")))
    if said.status >= 400:
        return Answer(Says.BROKEN, said.status)
    says = {"refused": Says.REFUSED}.get(body["status"], Says.BOUGHT if body["status"] in SURE else Says.HAVE_IT)
    return Answer(says, said.status, body["id"])


class HandTill:
    """At the script by hand. `placed` are orders that were sent to it, and when (epoch seconds) for the first time."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.placed: dict[str, Known] = {}

    async def ready(self, shopper: Shopper) -> object:
        """Its pages keep the cart in the browser."""
        return shopper

    async def press(self, ready: object, shopper: Shopper, card: int) -> Answer:  # noqa: ARG002 - see Till
        """See Till."""
        name = f"h{shopper.number}-{card}"
        self.placed.setdefault(name, Known(shopper.number, time.time(), refused=False, sure=False))
        try:
            said = await self._wire.ask("POST", "/", msgspec.json.encode(_order(name, shopper, card)))
        except OSError:
            return Answer(Says.BROKEN, 0, name)
        says = {201: Says.BOUGHT, 402: Says.REFUSED, 409: Says.REFUSED}.get(said.status, Says.BROKEN)
        if says is not Says.BROKEN:
            self.placed[name] = self.placed[name]._replace(refused=says is Says.REFUSED, sure=True)
        return Answer(says, said.status, name)

    async def look(self, answer: Answer) -> Answer:
        """It keeps nothing that could be looked at."""
        return answer


def _order(name: str, shopper: Shopper, card: int) -> dict[str, Any]:
    amount = {"minor": PRICE * sum(quantity for _, quantity in shopper.lines), "currency": "EUR"}
    price = {"minor": PRICE, "currency": "EUR"}
    return {
        "id": name, "household": f"h-{shopper.number}", "ship_to": HOME,
        "lines": [{"id": f"l{n}", "sku": sku, "quantity": quantity, "title": "food", "price": price}
                  for n, (sku, quantity) in enumerate(shopper.lines, 1)],
        "tenders": [{"id": "t1", "kind": "card", "state": "pending", "source": source(card), "amount": amount}],
    }  # fmt: skip
