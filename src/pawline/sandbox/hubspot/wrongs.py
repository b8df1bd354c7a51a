"""What HubSpot says when it will not: a status, a category, and what is wrong."""

from __future__ import annotations

import json
import uuid
from typing import Any, Final, NamedTuple


class Said(NamedTuple):
    """An answer: its status and its body, None where there is none."""

    status: int
    body: Any = None


class Refusal(Exception):
    """Ends a request with this answer. The words are ours; categories and codes are the vendor's."""

    def __init__(self, status: int, category: str, message: str, *details: dict[str, Any], **more: str) -> None:
        super().__init__(message)
        body: dict[str, Any] = {
            "status": "error", "message": message, "category": category, "correlationId": trace(category, message),
        } | more  # fmt: skip
        if details:
            body["errors"] = [{"message": message, **one} for one in details]
        self.said: Final = Said(status, body)

    @property
    def error(self) -> dict[str, Any]:
        """The same, as one of several in an answer to a batch."""
        said: dict[str, Any] = self.said.body
        kept = {name: said[name] for name in ("status", "category", "message")}
        return {**kept, "errors": said.get("errors", []), "context": {}, "links": {}}


def trace(*of: str) -> str:
    """The number under which the vendor finds it again; here the same for the same."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "\n".join(of)))


def invalid(message: str, code: str = "", **context: str) -> Refusal:
    """What is asked for is not as it must be."""
    detail = {"code": code, "context": {name: [value] for name, value in context.items()}}
    return Refusal(400, "VALIDATION_ERROR", message, *([detail] if code else []))


def bad_property(name: str, value: str, code: str) -> Refusal:
    """A property that is none, or whose value is none: what is wrong stands as JSON in the message."""
    wrong = [{"isValid": False, "message": f"{value} was not valid", "error": code, "name": name}]
    return Refusal(400, "VALIDATION_ERROR", f"Property values were not valid: {json.dumps(wrong)}")
