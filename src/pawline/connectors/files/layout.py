"""How rows lie in a file: separated or of fixed width. A line that is none keeps no other from being read."""

from __future__ import annotations

import codecs
import csv
from typing import TYPE_CHECKING, Final, NamedTuple

from pawline.insight.rows import BadRow

if TYPE_CHECKING:
    from pawline.connectors.files.export import Export

Column = str | int | tuple[int, int]
"""A header's text, a number from 1 on, or the first and the last character of fixed width."""
MARK: Final = codecs.BOM_UTF8
_ASCII: Final = bytes(range(128))


class BadFile(ValueError):
    """A file that is not what it is called: none of its rows is read."""


class Place(NamedTuple):
    """Where a field stands: the cell's number, or the characters from and to, and what people call it."""

    begin: int
    end: int
    called: str


class Layout:
    """How the rows of one file lie. `first` is its first line, for files with a header. Raises BadFile."""

    def __init__(self, export: Export, first: bytes) -> None:
        self._export, self._fixed = export, export.format == "fixed"
        header = None
        if export.headed and not self._fixed:
            try:
                header = [one.strip() for one in self._cells(self.text(first.removeprefix(MARK)))]
            except BadRow as problem:
                raise BadFile(f"its first line: {problem}") from None
        self.columns: Final = 0 if header is None else len(header)
        self.places: Final = {name: self._place(at, header) for name, at in export.columns.items()}
        lacking = [place.called for place in self.places.values() if place.begin < 0]
        if lacking:
            raise BadFile(f"its first line has no column {', '.join(lacking)}, or has it twice")

    def text(self, line: bytes) -> str:
        """The line as text. Raises BadRow."""
        try:
            return line.decode(self._export.encoding)
        except UnicodeDecodeError as problem:
            raise BadRow(f"it is not {self._export.encoding} (byte {problem.start})") from None

    def fields(self, record: bytes) -> dict[str, str]:
        """What stands in each column that is wanted, without blanks around it. Raises BadRow."""
        text = self.text(record)
        if self._fixed:
            return {name: self._cut(text, place) for name, place in self.places.items()}
        cells = self._cells(text)
        while len(cells) > self.columns > 0 and not cells[-1].strip():
            cells.pop()  # a delimiter at the end
        if self.columns and len(cells) != self.columns:
            raise BadRow(f"{len(cells)} columns, and not {self.columns}")
        try:
            return {name: cells[place.begin].strip() for name, place in self.places.items()}
        except IndexError:
            raise BadRow(f"{len(cells)} columns only") from None

    def _cut(self, text: str, place: Place) -> str:
        if len(text) < place.end:
            raise BadRow(f"{place.called}: the line ends before, with {len(text)} characters")
        return text[place.begin : place.end].strip()

    def _cells(self, text: str) -> list[str]:
        given = self._export
        try:
            if given.quote:
                rows = csv.reader([text], strict=True, delimiter=given.delimiter, quotechar=given.quote)
            else:
                rows = csv.reader([text], strict=True, delimiter=given.delimiter, quoting=csv.QUOTE_NONE)
            return next(rows, [])
        except csv.Error as problem:
            raise BadRow(f"no row of a CSV: {problem}") from None

    def _place(self, at: Column, header: list[str] | None) -> Place:
        if isinstance(at, tuple):
            return Place(at[0] - 1, at[1], f"characters {at[0]} to {at[1]}")
        if isinstance(at, int):
            return Place(at - 1, at, f"column {at}")
        found = header.index(at) if header is not None and header.count(at) == 1 else -1
        return Place(found, found + 1, at)


def check_layout(where: str, export: Export) -> None:
    """Raises ValueError where the settings contradict each other."""
    check_encoding(where, export.encoding)
    if len(export.delimiter) != 1 or len(export.quote) > 1:
        raise ValueError(f"{where}: `delimiter` is one character, `quote` one or none")
    if export.multiline and (export.format == "fixed" or not export.quote):
        raise ValueError(f"{where}: `multiline` is for quoted cells")
    for name, at in export.columns.items():
        fixed = isinstance(at, tuple)
        if fixed != (export.format == "fixed"):
            raise ValueError(f"{where}: column {name} is [from, to] in a file of fixed width, and only there")
        if isinstance(at, str) and not export.headed:
            raise ValueError(f"{where}: column {name} is a number from 1 on, for the file has no header")
        if (isinstance(at, tuple) and not 1 <= at[0] <= at[1]) or (isinstance(at, int) and at < 1):
            raise ValueError(f"{where}: column {name}: counted from 1 on, the first before the last")


def check_encoding(where: str, name: str) -> None:
    """Raises ValueError where a line's end or a delimiter would not be found in the bytes."""
    try:
        fits = _ASCII.decode(name) == _ASCII.decode("ascii")
    except (LookupError, UnicodeError):
        fits = False
    if not fits:
        raise ValueError(f"{where}: `encoding` {name!r} is not one that keeps ASCII, such as utf-8, cp1252 or latin-1")


def open_quote(line: bytes, quote: str) -> bool:
    """Whether a quoted cell goes on in the next line."""
    return line.count(quote.encode()) % 2 == 1
