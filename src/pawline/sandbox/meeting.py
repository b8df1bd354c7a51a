"""What a request meets on its way to a vendor that has an API of its own: faults, by the one plan that is for all."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

from pawline.sandbox.answers import Refused
from pawline.sandbox.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.vendors import Vendors

T = TypeVar("T")
NEVER: Final = 3_600.0
"""Seconds that a vendor is silent: longer than anybody waits."""
STATUS: Final = {Fault.LIMITED: 429, Fault.UNAVAILABLE: 503, Fault.STORED_ERROR: 500}
"""How a vendor says so."""


async def meeting(vendors: Vendors, do: Callable[[], T], refuse: Callable[[int], Refused]) -> T:
    """What came of `do`, unless something is in its way; see `Vendors.ask`. `refuse` says a status as the vendor does.

    Raises what `refuse` makes, and ConnectionError where the line breaks: nobody knows then what happened.
    """
    fault, come, go = vendors.meets()
    if come:
        await asyncio.sleep(come)
    if fault is Fault.UNHEARD:
        raise ConnectionResetError("before the vendor heard it")
    if fault in {Fault.LIMITED, Fault.UNAVAILABLE}:
        raise refuse(STATUS[fault])
    if fault is Fault.LATE:
        asyncio.get_running_loop().call_later(vendors.faults.late_after, _unseen, do)
        raise ConnectionResetError("after the vendor heard it")
    answer = do()
    if fault is Fault.STORED_ERROR:
        raise refuse(STATUS[fault])
    if fault is Fault.BROKEN:
        raise ConnectionResetError("after the vendor heard it")
    if go or fault is Fault.SILENT:
        await asyncio.sleep(NEVER if fault is Fault.SILENT else go)
    return answer


def _unseen(do: Callable[[], object]) -> None:
    """Nobody is there any more to be told what came of it."""
    with suppress(Refused):
        do()
