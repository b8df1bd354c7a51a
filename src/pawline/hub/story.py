"""A run's journal as a story: one entry a record, in words. Values are shown only to whoever asked to see them."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from pawline.runtime.records import (
    Asked,
    Bound,
    Cancelling,
    Done,
    Failed,
    Intent,
    Kept,
    Observed,
    Parked,
    Published,
    Reached,
    Record,
    Resumed,
    Seen,
    Tried,
    Waiting,
)  # fmt: skip

HIDDEN: Final = "(hidden; --reveal)"
_QUERY: Final = re.compile(r"(https?://[^\s\"?]+\?)[^\s\"]+")


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a timeline: when (epoch seconds), at which step, what; `value` is data that may be personal."""

    at: float
    step: str
    what: str
    tone: str = ""
    value: str = ""


def entries(history: list[Record], begun: float, *, reveal: bool) -> list[Entry]:
    """The records in order. A record without a time of its own has that of the one before."""
    told, at = [], begun
    for record in history:
        at = _time(record) or at
        what, tone, value = _words(record)
        shown = "" if not value or value == "null" else value if reveal else HIDDEN
        told.append(Entry(at=at, step=getattr(record, "path", ""), what=what, tone=tone, value=shown))
    return told


def _time(record: Record) -> float | None:
    if isinstance(record, Intent):
        return record.first if record.attempt == 1 else None
    at: float | None = getattr(record, "at", None)
    return at


def _words(record: Record) -> tuple[str, str, str]:
    match record:
        case Bound():
            return f"{record.port} is played by {', '.join(record.accounts) or 'nobody'}", "", ""
        case Intent():
            again = f", attempt {record.attempt}" if record.attempt > 1 else ""
            undo = f", undoing step {record.undoes}" if record.undoes is not None else ""
            return f"{record.port}.{record.method} → {record.account}{again}{undo}", "begin", _text(record.args)
        case Observed():
            return f"would send {record.port}.{record.method} → {record.account}: observed", "wait", _text(record.args)
        case Seen():
            return f"the old way: {record.how}", "good" if record.how == "found" else "wait", ""
        case Waiting():
            return (f"waits for {record.type} of {record.key}" if record.type else "sleeps"), "wait", ""
        case Asked():
            return f"asks people: case {record.case}", "wait", ""
        case Published():
            what = f"event {record.event}" if record.event else "observed: nobody hears it"
            return f"published {record.type} ({what})", "good", ""
        case Reached():
            return f"reached {record.milestone}", "good", _text(record.value)
        case Done():
            how = "late, but done" if record.late else f"has event {record.event}" if record.event else "done"
            return how, "good", _text(record.value)
        case _:
            return _troubles(record)


def _troubles(record: Record) -> tuple[str, str, str]:
    match record:
        case Failed():
            return f"{'late' if record.late else record.kind}: {record.code}: {record.text}", "bad", ""
        case Tried(looked=True):
            return "looked up: it did not happen; sent anew", "wait", ""
        case Tried():
            doubt = "; whether it happened is not known yet" if record.unknown else ""
            return f"attempt {record.attempt} failed: {record.code}: {record.text}{doubt}", "wait", ""
        case Parked():
            return f"parked: case {record.case} decides", "bad", ""
        case Resumed():
            changed = record.args is not None
            return f"an operator lets it go on{' with other arguments' if changed else ''}", "", _text(record.args)
        case Cancelling():
            return f"is being cancelled: {record.reason}", "bad", ""
        case Kept():
            return f"keeps what it did: {len(record.paths)} step(s) are not undone any more", "good", ""
        case _:
            return type(record).__name__, "", ""


def _text(raw: msgspec.Raw | None) -> str:
    """Without the queries of addresses: by one a shopper's payment can be confirmed, or somebody's label be had."""
    return "" if raw is None else _QUERY.sub(r"\1…", bytes(raw).decode())
