"""An old ERP that knows files only: it takes orders from a folder when it runs, and exports what it believes."""

from __future__ import annotations

import csv
import enum
import io
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

END: Final = "#end"
"""The last line of a file that is whole."""
INBOX, DONE, OUTBOX, REFUSED = "inbox", "done", "outbox", "refused"
ACCOUNT: Final = """\
[[accounts]]
name = "files/%(name)s"
[accounts.settings]
place = "%(folder)s"
every = %(every)s
[[accounts.settings.exports]]
kind = "stock"
files = "outbox/stock-*.csv"
end = "#end"
[accounts.settings.exports.columns]
sku = "sku"
location = "location"
on_hand = "on_hand"
as_of = "as_of"
contains_until = "contains_until"
[[accounts.settings.exports]]
kind = "booked"
name = "orders"
files = "outbox/orders-*.csv"
columns = { order = "order", reference = "reference", at = "booked_at" }
end = "#end"
[[accounts.settings.exports]]
kind = "refused"
name = "refusals"
files = "outbox/refused-*.csv"
columns = { order = "order", cause = "cause", at = "at" }
end = "#end"
[accounts.settings.orders]
folder = "inbox"
taken = ["done"]
refused = "refused"
end = "#end"
cancel = { order = "order" }
[accounts.settings.orders.columns]
order = "order"
number = "number"
placed_at = "placed_at"
currency = "currency"
sku = "sku"
quantity = "quantity"
total = "total_minor"
"""
"""How a hub is told of it: an account of `files`, with what its files look like as data."""


def account(folder: Path, every: float, name: str = "main") -> str:
    """The settings of a hub for this ERP; the last table of the account is open."""
    return ACCOUNT % {"name": name, "folder": folder, "every": every}


class Mood(enum.StrEnum):
    """How it is just now."""

    WELL = "well"
    HANGS = "hangs"
    """A run does nothing: no order is taken, nothing is exported."""
    HALF = "half"
    """It died while it wrote: the newest export has no end."""
    HEADLESS = "headless"
    """Its exports have another header since its update."""


class Erp:
    """The books in a folder. `run` is what its scheduler does; `did` writes down what it booked.

    Whoever hands an order over twice has it booked once. `unknown` are SKUs that it does not know: orders with one are
    refused, with that as the reason.
    """

    def __init__(
        self, folder: Path, stock: Mapping[str, int], now: Callable[[], float], did: Callable[..., str],
        unknown: Iterable[str] = (),
    ) -> None:  # fmt: skip
        self.folder, self.stock, self.unknown = folder, dict(stock), set(unknown)
        self.mood = Mood.WELL
        self._now, self._did = now, did
        self._booked: dict[str, tuple[str, str]] = {}
        self._items: dict[str, list[tuple[str, int]]] = {}
        self._refused: list[tuple[str, str, str]] = []
        for name in (INBOX, DONE, OUTBOX, REFUSED):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def run(self) -> int:
        """Takes what is in the inbox and exports; how many files it took."""
        if self.mood is Mood.HANGS:
            return 0
        files = sorted((self.folder / INBOX).glob("*.csv"))  # by name: a cancellation comes before its order
        taken = [file for file in files if self._take(file)]
        self.export()
        return len(taken)

    @property
    def booked(self) -> int:
        """How many orders are in the books."""
        return len(self._booked)

    def has(self, order: str) -> bool:
        """Whether it is in the books."""
        return order in self._booked

    def export(self) -> None:
        """Stock and orders as the books have them now."""
        stamp, at = self._stamp(), self._time()
        levels = [(sku, "main", left, at, at) for sku, left in sorted(self.stock.items())]
        self._write(f"stock-{stamp}.csv", ("sku", "location", "on_hand", "as_of", "contains_until"), levels)
        booked = [(order, reference, when) for order, (reference, when) in self._booked.items()]
        self._write(f"orders-{stamp}.csv", ("order", "reference", "booked_at"), booked)
        if self._refused:
            self._write(f"refused-{stamp}.csv", ("order", "cause", "at"), self._refused)
            self._refused = []

    def _take(self, file: Path) -> bool:
        """False for one that somebody is still writing."""
        text = file.read_text("utf-8")
        if not text.endswith(f"{END}\n"):
            return False
        rows = list(csv.DictReader(io.StringIO(text.removesuffix(f"{END}\n"))))
        order = rows[0]["order"]
        if file.name.startswith("cancel-"):
            self._did("Erp.cancel", order, order=order, again=order not in self._booked)
            self._give_back(order)
            taken = True
        else:
            taken = self._book(order, [(row["sku"], int(row["quantity"])) for row in rows])
        # What was refused is not among what was taken: who looks for it there would not hand it over again.
        file.replace(self.folder / (DONE if taken else REFUSED) / file.name)
        return True

    def _book(self, order: str, items: list[tuple[str, int]]) -> bool:
        """Whether it is in the books now."""
        strange = [sku for sku, _ in items if sku in self.unknown]
        if strange:
            self._refused.append((order, f"{strange[0]} is not in the books", self._time()))
            return False
        number = self._did("Erp.book", order, order=order, again=order in self._booked)
        if order not in self._booked:
            self._booked[order] = (f"B{number}", self._time())
            self._items[order] = items
            for sku, quantity in items:
                self.stock[sku] = self.stock.get(sku, 0) - quantity
        return True

    def _give_back(self, order: str) -> None:
        if self._booked.pop(order, None) is not None:
            for sku, quantity in self._items.pop(order):
                self.stock[sku] += quantity

    def _write(self, name: str, header: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header if self.mood is not Mood.HEADLESS else tuple(word.upper() for word in header))
        writer.writerows(rows)
        if self.mood is not Mood.HALF:
            text.write(f"{END}\n")
        part = self.folder / OUTBOX / f"{name}.part"
        part.write_text(text.getvalue(), "utf-8")
        part.replace(self.folder / OUTBOX / name)

    def _stamp(self) -> str:
        return datetime.fromtimestamp(self._now(), UTC).strftime("%Y%m%dT%H%M%S%fZ")

    def _time(self) -> str:
        return datetime.fromtimestamp(self._now(), UTC).isoformat()
