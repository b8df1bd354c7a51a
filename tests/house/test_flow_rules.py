"""What a flow may not contain is found when planted, under other names too, and the flows are free of it."""

import pytest

from tests.house.flow_rules import forbidden_in_flows
from tests.house.tree import SRC, Source, offences, product

FLOWS = SRC + "flows/"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import time", "1 imports time"),
        ("import os.path as p", "1 imports os"),
        ("from random import choice", "1 imports random"),
        ("from uuid import uuid4", "1 imports uuid"),
        ("from datetime import datetime\nat = datetime.now()", "2 datetime.datetime.now:"),
        ("from datetime import datetime as dt\nat = dt.utcnow()", "2 datetime.datetime.utcnow:"),
        ("import datetime\nat = datetime.datetime.now(datetime.UTC)", "2 datetime.datetime.now:"),
        ("import datetime as d\ndays = map(d.date.today, ())", "2 datetime.date.today:"),
        ("from pawline.runtime import settings\nkey = settings.environ['KEY']", "2 environ:"),
        ("try:\n    x = 1\nfinally:\n    y = 2", "4 finally:"),
        ("try:\n    x = 1\nexcept:\n    y = 2", "3 broad except:"),
        ("try:\n    x = 1\nexcept Exception:\n    y = 2", "3 broad except:"),
        ("try:\n    x = 1\nexcept (ValueError, BaseException) as error:\n    y = 2", "3 broad except:"),
        ("try:\n    x = 1\nexcept* Exception:\n    y = 2", "3 broad except:"),
        ("for pet in {'Momo', 'Biscuit'}: ...", "1 walks through a set"),
        ("async def f():\n    async for pet in set(x): ...", "2 walks through a set"),
        ("pets = [p for p in {q for q in x}]", "1 walks through a set"),
        ("def f(pets: frozenset[str]) -> None:\n    for p in pets: ...", "2 walks through a set"),
        ("pets = set(x)\nfirst = list(pets)", "2 walks through a set"),
        ("pets = ', '.join({'a', 'b'} | other)", "1 walks through a set"),
        ("feed(*{'a', 'b'})", "1 walks through a set"),
    ],
)
def test_a_planted_offence_is_told(text: str, told: str) -> None:
    [offence] = forbidden_in_flows(Source("src/pawline/flows/a.py", text))
    assert offence.startswith(f"src/pawline/flows/a.py:{told}")


def test_what_flows_do_is_left_alone() -> None:
    text = """
from datetime import datetime, timedelta

from pawline.runtime import now

LATE = timedelta(days=1)


async def remind(pets: frozenset[str], at: datetime) -> list[str]:
    try:
        due = await mail.send(at + LATE)
    except Rejected:
        return []
    else:
        known = {"Momo"} & pets
    return sorted(known) if now() > due and "Momo" in known else [name for name in sorted(set(pets))]


async def other(known: list[str]) -> list[str]:
    return [name for name in known]
"""
    assert forbidden_in_flows(Source("src/pawline/flows/a.py", text)) == []


def test_the_flows_keep_the_rule() -> None:
    flows = [source for source in product() if source.path.startswith(FLOWS)]
    assert flows, "the rule has lost its folder"
    found = offences(forbidden_in_flows, flows)
    assert found == [], "\n".join(found)
