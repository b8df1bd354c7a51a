"""A case as a letter: in plain text, and in HTML that is read on a phone as well as on a desk.

Buttons are links in a table's cells, with all styles beside them: mail programs drop style sheets and scripts, and
Outlook draws with Word (https://www.caniemail.com). Nothing is loaded from anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from html import escape
from typing import Final, Literal, NamedTuple

from pawline.connectors.smtp.mail import Written
from pawline.connectors.smtp.people import Person
from pawline.kit import read_at
from pawline.ports import CaseCard

Detail = Literal["number", "title", "household"]
TITLE: Final = 200
"""Characters of a title in a subject; a line of a header has 998 at most (RFC 5322, 2.1.1), and phones show 40."""
_FRAME: Final = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<meta name="color-scheme" content="light dark"></head><body style="margin:0;padding:16px">'
    '<table role="presentation" width="100%" cellspacing="0" cellpadding="0" style="max-width:560px;margin:0 auto;'
    'font:16px/1.5 system-ui,sans-serif">{}</table></body></html>'
)
_ROW: Final = '<tr><td style="padding:8px 0">{}</td></tr>'
_BUTTON: Final = (
    '<tr><td style="padding:6px 0"><table role="presentation" width="100%" cellspacing="0" cellpadding="0"><tr>'
    '<td bgcolor="#1f5f4f" style="border-radius:6px"><a href="{}" style="display:block;padding:14px 18px;'
    'border-radius:6px;background-color:#1f5f4f;color:#ffffff;font-weight:600;text-decoration:none">{}</a></td></tr>'
    "</table></td></tr>"
)
"""Its text brings the colour behind it: a page that a program paints dark has another one than a letter says."""
_SMALL: Final = '<span style="font-size:13px;opacity:.75">{}</span>'


class Card(NamedTuple):
    """A case as one person is told it; `link` makes the address of a choice, counted from 1."""

    case: CaseCard
    person: Person
    detail: Detail
    link: Callable[[int], str]


def written(card: Card) -> Written:
    """An open case, with a link for each choice."""
    case = card.case
    about, until = _about(card), _until(case.until, card.person.zone)
    links = [(f"{number}. {_line(choice)}".strip(), card.link(number)) for number, choice in enumerate(case.choices, 1)]
    small = [
        *until, "The links are yours alone: whoever has them answers as you. Opening one answers nothing.",
        f"What it is about: pawline cases show {case.case} --reveal",
    ]  # fmt: skip
    text = "\n\n".join([*about, *(f"{label}\n{address}" for label, address in links), *small])
    html = _html(about, [_BUTTON.format(escape(address), escape(label)) for label, address in links], small)
    return Written(card.person.to, _subject(card), f"{text}\n", html)


def not_taken(person: Person, text: str) -> Written:
    """What is said to somebody who answered."""
    return Written(person.to, "Your answer to a case", f"{text}\n", _html([text], [], []))


def _subject(card: Card) -> str:
    case = card.case
    title = _line(case.title) if card.detail != "number" else ""
    said = f"Case {case.case}{f': {title}' if title else ''}"
    return (said if len(said) <= TITLE else f"{said[: TITLE - 1]}…").replace("=?", "= ?")  # it is no encoded word


def _line(text: str) -> str:
    """In one line, and without what is not seen: in plain text lines are all that tells our links from a title's."""
    return " ".join("".join(one for one in text if one.isprintable() or one.isspace()).split())


def _about(card: Card) -> list[str]:
    case = card.case
    said = [f"Case {case.case}{f' ({_line(case.team)})' if case.team else ''} waits for an answer."]
    if card.detail != "number" and (title := _line(case.title)):
        said.append(title)
    if card.detail == "household" and case.household is not None:
        said.append(f"Household {case.household}")
    return said


def _until(until: datetime | None, zone: str) -> list[str]:
    if until is None:
        return []
    return [f"Unanswered, it is decided by itself at {read_at(until, zone)}."]


def _html(about: list[str], buttons: list[str], small: list[str]) -> str:
    rows = (
        [_ROW.format(escape(one)) for one in about] + buttons + [_ROW.format(_SMALL.format(escape(s))) for s in small]
    )
    return _FRAME.format("".join(rows))
