"""The half of Inventory that a shop whose checkout is its own does not play: it sets stock aside for nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from pawline.model import Item, OrderId
from pawline.ports import Code, EffectKind, Operation, Receipt, Rejected, Reservation, Settle


class Unreserved:
    """See `Inventory`, to be played with its other half. `SAYS` is what whoever asks is told.

    Each of these raises Rejected(unsupported), and nothing is asked of the vendor.
    """

    SAYS: ClassVar[str]
    NEVER: Final[Mapping[str, Operation]] = {
        name: Operation(settle=Settle.REPEAT, kind=EffectKind.STOCK) for name in ("reserve", "release", "commit")
    }
    """How they are settled: there is nothing to settle."""

    async def reserve(self, order: OrderId, items: tuple[Item, ...]) -> Reservation:  # noqa: ARG002 - the port's
        """Refused."""
        raise Rejected(self.SAYS, Code.UNSUPPORTED)

    async def release(self, reservation: Reservation) -> Receipt:  # noqa: ARG002 - the port's
        """Refused."""
        raise Rejected(self.SAYS, Code.UNSUPPORTED)

    async def commit(self, reservation: Reservation) -> Receipt:  # noqa: ARG002 - the port's
        """Refused."""
        raise Rejected(self.SAYS, Code.UNSUPPORTED)
