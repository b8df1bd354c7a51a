"""Where a recorded day comes from: a hub's own history, asked read-only, or a file that `pawline import` reads, too."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from pawline.cli.asking import paged
from pawline.cli.histories import source
from pawline.hub import HubRefused
from pawline.hub.history import BadLine, Linked, read_line
from pawline.hub.recorded import flat
from pawline.lab.log import MOST, Log, Ordered, Told, WrongLog, bounds, day_of, measured
from pawline.model import Channel, Order, OrderCancelled, OrderPlaced, RefundIssued, ReturnReceived

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HUB: Final = "hub"
"""What is said instead of a file."""
SHOP: Final = "log"
"""Whose the lines of a file are while they are read: no shop of ours hears of them."""


def log_of(given: Path, day: str, zone: str, config: Path | None, shop: str, most: int | None) -> Log:
    """The day that is meant. Raises HubRefused where there is none, or too little of it."""
    where, when = _zone(zone), _date(day)
    try:
        if str(given) == HUB:
            return _hub(config, shop, when, where, most or MOST)
        return _file(given, when, where, most or MOST)
    except WrongLog as problem:
        raise HubRefused(f"--from-log: {problem}") from None


def _hub(config: Path | None, shop: str, day: date | None, zone: ZoneInfo, most: int) -> Log:
    if day is None:
        raise HubRefused("--from-log hub: say which day with --day, such as 2026-11-27")
    begin, end = bounds(day, zone)
    told = paged(config, "recorded_day", shop, begin=begin, end=end)
    orders = [Ordered(*one) for one in flat(told)]
    try:
        log = day_of(orders, source="the hub", zone=zone, told=Told(), day=day, most=most)
    except WrongLog as problem:
        waits = "; events wait for a hub that runs: `pawline up`, and ask again" if told["waiting"] else ""
        raise WrongLog(f"{problem}{waits}") from None
    times, operations = measured(told["calls"])
    return msgspec.structs.replace(log, carts=told["carts"], measured=times, operations=operations)


def _file(path: Path, day: date | None, zone: ZoneInfo, most: int) -> Log:
    reading = _Reading()
    for line in _lines(path, reading):
        reading.take(line)
    try:
        log = day_of(reading.orders(), source=path.name, zone=zone, told=reading.told(path), day=day, most=most)
    except WrongLog as problem:
        unread = f"; {reading.unread:,} of its rows nobody could read" if reading.unread else ""
        raise WrongLog(f"{problem}{unread}") from None
    return msgspec.structs.replace(log, unread=log.unread + reading.unread)


def _lines(path: Path, reading: _Reading) -> Iterator[bytes]:
    bad: list[tuple[int, str]] = []
    if not path.exists():
        raise HubRefused(f"--from-log: there is no {path}; `hub` is the day of a hub's own history")
    try:
        with source(path, SHOP, bad) as (lines, _):
            yield from lines
    except OSError as problem:
        raise HubRefused(f"--from-log: {path} cannot be read: {problem.strerror}") from None
    reading.unread += len(bad)


class _Reading:
    """What a file says of its orders; names and addresses go no further than this."""

    def __init__(self) -> None:
        self._placed: dict[str, Ordered] = {}
        self._off, self._back = set[str](), set[str]()
        self._autoships = False
        self.unread = 0

    def take(self, line: bytes) -> None:
        """One line. Which shop it is of does not matter here."""
        if not line.strip():
            return
        try:
            event = _event(line)
        except BadLine:
            self.unread += 1
            return
        match event:
            case OrderPlaced(order=order) if not order.test:
                self._placed.setdefault(order.id, _ordered(order))
                self._autoships |= order.channel is Channel.SUBSCRIPTION
                if order.refunds:
                    self._back.add(order.id)
            case OrderCancelled(order=id):
                self._off.add(id)
            case RefundIssued(order=id) | ReturnReceived(order=id):
                self._back.add(id)

    def orders(self) -> list[Ordered]:
        """Each once, with what became of it. Money that went back of an order that stands is a return here."""
        return [
            one._replace(cancelled=name in self._off, returned=name in self._back and name not in self._off)
            for name, one in self._placed.items()
        ]

    def told(self, path: Path) -> Told:
        """What such a file can tell at all: of Olist's tables nothing was renewed or sent back."""
        olist = path.is_dir()
        return Told(autoship=self._autoships or not olist, cancelled=True, returned=not olist)


def _ordered(order: Order) -> Ordered:
    units: dict[str, int] = {}
    for item in order.demand():
        units[item.sku] = units.get(item.sku, 0) + item.quantity
    return Ordered(order.placed_at.timestamp(), tuple(units.items()), order.channel is Channel.SUBSCRIPTION)


def _event(line: bytes) -> Any:
    """Raises BadLine."""
    try:
        whole = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise BadLine(str(problem)) from None
    named = whole.get("source", "") if isinstance(whole, dict) else ""
    shop = str(named).split("/")[2] if str(named).startswith("/shops/") and str(named).count("/") > 1 else SHOP
    read = read_line(line, shop)
    return None if isinstance(read, Linked) else read.event


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # `Europe` alone is a folder
        raise HubRefused(f"there is no time zone {name!r}: such as Europe/Berlin") from None


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError:
        found = date.max
    if found == date.max:  # no day comes behind it
        raise HubRefused(f"--day: {text!r} is no day, such as 2026-11-27")
    return found
