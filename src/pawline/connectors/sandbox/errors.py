"""What the sandbox says when it refuses: `{"error": code, "text": sentence}`."""

from __future__ import annotations

import msgspec

from pawline.kit import Answer
from pawline.ports import Code, PortError, Rejected, Transient


class Refusal(msgspec.Struct, frozen=True):
    """An error's body."""

    error: Code
    text: str = ""


def explain(answer: Answer) -> PortError | None:
    """A refusal in the vendor's own words; None leaves it to the status."""
    try:
        refusal = msgspec.json.decode(answer.body, type=Refusal)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if refusal.error is Code.IN_PROGRESS:
        return Transient(refusal.text, Code.IN_PROGRESS)
    if answer.status in {404, 409, 410, 422}:
        return Rejected(refusal.text, refusal.error)
    return None
