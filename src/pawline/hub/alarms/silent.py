"""Rules about what does not come: orders of a shop, and answers of an account."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from pawline.hub.alarms.found import Facts, Finding
from pawline.hub.alarms.ground import CATCH_UP, Unknown
from pawline.hub.alarms.settings import MINUTE, NoOrders, zone_of
from pawline.insight.silence import silence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pawline.hub.alarms.ground import Ground, Moment

ENOUGH: Final = 3
"""Weeks of history from which on it is judged by."""
BEHIND: Final = 60.0
"""Seconds that the view of orders may be behind: else it does not know of the newest."""
DAY: Final = 86_400.0
UNTRIED: Final = 3_600.0
"""Seconds after which an account that failed, and that nobody called since, is no news any more."""


async def no_orders(ground: Ground, moment: Moment) -> list[Finding]:
    """Shops that are silent for longer than chance and custom explain; once they are, until an order comes.

    Neither a day that is left out nor a span whose weeks differ more ends a silence: people are told that it is over.
    """
    rule, now = ground.settings.no_orders, moment.now
    if now - ground.began < CATCH_UP:
        raise Unknown
    left_out = datetime.fromtimestamp(now, zone_of(rule.zone)).date() in rule.except_on
    found = []
    for shop in ground.shops:
        last = (await ground.store.fetch("last_order", (shop, now)))[0][0]
        alarm = moment.open.get(("no_orders", shop))
        if alarm is not None and last is not None and last <= alarm.since:
            found.append(Finding("no_orders", shop, alarm.severity, alarm.since, alarm.facts, shop))
            continue
        if last is None or left_out or now - last < rule.minutes * MINUTE:
            continue
        if await ground.behind() > BEHIND:
            raise Unknown
        facts = await _unusual(ground, rule, shop, (last, now))
        if facts is not None:
            found.append(Finding("no_orders", shop, rule.severity, last, facts, shop))
    return found


async def _unusual(ground: Ground, rule: NoOrders, shop: str, span: tuple[float, float]) -> Facts | None:
    """What makes the silence one, None where it is usual."""
    last, now = span
    counts, a_day = await _history(ground, rule, shop, (max(last, now - DAY), now))
    if len(counts) < ENOUGH:
        return {"weeks": len(counts)} if now - last >= rule.minutes_without_history * MINUTE else None
    one = silence(counts, a_day)
    if one.chance_a_day >= rule.unlikely:
        return None
    return {"weeks": len(counts), "usual": round(one.usual, 1), "chance": one.chance_a_day}


async def _history(
    ground: Ground, rule: NoOrders, shop: str, span: tuple[float, float]
) -> tuple[list[int], float]:  # fmt: skip
    """Orders in the same span of each week before that is known whole, and how many come a day."""
    first = (await ground.store.fetch("first_order", (shop,)))[0][0]
    counts = []
    for back in range(1, int(rule.weeks) + 1):
        then = [datetime.fromtimestamp(one, zone_of(rule.zone)) - timedelta(weeks=back) for one in span]
        if then[0].timestamp() < first or _left_out(rule.except_on, then):
            continue
        counts.append(await _between(ground, shop, then[0].timestamp(), then[1].timestamp()))
    begin = max(first, span[1] - 7 * DAY * rule.weeks)
    days = max(1.0, (span[1] - begin) / DAY)
    return counts, await _between(ground, shop, begin, span[1]) / days


async def _between(ground: Ground, shop: str, begin: float, end: float) -> int:
    count: int = (await ground.store.fetch("orders_between", (shop, begin, end)))[0][0]
    return count


def _left_out(days: list[date], span: list[datetime]) -> bool:
    return any(span[0].date() <= day <= span[1].date() for day in days)


async def history_of(ground: Ground, now: float) -> dict[str, int]:
    """By shop: weeks that a silence which begins an hour ago would be judged by; shops without an order left out."""
    known = {}
    for shop in ground.shops:
        if (await ground.store.fetch("first_order", (shop,)))[0][0] is not None:
            counts, _ = await _history(ground, ground.settings.no_orders, shop, (now - 3_600.0, now))
            known[shop] = len(counts)
    return known


async def vendor_down(ground: Ground, moment: Moment) -> list[Finding]:
    """Accounts that do not answer, as far as this process called them or looked at them."""
    found = [*_failing(ground, moment), *_unseen(ground, moment)]
    here = {one.subject for one in found}
    for account in ground.answered():
        ground.well[account] = moment.now
    for sight in ground.sights():
        if sight.succeeded is not None:
            ground.well[f"{sight.account} {sight.name}"] = sight.succeeded
    for (rule, subject), alarm in moment.open.items():
        if rule != "vendor_down" or subject in here:
            continue
        if ground.well.get(subject, 0.0) > alarm.seen:
            moment.over.add((rule, subject))
        elif moment.now - alarm.seen < UNTRIED:
            moment.unsure.add((rule, subject))
    return found


def _failing(ground: Ground, moment: Moment) -> Iterator[Finding]:
    """Circuits that are open for too long; of what is known to be down, whatever failed last."""
    rule, now = ground.settings.vendor_down, moment.now
    for account, one in ground.troubles().items():
        alarm = moment.open.get(("vendor_down", account))
        old = one.open is not None and one.open >= rule.minutes * MINUTE
        if one.failed < UNTRIED and (old or alarm is not None):
            since = now - (one.open or 0.0) if alarm is None else alarm.since
            facts: Facts = {"account": account, "plays": ground.plays.get(account, "")}
            yield Finding("vendor_down", account, rule.accounts.get(account, rule.severity), since, facts)


def _unseen(ground: Ground, moment: Moment) -> Iterator[Finding]:
    """Watches whose looks fail for too long."""
    rule = ground.settings.vendor_down
    shops = {(one.account, one.name): one.shop for one in ground.watched}
    for sight in ground.sights():
        subject, since = f"{sight.account} {sight.name}", sight.succeeded or ground.began
        old = moment.now - since >= rule.minutes * MINUTE
        if sight.problem and (old or ("vendor_down", subject) in moment.open):
            facts: Facts = {"account": sight.account, "watch": sight.name}
            shop = shops.get((sight.account, sight.name), "*")
            severity = rule.accounts.get(sight.account, rule.severity)
            yield Finding("vendor_down", subject, severity, since, facts, shop)
