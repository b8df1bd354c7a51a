"""Each rule of shape finds a planted offence, leaves good code alone, and holds for the product."""

import re

import pytest

from tests.house.shape import junk_drawers, long_files, long_functions, undocumented, untyped_returns
from tests.house.tree import Rule, Source, offences, product

# What may break a rule, and why. The key is the start of an offence's line, without the line's number:
# "src/pawline/runtime/a.py walk".
ALLOWED: dict[Rule, dict[str, str]] = {}

GOOD = '''"""What this file is for."""


def feed(bowl: int) -> int:
    """Fill it."""
    return bowl + 1


class _Private:
    def bark(self) -> None: ...
'''


@pytest.mark.parametrize(
    ("rule", "path", "text", "told"),
    [
        (long_files, "src/pawline/a.py", "x = 1\n" * 301, "src/pawline/a.py: 301 lines, at most 300"),
        (
            long_functions,
            "src/pawline/a.py",
            "async def walk() -> None:\n" + "    x = 1\n" * 40,
            "src/pawline/a.py:1 walk: 41 lines, at most 40",
        ),
        (
            untyped_returns,
            "src/pawline/a.py",
            "class Dog:\n    def __init__(self):\n        ...\n",
            "src/pawline/a.py:2 __init__: no return type",
        ),
        (undocumented, "src/pawline/a.py", "x = 1\n", "src/pawline/a.py: no docstring says what this file is for"),
        (
            undocumented,
            "src/pawline/a.py",
            '"""A."""\nclass Dog: ...\n',
            "src/pawline/a.py:2 Dog: no docstring",
        ),
        (
            undocumented,
            "src/pawline/a.py",
            '"""A."""\nasync def walk() -> None: ...\n',
            "src/pawline/a.py:2 walk: no docstring",
        ),
        (
            junk_drawers,
            "src/pawline/kit/_utils.py",
            GOOD,
            "src/pawline/kit/_utils.py: `_utils` says nothing about what is in it",
        ),
        (
            junk_drawers,
            "src/pawline/common/money.py",
            GOOD,
            "src/pawline/common/money.py: `common` says nothing about what is in it",
        ),
    ],
)
def test_a_planted_offence_is_told(rule: Rule, path: str, text: str, told: str) -> None:
    assert rule(Source(path, text)) == [told]


RULES = [long_files, long_functions, untyped_returns, undocumented, junk_drawers]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_good_code_is_left_alone(rule: Rule) -> None:
    edge = GOOD + "\n\ndef _walk() -> None:\n" + "    x = 1\n" * 39
    assert rule(Source("src/pawline/dogs.py", edge)) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_product_keeps_the_rule(rule: Rule) -> None:
    allowed = ALLOWED.get(rule, {})
    found = [re.sub(r":\d+ ", " ", offence) for offence in offences(rule, product())]
    unexcused = [offence for offence in found if not offence.startswith(tuple(allowed))]
    unused = [start for start in allowed if not any(offence.startswith(start) for offence in found)]
    assert unexcused == [], "\n".join(unexcused)
    assert unused == [], "these exemptions are no longer needed"
    assert all(len(reason.split()) >= 4 for reason in allowed.values()), "an exemption says why"
