"""The chain of hashes over the audit: a row that was changed, dropped or slipped in breaks it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pawline.store.database import Row

START = bytes(32)
"""What the first row is chained to."""

_encode = msgspec.json.Encoder().encode


def link(before: bytes, row: Row) -> bytes:
    """The hash of a row (no, shop, at, by, action, target, detail) chained to the hash before it."""
    return hashlib.sha256(before + _encode(row)).digest()


def broken(rows: Iterable[Row], no: int = 0, before: bytes = START) -> int | None:
    """The number of the first row of `audit_page` that does not follow from (`no`, `before`); None if all do."""
    for row in rows:
        no, before = no + 1, link(before, row[:-1])
        if row[0] != no or row[-1] != before:
            return no
    return None
