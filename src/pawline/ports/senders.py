"""Senders: the register of who sends which message. Played by the hub itself, from its settings."""

from __future__ import annotations

import enum
from typing import Protocol

import msgspec

from pawline.ports.read import read


class How(enum.StrEnum):
    """How a message comes to be sent. The strings are stored: add, never rename."""

    ASKED = "asked"
    """We ask the account for it, and it sends."""
    ITSELF = "itself"
    """It is sent by a flow of the sender's own, or by its own template: we must not ask for it too."""
    NOBODY = "nobody"
    """It is switched off."""


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who sends a message: one sender, never two. `account` is empty where any account of Marketing will do."""

    message: str
    how: How = How.ASKED
    account: str = ""


class Senders(Protocol):
    """Each message has exactly one sender."""

    @read
    async def of(self, message: str) -> Sender:
        """Who sends it. A message that the register does not name is asked of the marketing tool."""
        ...
