"""Tells a story to its end: `python -m tests.simulation.telling SEED` prints it."""

from __future__ import annotations

import gc
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pawline.testing.simulation import World
from tests.simulation import story as stories
from tests.simulation.disk import disk
from tests.simulation.hub import Hub, listening
from tests.simulation.oracle import Oracle
from tests.simulation.people import Operators, Sent
from tests.simulation.shop import CHANGED, SEEN

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 200.0


@dataclass
class Outcome:
    seed: int
    wrong: list[str]
    trace: list[str]

    def __str__(self) -> str:
        lines = "\n".join(self.trace[-400:])
        again = f".venv/bin/python -m tests.simulation.telling {self.seed}"
        return f"seed {self.seed}: {'; '.join(self.wrong[:5])}\nagain: {again}\n{lines}"


def tell(seed: int) -> Outcome:
    """The whole story of a seed, and what was wrong with it."""
    with listening():
        return _tell(seed)


def _tell(seed: int) -> Outcome:
    CHANGED.clear()
    world = World(seed)
    story = stories.make(seed)
    hub = Hub(world, story)
    people = Operators(hub)
    sent = [Sent(hub, name, event) for _, name, event in story.events]
    for (at, _, _), one in zip(story.events, sent, strict=True):
        world.at(at, one.due)
    for at, turns in story.deaths:
        world.at(at, world.kill_in, turns, hub.die)
    for at in story.takeovers:
        world.at(at, hub.taken_over)
    for at, seconds in story.steps:
        world.at(at, world.put_clock, seconds)
    quiet = _Quiet(hub, sent)
    world.at(story.closes, quiet.close)
    people.work()
    hub.boot()
    ended = world.run(lambda: quiet.reached, LONGEST)
    loop = world.loop
    wrong = [] if ended else ["it never became quiet"]
    if loop is not None:
        wrong += [f"a callback failed: {p.get('exception')!r} {p.get('message')}" for p in loop.problems]
        loop.die()
    if hub.store is not None:
        wrong += Oracle(hub, sent, people).check()
    hub.bury()
    SEEN.clear()
    CHANGED.clear()
    return Outcome(seed, wrong, world.trace)


class _Quiet:
    """Looks, once the bad part is over, whether anything is left to do."""

    def __init__(self, hub: Hub, sent: list[Sent]) -> None:
        self.hub, self.sent = hub, sent
        self.reached = False

    def close(self) -> None:
        """The bad part is over: nobody dies any more, vendors work."""
        hub = self.hub
        hub.closed = hub.shop.closed = True
        hub.world.fatal = None
        hub.world.note("from here on all is well")
        for one in self.sent:
            one.send()
        self.look()

    def look(self) -> None:
        store = self.hub.store
        if store is None or not all(one.acked is not None for one in self.sent) or not self._idle():
            self.hub.world.after(1.0, self.look)
        else:
            self.reached = True

    def _idle(self) -> bool:
        misfits = ",".join(map(str, self.hub.misfits))
        held = f"(select keyhash from run where no in ({misfits}))"  # noqa: S608 - our own numbers
        left = (
            f"run where ended is null and keyhash not in {held}",
            "event where seq is null",
            "command where state = 'pending'",
        )
        return not any(disk().db.execute(f"select 1 from {one} limit 1").fetchone() for one in left)  # noqa: S608


def tell_all(seeds: Iterable[int]) -> Outcome | None:
    """The first story that goes wrong, or None. Rubbish is collected between stories: the dead leave cycles."""
    gc.disable()
    try:
        for count, seed in enumerate(seeds):
            outcome = tell(seed)
            if outcome.wrong:
                return outcome
            if count % 20 == 19:
                gc.collect()
    finally:
        gc.enable()
    return None


if __name__ == "__main__":
    told = tell(int(sys.argv[1]))
    sys.stdout.write(f"{told}\n")
