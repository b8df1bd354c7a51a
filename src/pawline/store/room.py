"""How much intake may wait for the disk: more is refused, and whoever sent it comes again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.store.errors import StoreBusy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pawline.store.rows import Unit


class Room:
    """Room for so many units, and for so many bytes of bodies, in each of two lines: bulk has one of its own."""

    def __init__(self, units: int, size: int) -> None:
        self._units, self._size = units, size
        self._held = self._bulk = 0  # bytes

    def enter(self, unit: Unit, ahead: int) -> None:
        """Raises StoreBusy where `ahead` units of its line, or their bodies, leave it no room.

        Bulk has half as much as the others: however much of it waits, a shopper is let in.
        """
        size = _size(unit)
        if unit.bulk:
            if ahead >= max(1, self._units // 2) or (self._bulk and self._bulk + size > self._size // 2):
                raise StoreBusy("too much bulk is waiting for the disk")
            self._bulk += size
            return
        if ahead >= self._units or (self._held and self._held + size > self._size):
            raise StoreBusy("too much is waiting for the disk")
        self._held += size

    def leave(self, unit: Unit) -> Unit:
        """A unit of bulk goes to the disk; the same unit."""
        self._bulk -= _entered(unit)
        return unit

    def left(self, waiting: Sequence[Unit]) -> None:
        """All of the others went but these."""
        self._held = sum(map(_entered, waiting))


def _size(unit: Unit) -> int:
    return unit.size + sum([len(row.body) for row, _ in unit.events]) if unit.events else unit.size


def _entered(unit: Unit) -> int:
    """What `enter` counted for it."""
    return _size(unit) if unit.intake or not unit.lanes else 0
