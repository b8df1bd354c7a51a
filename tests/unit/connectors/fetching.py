"""What tests of history share: an account's past, fetched to a file, broken off on the way, and read from there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final, Protocol

import pytest

from pawline.kit import Http, Past, Recalled
from pawline.ports import Transient
from pawline.sandbox import Desk, Fault, Faults
from pawline.testing.counter import LOOPBACK

SINCE: Final = datetime.now(UTC) - timedelta(days=900)


class Account(Protocol):
    """Of a scene, what history is fetched with."""

    desk: Desk
    http: Any
    settings: Any


async def fetched(past: Past[Any], here: Account, to: Path) -> list[str]:
    """What was said of how it went."""
    said: list[str] = []
    await past.fetch(here.http, here.settings, LOOPBACK, SINCE, to, said.append)
    return said


async def broken_off(past: Past[Any], here: Account, to: Path, at: int) -> None:
    """At this request."""
    here.desk.vendors.faults = Faults(at={at: Fault.BROKEN})
    with pytest.raises(Transient):
        await fetched(past, here, to)
    here.desk.vendors.faults = Faults()


def killed_while_it_wrote(to: Path) -> None:
    """There is no file yet; what was fetched so far, if anything was, ends with half a line."""
    assert not to.exists()
    some = to.with_name(f"{to.name}.some")
    if some.exists():
        some.write_bytes(some.read_bytes() + b'{"half": ')


async def told_of(
    past: Past[Any], here: Account, file: Path, offset: int = 0
) -> tuple[list[str], list[str], list[int]]:  # fmt: skip
    """The names of what is told from there on, where what is bad is, and each offset."""
    names, bad, offsets = list[str](), list[str](), list[int]()
    async for one in past.read(here.http, here.settings, file, offset):
        names += [seen.id for seen in one.sightings]
        bad += [one.bad.where] if one.bad is not None else []
        offsets.append(one.offset)
    return names, bad, offsets


async def whole(past: Past[Any], http: Http, settings: Any, folder: Path) -> list[Recalled]:
    """A day of it, fetched to a new file and read."""
    file = Path(mkdtemp(dir=folder)) / "x"
    await past.fetch(http, settings, LOOPBACK, datetime.now(UTC) - timedelta(days=1), file, lambda _: None)
    return [one async for one in past.read(http, settings, file, 0)]


async def history(past: Past[Any], here: Account, folder: Path) -> list[Recalled]:
    """Fetched anew into the folder, and read."""
    file = folder / "x.fetched"
    file.unlink(missing_ok=True)
    await fetched(past, here, file)
    return [one async for one in past.read(here.http, here.settings, file, 0)]


async def events(past: Past[Any], here: Account, folder: Path) -> list[Any]:
    """Of a history in which nothing was bad, and nothing left out."""
    found = await history(past, here, folder)
    assert [one.bad for one in found if one.bad is not None] == []
    assert [why for one in found for why in one.left] == []
    return [seen.event for one in found for seen in one.sightings]
