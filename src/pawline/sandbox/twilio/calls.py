"""A call of the API, and its refusal."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from pawline.sandbox.calling import Asked

TEXTS: Final = {
    20003: "Authenticate", 20404: "The requested resource was not found", 20429: "Too Many Requests",
    20500: "An internal server error has occurred", 21211: "Invalid 'To' Phone Number", 21212: "Invalid 'From' Number",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    21602: "Message body is required.", 21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.", 21606: "The 'From' phone number is not a valid, SMS-capable number",
    21609: "The 'StatusCallback' URL is not a valid URL.", 21610: "Attempt to send to unsubscribed recipient",
    21611: "This 'From' number has exceeded the maximum number of queued messages",
    21612: "The 'To' phone number is not currently reachable using the 'From' phone number",
    21614: "'To' number is not a valid mobile number", 21617: "The concatenated message body exceeds the 1600 limit",
    21701: "The Messaging Service does not exist.",
}  # fmt: skip


class No(Exception):
    """A refusal: the status, and Twilio's number for it."""

    def __init__(self, status: int, code: int) -> None:
        super().__init__(status, code)
        self.status: Final = status
        self.body: Final[dict[str, Any]] = {
            "code": code, "message": TEXTS.get(code, "It cannot be done."), "status": status,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
        }  # fmt: skip


class Call(Asked, frozen=True, kw_only=True):
    """One request, by its path below the account, or below `v1` of the other address. `form` is empty without one."""

    form: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def answered(self) -> int:
        """With which status: what is made is 201, what is deleted 204."""
        return 201 if self.route == "POST Messages" else 204 if self.method == "DELETE" else 200
