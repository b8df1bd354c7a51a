"""A case in Block Kit: what is shown of it, a button for each choice, and what a button says of itself.

https://docs.slack.dev/reference/block-kit/blocks : 150 characters of a header, 3,000 of a section, 75 of a button's
text, 2,000 of its value, 25 buttons in a block, 300 of a confirmation. On no page, but told by Slack's people: 12,000
of all of them, and what they stand in counts, too (https://github.com/slackapi/bolt-js/issues/2509 and 2867).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import Any, Final, NamedTuple

from pawline.connectors.slack.settings import Settings
from pawline.ports import CaseCard

EVENT: Final = "pawline_case"
"""The type of the metadata that every card bears; see https://docs.slack.dev/messaging/message-metadata ."""
ACTION: Final = "pawline_choice"
_VALUE: Final = re.compile(r"pawline/([1-9][0-9]{0,17})/([A-Za-z0-9_-]{1,64})/([1-9][0-9]{0,2})")
HEADER, SECTION, BUTTON, LABEL, QUESTION, TITLE = 150, 3_000, 75, 30, 300, 100
NOBODY: Final = "Nobody may answer here yet: the settings of Pawline name no people and no groups."
WHOLE: Final = 10_000
"""Characters of a card: somebody saw 11,341 refused."""
AGAIN: Final = "Answer: {}. It cannot be taken back."
ROW: Final = 25
"""Buttons in a block of actions."""
_ESCAPED: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
"""Slack's own characters: https://docs.slack.dev/messaging/formatting-message-text#escaping ."""


class Room(NamedTuple):
    """Characters at most of a title, of the choices in a list, of a button, and of what is asked once more."""

    title: int
    choices: int
    button: int
    question: int


AMPLE: Final = Room(SECTION, SECTION, BUTTON, QUESTION)
TIGHT: Final = Room(750, 1_500, 50, 60)
"""With this, fifty choices of any length are less than WHOLE."""


class Pressed(NamedTuple):
    """What a button was made for."""

    case: int
    mark: str
    choice: int


def value_of(card: CaseCard, choice: int) -> str:
    """What a button says of itself: the case, by number and mark, and the choice, from 1."""
    return f"pawline/{card.case}/{card.mark}/{choice}"


def pressed(value: str) -> Pressed | None:
    """The same, read; None for what is no button of a card."""
    found = _VALUE.fullmatch(value)
    return None if found is None else Pressed(int(found[1]), found[2], int(found[3]))


def metadata(card: CaseCard) -> dict[str, Any]:
    """By which a card is found again: one case may be put up twice, where its team went elsewhere and came back.

    Everybody in the workspace can read it.
    """
    return {"event_type": EVENT, "event_payload": {"case": card.case, "mark": card.mark, "asked": _moment(card)}}


def bears(said: object, card: CaseCard) -> bool:
    """Whether metadata's payload is that of this card."""
    return isinstance(said, dict) and (said.get("mark"), said.get("asked")) == (card.mark, _moment(card))


def _moment(card: CaseCard) -> str:
    return f"{card.asked.timestamp():.6f}"


def summary(card: CaseCard, settings: Settings) -> str:
    """What a notification says."""
    title = "" if settings.detail == "number" else f": {card.title}"
    return fit(f"Case {card.case} waits for an answer{title}", SECTION)


def asked(card: CaseCard, settings: Settings) -> list[dict[str, Any]]:
    """An open case. Where it says more than a message may, everything is cut shorter."""
    whole = _asked(card, settings, AMPLE)
    return whole if _size(whole) <= WHOLE else _asked(card, settings, TIGHT)


def _asked(card: CaseCard, settings: Settings, room: Room) -> list[dict[str, Any]]:
    labels = [f"{number}. {choice}".strip() for number, choice in enumerate(card.choices, 1)]
    blocks = _about(card, settings, room)
    if any(len(escaped(one)) > room.button for one in labels):
        blocks.append(_section("\n".join(labels), room.choices))
    buttons = [_button(card, number, label, settings, room) for number, label in enumerate(labels, 1)]
    blocks += [
        {"type": "actions", "block_id": f"{ACTION}s_{at // ROW}", "elements": buttons[at : at + ROW]}
        for at in range(0, len(buttons), ROW)
    ]
    more = list[str]() if settings.people or settings.groups else [NOBODY]
    more += [f"What it is about: pawline cases show {card.case} --reveal"]
    if card.until is not None:
        more.insert(0, f"Unanswered, it is decided by itself at {card.until:%Y-%m-%d %H:%M} UTC.")
    return [*blocks, _context(more)]


def ended(card: CaseCard, said: str, settings: Settings) -> list[dict[str, Any]]:
    """The same without buttons."""
    return [*_about(card, settings, AMPLE), _context([said])]


def _about(card: CaseCard, settings: Settings, room: Room) -> list[dict[str, Any]]:
    team = f" ({card.team})" if card.team else ""
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(f"Case {card.case}{team}", HEADER)}]
    if settings.detail != "number" and card.title.strip():
        blocks.append(_section(card.title, room.title))
    if settings.detail == "household" and card.household is not None:
        blocks.append(_context([cut(f"Household {card.household}", HEADER)]))
    return blocks


def _button(card: CaseCard, number: int, label: str, settings: Settings, room: Room) -> dict[str, Any]:
    choice = card.choices[number - 1]
    made = {
        "type": "button", "action_id": f"{ACTION}_{number}", "text": _plain(label, room.button),
        "value": value_of(card, number),
    }  # fmt: skip
    if choice in settings.unconfirmed:
        return made
    again = AGAIN.format(cut(choice, room.question - len(AGAIN)))
    return made | {
        "confirm": {
            "title": _plain(f"Case {card.case}", TITLE), "confirm": _plain("Answer", LABEL),
            "text": _plain(again, room.question),
            "deny": _plain("Leave it open", LABEL), "style": "danger",
        },
    }  # fmt: skip


def _size(blocks: list[dict[str, Any]]) -> int:
    """Characters of all texts in them."""
    elements = [one for block in blocks for one in block.get("elements", ())]
    confirms = [one for button in elements for one in button.get("confirm", {}).values()]
    found = [one.get("text") for one in (*blocks, *elements, *confirms) if isinstance(one, dict)]
    return sum(len(one["text"] if isinstance(one, dict) else one) for one in found if one is not None)


def _section(text: str, most: int) -> dict[str, Any]:
    return {"type": "section", "text": _plain(text, most)}


def _context(texts: list[str]) -> dict[str, Any]:
    return {"type": "context", "elements": [_plain(one, SECTION) for one in texts]}


def _plain(text: str, most: int) -> dict[str, Any]:
    """Text in which nothing is a mention, a link or an emoji."""
    return {"type": "plain_text", "text": fit(text, most), "emoji": False}


def fit(text: str, most: int) -> str:
    """The text, escaped, of so many characters at most."""
    return escaped(cut(text, most))


def cut(text: str, most: int) -> str:
    """What of the text has so many characters at most once it is escaped: no escape is cut in the middle."""
    if len(escaped(text)) <= most:
        return text
    sizes = accumulate((len(_ESCAPED.get(one, one)) for one in text), initial=1)  # 1 is of what stands for the rest
    return text[: bisect_right(list(sizes), most) - 1] + "…"


def escaped(text: str) -> str:
    """Slack's three characters are not read as its own."""
    return "".join(_ESCAPED.get(one, one) for one in text)
