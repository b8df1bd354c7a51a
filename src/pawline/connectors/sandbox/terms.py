"""How long the sandbox may take: it is near, so a doubt can be settled sooner than with a vendor far away."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pawline.ports import EffectKind, Operation, Settle

TIMEOUT: Final = timedelta(seconds=4)
MARGIN: Final = timedelta(seconds=0.5)


def operation(
    *, settle: Settle, after_key_life: Settle = Settle.ASK, look_up: str | None = None, kind: EffectKind | None = None
) -> Operation:
    """An operation with the sandbox's times."""
    return Operation(
        settle=settle, timeout=TIMEOUT, margin=MARGIN, after_key_life=after_key_life, look_up=look_up, kind=kind
    )
