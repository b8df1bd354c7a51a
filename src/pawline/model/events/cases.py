"""Events about cases that are answered at a helpdesk, or on a board."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from pawline.model.event import Event
from pawline.model.ids import CardId, HouseholdId
from pawline.model.moment import Aware


class CaseAsked(Event, tag="case.asked@1"):
    """A case that people of the helpdesk `account` may answer. `choices` are for people to read, numbered from 1.

    Nothing of its evidence is in it, for that may be personal; `of` is whose case it is. One that was taken away from
    there and given back is asked again, in its next `turn`. `mark` names it among the cases of all shops and hubs,
    whose numbers are the same.
    """

    case: int
    title: str
    choices: tuple[str, ...]
    team: str
    account: str
    until: Aware | None = None
    of: HouseholdId | None = None
    turn: int = 0
    mark: str = ""

    @property
    def subject(self) -> str:
        """The case, there."""
        return _there(self.case, self.account, self.turn)

    @property
    def household(self) -> str | None:
        """Whose it is, if it is somebody's."""
        return self.of

    @property
    def fact(self) -> str:
        """One for each time that it is asked there."""
        return f"case.asked/{_once(self.subject, self.turn)}"


class CaseEnded(Event, tag="case.ended@1"):
    """Nobody needs to answer it there any more: it was answered, closed, expired, or withdrawn from there (`state`)."""

    case: int
    state: str
    by: str | None = None
    account: str = ""
    turn: int = 0

    @property
    def subject(self) -> str:
        """The case, there."""
        return _there(self.case, self.account, self.turn)

    @property
    def fact(self) -> str:
        """One for each time that it was asked there."""
        return f"case.ended/{_once(self.subject, self.turn)}"


class CaseClicked(Event, tag="case.clicked@1"):
    """Somebody clicked a button at a card on the board `account`: whether they may answer is not known yet.

    `mark` is what the button was made for, `who` how the board names them, `click` its word for this very click, `at`
    when it was made.
    """

    card: CardId
    case: int
    mark: str
    choice: int
    who: str
    click: str
    at: Aware
    account: str = ""

    @property
    def subject(self) -> str:
        """The case."""
        return str(self.case)

    @property
    def fact(self) -> str:
        """One per click at a board."""
        return "/".join(filter(None, ("case.clicked", self.account, self.card, self.who, self.click)))

    def told_by(self, account: str) -> Event:
        """The board's account."""
        return msgspec.structs.replace(self, account=account)


def _there(case: int, account: str, turn: int) -> str:
    """Turn 0 is of a Pawline that asked once, and named no helpdesk: its runs wait for the end under that name."""
    return f"{quote(account)}/{case}" if turn else str(case)


def _once(subject: str, turn: int) -> str:
    return f"{subject}/{turn}" if turn else subject
