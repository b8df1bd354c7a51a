"""One order of the sixty days, and what each system has of it when nothing went wrong."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

END: Final = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)
"""When the files were made."""
DAYS: Final = 60
BERLIN: Final = ZoneInfo("Europe/Berlin")
SKUS: Final = 60
LONGEST: Final = 50
"""Hours until a label, as long as nothing is late."""
PLACES: Final = {"EUR": 2, "USD": 2, "JPY": 0}
Row = dict[str, str]


@dataclass
class Made:
    """An order and its rows. Amounts are minor units; `card` is what the processor took of the total."""

    index: int
    at: datetime
    currency: str
    lines: list[tuple[str, int, int]]
    shipping: int
    rng: random.Random
    state: str = "paid"
    method: str = "Stripe"
    cancelled: datetime | None = None
    refunded: int = 0
    card: int = 0
    erp: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    parcels: list[Row] = field(default_factory=list)
    mails: list[Row] = field(default_factory=list)
    hooks: list[Row] = field(default_factory=list)
    touches: list[Row] = field(default_factory=list)
    stock: list[Row] = field(default_factory=list)
    copies: int = 1

    @property
    def id(self) -> str:
        """The shop's own id."""
        return str(5_000_000_000_000 + self.index)

    @property
    def number(self) -> str:
        """What people call it."""
        return f"#{10_001 + self.index}"

    @property
    def subtotal(self) -> int:
        """Of the lines."""
        return sum(quantity * price for _, quantity, price in self.lines)

    @property
    def total(self) -> int:
        """Of the order."""
        return self.subtotal + self.shipping

    def says(self, minor: int) -> str:
        """An amount with a point."""
        places = PLACES[self.currency]
        sign, minor = "-" if minor < 0 else "", abs(minor)
        return f"{sign}{minor // 10**places}.{minor % 10**places:0{places}}" if places else f"{sign}{minor}"

    def german(self, minor: int) -> str:
        """The same as the ERP writes it."""
        plain = self.says(minor)
        whole, point, part = plain.partition(".")
        return f"{int(whole):,}".replace(",", ".") + (f",{part}" if point else "")

    def after(self, **delta: float) -> datetime:
        """So long after it was placed."""
        return self.at + timedelta(**delta)


def price_of(sku: int, currency: str) -> int:
    """What the page asks."""
    return (900 + 137 * sku % 4_000) * (1 if currency != "JPY" else 2)


def begun(index: int, at: datetime, rng: random.Random) -> Made:
    """An order, of which no system has anything yet."""
    currency = rng.choices(tuple(PLACES), (80, 15, 5))[0]
    skus = rng.sample(range(SKUS), rng.choice((1, 1, 2)))
    lines = [(f"sku-{sku:03}", rng.choice((1, 1, 1, 2)), price_of(sku, currency)) for sku in skus]
    return Made(index, at, currency, lines, rng.choice((0, 490)), rng)


def spread(made: Made) -> None:
    """What every system has of it, as it should be."""
    rng = made.rng
    made.card = made.card or made.total
    made.erp.append(entry(made, made.total, made.after(minutes=rng.randint(5, 300))))
    made.payments.append(move(made, "charge", made.card, made.after(seconds=rng.randint(1, 60))))
    hours = 3 + (LONGEST - 3) * rng.random() ** 2
    made.parcels += label(made, "a", made.after(hours=hours), made.lines)
    made.mails.append(mail(made, "m1", made.after(seconds=rng.randint(5, 90))))
    heard = {"at": iso(made.after(seconds=rng.randint(1, 20))), "order": made.id}
    made.hooks.append(heard | {"topic": "orders/create", "state": "200"})
    if rng.random() < 0.1:
        made.touches.append({"order": made.number, "at": iso(made.after(hours=1))})


def entry(made: Made, total: int, at: datetime, suffix: str = "", state: str = "offen") -> Row:
    """A row of the ERP, which calls orders by their numbers and writes its times in Berlin."""
    return {
        "Auftrag": made.number.lstrip("#"), "Beleg": f"B{made.index:07}{suffix}", "Brutto": made.german(total),
        "Wrg": made.currency, "Erfasst": at.astimezone(BERLIN).strftime("%d.%m.%Y %H:%M"), "Status": state,
    }  # fmt: skip


def move(made: Made, kind: str, amount: int, at: datetime) -> Row:
    """A row of Stripe's balance history; the sign is the shop's."""
    sign = 1 if kind in ("charge", "refund_failure") else -1
    fee = max(1, amount * 15 // 1000) if kind == "charge" else 0
    name = f"{made.index}_{len(made.payments)}"
    return {
        "id": f"txn_{name}", "Type": kind, "Source": f"src_{name}", "Amount": made.says(sign * amount),
        "Fee": made.says(fee), "Net": made.says(sign * amount - fee), "Currency": made.currency.lower(),
        "Created (UTC)": at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"), "Transfer": "",
        "order_id (metadata)": made.id,
    }  # fmt: skip


def label(made: Made, name: str, at: datetime, lines: list[tuple[str, int, int]], state: str = "printed") -> list[Row]:
    """A label: a row for each thing in it."""
    of = {"order": made.number, "label": f"L{made.index}{name}", "at": iso(at), "state": state}
    return [of | {"parcel": f"P{made.index}{name}", "sku": sku, "quantity": str(count)} for sku, count, _ in lines]


def mail(made: Made, name: str, at: datetime, state: str = "sent", cause: str = "") -> Row:
    """A confirmation."""
    return {
        "order": made.number, "at": iso(at), "message": f"{made.index}-{name}", "to": f"s{made.index}@example.org",
        "state": state, "cause": cause,
    }  # fmt: skip


def iso(at: datetime) -> str:
    """With its zone."""
    return at.astimezone(UTC).isoformat(timespec="seconds")
