"""What published studies say a slower answer costs. They are of pages, and correlations: a range, never a promise.

| study | +100 ms | source |
|---|---|---|
| Walmart (up to) | -1 % | https://www.mediapost.com/publications/article/306009 |
| Akamai 2017, desktop | -2.4 % | the same |
| Akamai 2017, phone | -7.1 % | the same |

Nobody measured single delays of seconds so; beyond LONGEST a delay counts as LONGEST.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from pawline.lab.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

STEP: Final = 100.0
LEAST, MIDDLE, MOST = 0.01, 0.024, 0.071
"""Of conversions, for each further STEP milliseconds."""
LONGEST: Final = 2_000.0
"""Milliseconds: the studies' own range."""
SOURCES: Final = (
    "Walmart −1 %, Akamai 2017 −2.4 % (desktop) to −7.1 % (phone) for 100 ms; studies of pages, correlations"
)


def costs(waits: Sequence[float]) -> Figure | None:
    """The share of conversions that waits of so many ms cost, against an answer at once; None of nothing."""
    if not waits:
        return None

    def at(rate: float) -> float:
        return 1 - math.fsum(math.pow(1 - rate, min(one, LONGEST) / STEP) for one in waits) / len(waits)

    return Figure(name="by published curves", value=at(MIDDLE), low=at(LEAST), high=at(MOST), n=len(waits))
