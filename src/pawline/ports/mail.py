"""Mail: sends what we wrote ourselves, letter by letter, by e-mail or text message."""

from __future__ import annotations

from typing import Protocol

from pawline.model import Letter, MessageId


class Mail(Protocol):
    """A plain sender without templates, lists or opinions."""

    async def send(self, letter: Letter) -> MessageId:
        """Hand it over. Rejected(undeliverable) for a recipient that is none, Rejected(unsupported) for the medium."""
        ...
