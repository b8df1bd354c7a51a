"""What every effect answers at least: that it happened."""

from __future__ import annotations

import msgspec


class Receipt(msgspec.Struct, frozen=True):
    """It was done. `reference` is the other side's own id for it, if it gave one: opaque, only to be handed back.

    An effect never returns None, because to a look-up None says that nothing happened.
    """

    reference: str | None = None
