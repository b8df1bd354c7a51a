"""From `[alarms]` in the settings to alarms that are kept, over channels that are connected."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from pawline.hub.alarms.channels import channels_of
from pawline.hub.alarms.ground import Ground
from pawline.hub.alarms.keeping import Alarms, DeadMan
from pawline.hub.connecting import guard_of, secret_of
from pawline.views import ORDERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pawline.hub.settings import Settings
    from pawline.hub.watching import Watching
    from pawline.hub.wiring import Connections
    from pawline.kit import Http
    from pawline.runtime import Bindings, Engine
    from pawline.views import Projector

_log = logging.getLogger("pawline.hub")


class Kept(NamedTuple):
    """The alarms and the dead man's signal, where they are wanted, and the clients that are to be closed."""

    alarms: Alarms | None
    dead_man: DeadMan | None
    clients: tuple[Http, ...]
    problem: str = ""

    def start(self, engine: Engine) -> None:
        """Begins to look, and to call; what cannot be connected is in the log."""
        for wrong in wrongs(self):
            _log.error("alarms: %s", wrong)
        for one in (self.alarms, self.dead_man):
            if isinstance(one, Alarms):
                one.start()
            elif one is not None:
                one.start(engine)


def alarms_of(
    settings: Settings, engine: Engine, projector: Projector, connections: Connections, watching: Watching
) -> Kept:
    """Nothing without `[alarms]`. What cannot be connected is a problem to be told, and no reason not to begin."""
    if settings.alarms is None:
        return Kept(None, None, ())
    guard = guard_of(settings)
    made = channels_of(settings, connections.bindings, guard)

    async def behind() -> float:
        return max((one.seconds for one in await projector.lags() if one.view == ORDERS.name), default=0.0)

    ground = Ground(
        engine.store, settings.alarms, settings.shops, plays_of(connections.bindings), connections.watched,
        engine.gates.troubles, engine.gates.answered, watching.sights, behind, engine.store.now(),
    )  # fmt: skip
    alarms = Alarms(engine, ground, made.channels)
    dead_man, problem = None, ""
    if (wanted := settings.alarms.dead_man) is not None:
        try:
            dead_man = DeadMan(alarms, secret_of(settings, wanted.url).reveal(), wanted.every, guard)
        except ValueError as wrong:
            problem = f"`alarms.dead_man.url`: {wrong}"
    return Kept(alarms, dead_man, (*made.clients, *([] if dead_man is None else [dead_man.http])), problem)


def plays_of(bindings: Bindings) -> dict[str, str]:
    """By account, the ports that it plays, for people."""
    found: dict[str, list[str]] = {}
    for one in bindings:
        found.setdefault(one.account, []).append(one.port.__name__)
    return {account: ", ".join(sorted(ports)) for account, ports in found.items()}


def wrongs(kept: Kept) -> Iterable[str]:
    """What could not be connected."""
    if kept.alarms is not None:
        for name, one in kept.alarms.channels.items():
            if why := getattr(one, "why", ""):
                yield f"{name}: {why}"
    if kept.problem:
        yield kept.problem
