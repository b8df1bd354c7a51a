"""The integration checklist: from what a hub says of itself to a line each, met or not, with its evidence.

Nothing here knows a person: accounts, flows, surveys by their ids, counts and times.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from pawline.insight.advice import Answers, Touchless, wilson
from pawline.insight.advice.sizing import ROOM, sizing_of

TOUCHLESS: Final = 0.9
"""The share of runs that needs nobody from which on work is called automatic: our own line, no benchmark is public."""
ENOUGH: Final = 30
"""Ended runs from which on a share says something."""
LATE: Final = 86_400.0
"""Seconds after which an account that was not looked at is not known to agree with us."""
STUCK: Final = 60.0
"""Seconds that an event may wait to be dispatched: as the doctor has it."""
QUIET: Final = 30 * 86_400.0
"""Seconds in which a survey that is live has an answer."""

Span = Callable[[float], str]
"""How a length of time in seconds is said."""


class State(StrEnum):
    """Of a line. What cannot be told is not met, and is not called so."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "cannot tell"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the checklist: why it stands so, and the commands that show it."""

    name: str
    state: State
    says: str
    proof: tuple[str, ...]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """An account, the roles that it plays, and whether it or all is stopped or paused now."""

    account: str
    roles: tuple[str, ...]
    paused: bool = False


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """How an account agrees with us: seconds since it was last looked at with success, and since its last webhook.

    None: never, as far as this hub knows. `looks`: there is a look at all.
    """

    account: str
    looks: bool
    looked: float | None = None
    heard: float | None = None
    problem: str = ""


class Consistency(msgspec.Struct, frozen=True, kw_only=True):
    """Every account that tells us something; `parked` runs wait for a person, `told` cases came from looks.

    `skipped` events no view could read, `behind` seconds the slowest is; `observed` flows have a diff to look at.
    `here`: the process that looks answers; PostgreSQL's workers do not. `silent` accounts keep books and tell nothing.
    """

    accounts: tuple[Looked, ...]
    parked: int
    told: int
    skipped: int
    observed: tuple[str, ...] = ()
    here: bool = True
    behind: float = 0.0
    silent: tuple[str, ...] = ()


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """A survey that was answered: its id, how often, seconds since the last time, and how many are of an order."""

    id: str
    answers: int
    age: float
    of_orders: int


class Feedback(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts of survey tools, surveys that were answered, and which of them the settings say are which.

    `paused` are those of the accounts that are stopped or paused now.
    """

    accounts: tuple[str, ...]
    surveys: tuple[Survey, ...]
    exit_intent: tuple[str, ...] = ()
    post_purchase: tuple[str, ...] = ()
    paused: tuple[str, ...] = ()


def modular(parts: Sequence[Part], others: Mapping[str, Sequence[str]]) -> Line:
    """Each system can be replaced and paused by itself. `others`: by role, the connectors that play it."""
    roles = {role for part in parts for role in part.roles}
    proof = ("pawline mode", "pawline stop ACCOUNT")
    if not parts:
        return Line(name="modular components", state=State.UNKNOWN, says="no account is connected", proof=proof)
    playing = [part for part in parts if part.roles]
    alone = [one.account for one in playing if set(one.roles) >= roles] if len(roles) > 1 or len(playing) < 2 else []
    named = ", ".join(f"{part.account} ({', '.join(part.roles) or 'heard or read only'})" for part in parts)
    paused = ", ".join(part.account for part in parts if part.paused)
    single = sorted(role for role in roles if len(others.get(role, ())) < 2)
    says = f"each by an account that is paused by itself: {named}; paused now: {paused or 'none'}"
    if single:
        says += f"; to replace who plays {', '.join(single)} takes a connector of your own"
    if alone:
        says = f"{alone[0]} plays all of it: to pause or replace one part is to stop every part. {says}"
    return Line(name="modular components", state=State.NOT_MET if alone else State.MET, says=says, proof=proof)


def consistent(found: Consistency, span: Span) -> Line:
    """What others have and what we have was compared, and nothing that was found is left lying."""
    wrong = [f"{one.account} cannot be looked at: {one.problem}" for one in found.accounts if one.problem]
    wrong += [
        f"{one.account} was last looked at {span(one.looked)} ago" for one in found.accounts
        if one.looked is not None and one.looked > LATE
    ]  # fmt: skip
    wrong += [f"{found.parked} runs are parked and wait for a person"] if found.parked else []
    wrong += [f"{found.told} cases are open of what was told and could not be read, or looked at"] if found.told else []
    wrong += [f"views passed over {found.skipped} events"] if found.skipped else []
    wrong += [f"a view is {span(found.behind)} behind"] if found.behind > STUCK else []
    unknown = [one.account for one in found.accounts if not one.looks and found.here]
    never = [one.account for one in found.accounts if one.looks and one.looked is None and not one.problem]
    said = [_looked(one, span) for one in found.accounts]
    says = "; ".join([*wrong, *said]) or "no account tells us anything"
    if not found.here:
        says += "; when workers looked last is in their logs, and cannot be asked from here"
    if unknown:
        says += f"; nothing looks for what webhooks of {', '.join(unknown)} lost"
    if found.silent:
        says += f"; nothing looks at or hears {', '.join(found.silent)}"
    if found.observed:
        says += f"; beside the old way: {', '.join(found.observed)}"
    state = (
        State.NOT_MET
        if wrong
        else State.UNKNOWN
        if unknown or never or found.silent or not found.accounts or not found.here
        else State.MET
    )
    proof = ("pawline doctor", "pawline runs list --status parked", *(f"pawline diff {one}" for one in found.observed))
    return Line(name="data consistency", state=state, says=says, proof=proof)


def _looked(one: Looked, span: Span) -> str:
    look = "is not looked at" if not one.looks else "not looked at yet"
    look = look if one.looked is None else f"looked at {span(one.looked)} ago"
    return f"{one.account} {look}" + ("" if one.heard is None else f", heard {span(one.heard)} ago")


def feedback(found: Feedback, span: Span) -> Line:
    """Who leaves and who has bought are both asked: each kind of survey has an answer of the last 30 days."""
    kinds = {"exit-intent": _live(found, found.exit_intent, orders=False),
             "post-purchase": _live(found, found.post_purchase, orders=True)}  # fmt: skip
    proof = ("pawline events list --type survey.answered@1", "docs/how-to/ask-people.md")
    if not found.accounts:
        says = "no survey tool is connected, so nobody is asked"
        return Line(name="feedback tools", state=State.NOT_MET, says=says, proof=proof)
    told = [f"connected: {', '.join(found.accounts)}"]
    told += [f"stopped or paused now: {', '.join(found.paused)}"] if found.paused else []
    for kind, (_, live) in kinds.items():
        told.append(
            f"{kind}: {live.id}, {live.answers} answers in 30 days, the last {span(live.age)} ago" if live
            else f"{kind}: no answer in 30 days of a survey that is known to be one"
        )  # fmt: skip
    states = [State.MET if live else State.NOT_MET if named else State.UNKNOWN for named, live in kinds.values()]
    if State.UNKNOWN in states:
        told.append("`[surveys] exit_intent` and `post_purchase` name the surveys that are which")
    if set(found.paused) >= set(found.accounts):
        states.append(State.NOT_MET)
    state = next((one for one in (State.NOT_MET, State.UNKNOWN) if one in states), State.MET)
    return Line(name="feedback tools", state=state, says="; ".join(told), proof=proof)


def _live(found: Feedback, named: tuple[str, ...], *, orders: bool) -> tuple[bool, Survey | None]:
    """Whether it is decided which surveys they are, and the one that was answered last."""
    ours = [one for one in found.surveys if one.age <= QUIET
            and (one.id in named if named else orders and one.of_orders > 0)]  # fmt: skip
    return bool(named), min(ours, key=lambda one: one.age, default=None)


def personal(flows: Sequence[str]) -> Line:
    """What is chosen by the pet. Not there yet, whatever the settings say."""
    there = ", ".join(flows) or "none"
    says = (
        "not there yet: no page, letter or offer is chosen by the pet in this version; what knows of households and"
        f" their pets today: {there}"
    )
    return Line(name="personalisation flow", state=State.NOT_MET, says=says, proof=("pawline flows list",))


def automatic(found: Mapping[str, Touchless], observed: Sequence[str]) -> Line:
    """Runs that ended in the last 30 days without a case or an operator, over all that ended or wait for a person."""
    counted = {flow: one for flow, one in found.items() if flow not in observed}
    ended, alone = sum(one.ended for one in counted.values()), sum(one.alone for one in counted.values())
    proof = ("pawline runs list", "pawline cases list")
    left = f"; left out, for they only watch: {', '.join(observed)}" if observed else ""
    if ended < ENOUGH:
        says = f"{ended} runs ended in 30 days or wait for a person, and {ENOUGH} are needed to say a share{left}"
        return Line(name="automation", state=State.UNKNOWN, says=says, proof=proof)
    low, high = wilson(alone, ended)
    worst = sorted(counted.items(), key=lambda one: one[1].alone - one[1].ended)[:3]
    named = ", ".join(f"{flow} {one.ended - one.alone} of {one.ended}" for flow, one in worst if one.alone < one.ended)
    says = (
        f"{alone} of {ended} runs that ended in 30 days, or wait for a person, needed nobody ({low:.1%} to {high:.1%};"
        f" the line is {TOUCHLESS:.0%})" + (f"; most touched: {named}" if named else "") + left
    )
    return Line(name="automation", state=State.MET if low >= TOUCHLESS else State.NOT_MET, says=says, proof=proof)


def scalable(peaks: Mapping[str, int | None], *, on_postgres: bool, cores: int) -> Line:
    """The highest hour of the history against the measured rate. `peaks` by shop, which may not have been at once."""
    name, proof = "scalability", ("python -m bench isolation", "pawline assess --from-hub")
    known = {shop: peak for shop, peak in peaks.items() if peak}
    if not known:
        says = "there are fewer than seven whole days of orders, so no highest hour is known"
        return Line(name=name, state=State.UNKNOWN, says=says, proof=proof)
    peak = sum(known.values())
    sizing = sizing_of(Answers(orders_peak_hour=peak), on_postgres=on_postgres)
    assert sizing.head_room is not None  # noqa: S101 - a peak above 0 has one
    room = sizing.head_room[0]
    says = (
        f"highest hour {', '.join(f'{peak:,} orders in {shop}' for shop, peak in known.items())}: {room:g} times its"
        f" busiest second was measured, {ROOM:g} times is asked for; {sizing.reasons[1].says}"
    )
    if room < ROOM:
        return Line(name=name, state=State.NOT_MET, says=says, proof=proof)
    if unknown := sorted(shop for shop, peak in peaks.items() if peak is None):
        says = f"of {', '.join(unknown)} no highest hour is known, so what all shops need is not; {says}"
        return Line(name=name, state=State.UNKNOWN, says=says, proof=proof)
    if cores < 2:
        says = f"this machine has {cores} core, and two were measured; {says}"
        return Line(name=name, state=State.UNKNOWN, says=says, proof=proof)
    return Line(name=name, state=State.MET, says=says, proof=proof)
