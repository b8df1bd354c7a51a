"""An account's transactions as a table that an X-ray reads; nothing is written to the account."""

from __future__ import annotations

import csv
import os
from typing import TYPE_CHECKING, Final, NamedTuple

from pawline.hub.one_account import opened
from pawline.hub.settings import HubRefused
from pawline.ports import PortError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime
    from pathlib import Path

    from pawline.hub.settings import Settings
    from pawline.kit import Move
    from pawline.model import Money

HEADER: Final = (
    "id", "kind", "source", "order", "at", "amount", "currency", "settled", "net", "net_currency", "payout",
)  # fmt: skip
PRIVATE: Final = 0o600


class Written(NamedTuple):
    """How many transactions a table has, and how many of them say of which order they are."""

    rows: int
    named: int


async def moves(
    settings: Settings, account: str, shop: str, since: datetime, file: Path, say: Callable[[str], None]
) -> Written:
    """The table, as a whole or not at all. Raises HubRefused where it cannot be had."""
    lists, http, read = opened(
        settings, account, shop, lambda card: card.moves,
        "its connector does not list transactions: export them there, for --payments",
    )  # fmt: skip
    part = file.with_name(f"{file.name}.new")
    try:
        found = await _written(lists.since(http, read, since, say), part)
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
                one.id, one.kind, one.source, one.order, one.at.isoformat(), seen.format(), seen.currency,
                one.settled.format(), one.net.format(), one.net.currency, one.payout,
            ))  # fmt: skip
            rows, named = rows + 1, named + bool(one.order)
    return Written(rows, named)


def _signed(seen: Money, settled: Money) -> Money:
    return -seen if settled.minor < 0 else seen
