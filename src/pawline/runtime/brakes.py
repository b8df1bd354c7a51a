"""Brakes: what is stopped, what a flow's mode allows, and how many effects it may still cause this hour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pawline.runtime import ending
from pawline.runtime.handing import Handovers, Way
from pawline.runtime.settings import Caps
from pawline.store import Unit

if TYPE_CHECKING:
    from pawline.ports import EffectKind
    from pawline.runtime.engine import Engine
    from pawline.runtime.run import Run
    from pawline.runtime.step import Call
    from pawline.store import Outcome

ANY: Final = "*"
CASES: Final = {"cap": "cap", "account": "unauthorised"}
"""The kind of the case that comes with a brake which is pulled from inside, by the brake's scope."""
SETTLED: Final = 5.0
"""Seconds after which what was said here is in the store, or another owner said otherwise."""


class Brakes:
    """What the store says is stopped, paused or observed, in memory. Other owners' changes arrive within a second."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stops: set[tuple[str, str, str]] = set()  # (shop, scope, name)
        self._modes: dict[tuple[str, str, str], tuple[str, float | None]] = {}
        self._handovers = Handovers()
        self._spent: dict[tuple[str, str, str, int], int] = {}  # by this owner, by (shop, flow, kind, hour)
        self._others: dict[tuple[str, str, str, int], int] = {}  # by others, and by this process's lives before
        self._unseen: dict[tuple[str, str, str], float] = {}  # pulled here, not seen in the store yet
        self._lifted: dict[tuple[str, str, str], float] = {}  # lifted here, still seen in the store
        self._wakes: dict[str, int] = {ANY: 1}  # shop -> how often yet its held steps are told to look again
        self.any = False  # whether anything is stopped or not live
        self.caps = engine.settings.caps != Caps()  # whether any effect is counted

    async def load(self) -> None:
        """Read what the store says now. Where a brake is off that was on, what waits behind it looks again."""
        fetch = self._engine.store.fetch
        if self._engine.store.dialect == "postgres" and self.caps:
            await self.load_spent()
        stored = {(shop, scope, name) for shop, scope, name, *_ in await fetch("brakes")}
        modes = {(shop, flow, account): (mode, mark) for shop, flow, account, mode, mark in await fetch("modes")}
        since = self._engine.loop.time() - SETTLED
        self._unseen = {entry: at for entry, at in self._unseen.items() if entry not in stored and at > since}
        self._lifted = {entry: at for entry, at in self._lifted.items() if entry in stored and at > since}
        stops = (stored | self._unseen.keys()) - self._lifted.keys()
        for shop, *_ in self._stops - stops:
            self._wakes[shop] = 2
        for place, (mode, _) in self._modes.items():
            if mode != "live" and modes.get(place, ("live", None))[0] == "live":
                self._wakes[place[0]] = 2
        self._stops, self._modes = stops, modes
        self._handovers = Handovers(await fetch("handovers"))
        self.any = bool(stops or modes)
        self._wake_again()

    def _wake_again(self) -> None:
        """A step may have gone behind a brake while it was being taken off: told once more, and once more."""
        if self._wakes:
            writes = [self._waking(shop) for shop in self._wakes]
            self._engine.store.commit(Unit(lambda _: None, lanes=self._fence(), writes=writes))
            self._wakes = {shop: left - 1 for shop, left in self._wakes.items() if left > 1}

    def _fence(self) -> tuple[tuple[int, int], ...]:
        """Any lane of ours: the write is no intake."""
        lanes = self._engine.lanes
        return (next(iter(lanes.items())),) if lanes else ()

    async def load_spent(self) -> None:
        """Read what others spent in this hour."""
        engine, others = self._engine, dict[tuple[str, str, str, int], int]()
        hour, owner = self._hour(), engine.store.owner
        for shop, flow, kind, _person, at, count in await engine.store.fetch("spent_by_others", (hour, owner)):
            key = (shop, flow, kind, at)
            others[key] = others.get(key, 0) + count
        self._others = others

    def _count(self, key: tuple[str, str, str, int]) -> int:
        return self._spent.get(key, 0) + self._others.get(key, 0)

    def _hour(self) -> int:
        return int(self._engine.now() // 3600)

    @property
    def stops(self) -> set[tuple[str, str, str]]:
        """What is stopped: (shop, scope, name)."""
        return set(self._stops)

    def mode(self, shop: str, flow: str, account: str) -> tuple[str, float | None]:
        """The mode and watermark that apply: the main switch if not live, else the most specific one, else live."""
        main = self._modes.get((ANY, ANY, ANY))
        return main if main is not None and main[0] != "live" else self._specific(shop, flow, account)

    def _specific(self, shop: str, flow: str, account: str) -> tuple[str, float | None]:
        for one in ((shop, flow, account), (shop, flow, ANY), (shop, ANY, account), (shop, ANY, ANY), (ANY, ANY, ANY)):
            found = self._modes.get(one)
            if found is not None:
                return found
        return ("live", None)

    def past(self, shop: str, flow: str, at: float) -> bool:
        """Whether an event of that time is older than the flow's watermark: it stays with the old way."""
        mark = self._specific(shop, flow, ANY)[1] if self._modes else None
        return (mark is not None and at < mark) or self.way(shop, flow, at) is Way.OLD

    def way(self, shop: str, flow: str, at: float) -> Way:
        """Whose an event of that time is, for the flow."""
        return self._handovers.way(shop, flow, at)

    def handed(self, shop: str, flow: str) -> bool:
        """Whether the flow ever changed hands: some of its runs may be observed."""
        return self._handovers.known(shop, flow)

    def off(self, run: Run, call: Call[Any]) -> bool:
        """Whether nothing holds this step."""
        shop, flow, account = run.row.shop, run.row.flow, call.account
        if self._stops and self._stopped(shop, flow, account, call.args):
            return False
        return not self._modes or self.mode(shop, flow, account)[0] == "live"

    def observes(self, run: Run, call: Call[Any]) -> bool:
        """Whether what the step would send is noted while it is held."""
        return bool(self._modes) and self.mode(run.row.shop, run.row.flow, call.account)[0] == "observe"

    def stopped(self, shop: str, flow: str, account: str) -> bool:
        """Whether a person stopped everything, this flow or this account: calls without effect, too."""
        return any(
            where in (shop, ANY) and (scope == "all" or (scope, name) in {("flow", flow), ("account", account)})
            for where, scope, name in self._stops
        )

    def _stopped(self, shop: str, flow: str, account: str, args: bytes) -> bool:
        for where, scope, name in self._stops:
            if where not in (shop, ANY):
                continue
            if scope == "all" or (scope == "flow" and name == flow) or (scope == "account" and name == account):
                return True
            if scope == "cap" and name.partition("/")[0] == flow:
                return True
            if scope == "sku" and b'"' + name.encode() + b'"' in args:
                return True
        return False

    def spend(self, run: Run, kind: EffectKind) -> bool:
        """Count an effect that leaves now against its cap; the one that would pass it pulls the brake."""
        shop, flow = run.row.shop, run.row.flow
        cap = self._engine.settings.caps.of(flow, kind)
        if cap is None:
            return True
        hour = self._hour()
        key = (shop, flow, kind.value, hour)
        spent = self._count(key)
        if spent >= cap and run.unborn is not None:
            return False
        if spent >= cap:
            title = f"{flow} wants more than {cap} of kind {kind.value} in an hour: it waits until you let it go on"
            self.stop(run, "cap", f"{flow}/{kind.value}", f"{cap} in an hour", title)
            return False
        self._spent[key] = self._spent.get(key, 0) + 1
        run.writes.append(("spend", (shop, flow, kind.value, "", hour, self._engine.store.owner, 1)))
        return True

    def unsure(self, run: Run, kind: EffectKind) -> bool:
        """Whether the cap is reached only with runs whose commit is on its way: there may be no stock for their orders.

        Soon it is known; until then an effect of another run waits, and no brake is pulled.
        """
        shop, flow = run.row.shop, run.row.flow
        cap = self._engine.settings.caps.of(flow, kind)
        if cap is None or run.unborn is not None:
            return False
        key = (shop, flow, kind.value, self._hour())
        return (spent := self._count(key)) >= cap and spent - self._unborn(key) < cap

    def _unborn(self, key: tuple[str, str, str, int]) -> int:
        runs = (run for run in self._engine.live.values() if run.unborn is not None)
        spends = (values for run in runs for name, values in (*run.unit.writes, *run.writes) if name == "spend")
        return sum((shop, flow, kind, hour) == key for shop, flow, kind, _, hour, *_ in spends)

    def give_back(self, run: Run) -> None:
        """What this run counted and did not store: it did not leave, and is counted anew when it does."""
        for name, values in (*run.unit.writes, *run.writes):
            if name == "spend":
                shop, flow, kind, _, hour = values[:5]
                key: Any = (shop, flow, kind, hour)
                self._spent[key] = max(-self._others.get(key, 0), self._spent.get(key, 0) - 1)

    def stop(self, run: Run, scope: str, name: str, reason: str, title: str) -> None:
        """Pull a brake from inside, with one case: at once in memory, and in a commit of its own in the store."""
        entry = (run.row.shop, scope, name)
        if entry in self._stops:
            return
        self.put(*entry)

        def done(outcome: Outcome) -> None:
            if outcome.error is not None:  # the next step pulls it again
                self._unseen.pop(entry, None)
                self._stops.discard(entry)
                self._wakes[entry[0]] = 2

        lanes = (self._engine.fence(run.row.lane),)
        case = ending.brake_case(run, CASES[scope], title, name)
        set_brake = ("set_brake", (*entry, "pawline", self._engine.now(), reason))
        self._engine.store.commit(Unit(done, lanes=lanes, writes=[set_brake, ("insert_case", case)]))

    def put(self, shop: str, scope: str, name: str) -> None:
        """A brake that is on its way to the store."""
        self._stops.add((shop, scope, name))
        self._unseen[shop, scope, name] = self._engine.loop.time()
        self._lifted.pop((shop, scope, name), None)
        self.any = True

    def lift(self, shop: str, scope: str, name: str) -> list[tuple[str, tuple[object, ...]]]:
        """Take a brake off: the writes that make it last. A cap that is lifted counts from zero again."""
        self._stops.discard((shop, scope, name))
        self._unseen.pop((shop, scope, name), None)
        self._lifted[shop, scope, name] = self._engine.loop.time()
        writes: list[tuple[str, tuple[object, ...]]] = [("drop_brake", (shop, scope, name))]
        if scope == "cap":
            flow, _, kind = name.partition("/")
            key = (shop, flow, kind, self._hour())
            count = self._count(key)
            self._spent[key] = -self._others.get(key, 0)
            writes.append(("spend", (*key[:3], "", key[3], self._engine.store.owner, -count)))
        return [*writes, self.wake(shop)]

    def wake(self, shop: str) -> tuple[str, tuple[object, ...]]:
        """The write that has everything of the shop ('*': of all) that waits behind a brake look again."""
        self._wakes[shop] = 2
        return self._waking(shop)

    def _waking(self, shop: str) -> tuple[str, tuple[object, ...]]:
        now = self._engine.now()
        return ("wake_all_held", (now,)) if shop == ANY else ("wake_held", (now, shop))

    def set_mode(self, shop: str, flow: str, account: str, mode: str, watermark: float | None) -> None:
        """An operator's mode, already in the store."""
        self._modes[shop, flow, account] = (mode, watermark)
        self.any = True
