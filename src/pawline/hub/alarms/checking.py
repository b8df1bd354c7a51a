"""The doctor's question about `[alarms]` in the settings, before any hub runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pawline.hub.alarms.channels import Broken, channels_of, reach
from pawline.hub.alarms.rota import gaps
from pawline.hub.connecting import guard_of, secret_of
from pawline.hub.health import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pawline.hub.alarms.settings import AlarmSettings
    from pawline.hub.settings import Settings
    from pawline.hub.wiring import Connections

PAGE: Final = "docs/how-to/be-told-of-alarms.md"


def alarms_check(settings: Settings, connections: Connections) -> Check:
    """Whether somebody is told of whatever is wrong, at every hour of the week, over channels that can be used."""
    alarms = settings.alarms
    if alarms is None or not alarms.channels:
        says = f"nobody is told when orders stop or a vendor is down: add [alarms], see {PAGE}"
        return Check(name="alarms", state="look", says=says)
    wrong = [*_broken(settings, connections), *_unseen(alarms, connections)]
    uncovered = gaps(alarms)
    says = "; ".join([*wrong, *uncovered])
    if uncovered:
        says += ": add them to an entry of `alarms.rota`"
    if says:
        return Check(name="alarms", state="bad" if wrong else "look", says=says)
    says = f"{len(alarms.channels)} channel(s); at every hour somebody is told"
    if alarms.dead_man is None:
        says += "; nobody misses a hub whose machine is gone: `alarms.dead_man` is for that"
    return Check(name="alarms", state="good", says=says)


def _broken(settings: Settings, connections: Connections) -> Iterator[str]:
    guard = guard_of(settings)
    for one in channels_of(settings, connections.bindings, guard).channels.values():
        if isinstance(one, Broken):
            yield f"channel {one.name}: {one.why}"
    if settings.alarms is not None and settings.alarms.dead_man is not None:
        try:
            reach(secret_of(settings, settings.alarms.dead_man.url).reveal(), guard)
        except ValueError as problem:
            yield f"`alarms.dead_man.url`: {problem}"


def _unseen(alarms: AlarmSettings, connections: Connections) -> Iterator[str]:
    """Files that nobody looks for."""
    known = {(one.account, one.name) for one in connections.watched}
    for n, one in enumerate(alarms.file_late):
        if (one.account, one.watch) not in known:
            there = ", ".join(f"{account} {watch}" for account, watch in sorted(known)) or "none yet"
            yield f"`alarms.file_late[{n}]`: {one.account} has no watch {one.watch}; there are {there}"
