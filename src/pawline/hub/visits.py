"""What browsers tell of visits: believed by nobody, counted within bounds, and written a second later.

It waits in memory and goes to disk with what is bulk: no order waits for it, and what a dying hub had not written is
lost. So nothing hangs on it (see docs/why/0048).
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple, TypeVar

import msgspec

from pawline.hub.health import Check, span
from pawline.hub.paced import Paced
from pawline.kit import Pixel
from pawline.model import Act, bits_of
from pawline.runtime import digest63
from pawline.store import StoreError

if TYPE_CHECKING:
    from pawline.store import Store

_log = logging.getLogger("pawline.hub")
BODY: Final = 4_096
"""Bytes of what a page tells at once: ten times what the pixel sends."""
RATE, BURST = 200.0, 400.0
"""Pages that tell in a second, of one account: twice the busiest hour of a day of 600,000 visits."""
SHARE: Final = 4
"""One address may have so small a part of it: a fourth."""
ADDRESSES: Final = 4_096
"""Addresses whose part is remembered."""
MOST: Final = 20_000
"""Visits that wait for the disk at most, some 10 MB (20 where somebody means it): of more, what is told is refused."""
EVERY: Final = 1.0
"""Seconds between two times of writing."""
CHUNK: Final = 50
"""Visits, or orders, in one unit: four of these beside others' units take a millisecond or two of the disk's time."""
SEEN: Final = 220
"""Characters kept of what was looked at in a visit, as in visits.sql. SQLite gives a row of more than a thousand bytes
a page of its own, and anybody may send characters of four."""
TOLD: Final = "pixel"
"""The checkpoint that says when a page told last."""
DAY: Final = 86_400.0
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")

Sku = Annotated[str, msgspec.Meta(pattern=r"\A[^\x00-\x1f\x7f]{1,64}\Z")]


class Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a page tells at once; all of it is taken, or nothing.

    `who` is the browser, by the shop's own number; `mine`: its shopper agreed that this may be known to be theirs;
    `seen` are SKUs that were looked at, the latest last; `order` is what its checkout ended in.
    """

    v: Literal[1]
    who: Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_-]{8,64}\Z")]
    mine: bool = False
    did: Annotated[list[Act], msgspec.Meta(min_length=1, max_length=32)]
    seen: Annotated[list[Sku], msgspec.Meta(max_length=20)] = []
    order: Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Za-z_-]{1,40}\Z")] | None = None


_told: Final = msgspec.json.Decoder(Told)


class Site(NamedTuple):
    """An account whose pages tell, of one shop."""

    account: str
    shop: str
    pixel: Pixel[Any]
    key: str
    origins: tuple[str, ...]


class How(StrEnum):
    """What became of what a page told."""

    TAKEN = "taken"
    STRANGE = "from another page"
    BAD = "not readable"
    TOO_MUCH = "too many at once"
    FULL = "for want of room on the disk"


class NoSite(LookupError):
    """No account of this name and key has pages that tell."""


class StrangeOrigin(Exception):
    """A page of somebody else's."""


class TooMuch(Exception):
    """More than is counted: it is told no more, and lost."""


class BadVisit(ValueError):
    """What is told is nothing that a pixel of ours tells."""


class _Visit:
    """Of one browser on one day: not on disk yet."""

    __slots__ = ("at", "did", "seen")

    def __init__(self, at: float, did: int, seen: str) -> None:
        self.at, self.did, self.seen = at, did, seen

    def join(self, other: _Visit) -> None:
        """The other came later, or at the same time."""
        self.at, self.did = max(self.at, other.at), self.did | other.did
        if not self.seen.startswith(other.seen):
            self.seen = (other.seen + self.seen)[:SEEN]


Key = tuple[int, int, str]
"""Day, browser (of one shop), shop."""
Write = tuple[str, tuple[object, ...]]
K = TypeVar("K")


class Visits:
    """Counts for every site. `clock` is the loop's; `counts` are since the hub began.

    `spare` says whether the disk has room for what may be lost; it is asked at each time of writing.
    """

    def __init__(
        self, sites: Iterable[Site], store: Store, clock: Callable[[], float] | None = None,
        spare: Callable[[], bool] = lambda: True,
    ) -> None:  # fmt: skip
        self.sites: Final = {one.account: one for one in sites}
        self.counts: Final = Counter[tuple[str, How]]()
        self._store = store
        self._clock = clock or asyncio.get_running_loop().time
        self._accounts = Paced(RATE, BURST, len(self.sites) + 1)
        self._addresses = Paced(RATE / SHARE, BURST / SHARE, ADDRESSES)
        self._held: dict[Key, _Visit] = {}
        self._orders: dict[tuple[str, str], tuple[int, float]] = {}
        self._under_way = 0
        self._spare, self._full = spare, False
        self._writing = asyncio.Lock()
        self._last: dict[tuple[str, str], float] = {}

    def admit(self, account: str, key: str, origin: str | None, address: str | None) -> Site:
        """The site that may tell now, before what it tells is read. Raises NoSite, StrangeOrigin, TooMuch."""
        site = self.sites.get(account)
        if site is None or not hmac.compare_digest(key.encode("utf-8", "replace"), site.key.encode()):
            raise NoSite
        if origin not in (None, "null", *site.origins):
            self.counts[account, How.STRANGE] += 1
            raise StrangeOrigin
        if self._full:
            self.counts[account, How.FULL] += 1
            raise TooMuch
        now = self._clock()
        alone = address is None or self._addresses.take(f"{account} {address}", now)
        if not alone or not self._accounts.take(account, now) or self.waiting >= MOST:
            self.counts[account, How.TOO_MUCH] += 1
            raise TooMuch
        return site

    @property
    def waiting(self) -> int:
        """Visits that are not on disk yet."""
        return len(self._held) + self._under_way

    def take(self, site: Site, body: bytes, *, whose: bool = True) -> None:
        """What a page told; unless it may be known `whose` it is, it is of a browser that no order ever names.

        Raises BadVisit, and nothing of it is counted then.
        """
        try:
            told = _told.decode(body)
        except (msgspec.MsgspecError, UnicodeError) as problem:
            self.counts[site.account, How.BAD] += 1
            raise BadVisit from problem
        whose = whose and told.mine
        named = digest63("visitor" if whose else "nobody", site.shop, site.account, told.who)
        now, visitor = self._store.now(), named
        seen = "".join(f"{sku}\n" for sku in dict.fromkeys(reversed(told.seen)))[:SEEN]
        self._join((int(now // DAY), visitor, site.shop), _Visit(now, bits_of(told.did), seen))
        if told.order is not None and whose and len(self._orders) < MOST:
            self._orders.setdefault((site.shop, told.order), (visitor, now))
        self._last[site.shop, site.account] = now
        self.counts[site.account, How.TAKEN] += 1

    def _join(self, key: Key, later: _Visit) -> None:
        held = self._held.setdefault(key, later)
        if held is not later:
            held.join(later)

    async def follow(self) -> None:
        """Writes what there is, again and again."""
        while True:
            await asyncio.sleep(EVERY)
            await self.spill()

    async def spill(self) -> None:
        """`flush`, whose failure stands in nobody's way: neither the next turn's nor an erasure's."""
        try:
            await self.flush()
        except Exception as problem:  # noqa: BLE001 - see above
            _log.error("visits could not be written: %s", type(problem).__name__)

    async def flush(self) -> None:
        """What was told until now is on disk; what the store does not take waits, and is written with the next."""
        async with self._writing:  # else a batch might have one row twice
            await self._flush()

    async def _flush(self) -> None:
        self._full = not self._spare()  # orders have what is left
        held, self._held = self._held, {}
        orders, self._orders = self._orders, {}
        last, self._last = self._last, {}
        self._under_way = len(held)
        # two hubs that write the same rows take them in the same order
        visits, named = _chunks(sorted(held)), _chunks(sorted(orders))
        rest: list[Write] = [("set_checkpoint", (*whose, TOLD, "", at)) for whose, at in sorted(last.items())]
        units: list[list[Write]]
        units = [[("visit", (*key, held[key].at, held[key].did, held[key].seen)) for key in keys] for keys in visits]
        units += [[("visit_order", (*name, *orders[name])) for name in names] for names in named]
        errors = await asyncio.gather(*(self._written(unit) for unit in [*units, *([rest] if rest else [])]))
        for keys, error in zip(visits, errors, strict=False):
            self._back(held, keys if error else ())
        for names, error in zip(named, errors[len(visits) :], strict=False):
            self._orders |= {name: orders[name] for name in (names if error else ())}  # who named it first
        if rest and errors[-1]:
            self._last = last | self._last
        self._under_way = 0
        if found := sorted({type(error).__name__ for error in errors if error}):
            _log.warning("visits are not written yet: %s", ", ".join(found))

    def _back(self, held: dict[Key, _Visit], keys: Iterable[Key]) -> None:
        """These wait again, joined with what came meanwhile."""
        for key in keys:
            later, self._held[key] = self._held.get(key), held[key]
            if later is not None:
                held[key].join(later)

    async def _written(self, writes: list[Write]) -> Exception | None:
        """Why the store did not take it."""
        try:
            return (await self._store.written(writes, bulk=True)).error
        except StoreError as problem:
            return problem

    async def check(self) -> Check:
        """The doctor's question whether pages tell anything, and what was refused since the hub began."""
        said, look = [], False
        for site in self.sites.values():
            rows = await self._store.fetch("checkpoint", (site.shop, site.account, TOLD))
            at = max(self._last.get((site.shop, site.account), 0.0), rows[0][1] if rows else 0.0)
            counts = {how: self.counts[site.account, how] for how in How if how is not How.TAKEN}
            wrong = ", ".join(f"{count} {how}" for how, count in counts.items() if count)
            quiet = self._store.now() - at > DAY
            look |= quiet or bool(wrong)
            last = f"told last {span(self._store.now() - at)} ago" if at else "has told nothing yet"
            why = f": `pawline pixel {site.account}`, and whether shoppers are asked for consent" if quiet else ""
            said.append(f"{site.account} {last}{why}" + (f"; refused: {wrong}" if wrong else ""))
        return Check(name="pixels", state="look" if look else "good", says="; ".join(said))


def _chunks(keys: list[K]) -> list[list[K]]:
    return [keys[at : at + CHUNK] for at in range(0, len(keys), CHUNK)]


def site_of(account: str, shop: str, pixel: Pixel[Any], read: Any) -> Site:
    """The site of an account's settings. Raises ValueError for a key that anybody would guess, or that is no path."""
    key = pixel.key(read)
    if not _KEY.fullmatch(key):
        raise ValueError("`pixel` has 16 to 64 letters and digits")
    return Site(account, shop, pixel, key, tuple(pixel.origins(read)))


def told_at(public: str, site: Site) -> str:
    """Where its pages tell."""
    return f"{public.rstrip('/')}/pixels/{site.account}/{site.key}"
