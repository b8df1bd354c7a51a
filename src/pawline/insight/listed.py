"""Which of our goods a listed recall may mean, and which lots it names: by barcode, or by brand and title together.

Conservative, for each match asks a person. A barcode is found however it is broken up; without one the brand has to
stand there as a phrase, most of the title's own words beside it, and a word that says that it is for animals. "Corn
dogs" are no pets.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Final

from pawline.model import Description, ListedRecall

BARCODE: Final = "its barcode stands there"
PET: Final = re.compile(
    r"\b(?:dogs?|cats?|pets?|pupp(?:y|ies)|kittens?|canine|feline|equine|horses?|rabbits?|birds?|"
    r"animal (?:food|feed))\b",
    re.IGNORECASE,
)  # fmt: skip
NO_PET: Final = re.compile(
    r"\b(?:corn|hot|chill?i|veggie|pronto)[- ]?(?:dog|pup)s?\b|\bcat ?fish\b", re.IGNORECASE
)  # fmt: skip
DIGITS: Final = re.compile(r"\d[\d -]{8,}\d")
"""Several may stand beside one another, with nothing but a blank between them."""
WORD: Final = re.compile(r"[^\W\d_]{3,}")
COMMON: Final = frozenset({
    "the", "and", "for", "with", "dog", "dogs", "cat", "cats", "pet", "pets", "food", "foods", "puppy", "kitten",
    "adult", "senior", "dry", "wet", "can", "cans", "bag", "bags", "treat", "treats", "recipe", "formula",
    "flavor", "flavour", "natural", "premium", "complete", "pack", "net", "box",
})  # fmt: skip
"""Words of a title that tell nothing apart."""
MOST_OF: Final = 0.6
"""Of a title's own words."""
LOT: Final = re.compile(
    r"\b(?:lots?|batch(?:es)?)\b(?:\s*(?:codes?|numbers?|nos?\.?|#))?\s*[:#]?\s*"
    r"(?P<lots>[A-Z0-9][A-Z0-9/-]*\d[A-Z0-9/-]*(?:\s*(?:,|;|and|&)\s*[A-Z0-9][A-Z0-9/-]*\d[A-Z0-9/-]*)*)",
    re.IGNORECASE,
)  # fmt: skip
LOTS: Final = 50


def why(listed: ListedRecall, ours: Description, codes: Collection[str | None] = ()) -> str | None:
    """Why it may be meant; None where nothing speaks for it. `codes` are barcodes that others say of it."""
    if {ours.gtin, *codes} & barcodes_of(listed):
        return BARCODE
    if ours.brand is None or not is_of_animals(listed) or not _stands_in(ours.brand, _said(listed)):
        return None
    own = _words(ours.title or "") - _words(ours.brand)
    there = own & _words(listed.product)
    if len(there) < 2 or len(there) < MOST_OF * len(own):
        return None
    return f"its brand stands there, and {', '.join(sorted(there))} of its title"


@lru_cache(1)
def is_of_animals(listed: ListedRecall) -> bool:
    """Whether its text may be about what they eat."""
    return PET.search(_said(listed)) is not None


@lru_cache(1)
def barcodes_of(listed: ListedRecall) -> frozenset[str]:
    """What may be a barcode in its texts."""
    return barcodes(f"{listed.product} {listed.codes}")


def _said(listed: ListedRecall) -> str:
    return NO_PET.sub(" ", f"{listed.product} {listed.firm}")


def barcodes(text: str) -> frozenset[str]:
    """What may be a barcode, with 14 digits: also a UPC-A without its first digit (a zero), its last one, or both."""
    found = set[str]()
    for digits in {digits for one in DIGITS.finditer(text) for digits in _runs(re.split("[ -]+", one[0]))}:
        if len(digits) >= 11:
            found.add(digits.rjust(14, "0"))
        if len(digits) in (10, 11):
            first = digits.rjust(11, "0").rjust(13, "0")
            found.add(first + _check(first))
    return frozenset(one for one in found if _check(one[:13]) == one[13])


def _runs(groups: list[str]) -> Iterator[str]:
    """Of 10 to 14 digits: each group of them, and those beside one another put together."""
    for begin in range(len(groups)):
        run = ""
        for group in groups[begin:]:
            run += group
            if len(run) > 14:
                break
            if len(run) >= 10:
                yield run


def lots(listed: ListedRecall) -> tuple[str, ...]:
    """Lots as they are written there, 50 at most: to be compared with the notice, for the text is free."""
    found = dict[str, None]()
    for one in LOT.finditer(f"{listed.codes} {listed.product}"):
        found |= dict.fromkeys(re.split(r"\s*(?:,|;|\band\b|&)\s*", one["lots"]))
    return tuple(one for one in found if one)[:LOTS]


def command(listed: ListedRecall, skus: Iterable[str]) -> str:
    """What a person enters to see who is touched. Each word is quoted: the list's texts and SKUs are anybody's."""
    codes = lots(listed)
    words = " ".join(
        shlex.join([option, value]) for option, some in (("--sku", skus), ("--lot", codes)) for value in some
    )
    more = "" if codes else " --lot …"
    return f"pawline recalls begin {shlex.quote(listed.id)} {words}{more} --class … --because … --source …"


def _check(digits: str) -> str:
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    return str(-weighted % 10)


def _words(text: str) -> set[str]:
    return {one.lower() for one in WORD.findall(text)} - COMMON


def _stands_in(brand: str, text: str) -> bool:
    words = re.findall(r"\w+", brand.lower())
    phrase = r"\W+".join(words)
    return len("".join(words)) >= 3 and re.search(rf"\b{phrase}\b", text.lower()) is not None
