"""Bodies in and out of the store: encoded, encrypted under the household's key, bound to their row."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pawline.model import Envelope, Event
    from pawline.store import DataKey, JournalRow, RunRow

SEALED: Final = 1
"""Codec: JSON, AES-256-GCM with the data key that the row names. 0 is plain JSON."""


def event_aad(no: int) -> bytes:
    """What a sealed event body is bound to: it cannot be moved to another row."""
    return b"event:%d" % no


def journal_aad(run: int, seq: int) -> bytes:
    """What a sealed journal row is bound to."""
    return b"journal:%d:%d" % (run, seq)


def outcome_aad(run: int) -> bytes:
    """What a run's sealed outcome is bound to."""
    return b"outcome:%d" % run


def case_aad(no: int) -> bytes:
    """What a sealed case is bound to."""
    return b"case:%d" % no


def command_aad(no: int) -> bytes:
    """What the sealed part of a command is bound to."""
    return b"command:%d" % no


def answer_aad(case: int) -> bytes:
    """What the sealed answer to a case is bound to."""
    return b"answer:%d" % case


def open_journal(row: JournalRow, key: DataKey) -> bytes:
    """The records' bytes of one row."""
    return key.open(row.body, journal_aad(row.run, row.seq)) if row.codec == SEALED else row.body


def identity(row: RunRow, source: str, id: str) -> str:
    """A run's name for the world: hash of shop, flow, event and generation. No personal data."""
    text = f"{row.shop}\0{row.flow}\0{source}\0{id}\0{row.generation}"
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def idempotency_key(identity: str, path: str, fresh: int) -> str:
    """The key of a step: the same for all attempts; another only after a look-up proved that nothing happened."""
    return hashlib.blake2b(f"{identity}/{path}/{fresh}".encode(), digest_size=12).hexdigest()


def digests(envelope: Envelope) -> tuple[bytes, ...]:
    """What makes an event the same event: its address and, if it names one, its fact."""
    shop = envelope.shop
    address = hashlib.blake2b(f"{shop}\0{envelope.source}\0{envelope.id}".encode(), digest_size=16).digest()
    fact = fact_digest(shop, envelope.event)
    return (address,) if fact is None else (address, fact)


def fact_digest(shop: str, event: Event) -> bytes | None:
    """Of the fact that an event names: the store knows it for as long as it keeps facts."""
    if event.fact is None:
        return None
    name = event.__struct_config__.tag
    return hashlib.blake2b(f"{shop}\0\0{name}\0{event.fact}".encode(), digest_size=16).digest()
