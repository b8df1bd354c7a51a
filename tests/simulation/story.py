"""What happens in a story: made from the seed alone, so that a story can be read before it is told."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from tests.simulation.shop import Act, Begun, Counted, Paid, Withdrawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pawline.model import Event

EFFECTS = ("keyed", "keyed", "found", "found", "forever", "plain", "once")
WORDS = ("sleep", "wait", "publish", "reached", "ask", "read")


@dataclass
class Story:
    """When which event comes (seconds), with which id, and what goes wrong besides the vendors."""

    events: list[tuple[float, str, Event]] = field(default_factory=list)
    deaths: list[tuple[float, int]] = field(default_factory=list)  # from when on, after so many turns of the loop
    takeovers: list[float] = field(default_factory=list)
    steps: list[tuple[float, float]] = field(default_factory=list)
    failing: float = 0.0  # share of commits that fail
    doubtful: float = 0.0  # share that are stored, and nobody is told
    slow: float = 0.02  # seconds that a commit takes at most
    faults: float = 0.3
    moment: float = 0.5
    live: int = 2_000
    meddling: float = 0.0  # how often people do something needless
    deploy: bool = False  # after the death other code comes up under the same version
    closes: float = 16.0  # when the bad part is over


def _acts(rng: random.Random, numbers: Iterator[int], depth: int, most: int, *, undo: bool) -> tuple[Act, ...]:
    acts = []
    for _ in range(rng.randint(1, most)):
        what, n = rng.random(), next(numbers)
        if what < 0.5:
            late = 0.2 + rng.random() if rng.random() < 0.2 else 0.0
            acts.append(Act(rng.choice(EFFECTS[: 5 if undo else 7]), n, late, (), rng.random() < 0.5))
        elif what < 0.75 or depth == 0:
            acts.append(Act(rng.choice(WORDS), n, rng.random() ** 2 * 9))
        elif what < 0.87:
            parts = tuple(part for _ in range(2) for part in _acts(rng, numbers, depth - 1, 1, undo=undo))
            acts.append(Act("together", n, 0.0, parts))
        else:
            acts.append(Act("undoing", n, 0.0, _acts(rng, numbers, depth - 1, 3, undo=True), rng.random() < 0.5))
    return tuple(acts)


def make(seed: int) -> Story:
    """The story of a seed."""
    rng = random.Random(seed)
    story = Story()
    for n in range(rng.choice((1, 1, 2, 2, 3))):
        key = f"k{rng.choice((0, 0, 1))}"
        acts = _acts(rng, count(1), 2, 4, undo=False)
        if rng.random() < 0.1:
            acts = (*acts, Act("sleep", 99, 30.0))
        rounds = rng.choice((0, 0, 0, 0, 1))
        begun = Begun(id=f"b{n}", key=key, acts=acts, rounds=rounds, named=rng.random() < 0.3)
        at = rng.random() * 3
        story.events.append((at, f"begun{n}", begun))
        if rng.random() < 0.15:
            again = f"poll{n}" if begun.named and rng.random() < 0.5 else f"begun{n}"
            story.events.append((at + rng.random() * rng.choice((0.01, 3)), again, begun))
    _more(rng, story)
    _trouble(rng, story)
    if rng.random() < 0.06:
        story.deploy, story.deaths, story.takeovers, story.meddling = True, [(rng.random() * 5, 1)], [], 0.0
        story.events = [one for one in story.events if not isinstance(one[2], Withdrawn)]
    return story


def _more(rng: random.Random, story: Story) -> None:
    text = repr(story.events)
    keys = [key for key in ("k0", "k1") if key in text]
    for n in range(rng.choice((1, 2, 3)) if "op='wait'" in text else 0):
        at = rng.random() * 9
        story.events.append((at, f"paid{n}", Paid(n=n, key=rng.choice(keys))))
        if rng.random() < 0.2:
            story.events.append((at + rng.random(), f"paid{n}", story.events[-1][2]))
    if rng.random() < 0.2:
        story.events.append((rng.random() * 9, "withdrawn", Withdrawn(key=rng.choice(keys))))
    if rng.random() < 0.1:
        for n in range(3):
            story.events.append((rng.random() + n * 0.1, f"counted{n}", Counted(n=n, key="k")))


def _trouble(rng: random.Random, story: Story) -> None:
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        story.deaths.append((rng.random() * 8, rng.randint(1, 120)))
    if rng.random() < 0.15:
        story.takeovers.append(rng.random() * 8)
    if rng.random() < 0.1:
        story.steps.append((rng.random() * 8, rng.uniform(-0.9, 0.9)))
    if rng.random() < 0.15:
        story.failing = rng.choice((0.02, 0.1))
    if rng.random() < 0.15:
        story.doubtful = rng.choice((0.02, 0.1))
    story.slow = rng.choice((0.0, 0.005, 0.02, 0.3))
    if rng.random() < 0.03:
        story.slow = 4.0
    story.faults = rng.choice((0.0, 0.2, 0.5))
    story.moment = rng.choice((0.0, 0.3, 2.0))
    story.live = rng.choice((1, 2, 2_000, 2_000))
    story.meddling = rng.choice((0.0, 0.0, 0.3))
