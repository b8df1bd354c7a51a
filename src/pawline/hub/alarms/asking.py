"""What people ask of alarms: which there are, that somebody has seen one, whether each channel works."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from pawline.hub.alarms.book import commit
from pawline.hub.alarms.channels import NotSent, channels_of
from pawline.hub.alarms.checking import PAGE
from pawline.hub.alarms.found import live, newest, one_of
from pawline.hub.alarms.letters import trial
from pawline.hub.alarms.making import Kept, wrongs
from pawline.hub.alarms.silent import ENOUGH, history_of
from pawline.hub.alarms.words import said
from pawline.hub.connecting import guard_of
from pawline.hub.health import Check
from pawline.hub.settings import HubRefused
from pawline.hub.wiring import connections_of
from pawline.store import Conflict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pawline.hub.alarms.channels import Channel
    from pawline.hub.alarms.found import Alarm
    from pawline.hub.settings import Settings
    from pawline.store import Store

NONE: Final = f"there is no [alarms] in the settings: {PAGE} has one to begin with"


class AlarmDesk:
    """Answers about alarms. `kept` are those of the hub that runs here; without one, channels are made to be tried."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store = settings, store
        self.kept: Kept | None = None
        self.questions: dict[str, Callable[..., Awaitable[Any]]] = {
            "alarms": self.alarms, "acknowledge": self.acknowledge, "try_channels": self.test,
        }  # fmt: skip

    async def alarms(self, *, every: bool = False, limit: int = 50) -> list[dict[str, Any]]:
        """Those that are open, or the newest of all; times in epoch seconds."""
        alarms = await newest(self._store, limit) if every else await live(self._store)
        return [_told(one) for one in alarms if every or one.closed is None]

    async def acknowledge(self, numbers: list[int], by: str) -> list[dict[str, Any]]:
        """Somebody has seen them: they are told no more until they are over. Audited.

        Raises HubRefused where one of them is not there or not open; those before it are seen.
        """
        return [await self._seen(no, by) for no in numbers]

    async def _seen(self, no: int, by: str) -> dict[str, Any]:
        found = await one_of(self._store, no)
        if found is None:
            raise HubRefused(f"there is no alarm {no}: `pawline alarms list` shows those there are")
        now = self._store.now()
        try:
            await commit(self._store, [
                ("acknowledge_alarm", (no, now, by)),
                ("insert_audit", (found.shop, now, by, "acknowledge", f"alarm:{no}", found.rule)),
            ])  # fmt: skip
        except Conflict:
            found = await one_of(self._store, no) or found
            by_whom = f" by {found.acknowledged_by}" if found.closed is None else ""
            raise HubRefused(f"alarm {no} is {found.state} already{by_whom}: nothing is left to say") from None
        return _told(await one_of(self._store, no) or found)

    async def test(self) -> list[dict[str, Any]]:
        """A marked test over each channel: what came of it."""
        if self._settings.alarms is None:
            raise HubRefused(NONE)
        if self.kept is not None and self.kept.alarms is not None:
            return await self._tried(self.kept.alarms.channels)
        connections = connections_of(self._settings)
        made = channels_of(self._settings, connections.bindings, guard_of(self._settings))
        try:
            return await self._tried(made.channels)
        finally:
            for client in (*connections.clients, *made.clients):
                await client.close()

    async def _tried(self, channels: Mapping[str, Channel]) -> list[dict[str, Any]]:
        settings = self._settings.alarms
        kinds = {one.name: one.kind for one in settings.channels} if settings is not None else {}
        name = settings.name if settings is not None else ""
        found = []
        for channel in channels.values():
            problem = ""
            try:
                await channel.send(trial(name, channel.name), f"test-{self._store.next_no()}")
            except Exception as wrong:  # noqa: BLE001 - one channel's defect says nothing of the others
                problem = str(wrong) if isinstance(wrong, NotSent) else type(wrong).__name__
            found.append({"channel": channel.name, "kind": kinds.get(channel.name, ""), "took": not problem,
                          "says": problem or "it took the test; see whether it arrived"})  # fmt: skip
        return found

    async def health(self) -> list[Check]:
        """The doctor's questions to a hub that runs: whether its channels work, and what the silence is judged by."""
        alarms = None if self.kept is None else self.kept.alarms
        if self.kept is None or alarms is None:
            return []
        muted = ["nobody is told while the main switch is on observe"] if await alarms.muted() else []
        wrong = [*wrongs(self.kept), *muted, *(f"{name}: {why}" for name, why in alarms.telling.problems.items())]
        open_ = [one for one in await live(self._store) if one.closed is None]
        says = "; ".join(wrong) or f"{len(open_)} open: `pawline alarms list`"
        state = "bad" if len(wrong) > len(muted) else "look" if open_ or muted else "good"
        if not wrong and not open_:
            says = "none is open"
        return [Check(name="channels", state=state, says=says), *await self._history()]

    async def _history(self) -> list[Check]:
        ground = None if self.kept is None or self.kept.alarms is None else self.kept.alarms.ground
        if ground is None or not ground.settings.no_orders.on:
            return []
        young = {shop: n for shop, n in (await history_of(ground, self._store.now())).items() if n < ENOUGH}
        says = ", ".join(f"{shop} has {count} whole weeks of orders" for shop, count in young.items())
        fixed = f"{ground.settings.no_orders.minutes_without_history:g} min"
        return [Check(name="silence", state="good",
                      says=f"{says}: less than {ENOUGH}, so {fixed} without an order are an alarm" if young
                      else "orders that do not come are judged by each shop's own history")]  # fmt: skip


def _told(one: Alarm) -> dict[str, Any]:
    words = said(one, "UTC")
    return {
        "no": one.no, "severity": one.severity, "what": words.what, "more": words.more, "means": words.means,
        "do": words.do, "state": one.state, "since": one.since, "opened": one.opened, "told": one.told,
        "times": one.times, "reached": sorted(one.reached), "acknowledged": one.acknowledged,
        "acknowledged_by": one.acknowledged_by, "closed": one.closed, "rule": one.rule, "subject": one.subject,
        "shop": one.shop, "team": one.team,
    }  # fmt: skip
