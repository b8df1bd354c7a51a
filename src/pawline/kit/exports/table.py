"""What every export is made of: a table in a file, a header that says whose it is, and rows that may be wrong."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Final

import msgspec

from pawline.model import Order

Row = dict[str, str]
MOST: Final = 131_072
"""Characters of a field: what is longer is no order's."""


class WrongExport(ValueError):
    """This file is no export that can be read; the text says what was expected."""


class BadRow(msgspec.Struct, frozen=True):
    """A row, or an order of several, that cannot be read: where it begins, whose it is, and why."""

    line: int
    order: str
    why: str


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """An order, and what its system knew of its life. `score` is of 5, where it was reviewed."""

    order: Order
    line: int
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    cancelled: bool = False
    cancelled_at: datetime | None = None
    """Where the export says it."""
    score: int | None = None


@contextmanager
def opened(file: Path, header: Sequence[str]) -> Iterator[Iterator[tuple[int, Row]]]:
    """The rows of a table, each with the number of its line; `.gz` is unpacked.

    Raises WrongExport for a file that is missing, empty, not UTF-8, not whole, or lacks one of these columns.
    """
    try:
        with _bytes(file) as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as text:
            reader = csv.DictReader(text, strict=True)
            lacking = [name for name in header if name not in (reader.fieldnames or ())]
            if lacking:
                raise WrongExport(
                    f"{file.name}: there is no column {lacking[0]!r} in its first line: "
                    f"expected at least {', '.join(header)}"
                )
            yield ((reader.line_num, _filled(row)) for row in reader)
    except UnicodeDecodeError as problem:
        raise WrongExport(f"{file.name} is not UTF-8 ({problem.reason}): export it as UTF-8") from None
    except csv.Error as problem:
        raise WrongExport(f"{file.name} is no table: {problem}") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as problem:
        raise WrongExport(f"{file.name} is no whole gzip file: {problem}") from None
    except OSError as problem:
        raise WrongExport(f"{file} cannot be read: {problem.strerror}") from None


@contextmanager
def _bytes(file: Path) -> Iterator[IO[bytes]]:
    csv.field_size_limit(MOST)
    with file.open("rb") as packed:
        if file.suffix == ".gz":
            with gzip.open(packed) as data:
                yield data  # type: ignore[misc]
        else:
            yield packed


def _filled(row: dict[str | None, str | None]) -> Row:
    """Absent cells are empty ones; cells beyond the header are nobody's."""
    return {name: (value or "").strip() for name, value in row.items() if isinstance(name, str)}


def read_orders(path: Path) -> Iterator[Exported | BadRow]:
    """Orders of an Olist folder, or of a Shopify export, by what is there. Raises WrongExport for anything else."""
    from pawline.kit.exports.olist import read_olist  # noqa: PLC0415 - both stand on this module
    from pawline.kit.exports.shopify import read_shopify  # noqa: PLC0415

    if not path.exists():
        raise WrongExport(f"there is no {path}")
    yield from read_olist(path) if path.is_dir() else read_shopify(path)
