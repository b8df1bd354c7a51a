"""Flows that survive: the words a flow may use, and the engine that drives them."""

from pawline.runtime.binding import UNLIMITED, Binding, Bindings
from pawline.runtime.commands import sealed
from pawline.runtime.ending import fingerprint_of, untold_case
from pawline.runtime.engine import Engine
from pawline.runtime.flow import Flow, Flows, Urgency, digest63, every, flow
from pawline.runtime.intake import Recorded
from pawline.runtime.operators import Refused, Said, command
from pawline.runtime.rehearsal import Rehearsal, rehearsing
from pawline.runtime.seal import fact_digest
from pawline.runtime.settings import Caps, RuntimeSettings
from pawline.runtime.step import Cancelled, FlowError, ForeignAwait, Late, Misfit, Question, Step
from pawline.runtime.words import (
    Account,
    Undo,
    accounts,
    again,
    ask,
    chosen,
    now,
    publish,
    reached,
    sleep_until,
    together,
    undoing,
    use,
    wait_for,
    within,
)

__all__ = [
    "UNLIMITED", "Account", "Binding", "Bindings", "Cancelled", "Caps", "Engine", "Flow", "FlowError", "Flows",
    "ForeignAwait", "Late", "Misfit", "Question", "Recorded", "Refused", "Rehearsal", "RuntimeSettings", "Said", "Step",
    "Undo", "Urgency", "accounts", "again", "ask", "chosen", "command", "digest63", "every", "fact_digest",
    "fingerprint_of", "flow", "now", "publish", "reached", "rehearsing", "sealed", "sleep_until", "together", "undoing",
    "untold_case", "use", "wait_for", "within",
]  # fmt: skip
