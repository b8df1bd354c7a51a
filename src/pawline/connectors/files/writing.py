"""An order as a file: columns from its words, exactly, as its reader wants them. What does not fit is refused."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from pawline.connectors.files.orders import OF_ADDRESS, Cell, Cells, Orders
from pawline.model import Address, Line, Money, Order
from pawline.model.currency import exponent
from pawline.ports import Code, Rejected

FORMULA: Final = tuple("=+-@\t\r")
"""How a cell begins that a spreadsheet would run."""
DIGITS: Final = re.compile(r"[-+]?[0-9 ()/.-]*")
"""What is no formula, whatever it begins with: amounts, and telephone numbers."""
MATCHED: Final = frozenset({"order", "line", "sku"})
"""What the shop calls things, and a system matches by: changed, it would come back as something else."""
Words = Mapping[str, str]


def written(orders: Orders, zone: ZoneInfo, order: Order) -> bytes:
    """The order's file. Raises Rejected, naming the column, for what its reader could not take."""
    return _file(orders, orders.columns, list(_rows(orders, zone, order)))


def withdrawn(orders: Orders, order: str) -> bytes:
    """The file that takes it back."""
    return _file(orders, orders.cancel, [{"order": order}])


def _rows(orders: Orders, zone: ZoneInfo, order: Order) -> Iterator[Words]:
    placed = order.placed_at.astimezone(zone)
    amount = _amounts(orders.decimal)
    whole = {
        "order": order.id, "number": order.number, "currency": order.currency, **amount("total", order.total),
        "placed_at": placed.strftime(orders.dates) if orders.dates else placed.isoformat(),
        "email": (order.contact and order.contact.email) or "",
        "language": (order.contact and order.contact.language) or "", **_address(order.ship_to),
    }  # fmt: skip
    if orders.rows == "items":
        for number, item in enumerate(order.demand(), 1):
            yield whole | {"row": str(number), "sku": item.sku, "quantity": str(item.quantity)}
        return
    for number, line in enumerate((one for one in order.lines if one.quantity), 1):
        yield whole | {"row": str(number)} | _line(line, amount)


def _line(line: Line, amount: Callable[[str, Money], Words]) -> dict[str, str]:
    return {
        "line": line.id, "sku": line.sku, "title": line.title, "quantity": str(line.quantity),
        **amount("price", line.price), **amount("line_total", line.total()),
    }  # fmt: skip


def _amounts(decimal: str) -> Callable[[str, Money], Words]:
    """The amount in major units, and in minor ones."""

    def amount(name: str, money: Money) -> Words:
        places = exponent(money.currency)
        major = f"{Decimal(money.minor).scaleb(-places):.{places}f}"
        return {name: major.replace(".", decimal), f"{name}_minor": str(money.minor)}

    return amount


def _address(there: Address | None) -> dict[str, str]:
    if there is None:
        return dict.fromkeys(OF_ADDRESS, "")
    lines = [*there.lines, "", "", ""]
    if len(there.lines) > 3:
        lines[2] = ", ".join(there.lines[2:])
    said = (
        there.name, there.company, *lines[:3], there.postcode, there.city, there.region, there.country, there.phone
    )  # fmt: skip
    return {name: value or "" for name, value in zip(OF_ADDRESS, said, strict=True)}


def _file(orders: Orders, cells: Cells, rows: list[Words]) -> bytes:
    if not rows:
        raise Rejected("nothing is left of the order that could be sent", Code.INVALID)
    made = [[_cell(orders, column, cell, words) for column, cell in cells.items()] for words in rows]
    text = _csv(orders, list(cells), made) if orders.format == "csv" else _fixed(orders, list(cells.values()), made)
    if orders.end:
        text += orders.end + orders.newline
    try:
        return text.encode(orders.encoding)
    except UnicodeEncodeError:
        raise Rejected(f"the order holds a character that {orders.encoding} has not", Code.INVALID) from None


def _csv(orders: Orders, header: list[str], rows: list[list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=orders.delimiter, lineterminator=orders.newline)
    writer.writerows([*([header] if orders.header else []), *rows])
    return text.getvalue()


def _fixed(orders: Orders, cells: list[str | Cell], rows: list[list[str]]) -> str:
    return "".join(
        "".join(_padded(cell, text) for cell, text in zip(cells, row, strict=True)) + orders.newline for row in rows
    )


def _padded(cell: str | Cell, text: str) -> str:
    assert isinstance(cell, Cell)  # noqa: S101 - the settings were checked
    return text.rjust(cell.width, cell.fill) if cell.right else text.ljust(cell.width, cell.fill)


def _cell(orders: Orders, column: str, cell: str | Cell, words: Words) -> str:
    """What stands there: in one line, in characters that there are, and no formula."""
    said = cell.value if isinstance(cell, Cell) else cell
    text = said[1:] if said.startswith("=") else " ".join(words[said].splitlines())
    if orders.replace:
        text = "".join(one if _fits(one, orders.encoding) else orders.replace for one in text)
    elif not _fits(text, orders.encoding):
        raise Rejected(f"column {column}: a character that {orders.encoding} has not", Code.INVALID)
    if isinstance(cell, Cell):
        if len(text) > cell.width:
            raise Rejected(f"column {column}: {len(text)} characters, and there is room for {cell.width}", Code.INVALID)
        return text
    return f"'{text}" if _runs(orders, said, text) else text


def _runs(orders: Orders, said: str, text: str) -> bool:
    """Whether a spreadsheet would run it."""
    return orders.escape and said not in MATCHED and text.startswith(FORMULA) and not DIGITS.fullmatch(text)


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
