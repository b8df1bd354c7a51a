"""What to connect first, and with what: where orders are, what the first flows need, what the goals name, the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pawline.insight.advice.answers import ROLES, Access, Answers, Goal, System
from pawline.insight.advice.words import Connect, Reason, Saving

GOALS: Final[Mapping[Goal, tuple[str, ...]]] = {
    Goal.NO_OVERSELL: ("inventory", "erp"),
    Goal.FASTER_CHECKOUT: ("shipping",),
    Goal.FEEDBACK: ("surveys", "helpdesk"),
    Goal.PERSONAL: ("marketing", "crm"),
    Goal.RECALLS: ("fulfilment", "mail"),
}
"""The roles that a goal needs; less work is what the flows' hours say, and being always on is the store's."""
BASES: Final[Mapping[str, str]] = {
    "shop": "every flow begins with an order, and it is where orders are",
    "subscriptions": "autoships are charged there",
}

Offers = Mapping[str, frozenset[str]]
"""The roles that each connector plays, by its name."""


def order_of(answers: Answers, flows: Sequence[Saving], offers: Offers) -> tuple[Connect, ...]:
    """A row for each role of each system, the first to connect first."""
    ranked = _ranked(answers, flows)
    found = []
    for role in sorted(ranked, key=lambda one: ranked[one][0]):
        for system in answers.playing(role):
            connector, how = _with_what(role, system, offers)
            found.append(Connect(
                role=role, system=system.name, connector=connector, how=how, why=ranked[role][1],
                connected=system.connected,
            ))  # fmt: skip
    return tuple(found)


def _ranked(answers: Answers, flows: Sequence[Saving]) -> dict[str, tuple[int, Reason]]:
    ranked: dict[str, tuple[int, Reason]] = {}
    for role, why in _wanted(answers, flows):
        ranked.setdefault(role, (len(ranked), why))
    return ranked


def _wanted(answers: Answers, flows: Sequence[Saving]) -> Iterator[tuple[str, Reason]]:
    yield "shop", Reason(BASES["shop"], ("systems",))
    for flow in flows:
        hours = "" if flow.hours is None else f" ({flow.hours[0]:g} to {flow.hours[1]:g} hours a week)"
        for role in flow.roles:
            yield role, Reason(f"{flow.flow} needs it{hours}", ("systems", *flow.answers))
    for goal in answers.goals:
        for role in GOALS.get(goal, ()):
            yield role, Reason(f"the goal is {goal.value}", ("goals",))
    if answers.autoship_share:
        says = f"{BASES['subscriptions']}: {answers.autoship_share:.0%} of the orders"
        yield "subscriptions", Reason(says, ("autoship_share",))
    for role in ROLES:
        yield role, Reason("nothing that was answered asks for it earlier", ("systems",))


def player(role: str, system: System, offers: Offers) -> str:
    """The connector that plays this role for this system today; '' where there is none."""
    name = plain(system.name)
    if role in offers.get(name, ()):
        return name
    return "files" if Access.FILES in (system.access or ()) and role in offers.get("files", ()) else ""


def plain(name: str) -> str:
    """A system's name as a connector's folder would have it."""
    return "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum())


def _with_what(role: str, system: System, offers: Offers) -> tuple[str, str]:
    if system.connected:
        return system.name, "it is connected, and plays this role"
    plays = player(role, system, offers)
    if plays == "files":
        return plays, "its files come and go as the settings describe them: `pawline connect files/NAME`"
    if plays:
        return plays, f"its own connector plays this role: `pawline connect {plays}/NAME`"
    if system.access is None:
        return "", "ask its vendor whether it has an API, webhooks, files or a database: that decides"
    own = f"`pawline new connector {plain(system.name) or 'NAME'} --role {role}` begins one that plays it"
    if {Access.API, Access.WEBHOOKS} & set(system.access):
        takes = Access.API in system.access
        says = "calls from flows of your own, and its signed webhooks" if takes else "its signed webhooks are heard"
        return "http", f"{says}: `pawline connect http/NAME`; it does not play the role: {own}"
    if Access.DATABASE in system.access:
        return "database", f"its rows are read and never written: `pawline connect database/NAME`; to write, {own}"
    if Access.FILES in system.access:
        return "files", f"its files are read: `pawline connect files/NAME`; it does not play the role: {own}"
    return "", "nothing leads into it: a person stays between, or the system is replaced"
