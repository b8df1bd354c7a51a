"""The rules that the store itself can tell: cases, runs, lanes and files. See settings.py for what each means."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from pawline.hub.alarms.found import Facts, Finding
from pawline.hub.alarms.ground import CATCH_UP, Ground, Moment, Rule, Stand, Unknown
from pawline.hub.alarms.settings import DAYS, MINUTE, FileLate, minutes_of, zone_of
from pawline.hub.alarms.silent import no_orders
from pawline.hub.health import LONG
from pawline.store import WaitKind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pawline.hub.watching import Watched

STILL: Final = 600.0
"""Seconds in which a run that gets on has written something."""
BRIEF: Final = 60.0
"""Seconds that a call may take until the run is seen waiting again."""
CAUSES: Final = 1_000
"""Causes of open cases, at most, that are looked at."""
ASKED: Final = "ask"
"""The kind of case whose title a flow wrote: it may say anything, so it stays here."""


async def case_opened(ground: Ground, moment: Moment) -> list[Finding]:
    """One finding for each cause, however many cases share it."""
    rule, found = ground.settings.case_opened, list[Finding]()
    before = dict(ground.titles)
    ground.titles.clear()
    for shop in ground.shops:
        for cause, kind, team, count, no, opened in await ground.store.fetch("case_groups", (shop, CAUSES)):
            severity = rule.teams.get(team) if rule.teams else rule.severity
            if severity is None or moment.now - opened < rule.minutes * MINUTE:
                continue
            title = "" if kind == ASKED else before.get(no) or await _title(ground, no)
            ground.titles[no] = title
            facts: Facts = {"case": no, "count": count, "kind": kind, "title": title}
            found.append(Finding("case_opened", f"{shop} {cause}", severity, opened, facts, shop, team))
    return found


async def _title(ground: Ground, no: int) -> str:
    case = await ground.store.case(no)
    return "" if case is None else case.title


async def oldest_run(ground: Ground, moment: Moment) -> list[Finding]:
    """By flow: the oldest run that ought to get on and has stood in one place for ten minutes."""
    rule, found, stood = ground.settings.oldest_run, list[Finding](), dict[str, Stand]()
    rows = await ground.store.fetch("runs_slow", (moment.now - rule.minutes * MINUTE,))
    for shop, flow, no, created, count in rows:
        subject = f"{shop} {flow}"
        alarm = moment.open.get(("oldest_run", subject))
        told = alarm is not None and alarm.facts["run"] == no
        stood[subject] = one = await _stand(ground, no, moment.now, told=told)
        if moment.now - one.since >= STILL:
            facts: Facts = {"run": no, "flow": flow, "count": count}
            found.append(Finding("oldest_run", subject, rule.severity, created, facts, shop))
    ground.stood.clear()
    ground.stood.update({one.run: one for one in stood.values()})
    return found


async def _stand(ground: Ground, no: int, now: float, *, told: bool) -> Stand:
    """Where a run stands: the step that it tries again and again, or as far as its journal goes.

    While it is driven nobody sees which step it tries: then it is where it was a moment ago.
    """
    before = ground.stood.get(no)
    tried = [one.path for one in (await ground.store.waits([no]))[no] if one.kind == WaitKind.RETRY]
    if tried:
        place: str | int = min(tried)
    elif before is not None and isinstance(before.place, str) and now - before.seen < BRIEF:
        return before
    else:
        run = (await ground.store.runs([no])).get(no)
        place = -1 if run is None else run.records
    if before is None:
        return Stand(no, place, float("-inf") if told else now, now)  # told before this process was
    return Stand(no, place, before.since if before.place == place else now, now)


async def lane_stuck(ground: Ground, moment: Moment) -> list[Finding]:
    """Events that wait for dispatch, webhooks that wait to be taken apart, and lanes whose owner is silent."""
    rule, found = ground.settings.lane_stuck, list[Finding]()
    early = moment.now - rule.minutes * MINUTE
    stuck = [row for row in await ground.store.fetch("lanes_pending") if row[1] < early]
    if stuck:
        facts = {"lanes": len(stuck), "count": sum(row[2] for row in stuck)}
        found.append(Finding("lane_stuck", "events", rule.severity, min(row[1] for row in stuck), facts))
    ((since, count),) = await ground.store.fetch("deliveries_late", (min(early, moment.now - LONG),))
    if count:
        found.append(Finding("lane_stuck", "webhooks", rule.severity, since, {"count": count}))
    silent = [until for _, owner, _, until in await ground.store.fetch("lanes") if owner and until < early]
    if silent:
        found.append(Finding("lane_stuck", "owners", rule.severity, min(silent), {"lanes": len(silent)}))
    return found


async def file_late(ground: Ground, moment: Moment) -> list[Finding]:
    """What was to be seen by the last of its times, and was not in the hours before it, nor since."""
    if moment.now - ground.began < CATCH_UP:
        raise Unknown
    shops = {(one.account, one.name): one.shop for one in ground.watched}
    found = []
    wanted = {_subject(one): one for one in (*files_due(ground.watched), *ground.settings.file_late)}
    for subject, rule in wanted.items():
        by, shop = _deadline(rule, moment.now), shops.get((rule.account, rule.watch))
        if not rule.on or by is None or shop is None:
            continue
        rows = await ground.store.fetch("checkpoint", (shop, rule.account, rule.watch))
        seen = rows[0][1] if rows else 0.0
        alarm = moment.open.get(("file_late", subject))
        since = by if alarm is None else alarm.since
        if seen < by - rule.hours * 3_600.0:
            facts = {"account": rule.account, "watch": rule.watch, "by": since, "last": seen}
            found.append(Finding("file_late", subject, rule.severity, since, facts, shop))
    return found


def _subject(rule: FileLate) -> str:
    return f"{rule.account} {rule.watch} by {rule.by}"


def files_due(watched: Collection[Watched]) -> list[FileLate]:
    """What accounts themselves say is to be here by some time."""
    return [
        FileLate(account=one.account, watch=one.name, by=one.due.by, hours=one.due.hours, zone=one.due.zone,
                 days=[day for day in DAYS if day in one.due.days])
        for one in watched if one.due is not None
    ]  # fmt: skip


def _deadline(rule: FileLate, now: float) -> float | None:
    """The last moment by which it was to be here."""
    zone = zone_of(rule.zone)
    today = datetime.fromtimestamp(now, zone).date()
    for back in range(9):
        day = today - timedelta(days=back)
        by = (datetime.combine(day, time(), zone) + timedelta(minutes=minutes_of(rule.by))).timestamp()
        if DAYS[day.weekday()] in rule.days and by <= now:
            return by
    return None


RULES: Final[Mapping[str, Rule]] = {
    "no_orders": no_orders, "file_late": file_late, "case_opened": case_opened, "oldest_run": oldest_run,
    "lane_stuck": lane_stuck,
}  # fmt: skip
"""What the owner of the alarms judges, by name."""
