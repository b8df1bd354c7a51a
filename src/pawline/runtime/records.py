"""What a journal is made of. Stored for years: append fields with defaults, never reorder, never reuse a tag."""

from __future__ import annotations

from typing import Final

import msgspec

NOTHING: Final = msgspec.Raw(b"null")


class Bound(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="b"):
    """The accounts that a port stood for when the run first asked; `use` and `accounts` answer alike ever after."""

    port: str
    accounts: tuple[str, ...]


class Intent(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="i"):
    """An attempt at a step is about to leave. `first` is when the first attempt under the same key did.

    `settle_by` is when the attempt has certainly ended (epoch seconds). `back` names the method that undoes the step;
    `undoes` the path of the step that this one undoes. `fresh` counts keys: it grows when a look-up proved that
    nothing happened under the key before. `keyed` says that each attempt under this key left while its receiver was
    believed to know keys: who is told so later knows nothing of this one. Earlier releases wrote none of it.
    """

    path: str
    port: str
    method: str
    args: msgspec.Raw
    account: str
    settle_by: float
    attempt: int = 1
    fresh: int = 0
    first: float = 0.0
    back: str | None = None
    undoes: str | None = None
    late: float | None = None
    keyed: bool = True


class Observed(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="o"):
    """What the step would have sent: its flow or account is on `observe`, so it is held and nothing left."""

    path: str
    at: float
    port: str
    method: str
    args: msgspec.Raw
    account: str


class Seen(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="s"):
    """What the old way did for an observed step: `found`, `missing`, or `unknown`, where nobody can be asked."""

    path: str
    at: float
    how: str


class Waiting(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="w"):
    """The run sleeps (`type` None), or waits for an event about `key`, until a moment (None: for ever)."""

    path: str
    until: float | None
    type: str | None = None
    key: str | None = None


class Asked(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="q"):
    """A question was put to people: the number of its case."""

    path: str
    case: int


class Published(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="p"):
    """An event went out with this row."""

    path: str
    type: str
    event: int


class Reached(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="m"):
    """The run passed a milestone that somebody may be waiting for."""

    path: str
    milestone: str
    value: msgspec.Raw


class Done(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="d"):
    """A step's result, a taken event with its number, an answer, or null where a sleep is over."""

    path: str
    at: float
    value: msgspec.Raw
    event: int | None = None
    late: bool = False


class Failed(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="f"):
    """A step ended in one of the four errors, or `late` without having happened. The flow sees it raised."""

    path: str
    at: float
    kind: str
    code: str
    text: str
    late: bool = False


class Tried(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="r"):
    """An attempt ended without a result; the next one is due at `again`, `looked`: after a look-up found nothing.

    `unknown` says that the attempt may have had its effect: it is settled before it is repeated. `tries` counts the
    look-ups that failed so far, or those of a call without effect, and `first` is when the first of them did.
    """

    path: str
    at: float
    attempt: int
    kind: str
    code: str
    text: str
    again: float
    unknown: bool
    looked: bool = False
    tries: int = 0
    first: float = 0.0


class Kept(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="n"):
    """An `undoing` block was left in peace: its steps are not undone any more, whatever comes."""

    paths: tuple[str, ...]


class Parked(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="k"):
    """A case decides how the step at `path` ('' for the run as a whole) goes on."""

    path: str
    at: float
    case: int


class Resumed(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="u"):
    """A person had the step tried again, with other arguments if `args` is not null."""

    path: str
    at: float
    args: msgspec.Raw = NOTHING  # `Raw | None` is written, but msgspec does not read it


class Cancelling(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="c"):
    """From here on the run is being cancelled. `alone`: undone from the journal, because its code cannot be driven."""

    at: float
    reason: str
    alone: bool = False


Record = (
    Bound
    | Intent
    | Observed
    | Seen
    | Waiting
    | Asked
    | Published
    | Reached
    | Done
    | Failed
    | Tried
    | Parked
    | Resumed
    | Cancelling
    | Kept
)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[list[Record]] = msgspec.json.Decoder(list[Record])

encode_records = _encoder.encode
"""Records that were committed together → the bytes of one journal row."""


def decode_records(body: bytes) -> list[Record]:
    """The records of one journal row, in order."""
    return _decoder.decode(body)
