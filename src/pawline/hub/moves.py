"""An account's transactions as a table that an X-ray reads; nothing is written to the account."""

from __future__ import annotations

import csv
import os
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from pawline.hub.connecting import card_of, guard_of, secret_of
from pawline.hub.settings import HubRefused
from pawline.kit import BadSettings
from pawline.model.currency import exponent
from pawline.ports import PortError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime
    from pathlib import Path

    from pawline.hub.settings import Settings
    from pawline.kit import Move
    from pawline.model import Money

HEADER: Final = (
    "id",
    "kind",
    "source",
    "order",
    "at",
    "amount",
    "currency",
    "settled",
    "net",
    "net_currency",
    "payout",
)
PRIVATE: Final = 0o600


class Written(NamedTuple):
    """How many transactions a table has, and how many of them say of which order they are."""

    rows: int
    named: int


async def moves(
    settings: Settings, account: str, shop: str, since: datetime, file: Path, say: Callable[[str], None]
) -> Written:
    """The table, as a whole or not at all. Raises HubRefused where it cannot be had."""
    given = next((one for one in settings.accounts if one.name == account), None)
    if given is None:
        raise HubRefused(f"{account} is not in the settings: `pawline connect {account}` first")
    if given.shops and shop not in given.shops:
        raise HubRefused(f"{account} is of {', '.join(given.shops)}, not of {shop}: say `--shop {given.shops[0]}`")
    card = card_of("ACCOUNT", account)
    if card.moves is None:
        raise HubRefused(f"{account}: its connector does not list transactions: export them there, for --payments")
    try:
        read = card.configure(given.settings, partial(secret_of, settings))
    except BadSettings as problem:
        raise HubRefused(f"{account}: {problem}") from problem
    http = card.http(read, guard_of(settings))
    part = file.with_name(f"{file.name}.new")
    try:
        found = await _written(card.moves.since(http, read, since, say), part)
        part.replace(file)
    except PortError as problem:
        raise HubRefused(f"{account}: {problem.text}") from problem
    finally:
        part.unlink(missing_ok=True)
        await http.close()
    return found


async def _written(told: AsyncIterator[Move], part: Path) -> Written:
    rows = named = 0
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "w", encoding="utf-8") as out:
        table = csv.writer(out)
        table.writerow(HEADER)
        async for one in told:
            seen = one.settled if one.amount is None else _signed(one.amount, one.settled)
            table.writerow((
                one.id, one.kind, one.source, one.order, one.at.isoformat(), decimal(seen), seen.currency,
                decimal(one.settled), decimal(one.net), one.net.currency, one.payout,
            ))  # fmt: skip
            rows, named = rows + 1, named + bool(one.order)
    return Written(rows, named)


def _signed(seen: Money, settled: Money) -> Money:
    return -seen if settled.minor < 0 else seen


def decimal(money: Money) -> str:
    """In major units, exactly, as `Money.parse` reads it."""
    places = exponent(money.currency)
    digits = str(abs(money.minor)).rjust(places + 1, "0")
    sign = "-" if money.minor < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"
