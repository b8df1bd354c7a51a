"""The report that a mail server writes of a letter that did not arrive: RFC 3464, with its headers (RFC 6522)."""

from __future__ import annotations

from email.message import Message
from typing import Final
from uuid import uuid4

REPORT: Final = """\
Return-Path: <>
Delivered-To: {sender}
From: Mail Delivery System <MAILER-DAEMON@sandbox.invalid>
To: {sender}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="{mark}"
Message-ID: <{mark}@sandbox.invalid>

This is a MIME-encapsulated message.

--{mark}
Content-Type: text/plain; charset=us-ascii

Your message to <{to}> could not be delivered: {status}.

--{mark}
Content-Type: message/delivery-status

Reporting-MTA: dns; sandbox.invalid

Final-Recipient: rfc822; {to}
Original-Recipient: rfc822;{to}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <{to}>: what the sandbox says of it

--{mark}
Content-Type: text/rfc822-headers

{headers}

--{mark}--
"""


def returned(letter: Message, sender: str, to: str, status: str, action: str = "failed") -> bytes:
    """What comes back to `sender`, whose headers are those of the letter."""
    headers = "\n".join(f"{name}: {value}" for name, value in letter.items())
    text = REPORT.format(sender=sender, mark=uuid4().hex, to=to, status=status, action=action, headers=headers)
    return text.replace("\n", "\r\n").encode("utf-8", "replace")
