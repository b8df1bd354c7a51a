"""The questions of `pawline assess`, one by one: each has a default, and `?` is "I don't know"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
import typer

from pawline.cli import showing
from pawline.insight.advice import ROLES, Access, Answers, Goal, System, plain
from pawline.model import Channel

UNKNOWN: Final = "?"
THOUSANDS: Final = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
YES: Final = {"y": True, "yes": True, "n": False, "no": False}


def _number(said: str) -> float:
    """Raises ValueError for a comma that is not of thousands: 0,5 is no 5."""
    bare = said.removesuffix("%").strip()
    if "," in bare and not THOUSANDS.fullmatch(bare):
        raise ValueError(f"{said!r} can be read in two ways: write 0.5 for a half, and 3000 for three thousand")
    return float(bare.replace(",", "")) / (100 if said.endswith("%") else 1)


def _yes(said: str) -> bool:
    return YES[said.lower()]


def _words(said: str) -> list[str]:
    return [one.strip() for one in said.split(",") if one.strip()]


class Question(NamedTuple):
    """One of them: the answer's name, what is asked, the default, and what makes an answer of what was typed."""

    name: str
    asks: str
    default: str = UNKNOWN
    read: Callable[[str], object] = _number


QUESTIONS: Final = (
    Question("people", "How many people work in the shop?"),
    Question("editor", "Is there somebody who edits text files and restarts a program (yes, no)?", "yes", _yes),
    Question("channels", f"Where are orders taken ({', '.join(Channel)})?", "web", _words),
    Question("countries", "Which countries are sold to (US, DE, …)?", UNKNOWN, _words),
    Question("zones", "In which time zones do people work (Europe/Berlin, …)?", UNKNOWN, _words),
    Question("orders_a_day", "How many orders come on a usual day?"),
    Question("orders_peak_day", "And on the busiest day?"),
    Question("orders_peak_hour", "And in its busiest hour?"),
    Question("autoship_share", "What share of the orders are autoships (40%)?"),
    Question("checkout", "Who owns the checkout (theirs: the shop system; ours: by our API)?", "theirs", str),
    Question("tell_later", "May a shopper hear a minute later that a card was declined (yes, no)?", UNKNOWN, _yes),
    Question("must_confirm", "Must every system say yes before a shopper reads thank you (yes, no)?", "no", _yes),
    Question("agree_within", "Within how many seconds must two systems agree, both ways, for work to go on?"),
    Question("minutes_per_order", "How many minutes by hand does an order take, on average over all of them?"),
    Question("returns_a_week", "How many returns come in a week?"),
    Question("minutes_per_return", "How many minutes by hand does a return take?"),
    Question("tickets_a_week", "How many tickets come in a week?"),
    Question("minutes_per_ticket", "How many minutes does a ticket take?"),
    Question("where_is_it_share", "What share of the tickets asks where an order is (16%)?"),
    Question("stock_minutes_a_day", "How many minutes a day does somebody set stock figures by hand?"),
    Question("renewal_minutes_a_week", "How many minutes a week do autoships that failed take?"),
    Question("goals", f"What is wanted ({', '.join(Goal)})?", Goal.LESS_WORK.value, _words),
)  # fmt: skip


def asked(known: Mapping[str, object], offers: Mapping[str, frozenset[str]]) -> Answers:
    """What a person answers, beside what is known already: that is not asked."""
    showing.console().print(
        f"[dim]Enter takes what stands in brackets; {UNKNOWN} is “I don't know”, and stays so.[/dim]"
    )
    given = dict(known)
    for one in QUESTIONS:
        if one.name not in given:
            _ask(one, given)
    if "systems" not in given:
        given["systems"] = _systems(offers)
    return msgspec.convert(given, Answers)


def _ask(one: Question, given: dict[str, Any]) -> None:
    """Until it is an answer: what contradicts another one is said, and asked again."""
    while True:
        said = str(typer.prompt(one.asks, default=one.default)).strip()
        if said == UNKNOWN:
            return
        try:
            value = one.read(said)
            msgspec.convert(given | {one.name: value}, Answers)
        except (ValueError, KeyError) as problem:
            why = problem if isinstance(problem, ValueError) else f"{said!r} is neither yes nor no"
            typer.echo(f"{why}: say it again, or {UNKNOWN}", err=True)
        else:
            given[one.name] = value
            return


def _systems(offers: Mapping[str, frozenset[str]]) -> list[dict[str, Any]] | None:
    found: list[dict[str, Any]] = []
    while True:
        name = str(typer.prompt("A system (its name; Enter: no more)", default="", show_default=False)).strip()
        if name == UNKNOWN:
            return None
        if not name:
            return found
        plays = offers.get(plain(name), frozenset())
        ours = ", ".join(role for role in ROLES if role in plays)
        one: dict[str, Any] = {"name": name}
        _part(one, "roles", f"What is it to the shop ({', '.join(ROLES)})?", ours or "erp")
        _part(one, "access", f"How is it reached ({', '.join(Access)})?", "api" if plays else UNKNOWN)
        found.append(one)


def _part(one: dict[str, Any], name: str, asks: str, default: str) -> None:
    while True:
        said = str(typer.prompt(asks, default=default)).strip()
        if said == UNKNOWN and name == "access":
            return
        try:
            msgspec.convert({"roles": [ROLES[0]], **one, name: _words(said)}, System)
        except ValueError as problem:
            typer.echo(f"{problem}: say it again", err=True)
        else:
            one[name] = _words(said)
            return
