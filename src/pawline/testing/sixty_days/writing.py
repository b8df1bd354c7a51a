"""The sixty days, written as the files of a shop: Shopify's orders, a German ERP, Stripe's balance, and the rest."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

from pawline.testing.sixty_days.fates import BEFORE, NEAR, PLANTED, Fate
from pawline.testing.sixty_days.making import DAYS, END, PLACES, SKUS, Made, Row, begun, iso, price_of, spread

Planted = dict[str, set[str]]
"""By kind: what a finding is about."""
SETTLED: Final = timedelta(hours=80)
"""Until what becomes of an order is in everybody's files."""
RUN: Final = 6
"""Orders of a stretch without webhooks."""
ORDERS: Final = (
    "Name", "Email", "Financial Status", "Fulfillment Status", "Currency", "Subtotal", "Shipping", "Taxes", "Total",
    "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku", "Cancelled at",
    "Refunded Amount", "Id", "Payment Method", "Source",
)  # fmt: skip
HEADERS: Final = {
    "orders": ORDERS, "erp": ("Auftrag", "Beleg", "Brutto", "Wrg", "Erfasst", "Status"),
    "payments": ("id", "Type", "Source", "Amount", "Fee", "Net", "Currency", "Created (UTC)", "Transfer",
                 "order_id (metadata)"),
    "parcels": ("order", "label", "parcel", "at", "sku", "quantity", "state"),
    "mails": ("order", "at", "message", "to", "state", "cause"),
    "webhooks": ("at", "topic", "order", "state"), "touches": ("order", "at"),
    "stock": ("sku", "at", "available", "change"), "prices": ("sku", "at", "price", "currency"),
}  # fmt: skip
ERP: Final = """\
file = "erp.csv"
delimiter = ";"
decimal = ","
thousands = "."
dates = "%d.%m.%Y %H:%M"
zone = "Europe/Berlin"
values = { state = { storniert = "cancelled" } }
[columns]
order = "Auftrag"
reference = "Beleg"
total = "Brutto"
currency = "Wrg"
at = "Erfasst"
state = "Status"
"""
PAYMENTS: Final = f'file = "payments.csv"\nuntil = "{iso(END + timedelta(days=2))}"\n'
STOCK: Final = 'file = "stock.csv"\ncomplete = true\n'


def options(place: Path, *without: str) -> list[str]:
    """The command line that reads them."""
    described = {"erp", "payments", "stock"}
    found = [(kind, place / f"{kind}.{'toml' if kind in described else 'csv'}") for kind in HEADERS]
    given = [word for kind, path in found if kind not in without for word in (f"--{kind}", str(path))]
    return [*given, "--as-of", iso(END)]


def write(
    place: Path, orders: int, plant: dict[str, int], *, seed: int = 1, near: float = 0.2,
    among: Sequence[Fate] = NEAR,
) -> Planted:  # fmt: skip
    """The files into a folder, so many of each kind planted. A share `near`, `among` those, only looks like one."""
    rng = random.Random(seed)  # noqa: S311 - a shop, not a secret
    fates, payouts = _fates(rng, orders, {kind: n for kind, n in plant.items() if kind != "payout"}), Payouts()
    planted: Planted = {kind: set() for kind, count in plant.items() if count}
    with Files(place) as files:
        shelf = Shelf(files)
        for index, at in enumerate(_moments(orders)):
            kind, fate = fates.get(index, ("", None))
            if fate is None and END - at > SETTLED and rng.random() < near:
                fate = rng.choice(among)
            if fate in NEAR and not kind and index - 1 in fates:
                fate = None  # what is lost alone next to a stretch would be of it
            made = _made(index, at, rng, fate)
            if kind:
                planted[kind].add(_about(kind, made))
            _young(made)
            files.order(made)
            shelf.sold(made)
            payouts.take(made, files)
        files.put("payments", payouts.rows(rng, plant.get("payout", 0), planted))
        files.put("prices", _prices())
    (place / "erp.toml").write_text(ERP, "utf-8")
    (place / "payments.toml").write_text(PAYMENTS, "utf-8")
    (place / "stock.toml").write_text(STOCK, "utf-8")
    _only_firsts(planted, fates)
    return planted


def _only_firsts(planted: Planted, fates: dict[int, tuple[str, Fate]]) -> None:
    """A stretch is called by its first order."""
    if "webhooks" in planted:
        runs = [at for at, (kind, _) in fates.items() if kind == "webhooks" and fates.get(at - 1, ("",))[0] != kind]
        planted["webhooks"] = {f"#{10_001 + at}" for at in runs}


def _moments(orders: int) -> Iterator[datetime]:
    begin, step = END - timedelta(days=DAYS), timedelta(days=DAYS) / orders
    return (begin + step * at for at in range(orders))


def _fates(rng: random.Random, orders: int, plant: dict[str, int]) -> dict[int, tuple[str, Fate]]:
    """Apart from each other, neither in the first fourth nor in the last tenth."""
    slots = list(range(orders // 4, orders * 9 // 10 - RUN, RUN + 3))
    rng.shuffle(slots)
    fates: dict[int, tuple[str, Fate]] = {}
    for kind, count in plant.items():
        for number in range(count):
            first, fate = slots.pop(), PLANTED[kind][number % len(PLANTED[kind])]
            for at in range(first, first + (RUN if kind == "webhooks" else 1)):
                fates[at] = kind, fate
    return fates


def _made(index: int, at: datetime, rng: random.Random, fate: Fate | None) -> Made:
    made = begun(index, at, rng)
    if fate in BEFORE and fate is not None:
        fate(made)
    spread(made)
    if fate is not None and fate not in BEFORE:
        fate(made)
    return made


def _about(kind: str, made: Made) -> str:
    if kind == "erp_unknown":
        return made.erp[-1]["Auftrag"]
    return made.lines[0][0] if kind in ("oversold", "price") else made.number


def _young(made: Made) -> None:
    """What has not happened yet when the files are made is in none of them; and some is on its way for a while."""
    age = (END - made.at) / timedelta(hours=1)
    if age < 20:
        made.erp.clear()
    if age < 55:
        made.parcels.clear()
    if age < 3:
        made.hooks.clear()


def _prices() -> Iterator[Row]:
    """A list of everything a week before, and again every twenty days, as shops write it."""
    for days in (DAYS + 7, 40, 20):
        for sku in range(SKUS):
            for currency, places in PLACES.items():
                price = price_of(sku, currency)
                said = f"{price // 10**places}.{price % 10**places:0{places}}" if places else str(price)
                at = iso(END - timedelta(days=days))
                yield {"sku": f"sku-{sku:03}", "at": at, "price": said, "currency": currency}


class Files:
    """The tables, written as orders come."""

    def __init__(self, place: Path) -> None:
        self._place, self._open = place, ExitStack()
        self._tables: dict[str, csv.DictWriter[str]] = {}
        self._again: list[list[Row]] = []  # what an export that overlaps has twice

    def __enter__(self) -> Self:
        for kind, header in HEADERS.items():
            file = self._open.enter_context((self._place / f"{kind}.csv").open("w", encoding="utf-8", newline=""))
            self._tables[kind] = csv.DictWriter(file, header, delimiter=";" if kind == "erp" else ",")
            self._tables[kind].writeheader()
        return self

    def __exit__(self, *_: object) -> None:
        for rows in self._again:
            self.put("orders", rows)
        self._open.close()

    def put(self, kind: str, rows: Iterable[Row]) -> None:
        """Rows of one table."""
        self._tables[kind].writerows(rows)

    def order(self, made: Made) -> None:
        """What every system but the processor has of it."""
        self.put("orders", _exported(made))
        self._again += [list(_exported(made))] * (made.copies - 1)
        self.put("erp", made.erp)
        self.put("parcels", [row for row in made.parcels if row["at"] < iso(END)])
        self.put("mails", made.mails)
        self.put("webhooks", made.hooks)
        self.put("touches", made.touches)
        self.put("stock", made.stock)


def _exported(made: Made) -> Iterator[Row]:
    """As Shopify exports it: the order's own columns on its first row only."""
    back = made.refunded
    state = made.state if not back else "refunded" if back == made.total else "partially_refunded"
    own: dict[str, Any] = {
        "Email": f"s{made.index}@example.org", "Financial Status": state, "Currency": made.currency,
        "Subtotal": made.says(made.subtotal), "Shipping": made.says(made.shipping), "Taxes": "0",
        "Total": made.says(made.total), "Refunded Amount": made.says(back), "Id": made.id,
        "Payment Method": made.method, "Source": "web",
        "Cancelled at": "" if made.cancelled is None else f"{made.cancelled.astimezone(UTC):%Y-%m-%d %H:%M:%S +0000}",
    }  # fmt: skip
    for at, (sku, quantity, price) in enumerate(made.lines):
        line = {
            "Name": made.number, "Created at": f"{made.at.astimezone(UTC):%Y-%m-%d %H:%M:%S +0000}",
            "Lineitem quantity": str(quantity), "Lineitem name": sku, "Lineitem sku": sku,
            "Lineitem price": made.says(price),
        }  # fmt: skip
        yield line | (own if at == 0 else {})


class Shelf:
    """What is there of each SKU: counted every morning, filled up in time, never below nothing."""

    FULL: Final = 500

    def __init__(self, files: Files) -> None:
        self._files, self._day = files, datetime.min.replace(tzinfo=UTC)
        self._left: dict[str, int] = defaultdict(lambda: self.FULL)

    def sold(self, made: Made) -> None:
        """An order took from it."""
        if made.at >= self._day + timedelta(days=1):
            self._day = made.at - timedelta(minutes=7)
            for name in (f"sku-{number:03}" for number in range(SKUS)):
                self._note(name, self._day, str(self._left[name]), "")
        for sku, quantity, _ in made.lines:
            if made.cancelled is None and sku.startswith("sku-"):
                self._left[sku] -= quantity
                if self._left[sku] < 20:
                    self._left[sku] += self.FULL
                    self._note(sku, made.at, "", str(self.FULL))

    def _note(self, sku: str, at: datetime, available: str, change: str) -> None:
        self._files.put("stock", [{"sku": sku, "at": iso(at), "available": available, "change": change}])


class Payouts:
    """Every day what came two days before, by currency."""

    def __init__(self) -> None:
        self._net: dict[tuple[str, str], int] = defaultdict(int)

    def take(self, made: Made, files: Files) -> None:
        """Its transactions, each with the payout that it is in."""
        seen = set[str]()
        for row in made.payments:
            at = datetime.fromisoformat(row["Created (UTC)"]).replace(tzinfo=UTC)
            if at > END + timedelta(days=2):
                continue
            day = (at + timedelta(days=3)).strftime("%Y-%m-%d")
            row["Transfer"] = f"po_{made.currency.lower()}_{day}"
            if row["id"] not in seen:
                self._net[made.currency, day] += int(row["Net"].replace(".", ""))
            seen.add(row["id"])
            files.put("payments", [row])

    def rows(self, rng: random.Random, wrong: int, planted: Planted) -> Iterator[Row]:
        """The payouts themselves, so many of them off by a little."""
        made = sorted(self._net.items(), key=lambda one: one[0][1])
        there = [one for one in made if one[0][1] < f"{END + timedelta(days=2):%Y-%m-%d}"]
        late = [one for one, _ in there if one[1] > f"{END - timedelta(days=40):%Y-%m-%d}"]
        chosen = set(rng.sample(late, wrong))
        for (currency, day), net in there:
            name, places = f"po_{currency.lower()}_{day}", PLACES[currency]
            if (currency, day) in chosen:
                planted["payout"].add(name)
            off = net + 100 * ((currency, day) in chosen)
            said = f"{-off / 10**places:.{places}f}"
            yield {
                "id": f"txn_{name}", "Type": "payout", "Source": name, "Amount": said, "Fee": "0", "Net": said,
                "Currency": currency.lower(), "Created (UTC)": f"{day} 00:10:00", "Transfer": "",
            }  # fmt: skip
