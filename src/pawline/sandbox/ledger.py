"""What happened at the vendors, whatever happened to the hub: an append-only ledger, and what it must show."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


class Effect(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that a vendor did, under which `key` it was asked to.

    `operation` is port and method (`Payments.authorize`). `business` names the thing itself, whoever asks for it how
    often (`1001/t1`): two effects of one operation and business are one effect too many, unless the second changed
    nothing (`again`). `amount` is minor units of `currency`; `items` are units by SKU.
    """

    no: int
    at: float
    operation: str
    business: str
    key: str
    order: str = ""
    amount: int = 0
    currency: str = ""
    items: dict[str, int] = {}
    again: bool = False


class Ledger(Protocol):
    """Where effects are written down."""

    def append(self, effect: Effect) -> None:
        """Write it down; it is never changed or taken back."""
        ...

    def read(self) -> Sequence[Effect]:
        """All effects so far, in the order in which they happened."""
        ...


class MemoryLedger:
    """A ledger that outlives hubs, not its process."""

    def __init__(self) -> None:
        self._effects: list[Effect] = []

    def append(self, effect: Effect) -> None:
        self._effects.append(effect)

    def read(self) -> Sequence[Effect]:
        return tuple(self._effects)


class FileLedger:
    """A ledger in a file, a JSON line for each effect, handed to the system at once. An old file is continued."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab", buffering=0)
        whole = path.read_bytes().rpartition(b"\n")
        if whole[2]:  # the rest of a line that a death cut off: the next one must not be glued to it
            self._file.truncate(len(whole[0]) + len(whole[1]))

    def append(self, effect: Effect) -> None:
        self._file.write(msgspec.json.encode(effect) + b"\n")

    def read(self) -> Sequence[Effect]:
        return read_ledger(self._path)

    def close(self) -> None:
        """Close the file; what was written stays."""
        self._file.close()


def read_ledger(path: Path) -> Sequence[Effect]:
    """The effects in a ledger's file, also while its vendors live; a line that is still being written is left out."""
    lines = path.read_bytes().split(b"\n")[:-1]
    return tuple(msgspec.json.decode(line, type=Effect) for line in lines)


class Balance(msgspec.Struct, frozen=True):
    """What happened to the money of one order, in minor units."""

    authorised: int = 0
    voided: int = 0
    captured: int = 0
    refunded: int = 0

    @property
    def held(self) -> int:
        """Set aside, and neither taken nor let go: zero for an order that came to an end."""
        return self.authorised - self.voided - self.captured


class Movement(msgspec.Struct, frozen=True):
    """What happened to the stock of one SKU, in units."""

    reserved: int = 0
    released: int = 0
    committed: int = 0

    @property
    def held(self) -> int:
        """Set aside, and neither sold nor given back: zero once every order came to an end."""
        return self.reserved - self.released - self.committed


def duplicates(effects: Iterable[Effect], operations: Collection[str]) -> dict[tuple[str, str], int]:
    """Effects of these operations that happened more than once to the same thing: (operation, business) → how often."""
    seen = Counter((e.operation, e.business) for e in effects if e.operation in operations and not e.again)
    return {what: times for what, times in seen.items() if times > 1}


def repeats(effects: Iterable[Effect], operations: Collection[str]) -> int:
    """How often one of these operations was done to a thing that it had been done to before, whether it mattered."""
    seen = Counter((e.operation, e.business) for e in effects if e.operation in operations)
    return sum(seen.values()) - len(seen)


def several_keys(effects: Iterable[Effect]) -> dict[tuple[str, str], list[str]]:
    """Things that were done under more than one key: (operation, business) → the keys. Empty for a healthy hub."""
    keys: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for effect in effects:
        keys[effect.operation, effect.business].setdefault(effect.key)
    return {what: list(found) for what, found in keys.items() if len(found) > 1}


def money(effects: Iterable[Effect]) -> dict[str, Balance]:
    """The balance of each order."""
    fields = {"authorize": "authorised", "void": "voided", "capture": "captured", "refund": "refunded"}
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for effect in effects:
        port, _, method = effect.operation.partition(".")
        if port == "Payments" and not effect.again:
            sums[effect.order][fields[method]] += effect.amount
    return {order: Balance(**found) for order, found in sorted(sums.items())}


def stock(effects: Iterable[Effect]) -> dict[str, Movement]:
    """The movements of each SKU."""
    fields = {"reserve": "reserved", "release": "released", "commit": "committed"}
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for effect in effects:
        port, _, method = effect.operation.partition(".")
        if port == "Inventory" and method in fields and not effect.again:
            for sku, units in effect.items.items():
                sums[sku][fields[method]] += units
    return {sku: Movement(**found) for sku, found in sorted(sums.items())}


SENDS: Final = (
    "Marketing.send", "Marketing.mailed", "Shop.mailed", "Subscriptions.mailed", "Mail.send", "Helpdesk.reply",
)  # fmt: skip
"""Effects that are messages to people, whoever sends them."""


def messages(effects: Iterable[Effect]) -> dict[str, list[str]]:
    """Messages by what they are about and their name (`o1/order_confirmation`) → who sent it, each time it was sent."""
    sent: dict[str, list[str]] = defaultdict(list)
    for effect in effects:
        if effect.operation in SENDS and not effect.again:
            sent[effect.business].append(effect.operation)
    return dict(sorted(sent.items()))


def counts(effects: Iterable[Effect]) -> dict[str, int]:
    """How often each operation had an effect, repeats that changed nothing left out."""
    return dict(sorted(Counter(e.operation for e in effects if not e.again).items()))
