"""What an ingredient list contains of what pets react to, and of which ingredients nobody can tell.

`chicken` is there where an ingredient is of it, fat and broth included; flavour is no chicken, and what flavour is made
of nobody can tell. "Wheat-free" and "no corn" contain nothing. A list that is cut short, or has a negation in its
middle, is not read: what it leaves out would be taken for not being there. That something is not there is said only
of what was understood: an ingredient without a word that is known here may be anything, and so nobody can tell; of a
list of which a third is so, or that has a word of another language, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from pawline.insight.ingredient_others import FOREIGN, HOW, OTHERS, STRANGE
from pawline.insight.ingredient_words import CANNOT_TELL, CONTAINS, NAMED, OF_WHAT, OTHER_THINGS
from pawline.model import Allergen

LEAST: Final = 3
"""Ingredients; fewer are no list that says what is not there."""
LONGEST: Final = 200
"""Characters of an ingredient; more is prose."""
HEADING: Final = re.compile(
    r"^\W*(?:ingredients|composition|zusammensetzung|zutaten)\b\s*(?:\([^)]*\))?\s*[:\-–]?\s*", re.IGNORECASE
)  # fmt: skip
HEADED: Final = re.compile(r"\b(?:ingredients|composition|zusammensetzung|zutaten)\b", re.IGNORECASE)
ENDS: Final = re.compile(
    r"\b(?:guaranteed analysis|analytical constituents|analytische bestandteile|calorie content|"
    r"metaboli[sz]able energy|feeding (?:guide|instructions|recommendations?)|fütterungsempfehlung|"
    r"(?:(?:nutritional |technological )?additives|(?:ernährungsphysiologische |technologische )?zusatzstoffe)\b"
    r"(?=[^.,;]{0,40}[:(]))\b",
    re.IGNORECASE,
)  # fmt: skip
"""Where something else begins. "No artificial additives." is no such place, and chicken fat may stand behind it."""
SENTENCE: Final = re.compile(r"[.!]\s+(?=[A-ZÄÖÜ])|\n")
CUT: Final = re.compile(r"(?:\.\.\.|…|\b(?:etc|et cetera|usw|and more|und mehr)\b\.?)\W*$", re.IGNORECASE)
NO: Final = re.compile(
    r"\b(?:no|not|never|without|free (?:of|from)|contains? (?:no|neither)|excludes?|excluding|ohne|kein\w*|frei von|"
    r"nicht|weder)\b(?! (?:more|less) than\b)",
    re.IGNORECASE,
)  # fmt: skip
BUT: Final = re.compile(r"\b(?:but|just|only|instead|sondern|nur|stattdessen|aber)\b", re.IGNORECASE)
BEGINS: Final = 40
"""Characters from the begin of a sentence in which a negation is of all of it: "Made without corn, wheat or soy"."""
STRANGERS: Final = 1 / 3
"""Of a list, ingredients that are not understood: with more it is of another language, or of no list."""
ALIKE: Final = 20_000
"""Ingredients whose meaning is remembered: labels have the same ones again and again."""
WORD: Final = re.compile(r"[^\W\d_]{2}")
BETWEEN: Final = frozenset(",;:•")
OPEN: Final = frozenset("([{")
CLOSE: Final = frozenset(")]}")
FREE: Final = re.compile(r"\b[\w]+(?:[- ]free\b(?![- ](?:range|run|roaming|ranging))|freie?[rsnm]?\b)", re.IGNORECASE)
FLAVOUR: Final = re.compile(r"flavou?r|\baroma|geschmack", re.IGNORECASE)
MAYBE: Final = re.compile(
    r"\b(?:may contain|traces? of|kann .{0,30}enthalten|spuren von|or|and/or|oder)\b", re.IGNORECASE
)  # fmt: skip


class Found(NamedTuple):
    """Of one list: what it contains, and of what nobody can tell."""

    contains: tuple[Allergen, ...]
    unclear: tuple[str, ...]


def allergens(text: str) -> Found | None:
    """None for what is no whole list, says in the middle of it what is not there, or is in another language."""
    listed = _body(text.strip())
    if listed is None or CUT.search(listed) or STRANGE.search(listed) or FOREIGN.search(listed):
        return None
    items = list[tuple[str, str]]()
    for sentence in SENTENCE.split(listed):
        if (no := NO.search(sentence)) is not None:
            if no.start() > BEGINS or "," in sentence[: no.start()] or BUT.search(sentence):
                return None
            continue
        items += _items(sentence)
    items = [(item, of) for item, of in items if WORD.search(HOW.sub(" ", item))]
    if len(items) < LEAST or any(len(item) > LONGEST for item, _ in items):
        return None
    contains, unclear, strange = set[Allergen](), dict[str, None](), 0
    for item, of in items:
        found, doubt = _of(item, of)
        is_strange = not doubt and not _is_understood(item)
        strange += is_strange
        contains |= found
        if doubt or is_strange:
            unclear[_plain(item)] = None
    if strange > STRANGERS * len(items):
        return None
    return Found(tuple(sorted(contains)), tuple(unclear))


def _body(text: str) -> str | None:
    """The list itself; None where it is not whole, or where another one follows."""
    listed = HEADING.sub("", text)
    for end in ENDS.finditer(listed):
        before = listed[: end.start()]
        if NO.search(re.split(r"[.!\n]", before)[-1]) is None:
            if HEADED.search(listed, end.end()):
                return None
            listed = before
            break
    if sum(listed.count(one) for one in OPEN) > sum(listed.count(one) for one in CLOSE):
        return None
    return listed.strip()


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


@lru_cache(ALIKE)
def _of(item: str, outer: str) -> tuple[frozenset[Allergen], bool]:
    """What the ingredient is of, and whether that is open."""
    said = FREE.sub(" ", OTHER_THINGS.sub(" ", item))
    named = frozenset(allergen for allergen, words in CONTAINS.items() if words.search(said))
    if FLAVOUR.search(said) or (MAYBE.search(said) and named):
        return frozenset(), True
    if CANNOT_TELL.search(said):
        return named, True
    return named, bool(OF_WHAT.search(said)) and not _names(f"{outer} {said}")


@lru_cache(ALIKE)
def _is_understood(item: str) -> bool:
    """Whether any of its words is known."""
    return bool(
        OTHERS.search(item) or OTHER_THINGS.search(item) or OF_WHAT.search(item) or FREE.search(item)
    ) or _names(item)


def _names(said: str) -> bool:
    return NAMED.search(said) is not None or any(words.search(said) for words in CONTAINS.values())


def _plain(item: str) -> str:
    """As a word of a list in one cell."""
    return re.sub(r"[?|]", " ", re.sub(r"\s*\d+(?:[.,]\d+)?\s*%\s*", " ", item)).strip().lower()
