"""Brakes: what is stopped, what a flow's mode allows, and how many effects it may still cause this hour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pawline.runtime import ending

if TYPE_CHECKING:
    from pawline.runtime.binding import Binding
    from pawline.runtime.engine import Engine
    from pawline.runtime.run import Run
    from pawline.runtime.step import Call

ANY: Final = "*"


class Brakes:
    """What the store says is stopped, paused or observed, in memory. Other owners' changes arrive within a second."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stops: set[tuple[str, str, str]] = set()  # (shop, scope, name)
        self._modes: dict[tuple[str, str, str], tuple[str, float | None]] = {}
        self._spent: dict[tuple[str, str, str, int], int] = {}

    async def load(self) -> None:
        """Read what the store says now."""
        fetch = self._engine.store.fetch
        self._stops = {(shop, scope, name) for shop, scope, name, *_ in await fetch("brakes")}
        self._modes = {(shop, flow, account): (mode, mark) for shop, flow, account, mode, mark in await fetch("modes")}

    async def load_spent(self) -> None:
        """Read what was spent in this hour."""
        hour = self._hour()
        self._spent.clear()
        for shop, flow, kind, _person, at, count in await self._engine.store.fetch("spent_since", (hour,)):
            key = (shop, flow, kind, at)
            self._spent[key] = self._spent.get(key, 0) + count

    def _hour(self) -> int:
        return int(self._engine.now() // 3600)

    @property
    def stops(self) -> set[tuple[str, str, str]]:
        """What is stopped: (shop, scope, name)."""
        return set(self._stops)

    def mode(self, shop: str, flow: str, account: str) -> tuple[str, float | None]:
        """The mode and watermark that apply: the main switch if it is not live, else the most specific one, else live."""
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
        return mark is not None and at < mark

    def off(self, run: Run, call: Call[Any], binding: Binding, *, retry: bool) -> bool:
        """Whether nothing holds this step. Counts it against its cap; the one that would pass it pulls the brake."""
        kind = binding.operations[call.target.name].kind
        if kind is None and not self._stops and not self._modes:
            return True
        shop, flow, account = run.row.shop, run.row.flow, call.account
        if self._stops and self._stopped(shop, flow, account, call.args):
            return False
        if self._modes and self.mode(shop, flow, account)[0] != "live":
            return False
        return kind is None or retry or call.undoes is not None or self._spend(run, flow, kind)

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

    def _spend(self, run: Run, flow: str, kind: Any) -> bool:
        cap = self._engine.settings.caps.of(flow, kind)
        if cap is None:
            return True
        shop, hour = run.row.shop, self._hour()
        key = (shop, flow, kind.value, hour)
        spent = self._spent.get(key, 0)
        if spent >= cap:
            if self.stop(run, "cap", f"{flow}/{kind.value}", f"{cap} in an hour"):
                title = f"{flow} wants more than {cap} of kind {kind.value} in an hour: it waits until you let it go on"
                ending.open_case(run, "", "cap", title, cause=f"{flow}/{kind.value}")
            return False
        self._spent[key] = spent + 1
        run.writes.append(("spend", (shop, flow, kind.value, "", hour, self._engine.store.owner, 1)))
        return True

    def stop(self, run: Run, scope: str, name: str, reason: str) -> bool:
        """Pull a brake from inside: at once in memory, with the run's next commit in the store. False if it was on."""
        entry = (run.row.shop, scope, name)
        if entry in self._stops:
            return False
        self._stops.add(entry)
        run.writes.append(("set_brake", (*entry, "pawline", self._engine.now(), reason)))
        return True

    def put(self, shop: str, scope: str, name: str) -> None:
        """An operator's brake, already in the store."""
        self._stops.add((shop, scope, name))

    def lift(self, shop: str, scope: str, name: str) -> list[tuple[str, tuple[object, ...]]]:
        """Take a brake off: the writes that make it last. A cap that is lifted counts from zero again."""
        self._stops.discard((shop, scope, name))
        writes: list[tuple[str, tuple[object, ...]]] = [("drop_brake", (shop, scope, name))]
        if scope == "cap":
            flow, _, kind = name.partition("/")
            key = (shop, flow, kind, self._hour())
            count = self._spent.pop(key, 0)
            writes.append(("spend", (*key[:3], "", key[3], self._engine.store.owner, -count)))
        return [*writes, self.wake(shop)]

    def wake(self, shop: str) -> tuple[str, tuple[object, ...]]:
        """The write that has everything of the shop ('*': of all) that waits behind a brake look again."""
        now = self._engine.now()
        return ("wake_all_held", (now,)) if shop == ANY else ("wake_held", (now, shop))

    def set_mode(self, shop: str, flow: str, account: str, mode: str, watermark: float | None) -> None:
        """An operator's mode, already in the store."""
        self._modes[shop, flow, account] = (mode, watermark)
