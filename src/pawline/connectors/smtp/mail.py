"""SMTP in the role of Mail. It knows no keys and cannot be asked, so that a person decides about a doubt."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import uuid4

from pawline.connectors.smtp.bouncing import Line, named, return_path
from pawline.kit import Smtp, is_address
from pawline.model import Letter, Medium, MessageId
from pawline.ports import ATTEMPT, Code, EffectKind, Operation, Rejected, Settle

if TYPE_CHECKING:
    from pawline.connectors.smtp import Settings

TIMEOUT: Final = 30.0
_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]|=\?.*\?=")
"""A control character; or what would be decoded as it is set: `=?utf-8?q?=0d=0aBcc:...?=` would be a header more."""


class Written(NamedTuple):
    """What goes to one address."""

    to: str
    subject: str
    text: str
    html: str | None = None


class SmtpMail:
    """See `Mail`. A letter's Message-ID comes from its step's key: the same letter again has the same one."""

    OPERATIONS: Final = {
        "send": Operation(settle=Settle.ASK, timeout=timedelta(seconds=TIMEOUT), kind=EffectKind.MESSAGE)
    }

    def __init__(self, smtp: Smtp, settings: Settings) -> None:
        self._smtp, self._settings = smtp, settings

    async def send(self, letter: Letter) -> MessageId:
        if letter.medium is not Medium.EMAIL:
            raise Rejected(f"a mail server sends no {letter.medium.value}", Code.UNSUPPORTED)
        written = Written(letter.to, letter.subject or "", letter.text, letter.html)
        return await self.deliver(written, self._name(letter))

    async def deliver(self, written: Written, name: str) -> MessageId:
        """Hands it over under a Message-ID that begins with `name`. Raises as `send`."""
        if not is_address(written.to):
            raise Rejected("the recipient is no e-mail address in ASCII", Code.UNDELIVERABLE)
        message = self._message(written, name)
        await self._smtp.send(message, return_path(self._settings, name), written.to)
        return MessageId(str(message["Message-ID"]))

    def _name(self, letter: Letter) -> str:
        """What a bounce of it can be known by, where bounces are read; alarms (`*`) are nobody's letters."""
        made = ATTEMPT.get(None)
        attempt = None if made is None else made()
        step = uuid4().bytes if attempt is None else attempt.key.encode()
        tokens = self._smtp.tokens if isinstance(self._smtp, Line) else None
        if tokens is None or (attempt is not None and attempt.shop == "*"):
            return hashlib.sha256(step).hexdigest()[:32]
        return tokens.made(step, letter, datetime.now(UTC))

    def _message(self, written: Written, name: str) -> EmailMessage:
        sender, message = self._settings.sender, EmailMessage()
        if any(_UNFIT.search(text) for text in (written.subject, self._settings.sender_name)):
            raise Rejected("its subject holds a control character, or an encoded word", Code.INVALID)
        try:
            message["From"] = Address(self._settings.sender_name, addr_spec=sender)
            message["To"] = Address(addr_spec=written.to)
            message["Subject"] = written.subject
            if self._settings.reply_to:
                message["Reply-To"] = Address(addr_spec=self._settings.reply_to)
            message["Date"] = format_datetime(datetime.now(UTC))
            message["Message-ID"] = named(self._settings, name)
            message["Auto-Submitted"] = "auto-generated"
            message.set_content(written.text, cte="quoted-printable")  # a server may take seven bits only
            if written.html is not None:
                message.add_alternative(written.html, subtype="html", cte="quoted-printable")
        except (ValueError, IndexError) as problem:  # a line break in what becomes a header
            raise Rejected(f"it cannot be written as a message ({type(problem).__name__})", Code.INVALID) from None
        return message
