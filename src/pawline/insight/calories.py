"""Statements of calorie content: "3,649 kcal ME/kg, 369 kcal/cup". What is of a day, a body or dry matter is left."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from pawline.insight.energy import PER_KG, Energy, energy, figure, is_credible

NEAR: Final = 0.02
"""By which two figures of one label may differ: kilocalories beside kilojoules, each rounded."""
STATEMENT: Final = re.compile(
    r"(?P<before>(?:approx\.|ca\.|[\w'’ ]){0,30}?)"
    r"\b(?P<number>\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?)\s*"
    r"(?P<energy>kcal|kilocalories|kj|kilojoules?|mj|megajoules?)"
    r"(?:\s*\(?ME\)?|\s+(?:of\s+)?metaboli[sz]able energy(?:\s*\(ME\))?)?"
    r"\s*(?:/|\bper\b|\bpro\b|\bje\b)\s*(?P<of>kg|kilograms?|kilo|100\s*(?:gms?|grams?|g)|(?:\d+(?:[.,]\d+)?\s*fl\.?\s*oz\s*)?"
    r"(?:cup|can|pouch|tray|piece))\b"
    r"(?!\s*(?:\(|of\s+)?\s*(?:body|bw\b|bodyweight|live|metabolic|körper\w*|kgw?\b|dry|dm\b|dmb\b|ts\b|tm\b|trocken\w*|\^|0[.,]\d))",
    re.IGNORECASE,
)  # fmt: skip
NOT_SO: Final = re.compile(
    r"\b(?:not|less|more|under|over|above|below|up to|at least|at most|minimum|maximum|feed|fed|needs?|requires?|"
    r"assuming|presumed|than|basis of|bis zu|mindestens|höchstens|weniger|mehr|unter|über|nicht|kein\w*)\b",
    re.IGNORECASE,
)  # fmt: skip
"""Before a figure: it is a bound, or of something else."""
ABOUT: Final = re.compile(r"\b(?:about|approx\w*|circa|ca|ungefähr|etwa)\b", re.IGNORECASE)
NAMES: Final = {"kilocalories": "kcal", "kilojoule": "kj", "kilojoules": "kj", "megajoule": "mj", "megajoules": "mj"}


class Calories(NamedTuple):
    """What a label says; None where it says nothing, or not the same everywhere. `about`: it says so itself."""

    per_kg: int | None = None
    per_unit: int | None = None
    unit: str | None = None
    words: str = ""
    about: bool = False


def calories(texts: Iterable[str], moisture: int | None = None) -> Calories:
    """The energy that all figures of the texts agree about; `moisture` (hundredths of a percent) lets one doubt it."""
    per_kg, per_unit, words, about = list[int](), set[tuple[int, str]](), dict[str, None](), False
    for text in texts:
        for found, said in _figures(" ".join(text.split())):
            words[found["number"] + found[0].rpartition(found["number"])[2]] = None
            about = about or ABOUT.search(found["before"]) is not None
            if said.unit is None and said.per_kg is not None:
                per_kg.append(said.per_kg)
            elif said.per_unit is not None and said.unit is not None:
                per_unit.add((said.per_unit, said.unit))
    agreed = bool(per_kg) and max(per_kg) - min(per_kg) <= NEAR * max(per_kg)
    whole = per_kg[0] if agreed and is_credible(per_kg[0], moisture) else None
    made = Calories(whole, words=" … ".join(words), about=about)
    if len(per_unit) != 1:
        return made
    ((each, unit),) = per_unit
    return made._replace(per_unit=each, unit=unit)


def _figures(text: str) -> Iterator[tuple[re.Match[str], Energy]]:
    for found in STATEMENT.finditer(text):
        if NOT_SO.search(found["before"]):
            continue
        unit = f"{NAMES.get(found['energy'].lower(), found['energy'].lower())}/{_of(found['of'])}"
        if unit not in PER_KG and not unit.startswith("kcal/"):
            continue
        try:
            yield found, energy(figure(found["number"], unit), unit)
        except ValueError:
            continue


def _of(said: str) -> str:
    """As in PER_KG."""
    word = said.lower().rstrip("s").split()[-1]
    if word.startswith("k"):
        return "kg"
    return "100g" if said.startswith("100") else word
