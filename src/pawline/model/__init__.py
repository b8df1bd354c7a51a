"""The shop's words and its events: frozen, pure, without I/O."""

from pawline.model.event import (
    Envelope,
    Event,
    UnknownEvent,
    UnreadableEvent,
    decode_event,
    encode_event,
    event_type,
    public_name,
)

__all__ = [
    "Envelope",
    "Event",
    "UnknownEvent",
    "UnreadableEvent",
    "decode_event",
    "encode_event",
    "event_type",
    "public_name",
]
