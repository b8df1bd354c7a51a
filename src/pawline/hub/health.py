"""The doctor's questions about a store and its hub, each answered in a sentence."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.hub.done import HEARD
from pawline.store import LANES, Status
from pawline.store.audit import START, broken

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pawline.hub.watching import Sight
    from pawline.runtime import Flows
    from pawline.store import Store
    from pawline.views import Lag

STUCK: Final = 60.0
"""Seconds after which an event that nobody dispatched, or a lane whose owner let its time run out, is news."""
OLD: Final = 7 * 86_400.0
SILENT: Final = 86_400.0
LONG: Final = 900.0
"""Seconds after which a webhook that waits is news: renewals of a morning stand in line for minutes, as they should."""
APART: Final = 30.0
"""Seconds by which clocks may differ: webhooks bear five minutes, in both directions."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. `state`: good, look (a person may want to look), bad (something will not work)."""

    name: str
    state: str
    says: str


async def examine(store: Store, flows: Flows, shops: Sequence[str], *, hub: bool) -> list[Check]:
    """Everything that can be asked of an open store. `hub`: one is running on it."""
    return [
        await _durability(store), await _code(store, flows), await _lanes(store, hub=hub),
        await _deliveries(store, hub=hub), await _dispatch(store, hub=hub), await _oldest(store),
        await _cases(store, shops), await _modes(store), await _audit(store), _clock(store),
    ]  # fmt: skip


async def _durability(store: Store) -> Check:
    journal, level = (await store.job(lambda db: db.fetch("durability")))[0]
    if level != "full":
        says = f"{journal}, {level}: a power cut would lose acknowledged orders; remove the setting that lowers it"
        return Check(name="durability", state="bad", says=says)
    return Check(name="durability", state="good", says=f"every commit is synced ({journal}, {level})")


async def _code(store: Store, flows: Flows) -> Check:
    lacking = flows.missing(await store.fetch("unfinished_versions"))
    return Check(name="code", state="bad" if lacking else "good",
                 says="; ".join(lacking) or "every unfinished run has its flow and version")  # fmt: skip


async def _lanes(store: Store, *, hub: bool) -> Check:
    now = store.now()
    late = [lane for lane, owner, _, until in await store.fetch("lanes") if owner and until < now - STUCK]
    if not hub and not late:
        return Check(name="lanes", state="look", says="no hub is running: `pawline up` starts one")
    if late:
        says = f"{len(late)} of {LANES} lanes have an owner that is silent: a running hub takes them over; see its log"
        return Check(name="lanes", state="look" if not hub else "bad", says=says)
    return Check(name="lanes", state="good", says=f"all {LANES} lanes are looked after")


async def _deliveries(store: Store, *, hub: bool) -> Check:
    count, since = (await store.fetch("deliveries_waiting"))[0]
    age = store.now() - since if count else 0.0
    if age > LONG:
        says = f"{count} webhook(s) wait to be taken apart, the oldest for {span(age)}: `pawline events waiting`"
        return Check(name="deliveries", state="bad" if hub else "look", says=says)
    return Check(name="deliveries", state="good", says="no webhook waits to be taken apart for long")


async def _dispatch(store: Store, *, hub: bool) -> Check:
    rows = await store.fetch("oldest_undispatched", (1,))
    age = store.now() - rows[0][4] if rows else 0.0
    if age > STUCK:
        says = f"event {rows[0][0]} ({rows[0][3]}) has waited {span(age)} in lane {rows[0][2]}: see the hub's log"
        return Check(name="events", state="bad" if hub else "look", says=says)
    return Check(name="events", state="good", says="no event waits to be dispatched")


async def _oldest(store: Store) -> Check:
    rows = await store.fetch("oldest_unfinished", (1,))
    if not rows:
        return Check(name="runs", state="good", says="no run is unfinished")
    no, _, flow, version, status, created = rows[0]
    age = store.now() - created
    says = f"the oldest unfinished run is {no} ({flow} {version}, {Status(status).name.lower()}), since {span(age)}"
    return Check(name="runs", state="look" if age > OLD else "good", says=says)


async def _cases(store: Store, shops: Sequence[str]) -> Check:
    counts = {shop: len(await store.open_cases(shop, 1_000)) for shop in shops}
    told = ", ".join(f"{count} in {shop}" for shop, count in counts.items() if count)
    if not told:
        return Check(name="cases", state="good", says="no case is open")
    return Check(name="cases", state="look", says=f"open: {told}; `pawline cases list` shows them")


async def _modes(store: Store) -> Check:
    modes, brakes = await store.fetch("modes"), await store.fetch("brakes")
    if any(row[:3] == ("*", "*", "*") and row[3] != "live" for row in modes):
        says = "the main switch is not live: nothing but reads and look-ups leaves; `pawline mode live` opens it"
        return Check(name="brakes", state="look", says=says)
    if brakes:
        says = f"stopped: {', '.join(f'{scope} {name} ({shop})' for shop, scope, name, *_ in brakes)}; `pawline go-on`"
        return Check(name="brakes", state="look", says=says)
    return Check(name="brakes", state="good", says="nothing is stopped")


async def _audit(store: Store) -> Check:
    no, before, rows = 0, START, []
    while rows := await store.fetch("audit_page", (no, 1_000)):
        wrong = broken(rows, no, before)
        if wrong is not None:
            says = f"the audit's chain breaks at entry {wrong}: it was changed; compare it with a backup"
            return Check(name="audit", state="bad", says=says)
        no, before = rows[-1][0], rows[-1][-1]
    return Check(name="audit", state="good", says=f"{no} entries, the chain holds")


def views_check(lags: Sequence[Lag], *, hub: bool) -> Check:
    """Whether flows that ask a view hear what is true now."""
    skipped = [f"{one.view} passed over {one.skipped} event(s)" for one in lags if one.skipped]
    behind = [f"{one.view} is {span(one.seconds)} behind ({one.events} events)" for one in lags if one.seconds > STUCK]
    if skipped or behind:
        says = "; ".join([*behind, *skipped]) + ": see the hub's log, then `pawline views rebuild`"
        return Check(name="views", state="bad" if behind and hub else "look", says=says)
    return Check(name="views", state="good", says=f"{len(lags)} views are up to date")


def watches_check(sights: Sequence[Sight], now: float) -> Check:
    """Whether what tells nothing is looked at."""
    wrong = [f"{one.account} {one.name}: {one.problem}" for one in sights if one.problem]
    if wrong:
        old = any(now - (one.succeeded or 0.0) > STUCK for one in sights if one.problem)
        return Check(name="watches", state="bad" if old else "look", says="; ".join(wrong))
    return Check(name="watches", state="good", says=f"{len(sights)} lists and folders are looked at")


async def heard_check(store: Store, accounts: Iterable[tuple[str, str]]) -> Check:
    """When each of these (shop, account) heard its last webhook. A day of silence wants a look."""
    said, now, quiet = [], store.now(), False
    for shop, account in accounts:
        rows = await store.fetch("checkpoint", (shop, account, HEARD))
        quiet |= not rows or now - rows[0][1] > SILENT
        said.append(f"{account} {span(now - rows[0][1])} ago" if rows else f"{account} none yet")
    says = f"the last webhook: {', '.join(said)}" if said else "no account hears webhooks"
    return Check(name="heard", state="look" if quiet else "good", says=says)


def _clock(store: Store) -> Check:
    """A SQLite store waits out a clock that was set back; PostgreSQL has a clock of its own."""
    apart = store.now() - time.time()
    if abs(apart) > APART:
        says = (
            f"this machine's clock is {span(abs(apart))} {'behind' if apart > 0 else 'ahead of'} the store's: set it by"
            " NTP; webhooks are refused from five minutes on"
        )
        return Check(name="clock", state="look", says=says)
    return Check(name="clock", state="good", says="this machine and the store agree")


def span(seconds: float) -> str:
    """A length of time as people say it, in its two largest units."""
    left = int(seconds)
    parts: list[str] = []
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        if left >= size and len(parts) < 2:
            parts.append(f"{left // size} {name}")
            left %= size
    return " ".join(parts) or "0 s"
