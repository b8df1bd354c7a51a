"""Rows that this life told and the store has: of an overlap that is larger than a cursor may be."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

MOST: Final = 100_000
"""Rows, of some 250 bytes each; what is beyond is told again, and known by the store."""


class Recent:
    """By their places, as a cursor has them. What was told is sure once the cursor that went with it comes back."""

    def __init__(self) -> None:
        self._sure: dict[str, str] = {}
        self._told: tuple[str, Mapping[str, str]] = ("", {})

    def begun(self, cursor: str) -> Mapping[str, str]:
        """What the store has for certain, of a look that goes on there."""
        came, told = self._told
        self._told = ("", {})
        if cursor and cursor == came and len(self._sure) + len(told) <= MOST:
            self._sure.update(told)
        return self._sure

    def told(self, before: str, cursor: str, rows: Mapping[str, str]) -> None:
        """A page was; where the cursor is the same as before, nothing will ever tell whether the store has it."""
        if cursor != before:
            self._told = (cursor, rows)

    def keep(self, places: Collection[str] | None) -> None:
        """These alone may be seen again; None: any of them."""
        if places is not None:
            wanted = set(places)
            self._sure = {place: said for place, said in self._sure.items() if place in wanted}
