"""Moments: never without a time zone, since a naive one means something else on each machine."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

Aware = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment with a time zone; decoding refuses one without."""


def check_aware(what: str, moment: datetime) -> None:
    """Raises ValueError, naming `what`, for a moment without a time zone."""
    if moment.utcoffset() is None:
        raise ValueError(f"{what} needs a time zone")
