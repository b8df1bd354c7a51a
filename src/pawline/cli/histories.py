"""Where a history comes from: JSON lines as they are, or an order export, told as the lines that it comes to."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from pawline.hub import HubRefused
from pawline.hub.history import LONGEST
from pawline.kit.exports import BadRow, Exported, WrongExport, read_orders
from pawline.model import (
    Envelope,
    Event,
    OrderCancelled,
    OrderPlaced,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentId,
    public_name,
)
from pawline.model.cloudevents import to_cloudevent
from pawline.model.cloudevents_wire import to_structured


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    try:
        with file.open("rb") as packed:
            if file.suffix == ".gz":
                with gzip.open(packed) as data:
                    yield data  # type: ignore[misc]
            else:
                yield packed
    except (gzip.BadGzipFile, EOFError, zlib.error) as problem:
        raise HubRefused(f"{file} is no whole gzip file: {problem}") from None


def digest(file: Path) -> str:
    """Of its content: a file that changed is another one."""
    if not file.exists():
        raise HubRefused(f"{file} cannot be read: it is not there")
    whole = hashlib.sha256()
    try:
        for one in sorted(file.iterdir()) if file.is_dir() else [file]:
            if one.is_file():
                with one.open("rb") as data:
                    whole.update(hashlib.file_digest(data, "sha256").digest())
    except OSError as problem:
        raise HubRefused(f"{file} cannot be read: {problem.strerror}") from None
    return whole.hexdigest()


def _is_export(path: Path) -> bool:
    return path.is_dir() or path.name.removesuffix(".gz").endswith(".csv")


@contextmanager
def source(path: Path, shop: str, bad: list[tuple[int, str]]) -> Iterator[tuple[Iterator[bytes], Callable[[], int]]]:
    """Its lines, in the same order each time, and how much of it was read, in bytes or in lines.

    What an export's rows tell is written as the lines that they come to; a row that tells nothing is in `bad`.
    """
    if _is_export(path):
        seen = [0]
        try:
            yield _told(path, shop, bad, seen), lambda: seen[0]
        except WrongExport as problem:
            raise HubRefused(str(problem)) from None
        return
    with _opened(path) as data:
        yield _lines(data), lambda: _read(data)


def _told(path: Path, shop: str, bad: list[tuple[int, str]], seen: list[int]) -> Iterator[bytes]:
    for one in read_orders(path):
        seen[0] = one.line
        if isinstance(one, BadRow):
            bad.append((one.line, f"order {one.order}: {one.why}"))
            continue
        for at, event in events_of(one):
            envelope = Envelope(
                shop=shop, source="history", id=f"{public_name(type(event))}/{event.subject}", at=at, event=event
            )
            yield to_structured(to_cloudevent(envelope))


def events_of(one: Exported) -> Iterator[tuple[datetime, Event]]:
    """What an exported order says happened, and when. When it was called off nobody wrote down: with its placing."""
    order, placed = one.order, one.order.placed_at
    parcel = ShipmentId(f"{order.id}-1")
    yield placed, OrderPlaced(order=order)
    if one.shipped_at is not None:
        sent = ShipmentDispatched(shipment=parcel, order=order.id, at=one.shipped_at, household=order.household)
        yield one.shipped_at, sent
    if one.delivered_at is not None:
        there = ShipmentDelivered(shipment=parcel, order=order.id, at=one.delivered_at, household=order.household)
        yield one.delivered_at, there
    if one.cancelled:
        because = "called off, says the export"
        yield placed, OrderCancelled(order=order.id, at=placed, by="shop", because=because, household=order.household)


def _lines(data: IO[bytes]) -> Iterator[bytes]:
    while line := data.readline(LONGEST + 2):  # enough to know that it is too long
        yield line
        while len(line) == LONGEST + 2 and not line.endswith(b"\n"):  # the rest of it is not wanted
            line = data.readline(LONGEST + 2)


def size(file: Path) -> int | None:
    """In bytes; of an export, which is counted in lines, nobody knows."""
    return None if _is_export(file) else file.stat().st_size


def _read(data: Any) -> int:
    """Bytes of the file that were read, also where it is packed."""
    return int(getattr(data, "fileobj", data).tell())
