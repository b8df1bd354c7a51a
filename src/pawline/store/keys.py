"""One data key per household: destroying it erases every body that it sealed, wherever copies of them are."""

from __future__ import annotations

import asyncio
import os
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from pawline.store.datakey import DataKey, Erased
from pawline.store.errors import Conflict, HouseholdErased, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pawline.store.database import Database, Row
    from pawline.store.keyring import Keyring
    from pawline.store.rows import Outcome, Unit

R = TypeVar("R")
CACHED = 20_000
"""Keys kept in memory, the latest used."""


FORGETS = (
    "forget_visit", "forget_visit_order", "forget_order", "forget_packed", "forget_pet", "forget_cart",
    "forget_autoship", "forget_invited", "forget_bounced", "forget_link", "forget_case",
    "forget_answered",
)  # fmt: skip
"""Statements that take a household out of the views, and close what is open about it: nobody can read it any more."""


class _Asker(NamedTuple):
    """Who waits for a key; see `DataKeys.obtain`."""

    waiter: asyncio.Future[DataKey]
    at: float | None
    anew: bool


class Source(Protocol):
    """What the keys need of the store."""

    def next_no(self) -> int: ...
    def now(self) -> float: ...
    async def fetch(self, name: str, params: Row = ()) -> list[Row]: ...
    async def job(self, work: Callable[[Database], R]) -> R: ...


class DataKeys:
    """The data keys of a store.

    `fresh_for`: seconds after which a cached key is looked up again, because another process may have destroyed it;
    None where there is no other process.
    """

    def __init__(self, source: Source, keyring: Keyring, *, fresh_for: float | None, limit: int = CACHED) -> None:
        self._source, self._keyring, self._fresh_for, self._limit = source, keyring, fresh_for, limit
        self._keys: OrderedDict[tuple[str, str], DataKey] = OrderedDict()
        self._numbers: dict[int, DataKey] = {}
        self._unstored = 0
        self._destroyed = 0  # erasures of ours: what was read before one of them may be old
        self._asked: dict[tuple[str, str], list[_Asker]] = {}  # since the latest look-up began
        self._asking: set[asyncio.Task[None]] = set()

    def cached(self, shop: str, household: str | None) -> DataKey | None:
        """The key, if it is in memory and fresh; else `obtain` it."""
        key = self._keys.get((shop, household or ""))
        if key is None or self._stale(key):
            return None
        self._keys.move_to_end((shop, key.household))
        return key

    async def obtain(
        self, shop: str, household: str | None, at: float | None = None, *, anew: bool = False
    ) -> DataKey:  # fmt: skip
        """The key for what happened `at`; a new one for a new household, and for who acts `anew` after their erasure.

        Raises HouseholdErased for what happened before an erasure, and for what only follows while nobody acted anew.

        Whoever asks in one turn of the loop shares one statement: a rush of new households costs a look-up, not each.
        """
        if key := self.cached(shop, household):
            return _in_time(key, at)
        loop = asyncio.get_running_loop()
        if not self._asked:
            task = loop.create_task(self._look_up())
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        waiter: asyncio.Future[DataKey] = loop.create_future()
        self._asked.setdefault((shop, household or ""), []).append(_Asker(waiter, at, anew))
        return await waiter

    async def _look_up(self) -> None:
        asked, self._asked = self._asked, {}
        for shop in dict.fromkeys(shop for shop, _ in asked):
            wanted = [household for one, household in asked if one == shop]
            try:
                rows = {row[2]: row for row in await self._rows("data_keys", (shop, wanted))}  # the latest of each
            except Exception as error:  # noqa: BLE001  told to whoever asked
                for household in wanted:
                    for one in asked[shop, household]:
                        _answer(one.waiter, error)
                continue
            for household in wanted:
                for one in sorted(asked[shop, household], key=lambda one: not one.anew):  # the others follow from it
                    try:
                        found = self._found(shop, household, rows.get(household), one)
                    except Exception as error:  # noqa: BLE001  a number for a new key may not be had
                        _answer(one.waiter, error)
                    else:
                        _answer(one.waiter, found)

    async def _rows(self, name: str, params: Row) -> list[Row]:
        """As they are after every erasure of ours."""
        while True:
            seen = self._destroyed
            rows = await self._source.fetch(name, params)
            if seen == self._destroyed:
                return rows

    def _found(self, shop: str, household: str, row: Row | None, asker: _Asker) -> DataKey:
        # Somebody may have come first while we looked; a key that is not stored yet is no news to the table.
        ours = self._keys.get((shop, household))
        if row is None:
            key = ours or self._new(shop, household)
        elif isinstance(found := self._opened(row), Erased):
            key = self._anew(found, row[6] + 1, ours, asker)
        else:
            key = found
        return _in_time(key, asker.at)

    def _anew(self, erased: Erased, generation: int, ours: DataKey | None, asker: _Asker) -> DataKey:
        """The key of a household that was erased, where it acts anew, or did by now."""
        if ours is not None and ours.generation == generation:
            return ours
        self.forget(erased.shop, erased.household)
        if not asker.anew or (asker.at is not None and asker.at <= erased.at):
            raise HouseholdErased(erased.at)
        return self._new(erased.shop, erased.household, generation, erased.at)

    async def by_no(self, no: int) -> DataKey | Erased:
        """The key that sealed a body. Raises StoreError for a number that was never stored; see `by_nos`."""
        found = (await self.by_nos({no}))[no]
        if isinstance(found, StoreError):
            raise found
        return found

    async def by_nos(self, numbers: Collection[int]) -> dict[int, DataKey | Erased | StoreError]:
        """Several at once. One whose key-encryption key is not on the ring is Unreadable, and the others are there."""
        found: dict[int, DataKey | Erased | StoreError] = {}
        for no in numbers:
            key = self._numbers.get(no)
            if key is not None and not self._stale(key):
                found[no] = key
        missing = [no for no in numbers if no not in found]
        rows = await self._rows("data_keys_by_no", (missing,)) if missing else []
        for row in rows:
            try:
                found[row[0]] = self._opened(row)
            except StoreError as error:
                found[row[0]] = error
        for no in missing:
            if no not in found:
                found[no] = self._numbers.get(no) or StoreError(f"there is no data key {no}")
        return found

    async def erased(self, shop: str, household: str) -> float | None:
        """When the household was last erased; None if it never was."""
        return _latest(await self._source.fetch("data_keys", (shop, [household])))

    async def destroy(
        self, shop: str, household: str, at: float | None = None, may: Callable[[Database], bool] = lambda _: True
    ) -> bool:  # fmt: skip
        """Erases what the household did until `at` (now): its key is overwritten and the erasure recorded.

        Where it was erased then or since, nothing changes: what it did anew is another key's. `may` is asked in the
        same transaction, and may write in it: where it says no, nothing is destroyed.
        """
        if not household:
            raise StoreError("the shop's own key is not a household's")
        no, when = self._source.next_no(), self._source.now() if at is None else at

        def work(db: Database) -> bool:
            rows = db.fetch("data_keys", (shop, [household]))
            if (latest := _latest(rows)) is not None and latest >= when:
                return True
            if not may(db):
                return False
            generation = rows[-1][6] + (rows[-1][5] is not None) if rows else 0
            db.many("destroy_data_key", [(no, shop, household, when, generation)])
            db.many("insert_erasure", [(shop, household, when)])
            for name in FORGETS:
                db.many(name, [(shop, household)])
            db.scrub()
            return True

        if not await self._source.job(work):
            return False
        self._destroyed += 1
        self.forget(shop, household)
        return True

    async def rewrap(self, page: int = 500) -> int:
        """Wraps every data key with the ring's current key; how many. Bodies stay as they are."""
        done, after = 0, -1
        while rows := await self._source.fetch("data_keys_wrapped_by_others", (self._keyring.current, after, page)):
            changes: list[Row] = []
            for no, shop, household, wrapper, wrapped, _ in rows:
                aad = _aad(no, shop, household)
                changes.append((no, wrapper, *self._keyring.wrap(self._keyring.unwrap(wrapper, wrapped, aad), aad)))
            done += await self._source.job(lambda db, changes=changes: db.many("rewrap_data_key", changes))  # type: ignore[misc]
            after = rows[-1][0]
        return done

    def forget(self, shop: str, household: str | None) -> None:
        """Drops a key from memory; the next `obtain` reads the table."""
        if key := self._keys.pop((shop, household or ""), None):
            self._drop(key)

    def committed(self, units: list[Unit], outcomes: dict[int, Outcome]) -> None:
        """Called by the store after each batch: notes which fresh keys are stored, drops those that met another's."""
        if not self._unstored:
            return
        for at, unit in enumerate(units):
            for name, row in unit.writes:
                key = self._numbers.get(row[0]) if name == "insert_data_key" else None  # type: ignore[call-overload]
                if key is None or key.stored:
                    continue
                outcome = outcomes.get(at)
                if outcome is None or outcome.error is None:
                    key.stored = True
                    self._unstored -= 1
                elif isinstance(outcome.error, Conflict):
                    self.forget(key.shop, key.household)

    def _stale(self, key: DataKey) -> bool:
        return self._fresh_for is not None and key.stored and time.monotonic() - key.read > self._fresh_for

    def _opened(self, row: Row) -> DataKey | Erased:
        no, shop, household, wrapper, wrapped, destroyed, generation, since = row
        if destroyed is not None:
            return Erased(shop, household, destroyed)
        known = self._keys.get((shop, household))
        if known is not None and known.no == no:
            known.read = time.monotonic()
            return known
        key = self._keyring.unwrap(wrapper, wrapped, _aad(no, shop, household))
        return self._keep(DataKey(no, shop, household, key, None, generation, since))

    def _new(self, shop: str, household: str, generation: int = 0, since: float | None = None) -> DataKey:
        no, key = self._source.next_no(), os.urandom(32)
        row = (no, shop, household, *self._keyring.wrap(key, _aad(no, shop, household)), generation)
        self._unstored += 1
        return self._keep(DataKey(no, shop, household, key, row, generation, since))

    def _keep(self, key: DataKey) -> DataKey:
        self.forget(key.shop, key.household)
        self._keys[key.shop, key.household] = key
        self._numbers[key.no] = key
        if len(self._keys) > self._limit:
            self._drop(self._keys.popitem(last=False)[1])
        return key

    def _drop(self, key: DataKey) -> None:
        self._numbers.pop(key.no, None)
        if not key.stored:
            self._unstored -= 1


def _answer(waiter: asyncio.Future[DataKey], found: DataKey | Exception) -> None:
    if waiter.done():
        return
    if isinstance(found, DataKey):
        waiter.set_result(found)
    else:
        waiter.set_exception(found)


def _in_time(key: DataKey, at: float | None) -> DataKey:
    """The key, unless what is to be sealed happened before an erasure: that stays forgotten."""
    if key.since is not None and at is not None and at <= key.since:
        raise HouseholdErased(key.since)
    return key


def _latest(rows: list[Row]) -> float | None:
    """When the last of these keys was destroyed."""
    return max((row[5] for row in rows if row[5] is not None), default=None)


def _aad(no: int, shop: str, household: str) -> bytes:
    return f"pawline data key\0{no}\0{shop}\0{household}".encode()
