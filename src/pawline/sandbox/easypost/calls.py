"""A call of the API, and its refusal."""

from __future__ import annotations

from typing import Any, Final

from pawline.sandbox.calling import Asked

TEXTS: Final = {
    "ADDRESS.VERIFY.FAILURE": "Unable to verify address.", "NOT_FOUND": "The requested resource could not be found.",
    "PARAMETER.REQUIRED": "Missing required parameter.", "RATE_LIMITED": "Too many requests.",
    "APIKEY.INACTIVE": "This api key is no longer active.",
}  # fmt: skip


class No(Exception):
    """A refusal: the status, and EasyPost's word for it. `errors` are about fields, or sentences."""

    def __init__(self, status: int, code: str, errors: list[Any] | None = None) -> None:
        super().__init__(status, code)
        self.status: Final = status
        self.body: Final = {
            "error": {"code": code, "message": TEXTS.get(code, "It cannot be done."), "errors": errors or []}
        }


class Call(Asked, frozen=True, kw_only=True):
    """One request, below `/v2`."""

    @property
    def answered(self) -> int:
        """With which status, as recorded: what is made, or changed, is 201; what is done to a shipment is 200."""
        return 201 if self.method in ("POST", "PATCH") and len(self.path) < 3 else 200
