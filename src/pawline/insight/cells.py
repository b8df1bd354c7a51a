"""How a cell of a sheet says what the model has words for. What is wrong is said without the cell's own text.

A list is parted by comma, semicolon, bar or line break. An ingredient of which nobody can tell what it is of has a `?`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, TypeVar

from pawline.model import Allergen, LifeStage

E = TypeVar("E", bound=StrEnum)
ALL: Final = "all"
"""Of life stages: every one."""
NONE: Final = "none"
"""Of allergens: it lists none of them."""
UNCLEAR: Final = "?"
YES: Final = frozenset({"1", "yes", "y", "true", "x", "ja", "j", "oui", "si", "sì", "sí", "wahr"})
NO: Final = frozenset({"0", "no", "n", "false", "-", "nein", "non", "falsch"})


def parts(said: str) -> list[str]:
    """The words of a cell."""
    return [word for one in re.split(r"[,;|\n]", said) if (word := one.strip())]


def word(said: str, kind: type[E]) -> E:
    """One of the model's words. Raises ValueError."""
    try:
        return kind(said.strip().lower().replace(" ", "_"))
    except ValueError:
        raise ValueError(f"is none of {', '.join(one.value for one in kind)}") from None


def words(said: str, kind: type[E]) -> tuple[E, ...]:
    """Several, each once, in the order of the alphabet. Raises ValueError."""
    return tuple(sorted({word(one, kind) for one in parts(said)}))


def stages(said: str) -> tuple[LifeStage, ...]:
    """Life stages. Raises ValueError."""
    return tuple(sorted(LifeStage)) if parts(said.lower()) == [ALL] else words(said, LifeStage)


def listed(said: str) -> tuple[tuple[Allergen, ...] | None, tuple[str, ...]]:
    """What it contains, and of what nobody can tell; None of an empty cell. Raises ValueError."""
    found = parts(said)
    if not found:
        return None, ()
    if [one.lower() for one in found] == [NONE]:
        return (), ()
    unclear = tuple(one.removeprefix(UNCLEAR).strip() for one in found if one.startswith(UNCLEAR))
    if not all(unclear):
        raise ValueError(f"has a {UNCLEAR} with nothing behind it")
    return tuple(sorted({word(one, Allergen) for one in found if not one.startswith(UNCLEAR)})), unclear


def flag(said: str) -> bool | None:
    """Yes or no; None of an empty cell. Raises ValueError."""
    text = said.strip().lower()
    if text and text not in YES | NO:
        raise ValueError("is neither yes nor no")
    return text in YES if text else None
