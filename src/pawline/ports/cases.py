"""Cases: questions that only a person can answer, answered from where people work. Played by the hub itself."""

from __future__ import annotations

from typing import Protocol

from pawline.model import Aware
from pawline.ports.read import read
from pawline.ports.receipt import Receipt


class Cases(Protocol):
    """For a shop whose cases are answered nowhere but here nobody plays it."""

    async def answer(self, case: int, choice: int, desk: str, by: str, until: Aware | None) -> Receipt:
        """Answer it with one of its choices, counted from 1, as `by`, who is one of the people of the account `desk`.

        The same again is fine. Rejected(not_found) for a case that is not answered at that helpdesk, invalid for a
        choice that it does not have, gone where it was ended otherwise. Transient where it was not taken at once: it
        may be taken later, but not from `until` on, when it is Rejected(too_late).
        """
        ...

    @read
    async def bears(self, case: int, mark: str) -> bool:
        """Whether it is this shop's case of that `mark`, as it was told: another hub has other cases of this number."""
        ...
