"""Statements of nutritional adequacy, by the grammar that AAFCO and the EU's rules on feed give them.

AAFCO: "… is formulated to meet the nutritional levels established by the AAFCO Dog Food Nutrient Profiles for …",
"Animal feeding tests using AAFCO procedures substantiate that … provides complete and balanced nutrition for …", "… is
intended for intermittent or supplemental feeding only". Food for growth says "including", or "except for, growth of
large size dogs (70 lb or more as an adult)". EU (regulation 767/2009, articles 3 and 17): "complete feed for …" or
"complementary feed for …", with the species that it is for.

A statement with a negation before it, or whose end is not of the grammar, is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from pawline.model import LifeStage, Species


class Claim(NamedTuple):
    """What one statement says; empty and None where it says nothing."""

    words: str
    complete: bool | None = None
    species: tuple[Species, ...] = ()
    life_stages: tuple[LifeStage, ...] = ()
    large_growth: bool | None = None


SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[A-ZÄÖÜ(\"“\d])|[;\n•|]")
NO: Final = re.compile(
    r"\b(?:not|never|no|none|nor|neither|cannot|without|unless|if|until|would|should|may|instead|rather|isn.t|aren.t|"
    r"doesn.t|don.t|hasn.t|nicht|kein\w*|ohne|statt|falls|wenn)\b",
    re.IGNORECASE,
)  # fmt: skip
"""Before a statement, or in it: it may say the contrary, or something on condition."""
_WHO: Final = r"(?:AAFCO(?:\s*\([^)]*\))?|(?:the\s+)?Association of American Feed Control Officials(?:\s*\(AAFCO\))?)"
_ANIMAL: Final = r"(?P<one>dog|cat)(?:\s*(?:and|&|/)\s*(?P<two>dog|cat))?"
FORMULATED: Final = re.compile(
    rf"\bformulated to meet (?:or exceed )?the nutritional levels (?:of )?established by (?:the )?{_WHO}"
    rf"(?:'s)?\s+{_ANIMAL}\s+food\s+nutrients?\s+profiles?\s+for\s+(?P<tail>.+)",
    re.IGNORECASE,
)  # fmt: skip
TESTED: Final = re.compile(
    rf"\b(?:feeding tests using|tests using|using) {_WHO} (?:feeding )?procedures substantiate that .+? "
    r"provides complete and balanced nutrition for (?P<tail>.+)",
    re.IGNORECASE,
)  # fmt: skip
SUPPLEMENTAL: Final = re.compile(
    r"\b(?:intended |suitable )?for (?:(?:intermittent|supplemental)(?: (?:or|and) (?:intermittent|supplemental))?)"
    r" feeding\b",
    re.IGNORECASE,
)  # fmt: skip
LARGE: Final = re.compile(
    r",?\s*\(?(?P<how>including|except(?:ing)?(?:\s+for)?)\s+(?:the\s+)?growth of large[- ]sized? (?:breed )?dogs?"
    r"(?:\s*[(,].*)?\)?\s*$",
    re.IGNORECASE,
)  # fmt: skip
_STAGE: Final = (
    r"(?:all life ?stages(?: of (?:the )?(?:dogs?|cats?))?|(?:adult )?maintenance(?: of adult (?:dogs?|cats?))?|growth"
    r"(?: of (?:puppies|kittens))?|reproduction|gestation|lactation)"
)  # fmt: skip
STAGES: Final = re.compile(rf"(?:the )?{_STAGE}(?:\s*(?:,|/|&|and|, and)\s*{_STAGE})*", re.IGNORECASE)
EUROPEAN: Final = re.compile(
    r"\b(?:(?P<type>complete|complementary) (?:(?:and balanced|dry|wet|moist|pet|dog|cat|dietetic|raw) )*"
    r"(?:food|feed|feedingstuff|petfood)|(?P<typ>allein|ergänzungs)futtermittel) (?:for|für) (?P<who>[^.,;:()]+)",
    re.IGNORECASE,
)  # fmt: skip
BEFORE: Final = re.compile(
    r"(?:[\w®™'’&+,%\- ]{0,80}\b(?:is|are|ist|sind)\s+)?"
    r"(?:\b(?:an?|ein(?:e|es)?|100\s*%|natural(?:ly)?|nutritionally|gluten-?freies|getreidefreies)\s+)*",
    re.IGNORECASE,
)  # fmt: skip
"""What may stand before it: nothing, or "Bloggo is a". After "feed it beside a" another food is meant."""
ANIMALS: Final = {
    Species.DOG: r"dogs?|pupp(?:y|ies)|hund(?:e|en)?|hundewelpen",
    Species.CAT: r"cats?|kittens?|katzen?|kätzchen|katzenwelpen|kitten",
    Species.RABBIT: r"rabbits?|(?:zwerg)?kaninchen",
    Species.SMALL_MAMMAL: r"guinea pigs?|hamsters?|chinchillas?|degus?|meerschweinchen|hamster",
    Species.HORSE: r"horses?|ponies|pferde?n?",
    Species.BIRD: r"birds?|parrots?|budgerigars?|vögel|wellensittiche|papageien",
}  # fmt: skip
OTHERS: Final = re.compile(
    r"\b(?:ferrets?|frettchen|fish|fische|reptiles?|pigs?|schweine|poultry|geflügel)\b", re.IGNORECASE
)
ALL_AGES: Final = re.compile(
    r"\b(?:all (?:life ?stages|ages)|aller altersstufen|jeden alters|alle lebensphasen)\b", re.IGNORECASE
)  # fmt: skip
ADULT: Final = re.compile(r"\b(?:adults?|ausgewachsene[nr]?|adulte[nr]?|erwachsene[nr]?)\b", re.IGNORECASE)
YOUNG: Final = re.compile(
    r"\b(?:pupp(?:y|ies)|kittens?|growing|junior|\w*welpen|kätzchen|heranwachsende[nr]?|wachsende[nr]?)\b",
    re.IGNORECASE,
)  # fmt: skip


def claims(texts: Iterable[str]) -> tuple[Claim, ...]:
    """Each statement of the texts, once."""
    found = [claim for text in texts for one in SENTENCE.split(text) if (claim := _claim(" ".join(one.split())))]
    return tuple(dict.fromkeys(found))


def _claim(sentence: str) -> Claim | None:
    for pattern, read in (
        (FORMULATED, _of_aafco),
        (TESTED, _of_aafco),
        (SUPPLEMENTAL, _supplemental),
        (EUROPEAN, _of_eu),
    ):
        found = pattern.search(sentence)
        if found is not None and not NO.search(sentence[: found.end()]):
            return read(found, sentence)
    return None


def _supplemental(_: re.Match[str], sentence: str) -> Claim:
    return Claim(sentence, complete=False)


def _of_aafco(found: re.Match[str], sentence: str) -> Claim | None:
    """None where its end is not of the grammar: then what it is for is not known, and nothing else is believed."""
    tail, large = found["tail"].strip().rstrip(".!* "), None
    if (clause := LARGE.search(tail)) is not None:
        large = clause["how"].lower().startswith("including")
        tail = tail[: clause.start()].rstrip(" ,(")
    if STAGES.fullmatch(tail) is None:
        return None
    given = found.groupdict()
    profile = {Species(one.lower()) for one in (given.get("one"), given.get("two")) if one}
    named = {Species(one.lower()) for one in re.findall(r"\b(dog|cat)s?\b", tail, re.IGNORECASE)}
    if profile and not named <= profile:
        return None
    stages = _stages(tail)
    if large is not None and LifeStage.GROWTH not in stages:
        return None
    return Claim(sentence, True, tuple(sorted(profile or named)), stages, large)


def _stages(tail: str) -> tuple[LifeStage, ...]:
    said = tail.lower()
    if "life" in said:
        return tuple(sorted(LifeStage))
    words = {
        LifeStage.GROWTH: ("growth",), LifeStage.MAINTENANCE: ("maintenance",),
        LifeStage.REPRODUCTION: ("reproduction", "gestation", "lactation"),
    }  # fmt: skip
    return tuple(sorted(stage for stage, some in words.items() if any(one in said for one in some)))


def _of_eu(found: re.Match[str], sentence: str) -> Claim | None:
    """A complete food that names no stage is meant for all, says FEDIAF; a person is not asked to confirm a silence."""
    if BEFORE.fullmatch(sentence[: found.start()]) is None:
        return None
    who = found["who"]
    species = tuple(sorted(one for one, words in ANIMALS.items() if re.search(rf"\b(?:{words})\b", who, re.IGNORECASE)))
    complete = (found["type"] or found["typ"]).lower() in ("complete", "allein")
    if not species or OTHERS.search(who):
        return Claim(sentence, complete)
    return Claim(sentence, complete, species, _ages(who) if complete else ())


def _ages(who: str) -> tuple[LifeStage, ...]:
    if ALL_AGES.search(who):
        return tuple(sorted(LifeStage))
    said: Sequence[tuple[LifeStage, re.Pattern[str]]] = ((LifeStage.GROWTH, YOUNG), (LifeStage.MAINTENANCE, ADULT))
    return tuple(stage for stage, words in said if words.search(who))


GRAMMAR: Final = ((FORMULATED, _of_aafco), (TESTED, _of_aafco), (SUPPLEMENTAL, _supplemental), (EUROPEAN, _of_eu))
"""The first that fits is the one that a sentence is of."""
