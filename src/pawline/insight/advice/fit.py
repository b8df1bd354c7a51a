"""When this approach is the wrong one: criteria, each with the answers that it comes from and what to do instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pawline.insight.advice.answers import Answers, Goal, System
from pawline.insight.advice.connecting import plain
from pawline.insight.advice.profile import slow_to_say_yes
from pawline.insight.advice.words import Misfit, Saving
from pawline.model import Channel

UPKEEP: Final = 1.0
"""Hours a week that a hub takes of somebody at the least: cases read, an upgrade, a key renewed. An assumption."""
AGREE: Final = 1.0
"""Seconds. A flow between two systems takes as long as they do, and files and looks take minutes."""


def misfits_of(answers: Answers, savings: Sequence[Saving]) -> tuple[Misfit, ...]:
    """Every criterion that is met, the plainest first. What is unknown meets none."""
    lone = tuple(_systems(answers))
    hours = () if lone else tuple(_hours(answers, savings))  # what has nothing between it saves none, and why is said
    return (*lone, *_people(answers), *_trade(answers), *_time(answers), *hours)


def asks_of(answers: Answers, savings: Sequence[Saving]) -> tuple[str, ...]:
    """What must be known before it is said to fit: where hours are all that is wanted, whether there are any."""
    decisive = {
        "editor": answers.editor is None,
        "systems": answers.systems is None or any(one.access is None for one in answers.systems),
    }
    asks = [name for name, unknown in decisive.items() if unknown]
    if not _wishes(answers) and _most(savings) < UPKEEP:
        asks += [name for one in savings for name in one.lacks]
    return tuple(dict.fromkeys(asks))


def _wishes(answers: Answers) -> bool:
    """Whether it is not for the hours alone."""
    return bool(set(answers.goals) - {Goal.LESS_WORK, Goal.ALWAYS_ON})


def _most(savings: Sequence[Saving]) -> float:
    return sum(one.hours[1] for one in savings if one.hours is not None)


def _systems(answers: Answers) -> Iterator[Misfit]:
    if answers.systems is None:
        return
    if len(_distinct(answers.systems)) < 2:
        count = "one system" if answers.systems else "no system"
        yield Misfit(
            criterion="nothing between", answers=("systems",),
            says=f"there is {count}: a hub does the work between systems, and there is none here",
            instead="stay with what the system does by itself, until a second one is there",
        )  # fmt: skip
        return
    reached = [one for one in answers.systems if one.reachable or one.access is None]
    if len(_distinct(reached)) < 2:
        closed = ", ".join(one.name for one in answers.systems if one not in reached)
        yield Misfit(
            criterion="closed systems", answers=("systems",),
            says=f"nothing leads into {closed}: no API, no webhooks, no files, no database",
            instead="ask the vendors for an export, or replace them first; then ask again",
        )  # fmt: skip


def _distinct(systems: Sequence[System]) -> set[str]:
    """A system that is written down once for each of its roles is one; accounts that are connected are as many."""
    return {one.name if one.connected else plain(one.name) or one.name.strip().lower() for one in systems}


def _people(answers: Answers) -> Iterator[Misfit]:
    if answers.editor is False:
        yield Misfit(
            criterion="nobody to run it", answers=("editor",),
            says="nobody edits a text file or restarts a program: settings are TOML, and a hub is a program of yours",
            instead="take a hosted tool with screens (the shop platform's own flows, or one that a vendor runs)",
        )  # fmt: skip


def _trade(answers: Answers) -> Iterator[Misfit]:
    if answers.channels and set(answers.channels) == {Channel.MARKETPLACE}:
        yield Misfit(
            criterion="marketplaces only", answers=("channels",),
            says="every order comes from a marketplace, which owns checkout, payment, messages and often the parcel;"
            " there is no connector of a marketplace here",
            instead="take a tool made for marketplaces; come back when there is a shop of your own",
        )  # fmt: skip


def _time(answers: Answers) -> Iterator[Misfit]:
    if answers.agree_within is not None and answers.agree_within < AGREE:
        yield Misfit(
            criterion="sub-second agreement", answers=("agree_within",),
            says=f"two systems are to agree within {answers.agree_within:g} s, both ways, before work goes on: here"
            " each is told in turn, is tried again for days if need be, and they agree in the end",
            instead="keep both in one database, or let one of them ask the other directly",
        )  # fmt: skip
    slow = slow_to_say_yes(answers)
    if answers.must_confirm and answers.checkout != "theirs" and slow:
        yield Misfit(
            criterion="a file cannot say yes", answers=("must_confirm", "systems"),
            says=f"a shopper is to wait for every system, and {' and '.join(slow)} cannot answer while one waits",
            instead="let the hub's holds decide about stock, and set must_confirm to false; or give that system an API",
        )  # fmt: skip


def _hours(answers: Answers, savings: Sequence[Saving]) -> Iterator[Misfit]:
    if _wishes(answers):
        return
    if any(one.hours is None for one in savings):
        return  # nobody can say that it does not pay
    most = _most(savings)
    if most < UPKEEP:
        origins = tuple(name for one in savings for name in one.answers) or ("systems",)
        yield Misfit(
            criterion="too little to save", answers=origins,
            says=f"at most {most:.1f} hours a week are saved, and a hub takes at least {UPKEEP:g}",
            instead="go on by hand, and ask again when there is five times as much of it",
        )  # fmt: skip
