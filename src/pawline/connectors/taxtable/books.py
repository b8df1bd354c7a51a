"""What was charged, as files of its account; and whether the account can do its work. Nothing of whoever bought."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

from pawline.connectors.taxtable.settings import Settings
from pawline.connectors.taxtable.table import MOST, read
from pawline.kit import Folder
from pawline.model import Order, OrderId, Refund, Tax
from pawline.ports import Code, Malformed, Transient, Unauthorised

COLUMNS: Final = ("order", "refund", "line", "title", "rate", "minor", "currency", "included")


def recorded(order: Order) -> bytes:
    """The taxes of an order, a row each: of its lines, and of its deliveries as `shipping`."""
    lines: list[tuple[str, Tax]] = [(line.id, one) for line in order.lines for one in line.taxes]
    lines += [("shipping", one) for charge in order.shipping for one in charge.taxes]
    return _file((order.id, "", name, *_cells(one)) for name, one in lines)


def credited(order: OrderId, refund: Refund) -> bytes:
    """What a refund credited: one row, with the taxes in it, for the refund does not say which they are."""
    return _file([(order, refund.id, "", "credited", "", credit.minor, credit.currency, "")
                  for credit in [refund.credited()]])  # fmt: skip


def _cells(one: Tax) -> tuple[object, ...]:
    return one.title, one.rate, one.amount.minor, one.amount.currency, int(one.included)


def _file(rows: Iterable[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _plain(cell: object) -> object:
    """A text that a spreadsheet would take for a formula is none."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def refused(name: str, problem: ValueError) -> Malformed:
    """A table that cannot be used."""
    text = "it is no UTF-8" if isinstance(problem, UnicodeDecodeError) else str(problem)
    return Malformed(f"{name}: {text}", Code.BAD_REPLY)


async def probe(files: Folder, settings: Settings, _: frozenset[str]) -> None:
    """Raises Malformed for a table that cannot be used, Unauthorised where the books' folder is not there."""
    part = await files.part(0, MOST + 1, settings.table)
    try:
        read(part.data)
    except ValueError as problem:
        raise refused(settings.table, problem) from None
    try:
        await files.entries(settings.books)
    except Transient:
        text = f"{settings.books} is not there: make the folder, or correct `books`"
        raise Unauthorised(text, Code.FORBIDDEN) from None
