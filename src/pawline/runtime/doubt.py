"""After a restore the world knows more than the store: what an older event asks for may have been done already.

The first attempt at a step of such an event is looked up where the vendor can be asked, also while the main switch
is on `observe`. Where it cannot: a key that is still alive since the event may be sent (the vendor knows it), what may
be repeated is repeated, and anything else is a person's to say.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pawline.ports import Settle

if TYPE_CHECKING:
    from pawline.ports import Operation
    from pawline.runtime.records import Intent
    from pawline.runtime.run import Run


def ask_first(operation: Operation, at: float, now: float) -> Settle:
    """How a first attempt for an event of time `at` begins: LOOK_UP and ASK instead of, KEY and REPEAT by sending."""
    if operation.look_up is not None:
        return Settle.LOOK_UP
    return operation.settle_at(datetime.fromtimestamp(now, UTC), first_sent=datetime.fromtimestamp(at, UTC))


def looks_up(run: Run, intent: Intent, operation: Operation) -> bool:
    """Whether this recorded attempt is the one that asks instead of sending."""
    return run.doubt is not None and intent.attempt == 1 and operation.look_up is not None
