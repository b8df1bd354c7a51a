"""A checkout asks for rates: once and in time, or the shopper sees the vendor's own; what was answered is shown again.

https://shopify.dev/docs/api/admin-graphql/2026-07/objects/DeliveryCarrierService
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec

from pawline.model import Address, Money
from pawline.ports import Code, Rejected

if TYPE_CHECKING:
    from pawline.sandbox.shopify.books import Books
    from pawline.sandbox.shopify.listeners import Carrier

CACHED, FAILED = 900.0, 30.0
"""Seconds for which an answer, and a failure, is shown to whoever asks the same."""
TIMES: Final = ((1_500, 10.0), (3_000, 5.0))
FASTEST: Final = 3.0
"""Seconds until the vendor no longer waits, by questions in the last minute."""
PLACE: Final = ("name", "address1", "address2", "city", "phone", "company_name", "address3", "fax", "email")
_encode: Final = msgspec.json.Encoder().encode


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A SKU in the basket."""

    sku: str
    quantity: int = 1


class Asking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A shopper's basket and address, as the desk is told of it; `off` is what discounts take off."""

    to: Address
    items: tuple[Wanted, ...]
    off: Money | None = None


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """What must be in a rate, and what may."""

    service_name: str
    service_code: str
    description: str
    currency: str
    total_price: int
    phone_required: bool = False
    min_delivery_date: str | None = None
    max_delivery_date: str | None = None


class Rates(msgspec.Struct, frozen=True):
    """An answer."""

    rates: tuple[Rate, ...]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What the shopper sees of one carrier service; `backup`: the vendor's own, because of `why`."""

    carrier: str
    rates: tuple[Rate, ...]
    backup: bool = False
    cached: bool = False
    why: str = ""


class Quoter:
    """Asks every carrier service that is active; `asked` counts how often one was really asked."""

    def __init__(self, books: Books, secret: str) -> None:
        self._books, self._secret = books, secret
        self._kept: dict[bytes, tuple[float, Shown]] = {}
        self._minute: deque[float] = deque()
        self._session: aiohttp.ClientSession | None = None
        self.asked = 0

    async def ask(self, told: Asking) -> list[Shown]:
        """What the shopper sees, by carrier service. Raises Rejected for a SKU that is not sold."""
        body = question(self._books, told)
        found = [self._shown(one, body) for one in self._books.carriers.values() if one.active]
        return list(await asyncio.gather(*found))

    async def _shown(self, carrier: Carrier, body: dict[str, Any]) -> Shown:
        key, now = _same(carrier, body), self._books.now()
        if (kept := self._kept.get(key)) is not None and now < kept[0]:
            return msgspec.structs.replace(kept[1], cached=True)
        try:
            rates, why = (await self._answer(carrier, _encode(body))).rates, ""
        except (aiohttp.ClientError, msgspec.MsgspecError, UnicodeDecodeError) as problem:
            rates, why = (), str(problem) or type(problem).__name__
        except TimeoutError:
            rates, why = (), "no answer in time"
        shown = Shown(carrier=carrier.name, rates=rates, backup=bool(why), why=why)
        self._kept[key] = (now + (FAILED if why else CACHED), shown)
        return shown

    async def _answer(self, carrier: Carrier, body: bytes) -> Rates:
        self.asked += 1
        if self._session is None:
            self._session = aiohttp.ClientSession()
        waits = aiohttp.ClientTimeout(total=self._patience())
        async with self._session.post(
            carrier.uri, data=body, headers=self._headers(body), timeout=waits, allow_redirects=False
        ) as said:
            if not 200 <= said.status < 300:
                raise aiohttp.ClientPayloadError(f"status {said.status}")
            return msgspec.json.decode(await said.read(), type=Rates, strict=False)

    def _patience(self) -> float:
        now = self._books.now()
        self._minute.append(now)
        while self._minute[0] < now - 60:
            self._minute.popleft()
        return next((seconds for most, seconds in TIMES if len(self._minute) <= most), FASTEST)

    def _headers(self, body: bytes) -> dict[str, str]:
        made = hmac.new(self._secret.encode(), body, hashlib.sha256).digest()
        return {
            "Content-Type": "application/json",
            "X-Shopify-Hmac-Sha256": base64.b64encode(made).decode(),
            "X-Shopify-Shop-Domain": self._books.domain,
        }

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def question(books: Books, told: Asking) -> dict[str, Any]:
    """The body that a carrier service is sent. Amounts are hundredths of the shop's own currency, whatever it is."""
    items = [_item(books, one) for one in told.items]
    worth = sum(one["price"] * one["quantity"] for one in items)
    off = 0 if told.off is None else _hundredths(told.off)
    to, empty = told.to, dict.fromkeys(PLACE)
    origin = {"country": "DE", "postal_code": "20457", "province": "HH", "city": "Hamburg", "company_name": "Sandbox"}
    return {
        "rate": {
            "origin": empty | origin,
            "destination": {
                **empty, "country": to.country, "postal_code": to.postcode, "province": to.region, "city": to.city,
                "name": to.name, "address1": to.lines[0], "address2": " ".join(to.lines[1:]), "phone": to.phone,
            },
            "items": items,
            "currency": books.currency,
            "locale": "de",
            "order_totals": {"subtotal_price": worth, "total_price": worth - off, "discount_amount": off},
            "customer": None,
        }
    }  # fmt: skip


def _item(books: Books, wanted: Wanted) -> dict[str, Any]:
    found = next((one for one in books.variants.values() if one.sku == wanted.sku), None)
    if found is None:
        raise Rejected(f"{wanted.sku} is not sold", Code.NOT_FOUND)
    return {
        "name": found.title, "sku": found.sku, "quantity": wanted.quantity, "grams": found.grams,
        "price": _hundredths(found.price), "vendor": found.vendor, "requires_shipping": found.ships, "taxable": True,
        "fulfillment_service": "manual", "properties": {}, "product_id": found.product, "variant_id": found.id,
    }  # fmt: skip


def _hundredths(money: Money) -> int:
    return int(money.decimal() * 100)


def _same(carrier: Carrier, body: dict[str, Any]) -> bytes:
    """What makes two questions the same to the vendor's cache: prices and discounts are not in it."""
    rate = body["rate"]
    items = [[one["variant_id"], one["quantity"], one["grams"]] for one in rate["items"]]
    return _encode([carrier.id, items, rate["origin"], rate["destination"]])
