"""A sheet of proposals, for a spreadsheet: written so that none of it runs, read whatever a spreadsheet made of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from pawline.hub import HubRefused
from pawline.insight.cells import flag

COLUMNS: Final = ("take", "sku", "title", "field", "value", "confidence", "words", "id")
NEEDED: Final = ("take", "value", "id")
FORMULA: Final = tuple("=+-@\t\r")
"""How a cell begins that a spreadsheet would run."""
LONGEST: Final = 20 << 20
"""Bytes; more is no sheet that anybody looked over."""
MARK: Final = "\ufeff"
"""By which spreadsheets know that it is UTF-8."""


def write(file: Path, rows: Iterable[dict[str, Any]], delimiter: str) -> None:
    """A new file. Raises HubRefused where there is one: somebody may have looked it over."""
    try:
        with file.open("x", encoding="utf-8", newline="") as sheet:
            sheet.write(MARK)
            writer = csv.writer(sheet, delimiter=delimiter, lineterminator="\r\n")
            writer.writerow(COLUMNS)
            writer.writerows([_cell(str(row.get(name, ""))) for name in COLUMNS] for row in rows)
    except FileExistsError:
        raise HubRefused(f"{file} is there already: take another name") from None
    except OSError as problem:
        raise HubRefused(f"{file} cannot be written: {problem.strerror}") from None


def read(file: Path) -> list[dict[str, Any]]:
    """Lines that are to be taken, each with its number. Raises HubRefused for what is no such sheet.

    A spreadsheet may have parted it by semicolons or tabs, saved it in its own encoding, and moved columns and rows.
    """
    text = _text(file)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
        if lacking := [name for name in NEEDED if names.count(name) != 1]:
            raise HubRefused(f"{file}: its first line has no column `{lacking[0]}`, or has it twice")
        reader.fieldnames = names
        return [made for row in reader if (made := _row(file, reader.line_num, row)) is not None]
    except csv.Error as problem:
        raise HubRefused(f"{file} is no CSV: {problem}") from None


def _row(file: Path, line: int, row: dict[str, Any]) -> dict[str, Any] | None:
    cells = {name: value.strip() for name, value in row.items() if name and isinstance(value, str)}
    try:
        take = flag(cells.get("take", ""))
    except ValueError as problem:
        raise HubRefused(f"{file}, line {line}: `take` {problem}: nothing was taken") from None
    if not take:
        return None
    if not cells.get("id"):
        raise HubRefused(f"{file}, line {line}: its `id` is gone: propose anew")
    value = cells.get("value", "")
    value = value.removeprefix("'")
    return {"line": line, "id": cells["id"], "value": value, "sku": cells.get("sku", "")}


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > LONGEST:
            raise HubRefused(f"{file} is longer than {LONGEST >> 20} MB: it is no sheet of ours")
        data = file.read_bytes()
    except OSError as problem:
        raise HubRefused(f"{file} cannot be read: {problem.strerror}") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")  # as a spreadsheet saves "CSV"; what is read of it is ASCII


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
