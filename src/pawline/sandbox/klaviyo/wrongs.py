"""What Klaviyo says when it will not: a status, and `errors` of JSON:API."""

from __future__ import annotations

import uuid
from typing import Any, Final, NamedTuple

TITLES: Final = {
    "invalid": "Invalid input.", "not_found": "Not found.", "duplicate_profile": "Conflict.",
    "not_authenticated": "Authentication credentials were not provided.",
    "authentication_failed": "Incorrect authentication credentials.",
    "permission_denied": "You do not have permission to perform this action.", "throttled": "Request was throttled.",
    "method_not_allowed": "Method not allowed.", "error": "A server error occurred.",
}  # fmt: skip


class Said(NamedTuple):
    """An answer: its status and its body, None where there is none."""

    status: int
    body: Any = None


class Refusal(Exception):
    """Ends a request with this answer. The words are ours; codes and where they point are the vendor's."""

    def __init__(self, status: int, code: str, detail: str, pointer: str = "", **meta: str) -> None:
        super().__init__(detail)
        error: dict[str, Any] = {
            "id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{code} {detail} {pointer}")), "status": status, "code": code,
            "title": TITLES[code], "detail": detail, "source": {"pointer": pointer or "/data/"}, "links": {},
            "meta": meta,
        }  # fmt: skip
        self.said: Final = Said(status, {"errors": [error]})


def invalid(detail: str, pointer: str) -> Refusal:
    """A field that is wrong."""
    return Refusal(400, "invalid", detail, pointer)
