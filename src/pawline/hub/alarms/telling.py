"""Tells: one message a channel for all that is due, the next channel where one fails, and no flood."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pawline.hub.alarms.channels import NotSent
from pawline.hub.alarms.found import Alarm, told
from pawline.hub.alarms.letters import letter
from pawline.hub.alarms.rota import next_on_duty, on_duty, reached
from pawline.hub.alarms.settings import MINUTE, Severity
from pawline.hub.alarms.words import when
from pawline.runtime import digest63

if TYPE_CHECKING:
    from pawline.hub.alarms.book import Book, Write
    from pawline.hub.alarms.channels import Channel
    from pawline.hub.alarms.settings import AlarmSettings

_log = logging.getLogger("pawline.hub")
GATHER: Final = 60.0
"""Seconds between two messages over one channel: what opens meanwhile is told in one."""
HOUR: Final = 3_600.0
CLAIM: Final = 300.0
"""Seconds that a message may take. Whose sender died over it is due again then."""
FIRST: Final = 15.0
LAST: Final = 300.0
"""Seconds to the next try where nobody was reached: doubled from the first to the last."""
TRIES: Final = 30
"""Tries, two hours of them, to say that something is over, which nobody must do anything about."""


@dataclass
class Errand:
    """One alarm for one entry of the rota (or, where it is over, for one channel): `chain` is what may be tried."""

    alarm: Alarm
    entry: int
    chain: list[str]
    zone: str
    fell: list[str] = field(default_factory=list)
    """Channels that failed it."""
    full: list[str] = field(default_factory=list)
    """Channels that had their messages of this hour."""
    by: str = ""
    """The channel that took it."""
    later: float | None = None
    """When the first of its channels may be used again."""


class Telling:
    """Sends what is due. `problems` says of each channel that failed last what went wrong."""

    def __init__(self, settings: AlarmSettings, channels: Mapping[str, Channel], book: Book) -> None:
        self._settings, self._channels, self._book = settings, channels, book
        self.problems: dict[str, str] = {}
        self._used: dict[str, list[float]] = {}

    async def tell(self, alarms: Sequence[Alarm], now: float) -> None:
        """Everything of these that is due; what is to be told again soon goes with what is told again now."""
        errands: list[Errand] = []
        claimed: list[Alarm] = []
        again = any(one.told is not None and one.closed is None and _due(one, now) for one in alarms)
        soon = now + self._settings.repeat_every * MINUTE / 2 if again else now
        for one in alarms:
            until = soon if one.told is not None and not one.missed else now
            if not _due(one, until) or not await self._book.claim(one, now + CLAIM):
                continue
            claimed.append(one)
            errands += self._over(one) if one.closed is not None else self._open(one, now)
        if not claimed:
            return
        self._used = {name: await self._book.used(name) for name in self._channels}
        before = {name: list(times) for name, times in self._used.items()}
        await self._deliver(errands, now)
        writes = [
            self._came_of(one, [each for each in errands if each.alarm is one], now) for one in claimed
        ]  # fmt: skip
        sent = {name: times for name, times in self._used.items() if times != before[name]}
        await self._book.settle(writes, sent, now)

    def _open(self, alarm: Alarm, now: float) -> list[Errand]:
        rota = self._settings.rota
        left = [n for n in alarm.missed if n < len(rota) and on_duty(rota[n], now)]
        entries = left or reached(rota, alarm.severity, alarm.team, now)
        return [Errand(alarm, n, self._chain(alarm, n), rota[n].zone) for n in entries]

    def _chain(self, alarm: Alarm, entry: int) -> list[str]:
        """The entry's channels; for what is critical, then those of all others: somebody must hear of it."""
        rota = self._settings.rota
        others = [one for each in rota for one in each.channels] if alarm.severity == Severity.CRITICAL else []
        return list(dict.fromkeys([*rota[entry].channels, *others]))

    def _over(self, alarm: Alarm) -> list[Errand]:
        """To those who were told, and have not heard yet that it is over."""
        names = list(alarm.reached)
        left = [n for n in alarm.missed if n < len(names)] or range(len(names))
        return [Errand(alarm, n, [names[n]], alarm.reached[names[n]]) for n in left]

    # -- over the channels ---------------------------------------------------------------------------------------

    async def _deliver(self, errands: list[Errand], now: float) -> None:
        waiting, heard = dict[str, list[Errand]](), set[tuple[str, int]]()
        for one in errands:
            waiting.setdefault(one.chain[0], []).append(one)
        while waiting:
            name = next(iter(waiting))
            some = []
            for one in waiting.pop(name):
                if (name, one.alarm.no) in heard:  # for another entry, a moment ago
                    one.by = name
                else:
                    some.append(one)
            for one in await self._left(name, some, now) if some else ():
                waiting.setdefault(one.chain[0], []).append(one)
            heard |= {(name, one.alarm.no) for one in some if one.by}

    async def _left(self, name: str, some: list[Errand], now: float) -> list[Errand]:
        """Over this channel; those that go on to the next of theirs."""
        free = self._free(name, now, gathers=not any(one.fell for one in some))
        if free > now:
            return self._waiting(some, free, now)
        took = await self._send(name, some, now)
        for one in some:
            one.by = name if took else ""
            if not took:
                one.fell.append(one.chain.pop(0))
        return [] if took else [one for one in some if one.chain]

    def _waiting(self, some: list[Errand], free: float, now: float) -> list[Errand]:
        """Those that do not wait until the channel is free: what is critical has no hour to wait."""
        others = []
        for one in some:
            if free - now > GATHER and one.alarm.severity == Severity.CRITICAL and len(one.chain) > 1:
                one.full.append(one.chain.pop(0))
                others.append(one)
            else:
                one.later = free
        return others

    def _free(self, name: str, now: float, *, gathers: bool) -> float:
        """When the channel may be used: not twice a minute, unless another one failed, and so often an hour."""
        times = self._used.get(name, [])
        times[:] = [one for one in times if one > now - HOUR]
        free = times[-1] + GATHER if times and gathers else now
        if len(times) >= self._settings.most_an_hour:
            free = max(free, times[-self._settings.most_an_hour] + HOUR)
        return free

    async def _send(self, name: str, some: list[Errand], now: float) -> bool:
        alarms = list({one.alarm.no: one.alarm for one in some}.values())
        channel, zone = self._channels.get(name), some[0].zone
        key = f"{digest63(name, *(f'{one.no}.{one.times}.{one.closed}' for one in alarms)):016x}"
        try:
            if channel is None:  # told before it was taken out of the settings
                raise NotSent("there is no such channel any more")
            await channel.send(letter(self._settings.name, zone, alarms, self._notes(name, some, now)), key)
        except Exception as problem:  # noqa: BLE001 - a channel's defect must not keep the next one from telling
            why = str(problem) if isinstance(problem, NotSent) else type(problem).__name__
            if self.problems.get(name) != why:
                _log.error("alarms: %s took no message: %s", name, why)
            self.problems[name] = why
            return False
        if self.problems.pop(name, ""):
            _log.info("alarms: %s takes messages again", name)
        self._used.setdefault(name, []).append(now)
        return True

    def _notes(self, name: str, some: list[Errand], now: float) -> list[str]:
        notes, most = [], self._settings.most_an_hour
        if fell := list(dict.fromkeys(each for one in some for each in one.fell)):
            notes.append(f"Sent here because {', '.join(fell)} could not be reached.")
        if full := list(dict.fromkeys(each for one in some for each in one.full)):
            notes.append(f"Sent here because {', '.join(full)} had all its messages of this hour.")
        times = self._used.get(name, [])
        if len(times) + 1 >= most:
            free = when([*times, now][-most] + HOUR, some[0].zone)
            notes.append(f"{most} messages came this way within an hour: the next one not before {free}."
                         " `pawline alarms list` shows what is open.")  # fmt: skip
        return notes

    # -- what came of it -----------------------------------------------------------------------------------------

    def _came_of(self, alarm: Alarm, errands: list[Errand], now: float) -> Write:
        if not errands and alarm.closed is None:
            return self._nobody(alarm, now)
        left = [one for one in errands if not one.by]
        tries = alarm.tries + 1 if any(one.later is None for one in left) else 0
        wait = now + min(LAST, FIRST * 2.0 ** min(tries - 1, 30))
        again = min((one.later or wait for one in left), default=None)
        missed = told([one.entry for one in left])
        heard = alarm.reached | {one.by: one.zone for one in errands if one.by}
        if alarm.closed is not None:
            if again is None or tries >= TRIES:
                return "end_alarm", (alarm.no, missed)
        elif any(one.by for one in errands):
            due = now + self._settings.repeat_every * MINUTE if again is None else again
            return "tell_alarm", (alarm.no, now, tries, missed, told(heard), due)
        return "put_off_alarm", (alarm.no, now + CLAIM, tries, missed, again)

    def _nobody(self, alarm: Alarm, now: float) -> Write:
        """Nobody is on duty: told as soon as somebody is."""
        due = next_on_duty(self._settings.rota, alarm.severity, alarm.team, now)
        _log.warning("alarms: nobody is on duty for alarm %d (%s): see `pawline doctor`", alarm.no, alarm.severity)
        return "put_off_alarm", (alarm.no, now + CLAIM, 0, "[]", now + HOUR if due is None else due)


def _due(alarm: Alarm, at: float) -> bool:
    return alarm.due is not None and alarm.due <= at
