"""A table that some system exported, described as data as the files connector's are, and its rows in our words."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from pawline.insight.rows import BadRow, aware, counted
from pawline.measure.xray.vendors import preset_of
from pawline.model import MixedCurrencies, Money


class Table(Protocol):
    """What `csv.reader` gives."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...
    def __next__(self) -> list[str]: ...


EARLIEST, LATEST = 2000, 2100
"""Years of a time that is one: 0001, 1900 and 9999 are how systems say that there is none."""
LONGEST: Final = 131_072
"""Characters of a cell."""


class WrongSource(ValueError):
    """A source that is not what it is called, or does not say enough: what to do about it is in the text."""


class Sheet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a table holds. `columns` is our field = its header's text; without it the header says which system's it is.

    `values` maps theirs to ours by field (`"*"` is everything else), `only` keeps rows by field or by a column of its
    own, `constants` are fields that every row has. `since` and `until` say from when to when it tells of everything,
    where its rows do not. `complete`: of stock, that it has whatever came in, too.
    """

    kind: str
    file: str
    columns: dict[str, str] = {}
    delimiter: str = ","
    encoding: str = "utf-8-sig"
    decimal: str = "."
    thousands: str = ""
    dates: str = ""
    zone: str = ""
    constants: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    only: dict[str, list[str]] = {}
    since: str = ""
    until: str = ""
    complete: bool = False

    @property
    def path(self) -> Path:
        """Where it lies."""
        return Path(self.file)


def sheet_of(kind: str, path: Path) -> Sheet:
    """A table as it is, or a description of one in TOML, whose `file` lies beside it. Raises WrongSource."""
    if path.suffix != ".toml":
        return Sheet(kind=kind, file=str(path))
    try:
        made = msgspec.toml.decode(path.read_bytes(), type=dict[str, Any])
        found = msgspec.convert({"kind": kind} | made, Sheet)
    except OSError as problem:
        raise WrongSource(f"{path} cannot be read: {problem.strerror}") from None
    except (msgspec.ValidationError, msgspec.DecodeError, ValueError) as problem:
        raise WrongSource(f"{path}: {problem}") from None
    if found.kind != kind:
        raise WrongSource(f"{path} describes {found.kind}, and is given as {kind}")
    return msgspec.structs.replace(found, file=str(path.parent / found.file))


class Row:
    """One row, by our fields. Each method raises BadRow, naming the column and never what stands there."""

    def __init__(self, reading: Reading, cells: Mapping[str, str]) -> None:
        self._reading, self._cells = reading, cells

    def __contains__(self, field: str) -> bool:
        return bool(self._cells.get(field))

    def text(self, field: str) -> str:
        """As it stands, not empty."""
        if not (found := self._cells.get(field, "")):
            raise BadRow(f"{self._called(field)} is empty")
        return found

    def word(self, field: str) -> str:
        """Of a few known ones, in small letters; empty where there is none."""
        return self._cells.get(field, "").lower()

    def moment(self, field: str) -> int:
        """Raises WrongSource where no zone is known: which one it is, a person has to say."""
        try:
            return self._reading.moment(self.text(field), field)
        except (ValueError, OverflowError) as problem:
            if isinstance(problem, BadRow | WrongSource):
                raise
            raise BadRow(f"{self._called(field)} is no time") from None

    def currency(self, field: str) -> str:
        """Its code."""
        return self.text(field).upper()

    def money(self, field: str, currency: str) -> int:
        """In minor units, exactly."""
        text, sheet = self.text(field), self._reading.sheet
        if sheet.thousands and not grouped(text, sheet.thousands, sheet.decimal):
            raise BadRow(f"{self._called(field)} is written otherwise than its description says")
        plain = text.replace(sheet.thousands, "") if sheet.thousands else text
        try:
            return Money.parse(plain.replace(sheet.decimal, "."), currency).minor
        except (ValueError, OverflowError, MixedCurrencies):
            raise BadRow(f"{self._called(field)} is no amount of {currency}") from None

    def count(self, field: str) -> int:
        """A whole number."""
        found = counted(self.text(field), self._reading.sheet.decimal, self._reading.sheet.thousands)
        if found is None:
            raise BadRow(f"{self._called(field)} is no count")
        return found

    def _called(self, field: str) -> str:
        return self._reading.columns.get(field, field)


class Torn(BadRow):
    """A row of too few or too many cells; those at its beginning may still say what it is about."""

    def __init__(self, why: str, row: Row) -> None:
        super().__init__(why)
        self.row = row


class Reading:
    """A table while it is read. `zone` is that of times without one, where its description names none."""

    def __init__(self, sheet: Sheet, zone: str, fields: tuple[str, ...], needed: tuple[str, ...]) -> None:
        self.sheet, self.columns = sheet, dict[str, str]()
        self._fields, self._needed = fields, needed
        self._zone = _zone(sheet.zone or zone, sheet.file)

    def rows(self) -> Iterator[tuple[int, Row | BadRow]]:
        """Each with the number of its line; those that `only` leaves out are passed over. Raises WrongSource."""
        name = self.sheet.path.name
        try:
            with opened(self.sheet.path) as raw, io.TextIOWrapper(raw, self.sheet.encoding, newline="") as text:
                yield from self._read(csv.reader(text, delimiter=self.sheet.delimiter))
        except (UnicodeDecodeError, LookupError):
            raise WrongSource(f"{name} is not {self.sheet.encoding}: say its `encoding`") from None
        except csv.Error as problem:
            raise WrongSource(f"{name} is no table: {problem}") from None

    def _read(self, reader: Table) -> Iterator[tuple[int, Row | BadRow]]:
        written = next(reader, [])
        header = [one.strip() for one in written]
        self._place(header)
        wanted = {*self.columns.values(), *self.sheet.only}
        places = [(at, name) for at, name in enumerate(header) if name in wanted]
        line = reader.line_num
        for cells in reader:
            begun, line = line + 1, reader.line_num
            if line > begun and self._swallowed(cells, len(header)):
                raise WrongSource(
                    f"{self.sheet.path.name}, line {begun}: a quote opens there and closes {line - begun} lines on"
                )
            if not any(cells) or cells == written:
                continue
            whole = len(cells) if len(cells) >= len(header) else len(cells) - 1  # the last one may be half of one
            row = self._meant({name: cells[at].strip() for at, name in places if at < whole})
            if row is None:
                continue
            if len(cells) < len(header) or any(cells[len(header) :]):
                yield line, Torn(f"{len(cells)} columns, and not {len(header)}", Row(self, row))
            else:
                yield line, Row(self, row)

    def _swallowed(self, cells: list[str], width: int) -> bool:
        """Whether a cell of several lines holds whole rows: those would be missing, and nobody would know why."""
        mark = self.sheet.delimiter
        return any(
            width > 1 and line.count(mark) >= width - 1
            for cell in cells
            if "\n" in cell
            for line in cell.split("\n")[1:]
        )

    def _meant(self, cells: Mapping[str, str]) -> dict[str, str] | None:
        row = dict(self.sheet.constants)
        for field, name in self.columns.items():
            text = cells.get(name, "")
            maps = self.sheet.values.get(field)
            row[field] = text if maps is None else maps.get(text, maps.get("*", text))
        for field, kept in self.sheet.only.items():
            if row.get(field, cells.get(field, "")) not in kept:
                return None
        return row

    def _place(self, header: list[str]) -> None:
        name, known = self.sheet.path.name, set(header)
        preset = preset_of(self.sheet.kind, known)
        columns = self.sheet.columns or preset or {field: field for field in self._fields if field in known}
        for field, column in columns.items():
            if field not in self._fields:
                raise WrongSource(f"{name}: {field!r} is no field of {self.sheet.kind}: {', '.join(self._fields)}")
            if column not in known and self.sheet.columns:
                raise WrongSource(f"{name}: its first line has no column {column!r}")
            if header.count(column) > 1:
                raise WrongSource(f"{name}: its first line has {column!r} more than once: which one is meant?")
        self.columns = columns
        if lacking := [one for one in self._needed if one not in columns and one not in self.sheet.constants]:
            raise WrongSource(
                f"{name}: nobody says where `{lacking[0]}` stands: name the columns in a description, or call them "
                f"{', '.join(self._needed)}"
            )

    def moment(self, text: str, field: str) -> int:
        """Seconds since 1970."""
        if self.sheet.dates:
            found = datetime.strptime(text, self.sheet.dates)  # noqa: DTZ007 - made aware below
        elif text.isdigit() and len(text) in (10, 13):
            return int(text[:10])  # seconds, or milliseconds: those read as a date are of the year 1761
        else:
            found = datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-").removesuffix(" UTC"))
        if not EARLIEST <= found.year < LATEST:
            raise ValueError("a date that stands for none")
        if found.tzinfo is None:
            return int(aware(found, self._zone_of(field, utc=text.endswith(" UTC"))).timestamp())
        return int(found.timestamp())

    def _zone_of(self, field: str, *, utc: bool) -> ZoneInfo:
        called = self.columns.get(field, field)
        if utc or "utc" in called.lower():
            return ZoneInfo("UTC")
        if self._zone is None:
            raise WrongSource(
                f"{self.sheet.path.name}: {called!r} has times without a zone: which one are they in? Say "
                f"--times-in, or `zone` in its description"
            )
        return self._zone


def grouped(text: str, thousands: str, decimal: str) -> bool:
    """Whether marks of thousands stand where they may: in a file that has `1.234,50`, `20.00` is not two thousand."""
    whole, _, _ = text.lstrip("+-").partition(decimal)
    first, *others = whole.split(thousands)
    return not others or (0 < len(first) <= 3 and all(len(one) == 3 for one in others))


def _zone(name: str, file: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise WrongSource(f"{file}: there is no time zone {name!r}") from None


def stamp(text: str) -> int | None:
    """A moment in a description: ISO 8601 with its zone. Raises WrongSource."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        found = None
    if text and (found is None or found.tzinfo is None):
        raise WrongSource(f"{text!r} is no time with its zone, such as 2026-11-30T06:00+01:00")
    return None if found is None else int(found.astimezone(UTC).timestamp())


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Its bytes, unpacked where it ends in `.gz`. Raises WrongSource."""
    csv.field_size_limit(LONGEST)
    try:
        with path.open("rb") as packed:
            if path.suffix == ".gz":
                with gzip.open(packed) as data:
                    yield data  # type: ignore[misc]
            else:
                yield packed
    except (gzip.BadGzipFile, EOFError, zlib.error) as problem:
        raise WrongSource(f"{path.name} is no whole gzip file: {problem}") from None
    except OSError as problem:
        raise WrongSource(f"{path} cannot be read: {problem.strerror}") from None
