"""What an ingredient list contains of what pets react to, and of which ingredients nobody can tell.

`chicken` is there where an ingredient is of it, fat and broth included; flavour is no chicken, and what flavour is made
of nobody can tell. "Wheat-free" and "no corn" contain nothing. A list that is cut short, or has a negation in its
middle, is not read: what it leaves out would be taken for not being there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from pawline.insight.ingredient_words import CANNOT_TELL, CONTAINS, NAMED, OF_WHAT, OTHER_THINGS
from pawline.model import Allergen

LEAST: Final = 3
"""Ingredients; fewer are no list that says what is not there."""
HEADING: Final = re.compile(
    r"^\W*(?:ingredients|composition|zusammensetzung|zutaten)\b\s*(?:\([^)]*\))?\s*[:\-–]?\s*", re.IGNORECASE
)  # fmt: skip
ENDS: Final = re.compile(
    r"\b(?:guaranteed analysis|analytical constituents|analytische bestandteile|nutritional additives|additives|"
    r"zusatzstoffe|ernährungsphysiologische zusatzstoffe|calorie content|metaboli[sz]able energy|feeding (?:guide|"
    r"instructions|recommendations?)|fütterungsempfehlung)\b",
    re.IGNORECASE,
)  # fmt: skip
SENTENCE: Final = re.compile(r"[.!]\s+(?=[A-ZÄÖÜ])|\n")
CUT: Final = re.compile(r"(?:\.\.\.|…|\b(?:etc|et cetera|usw|and more|und mehr)\b\.?)\W*$", re.IGNORECASE)
NO: Final = re.compile(
    r"\b(?:no|not|never|without|free (?:of|from)|contains? (?:no|neither)|excludes?|excluding|ohne|kein\w*|frei von|"
    r"nicht|weder)\b(?! (?:more|less) than\b)",
    re.IGNORECASE,
)  # fmt: skip
BEGINS: Final = 40
"""Characters from the begin of a sentence in which a negation is of all of it: "Made without corn, wheat or soy"."""
BETWEEN: Final = frozenset(",;:•")
OPEN: Final = frozenset("([{")
CLOSE: Final = frozenset(")]}")
FREE: Final = re.compile(r"\b[\w]+(?:[- ]free\b(?![- ](?:range|run|roaming|ranging))|freie?[rsnm]?\b)", re.IGNORECASE)
FLAVOUR: Final = re.compile(r"flavou?r|\baroma|geschmack", re.IGNORECASE)
MAYBE: Final = re.compile(
    r"\b(?:may contain|traces? of|kann .{0,30}enthalten|spuren von|or|and/or|oder)\b", re.IGNORECASE
)  # fmt: skip


class Found(NamedTuple):
    """Of one list: what it contains, of what nobody can tell, and the ingredients that say so, as they stand there."""

    contains: tuple[Allergen, ...]
    unclear: tuple[str, ...]
    words: tuple[str, ...]


def allergens(text: str) -> Found | None:
    """None for what is no whole list, or says in the middle of it what is not there."""
    listed = HEADING.sub("", text.strip())
    if (end := ENDS.search(listed)) is not None:
        listed = listed[: end.start()]
    listed = listed.strip()
    if CUT.search(listed):
        return None
    items = list[tuple[str, str]]()
    for sentence in SENTENCE.split(listed):
        if (no := NO.search(sentence)) is not None:
            if no.start() > BEGINS or "," in sentence[: no.start()]:
                return None
            continue
        items += _items(sentence)
    if len(items) < LEAST:
        return None
    contains, unclear, words = set[Allergen](), dict[str, None](), dict[str, None]()
    for item, of in items:
        found, doubt = _of(item, of)
        contains |= found
        if found or doubt:
            words[item] = None
        if doubt:
            unclear[_plain(item)] = None
    return Found(tuple(sorted(contains)), tuple(unclear), tuple(words))


def _items(sentence: str) -> Iterator[tuple[str, str]]:
    """What commas and brackets part, each with what stands before its bracket: `duck giblets (liver)` is of duck."""
    outer = list[str]()
    last = ""
    for one in re.split(r"([,;:()\[\]{}•])", sentence):
        if one in OPEN:
            outer.append(last)
        elif one in CLOSE:
            last = outer.pop() if outer else ""
        elif one not in BETWEEN and (item := " ".join(one.split()).strip(" .*")):
            last = item
            yield item, " ".join(outer)


def _of(item: str, outer: str) -> tuple[set[Allergen], bool]:
    """What the ingredient is of, and whether that is open."""
    said = FREE.sub(" ", OTHER_THINGS.sub(" ", item))
    named = {allergen for allergen, words in CONTAINS.items() if words.search(said)}
    if FLAVOUR.search(said):
        return set(), True
    if MAYBE.search(said) and named:
        return set(), True
    if CANNOT_TELL.search(said):
        return named, True
    return named, bool(OF_WHAT.search(said)) and not _names(f"{outer} {said}")


def _names(said: str) -> bool:
    return NAMED.search(said) is not None or any(words.search(said) for words in CONTAINS.values())


def _plain(item: str) -> str:
    """As a word of a list in one cell."""
    return re.sub(r"[?|]", " ", re.sub(r"\s*\d+(?:[.,]\d+)?\s*%\s*", " ", item)).strip().lower()
