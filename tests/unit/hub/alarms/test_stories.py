"""Days made by chance: causes come and go, channels fail, people see things, hubs die; what is promised holds."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from pawline.hub.alarms import telling
from pawline.hub.alarms.found import newest
from pawline.ports import Code, Rejected
from tests.unit.hub.alarms.town import Town

GONE = Rejected("nobody there", Code.UNDELIVERABLE)
SETTINGS = "[alarms]\nmost_an_hour = 12\n" + "".join(
    f'[[alarms.channels]]\nname = "{name}"\nkind = "mail"\naccount = "post/main"\nto = ["{name}@x"]\n'
    for name in ("one", "two", "three")
) + (
    '[[alarms.rota]]\nchannels = ["one", "two"]\n'
    '[[alarms.rota]]\nchannels = ["three"]\nfrom = "12:00"\nto = "16:00"\n'
)  # fmt: skip


class Story:
    """What happened, for what is promised to be compared with."""

    def __init__(self, town: Town, seed: int) -> None:
        self.town, self.chance = town, random.Random(seed)
        self.open: dict[int, str] = {}
        self.seen: set[int] = set()

    async def happens(self) -> None:
        what = self.chance.choices(("opens", "closes", "fails", "works", "seen", "dies"), (8, 5, 3, 4, 3, 1))[0]
        if what == "opens":
            for _ in range(self.chance.choice((1, 1, 1, 4))):
                title = f"cause {len(self.open)}-{self.chance.random():.6f}"
                self.open[await self.town.case(title)] = title
        elif what == "closes" and self.open:
            no = self.chance.choice(sorted(self.open))
            del self.open[no]
            await self.town.close_case(no)
        elif what == "fails":
            self.town.box.fails[f"{self.chance.choice(('one', 'two', 'three'))}@x"] = GONE
        elif what == "works":
            self.town.box.fails.clear()
        elif what == "seen":
            alarms = [one for one in await self.town.alarms() if one["state"] == "open"]
            if alarms:
                no = self.chance.choice(alarms)["no"]
                await self.town.acknowledge(no)
                self.seen.add(no)
        elif what == "dies":
            await self.town.again()

    async def end(self) -> None:
        """All is mended, and hours pass."""
        self.town.box.fails.clear()
        for no in list(self.open):
            await self.town.close_case(no)
        await self.town.minutes(150)


@pytest.mark.parametrize("seed", range(6))
def test_a_day(town: Callable[..., Town], seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[float, str, list[tuple[int, int, bool]]]] = []
    severity = ("warning", "critical")[seed % 2]  # over the channels of the entry, or over any
    one = town(SETTINGS + f'[alarms.case_opened]\nteams = {{ operations = "{severity}" }}\n')
    send = telling.Telling._send

    async def noted(self: telling.Telling, name: str, some: list[telling.Errand], now: float) -> bool:
        took = await send(self, name, some, now)
        if took:
            told = {each.alarm.no: (each.alarm.no, each.alarm.times, each.alarm.closed is not None) for each in some}
            sent.append((now, name, list(told.values())))
        return took

    monkeypatch.setattr(telling.Telling, "_send", noted)
    monkeypatch.setattr(telling, "TRIES", 1_000_000)
    story = Story(one, seed)

    async def day() -> None:
        for _ in range(60):
            await story.happens()
            await one.minutes(story.chance.choice((0.1, 0.5, 2.0, 7.0)))
        await story.end()
        alarms = {alarm.no: alarm for alarm in await newest(one.store, 1_000)}
        assert alarms
        assert all(alarm.closed is not None and alarm.due is None for alarm in alarms.values())
        times = Counter((no, count, name) for _, name, told in sent for no, count, over in told if not over)
        assert max(times.values()) == 1  # nothing is told twice over one channel
        ends = Counter((no, name) for _, name, told in sent for no, _, over in told if over)
        assert max(ends.values()) == 1
        heard = {(no, name) for no, _, name in times}
        assert set(ends) == heard  # whoever heard of it hears that it is over, and nobody else
        for no, alarm in alarms.items():
            assert alarm.times == len({count for told, count, _ in times if told == no})
        for name in ("one", "two", "three"):
            moments = [at for at, channel, _ in sent if channel == name]
            assert all(later - first >= 3_600.0 for first, later in zip(moments, moments[12:], strict=False))

    one.live(day)
