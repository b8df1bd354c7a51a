"""What Twilio keeps of one account: its number and service, messages, who said STOP, what will become of texts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

STOP: Final = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START: Final = frozenset({"START", "YES", "UNSTOP"})
OPEN: Final = frozenset({"accepted", "queued", "sending"})


@dataclass
class Message:
    """A message of either direction. `callback` is shown to nobody, as at Twilio; `order` is its place in lists."""

    sid: str
    made: float
    direction: str
    to: str
    sender: str
    body: str
    status: str
    service: str | None = None
    callback: str | None = None
    sent: float | None = None
    changed: float = 0.0
    error: int | None = None


@dataclass
class Number:
    """A number of the account."""

    sid: str
    number: str
    sms_url: str = "https://demo.twilio.com/welcome/sms/reply"
    sms_method: str = "POST"


@dataclass
class Service:
    """A Messaging Service, whose pool is the account's number."""

    sid: str
    inbound_request_url: str | None = None
    inbound_method: str = "POST"
    use_inbound_webhook_on_number: bool = False


@dataclass
class Books:
    """The account. `did` writes into the sandbox's ledger, `tell` calls addresses with a form.

    `fates` says of numbers with which code texts to them fail; others arrive at once, unless it is `slow`. `hidden`:
    bodies are not kept (message redaction).
    """

    now: Callable[[], float]
    did: Callable[..., object]
    account: str = ""
    number: Number = field(default_factory=lambda: Number("", "+15550100001"))
    service: Service = field(default_factory=lambda: Service(""))
    messages: dict[str, Message] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    fates: dict[str, int] = field(default_factory=dict)
    slow: bool = False
    hidden: bool = False
    tell: Callable[[str, dict[str, str]], None] = lambda _, __: None

    def __post_init__(self) -> None:
        self.account = self.account or sid("AC", "account")
        self.number.sid, self.service.sid = sid("PN", "number"), sid("MG", "service")

    def moment(self, at: float | None) -> str | None:
        """As Twilio writes it: RFC 2822, to the second."""
        return None if at is None else format_datetime(datetime.fromtimestamp(int(at), UTC))

    def send(self, to: str, body: str, *, service: bool, callback: str | None) -> Message:
        """A text, taken. It goes out when `flow` comes to it."""
        one = Message(
            sid=sid("SM", f"message {len(self.messages)}"), made=self.now(), changed=self.now(), to=to, body=body,
            direction="outbound-api", sender=self.number.number, status="accepted" if service else "queued",
            service=self.service.sid if service else None, callback=callback,
        )  # fmt: skip
        self.messages[one.sid] = one
        self.did("Twilio.text", f"{to} {body}")
        return one

    def flow(self, one: Message) -> None:
        """It goes out, and arrives or does not."""
        if one.status in OPEN and not self.slow:
            code = self.fates.get(one.to)
            self.become(one, "sent")
            self.become(one, "delivered" if code is None else "undelivered", code)

    def become(self, one: Message, status: str, code: int | None = None) -> None:
        """Another status, of which the text's own address is told."""
        one.status, one.changed, one.error = status, self.now(), code
        if status != "failed" and one.sent is None:
            one.sent = self.now()
        if one.callback:
            form = {
                "SmsSid": one.sid, "SmsStatus": status, "MessageStatus": status, "To": one.to, "MessageSid": one.sid,
                "AccountSid": self.account, "From": one.sender, "ApiVersion": "2010-04-01",
            }  # fmt: skip
            self.tell(one.callback, form | ({} if code is None else {"ErrorCode": str(code)}))

    def receive(self, sender: str, body: str, opt_out: str | None = None) -> Message:
        """Somebody writes to the number: its address is told, or its service's."""
        one = Message(
            sid=sid("SM", f"message {len(self.messages)}"), made=self.now(), changed=self.now(), sent=self.now(),
            to=self.number.number, sender=sender, body=body, direction="inbound", status="received",
        )  # fmt: skip
        self.messages[one.sid] = one
        word = body.strip().upper()
        if word in STOP or opt_out == "STOP":
            self.stopped.add(sender)
        if word in START or opt_out == "START":
            self.stopped.discard(sender)
        form = {
            "ToCountry": "US", "SmsMessageSid": one.sid, "NumMedia": "0", "SmsSid": one.sid, "SmsStatus": "received",
            "FromCountry": "US", "Body": body, "To": one.to, "NumSegments": "1", "MessageSid": one.sid,
            "AccountSid": self.account, "From": sender, "ApiVersion": "2010-04-01",
        }  # fmt: skip
        self.tell(self.service.inbound_request_url or self.number.sms_url, form | (
            {} if opt_out is None else {"OptOutType": opt_out}
        ))  # fmt: skip
        return one


def sid(kind: str, what: str) -> str:
    """An id: always the same of the same, so that a diary can be done again."""
    return kind + hashlib.md5(f"{kind} {what}".encode(), usedforsecurity=False).hexdigest()
