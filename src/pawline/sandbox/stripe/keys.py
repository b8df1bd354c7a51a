"""Keys of repeated calls, as Stripe knows them: https://docs.stripe.com/api/idempotent_requests ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pawline.sandbox.stripe.calls import Call, No

LIFE: Final = 86_400.0
"""Seconds for which a key is known."""
FAILED: Final = 500


@dataclass
class Known:
    """What came of a key: nothing yet, while it is being done."""

    at: float
    asked: Call
    status: int = 0
    body: dict[str, Any] | None = None


class Said:
    """An answer; `again`: it was given before."""

    def __init__(self, status: int, body: dict[str, Any], *, again: bool = False) -> None:
        self.status, self.body, self.again = status, body, again


class Keys:
    """What was asked for with a key, and what was answered, also where it was a failure."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._known: dict[str, Known] = {}

    def before(self, call: Call) -> Said | None:
        """What is answered without doing anything."""
        known = self._known.get(call.key) if call.key else None
        if known is None or self._now() - known.at >= LIFE:
            return None
        if (known.asked.method, known.asked.path, known.asked.given) != (call.method, call.path, call.given):
            no = No(400, "", type="idempotency_error")
            return Said(no.status, no.body)
        if known.body is None:
            no = No(409, "idempotency_key_in_use", type="idempotency_error")
            return Said(no.status, no.body)
        return Said(known.status, known.body, again=True)

    def begun(self, call: Call) -> None:
        """It is being done."""
        if call.key:
            self._known[call.key] = Known(self._now(), call)

    def done(self, call: Call, said: Said) -> None:
        """That came of it."""
        if call.key:
            before = self._known.get(call.key)
            at = self._now() if before is None else before.at
            self._known[call.key] = Known(at, call, said.status, said.body)

    def forget(self, call: Call) -> None:
        """It was not even begun."""
        self._known.pop(call.key, None)

    def fail(self, call: Call) -> None:
        """Stripe failed after it did it, and keeps that."""
        if call.key:
            self.done(call, Said(FAILED, {"error": {"type": "api_error", "message": "Something went wrong."}}))

    def forget_all(self) -> None:
        """As after their life."""
        self._known.clear()
