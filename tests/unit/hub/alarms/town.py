"""A hub with alarms in a time that passes at once: its mails land in a box, its vendor fails when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from pawline.hub import Desk, connections_of, load_settings
from pawline.hub.alarms.making import Kept, alarms_of
from pawline.hub.watching import Watched, Watching
from pawline.kit import Due, Seen
from pawline.model import Envelope, Event, Letter, MessageId
from pawline.ports import Code, EffectKind, Mail, Operation, Settle, Transient
from pawline.runtime import Binding, Engine, Flows, RuntimeSettings, flow, untold_case, use
from pawline.store import Keyring, Outcome, Store, Unit
from pawline.testing import VirtualTime
from pawline.views import ALL, Projector

TUESDAY = datetime(2026, 3, 10, 12, tzinfo=UTC)
SHOP = "paws"
HEAD = """shops = ["paws"]
store = "sqlite:///{folder}/pawline.db"
accounts = [{{ use = "tests.unit.hub.alarms.town:connect" }}]
"""
TEAM = """[alarms]
[[alarms.channels]]
name = "team"
kind = "mail"
account = "post/main"
to = ["team@pets.example"]
[[alarms.rota]]
channels = ["team"]
zone = "Europe/Berlin"
"""


class BowlFilled(Event, tag="alarmed.bowl.filled@1"):
    pet: str

    @property
    def subject(self) -> str:
        return self.pet


class Feeder(Protocol):
    """Gives food."""

    async def give(self, pet: str) -> str: ...


@dataclass
class Box:
    """Plays Mail and Feeder. `fails` is what a call to the address, or (`feeder`) to the vendor, comes to."""

    now: VirtualTime
    letters: list[tuple[float, Letter]] = field(default_factory=list)
    fails: dict[str, Exception] = field(default_factory=dict)
    tried: list[str] = field(default_factory=list)
    cursors: dict[str, str] = field(default_factory=dict)
    """How far what each watch of erp/main looks at has come."""
    due: dict[str, Due] = field(default_factory=dict)
    """By when some of them are to bring something."""

    async def look(self, watch: str, _: str) -> Seen:
        if watch in self.fails:
            raise self.fails[watch]
        return Seen((), self.cursors[watch])

    async def send(self, letter: Letter) -> MessageId:
        self.tried.append(letter.to)
        if letter.to in self.fails:
            raise self.fails[letter.to]
        self.letters.append((self.now(), letter))
        return MessageId(f"m{len(self.letters)}")

    async def give(self, pet: str) -> str:
        if "feeder" in self.fails:
            raise self.fails["feeder"]
        return f"fed {pet}"


BOXES: list[Box] = []
DOWN = Transient("down", Code.UNAVAILABLE)


def connect() -> list[Binding]:
    post = {"send": Operation(settle=Settle.ASK, kind=EffectKind.MESSAGE)}
    give = {"give": Operation(settle=Settle.REPEAT)}
    return [Binding("post/main", Mail, BOXES[-1], post), Binding("dispenser/home", Feeder, BOXES[-1], give)]


@flow(on=BowlFilled)
async def feed_alarmed(filled: BowlFilled) -> str:
    """A pet is fed."""
    return await use(Feeder).give(filled.pet)


class Town:
    """One store and the hubs that open it, one after the other."""

    def __init__(self, folder: Path, alarms: str, start: datetime = TUESDAY) -> None:
        self.time = VirtualTime(start)
        self.box = Box(self.time)
        BOXES.append(self.box)
        self.keyring = Keyring.generate()
        self.keyring.save(folder / "pawline.key")
        self.file = folder / "pawline.toml"
        self.file.write_text(HEAD.format(folder=folder) + alarms, "utf-8")
        self.store: Store
        self.engine: Engine
        self.desk: Desk
        self.kept: Kept
        self.ids = 0

    def live(self, day: Callable[[], Awaitable[None]]) -> None:
        """Live it, in this time."""

        async def whole() -> None:
            await self.open()
            await day()
            await self.close()

        with asyncio.Runner(loop_factory=self.time.loop) as runner:
            runner.run(whole())

    async def open(self) -> None:
        settings = load_settings(self.file, {})
        watched = [
            Watched("erp/main", SHOP, one, 60.0, partial(self.box.look, one), self.box.due.get(one))
            for one in self.box.cursors
        ]
        connections = connections_of(settings)._replace(watched=tuple(watched))
        self.store = await Store.open(settings.url, self.keyring, clock=self.time, inline=True)
        runtime = RuntimeSettings(look=30.0, lease=3_600.0)
        self.engine = Engine(self.store, Flows([feed_alarmed]), connections.bindings, runtime, seed=1)
        projector, self.watching = Projector(self.store, ALL), Watching(connections.watched)
        self.desk = Desk(settings, self.engine, projector, alive=True, watching=self.watching)
        self.kept = self.desk.alarms.kept = alarms_of(settings, self.engine, projector, connections, self.watching)
        await self.engine.start()
        await projector.start(self.engine)
        self.watching.start(self.engine)
        self.kept.start(self.engine)

    async def close(self) -> None:
        await self.engine.stop()
        await self.store.close()

    async def again(self) -> None:
        await self.close()
        await self.open()

    async def minutes(self, count: float) -> None:
        await asyncio.sleep(count * 60.0)

    # -- what happens --------------------------------------------------------------------------------------------

    async def write(self, *writes: tuple[str, tuple[Any, ...]]) -> None:
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.store.commit(Unit(answer.set_result, writes=writes))
        assert (await answer).error is None

    async def case(self, title: str, kind: str = "malformed", cause: str = "") -> int:
        row = untold_case(self.engine, SHOP, kind, title, cause or title, "")
        await self.write(("insert_case", row))
        return row.no

    async def close_case(self, no: int) -> None:
        given = {"action": "close", "target": f"case:{no}", "by": "ann", "reason": "seen to"}
        assert (await self.desk.answer("order", given))["state"] in {"done", "pending"}
        self.engine.nudge()
        await asyncio.sleep(1.0)

    async def ordered(self, *moments: float, shop: str = SHOP) -> None:
        rows = []
        for at in moments:
            self.ids += 1
            rows.append(("view_placed", (shop, f"o{self.ids}", None, None, at, "web", 1, "EUR", 100)))
        await self.write(*rows)

    async def usual_weeks(self, weeks: int = 8, every: float = 6.0) -> None:
        """An order every so many minutes from 8 to 22 h UTC, until now; nobody's clock is that exact."""
        now, begin = self.time(), self.time() - weeks * 7 * 86_400.0 - 3_600.0
        count = int((now - begin) / 60.0 / every)
        moments = [begin + n * every * 60.0 for n in range(count + 1)]
        await self.ordered(*[one for one in moments if 8 <= datetime.fromtimestamp(one, UTC).hour < 22])

    async def record(self, event: Event) -> None:
        self.ids += 1
        at = datetime.fromtimestamp(self.time(), UTC)
        await self.engine.record(Envelope(shop=SHOP, source="test", id=f"e{self.ids}", at=at, event=event))

    # -- what was told -------------------------------------------------------------------------------------------

    def subjects(self, to: str = "team@pets.example") -> list[str]:
        return [letter.subject or letter.text for _, letter in self.box.letters if letter.to == to]

    def texts(self, to: str = "team@pets.example") -> list[str]:
        return [letter.text for _, letter in self.box.letters if letter.to == to]

    def at(self, to: str = "team@pets.example") -> list[float]:
        """Minutes from the start."""
        return [round((at - self.time._start) / 60.0, 1) for at, letter in self.box.letters if letter.to == to]

    async def alarms(self, *, every: bool = False) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.desk.answer("alarms", {"every": every})
        return found

    async def acknowledge(self, no: int, by: str = "ann") -> dict[str, Any]:
        found: list[dict[str, Any]] = await self.desk.answer("acknowledge", {"numbers": [no], "by": by})
        return found[0]
