"""What came to the mailbox of bounces, as it may be read: by anybody, so in any shape. Pure functions.

Bounces by RFC 3464 (delivery-status), complaints by RFC 5965 (feedback-report). What is another thing is none: text of
qmail or of a person, answers of somebody who is away, receipts. A part of the right kind makes a report: not every
server writes `multipart/report` around it, and what is believed is the letter's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from typing import Final, NamedTuple

from pawline.connectors.smtp.statuses import status_of

SIZE: Final = 128 << 10
"""Of a message so many bytes are read: the report, and the beginning of what came back with it."""
BOUNDARIES: Final = 16
INNER: Final = 64
PARTS: Final = 200
BLOCKS: Final = 2_000
RECIPIENTS: Final = 50
SHOWN: Final = 4_096
"""Of a header so many letters are looked at."""
_WORD: Final = re.compile(r"[\s\0]*([a-z]+)", re.IGNORECASE)
_NAMED: Final = re.compile(r"^Message-ID:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
_TO: Final = (
    "To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "In-Reply-To",
    "References",
)  # fmt: skip
"""Where a report says to whom it came, or of what it is: the return path of a letter, or its Message-ID."""


class Report(NamedTuple):
    """One that is read. `names` are texts that may hold a letter's name; nothing of the rest of them is used.

    `lasting` is None for a complaint.
    """

    lasting: bool | None
    because: str
    names: tuple[str, ...]


def report_of(raw: bytes) -> Report | None:
    """None for whatever is no bounce and no complaint, and for what is not worth the work of finding that out."""
    if _is_a_bomb(raw):
        return None
    try:
        message = BytesParser(policy=compat32).parsebytes(raw[:SIZE])
        inside = message.get_payload() if message.get_content_maintype() == "multipart" else ()
        parts = [one for one in inside if isinstance(one, Message)]
        return _bounce(message, parts) or _complaint(message, parts)
    except Exception:  # noqa: BLE001 - anybody wrote it, and the library breaks in many ways; it tells us nothing then
        return None


def _is_a_bomb(raw: bytes) -> bool:
    """What costs more than it can be worth: the library's work grows with depth times lines, and with parts."""
    low = raw[:SIZE].lower()
    return (
        low.count(b"boundary") > BOUNDARIES
        or low.count(b"message/") > INNER
        or low.count(b"\n--") > PARTS
        or len(re.findall(rb"\n[ \t]*\r?\n", low)) > BLOCKS
    )


def _bounce(message: Message, parts: list[Message]) -> Report | None:
    """Of several recipients (a list, a forwarding), it lasts where each of them failed for good."""
    told = next((one for one in parts if one.get_content_type() == "message/delivery-status"), None)
    blocks = told.get_payload() if told is not None else None
    if not isinstance(blocks, list):
        return None
    told_of = [one for one in blocks[:RECIPIENTS] if isinstance(one, Message)]
    actions = [(_word(one, "Action"), _text(one, "Status"), _text(one, "Diagnostic-Code")) for one in told_of]
    failed = [
        status_of(status, detail) for action, status, detail in actions
        if action == "failed" and not status.startswith("2.")
    ]  # fmt: skip
    if not failed:
        return None
    arrived = any(action in ("delivered", "relayed", "expanded") for action, _, _ in actions)
    lasting = len(blocks) <= RECIPIENTS and not arrived and all(one.lasting for one in failed)
    shown = next((one for one in failed if one.lasting is lasting), failed[0])
    return Report(lasting, shown.because, tuple(_names(message, parts)))


def _complaint(message: Message, parts: list[Message]) -> Report | None:
    """Only abuse: `not-spam` (RFC 6430) and `auth-failure` (RFC 6591) are of this kind, and none."""
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            for fields in _inside(part):
                if _word(fields, "Feedback-Type") == "abuse":
                    names = (_text(fields, "Original-Mail-From"), *_names(message, parts))
                    return Report(None, "they told their provider that it is spam", names)
    return None


def _names(message: Message, parts: list[Message]) -> Iterator[str]:
    for header in _TO:
        yield from _texts(message, header)
    for part in parts:
        if part.get_content_type() == "text/rfc822-headers":
            given = part.get_payload(decode=True)
            text = given.decode("latin-1") if isinstance(given, bytes) else ""
            yield from (one[0][:SHOWN] for one in _first(_NAMED.finditer(text)))
        elif part.get_content_type() == "message/rfc822":
            for inner in _inside(part):
                yield from _texts(inner, "Message-ID")


def _first(found: Iterator[re.Match[str]]) -> Iterable[re.Match[str]]:
    return [one for one, _ in zip(found, range(1), strict=False)]


def _inside(part: Message) -> list[Message]:
    inner = part.get_payload()
    return [one for one in inner[:1] if isinstance(one, Message)] if isinstance(inner, list) else []


def _texts(message: Message, header: str) -> list[str]:
    return [str(one)[:SHOWN] for one in (message.get_all(header) or [])[:8]]


def _text(message: Message, header: str) -> str:
    return str(message.get(header) or "")[:SHOWN].strip("\0 \t\r\n")


def _word(message: Message, header: str) -> str:
    found = _WORD.match(str(message.get(header) or "")[:SHOWN])
    return "" if found is None else found[1].lower()
