"""Whom a survey asked, and what they said: what every survey tool's answers are judged by, whichever tool it is.

Whose an answer is and about which order is what its tool says: what we put into a link, an address, Shopify's ids.
Nothing is guessed. What counts on a scale the settings say, question by question.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from pawline.kit.naming import contact_of, household_of
from pawline.model import HouseholdId, OrderId, PetId, Scale
from pawline.model.survey import RANGES
from pawline.ports import Invitation

HOUSEHOLD, ORDER, PET = "pawline_household", "pawline_order", "pawline_pet"
"""What we put into a link."""
CUSTOMER, SHOPIFY_ORDER = "shopify_customer_id", "shopify_order_id"
"""What tools call Shopify's numbers."""
LONGEST: Final = 10_000
"""Characters kept of what somebody wrote."""
_OURS: Final = re.compile(r"[!-~]{1,64}")
_NUMBER: Final = re.compile(r"(?:gid://shopify/[A-Za-z]{1,40}/)?([1-9][0-9]{0,18})")
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]{0,500}>")
_INTEGER: Final = re.compile(r"[0-9]{1,3}")


class Score(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question whose answer counts on `scale`: by its number, and by its words where those are given.

    Words may turn a scale round, "1" being its best: of all its numbers, for half of it would count both ways.
    """

    scale: Scale
    words: dict[str, int] = {}

    def wrong(self) -> str:
        """Why it cannot be meant: words of no number on its scale, or half of a scale turned round; '' where it can."""
        least, most = RANGES[self.scale]
        if wrong := sorted(word for word, number in self.words.items() if not least <= number <= most):
            return f"{self.scale} is {least} to {most}, and {wrong[0][:40]!r} is not"
        if half := self._half_turned():
            return f"`words` say what other numbers count, and not what {half[0]} does"
        return ""

    def of(self, said: str) -> int | None:
        """What this counts on the scale; None for whatever is no number of it: that stays a choice or a text."""
        by_word = {plain(word).casefold(): number for word, number in self.words.items()}
        seen = plain(said)
        number = by_word.get(seen.casefold(), int(seen) if _INTEGER.fullmatch(seen) else None)
        least, most = RANGES[self.scale]
        return number if number is not None and least <= number <= most else None

    def _half_turned(self) -> list[int]:
        """Numbers of the scale that count as themselves while words have others count as something else."""
        numbers = {word.strip(): number for word, number in self.words.items() if _INTEGER.fullmatch(word.strip())}
        least, most = RANGES[self.scale]
        turned = any(int(word) != number for word, number in numbers.items())
        return [one for one in range(least, most + 1) if turned and str(one) not in numbers]


def marked(invitation: Invitation) -> dict[str, str]:
    """What a link of ours says of whoever is invited: ids, and nothing personal."""
    said = {HOUSEHOLD: invitation.household, ORDER: invitation.order, PET: invitation.pet}
    return {name: value for name, value in said.items() if value is not None}


def asked_household(said: Mapping[str, Any], addresses: tuple[str, ...]) -> HouseholdId | None:
    """By our own id, else by the first address of these names, as everywhere, else by Shopify's number of them."""
    ours = said.get(HOUSEHOLD)
    if isinstance(ours, str) and _OURS.fullmatch(ours):
        return HouseholdId(ours)
    emails = (contact.email for name in addresses if (contact := contact_of(said.get(name))) is not None)
    return household_of(next(emails, None), _number(said.get(CUSTOMER)))


def asked_order(said: Mapping[str, Any]) -> OrderId | None:
    """Ours, else Shopify's, which has the same id here. The number that a shopper sees names none."""
    ours = said.get(ORDER)
    if isinstance(ours, str) and _OURS.fullmatch(ours):
        return OrderId(ours)
    number = _number(said.get(SHOPIFY_ORDER))
    return None if number is None else OrderId(number)


def asked_pet(said: Mapping[str, Any]) -> PetId | None:
    """Ours, or none."""
    ours = said.get(PET)
    return PetId(ours) if isinstance(ours, str) and _OURS.fullmatch(ours) else None


def plain(text: str) -> str:
    """Titles of questions and of their choices may be HTML: what people see of them."""
    return " ".join(storable(html.unescape(_TAG.sub(" ", text[:LONGEST]))).split())


def storable(text: str) -> str:
    """As a store can keep it."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:LONGEST].strip()


def _number(said: object) -> str | None:
    text = str(said) if isinstance(said, int) and not isinstance(said, bool) else said
    found = _NUMBER.fullmatch(text) if isinstance(text, str) else None
    return found[1] if found is not None else None
