"""The Listener: an outside system that is told of what happens here."""

from __future__ import annotations

from typing import Protocol

import msgspec

from pawline.model import Aware
from pawline.ports.receipt import Receipt


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """An event as a listener is told of it.

    `id` is the same however often it is told. `source` is where it happened, as CloudEvents have it, `type` the event's
    public name, `sequence` grows among events of one subject. `data` is a JSON object: the event's ids, or all of it
    where it goes `whole`. `subject` is None where it would say whose the event is. `owed` is since when it is told.
    """

    id: str
    source: str
    type: str
    at: Aware
    owed: Aware
    data: str
    subject: str | None = None
    sequence: str | None = None
    whole: bool = False


class Listener(Protocol):
    """Telling again what was taken is harmless: a listener knows a notice by its id. No order is promised."""

    async def tell(self, notice: Notice) -> Receipt:
        """Hand it over. Rejected(gone) where nothing more is wanted there; any other error: it was not taken (yet)."""
        ...
