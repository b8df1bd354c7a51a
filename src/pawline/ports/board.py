"""The Board: a place where people see a case as a card, and answer it by a button."""

from __future__ import annotations

from typing import Protocol

import msgspec

from pawline.model import Aware, CardId, HouseholdId
from pawline.ports.read import read
from pawline.ports.receipt import Receipt


class CaseCard(msgspec.Struct, frozen=True, kw_only=True):
    """A case as people are shown it: its title, a button for each of `choices`, and until when it waits.

    `mark` names this very case among those of all shops and hubs; a number alone does not. `asked` is when it was
    asked there: a case that is taken away and given back is another card. Nothing of the evidence is in it; how much of
    the rest is shown is the board's to say.
    """

    case: int
    mark: str
    title: str
    choices: tuple[str, ...]
    asked: Aware
    team: str = ""
    until: Aware | None = None
    household: HouseholdId | None = None


class Board(Protocol):
    """Cards are put up, and taken down once nobody needs to answer any more. A click is told as `CaseClicked`."""

    async def post(self, card: CaseCard) -> CardId:
        """Put it up, with its buttons. Once, whatever happens in between."""
        ...

    async def settle(self, there: CardId, card: CaseCard, said: str) -> Receipt:
        """What was put up says this instead of its buttons. Twice is fine.

        Rejected(not_found, gone) where it was taken away, not_allowed or too_late where nothing there may be changed
        any more. Any other Rejected means that its buttons are live still, and is for people.
        """
        ...

    async def tell(self, there: CardId, who: str, text: str) -> Receipt:
        """Say something at a card to one of those who see it, and to nobody else; `who` is as a click names them."""
        ...

    @read
    async def may(self, who: str) -> str | None:
        """Under which name this one answers cases, asked anew each time; None for somebody who may not."""
        ...
