"""The lab for real, at its smallest: hubs, script and vendors in processes of their own, a kill, and the ledgers.

Nobody gives up here, so that what becomes of each order hangs on no machine's speed: the plan alone says it.
"""

from __future__ import annotations

from collections import Counter

from pawline.cli.lab.playing import Playing
from pawline.lab.day import SCARCE, planned
from pawline.lab.page import drawn
from pawline.lab.report import reported
from pawline.lab.rows import Fate, Left, Way

PATIENT = 10_000.0


async def test_every_profile_has_the_same_day_and_loses_and_doubles_nothing() -> None:
    plan = planned(17, 20, PATIENT)
    columns = await Playing(plan, 1, ramp=False, apart=False).play()
    assert [one.way for one in columns] == list(Way)
    declined = sum(one.declined for one in plan.shoppers)
    gone = sum(one.sku == SCARCE for one in plan.shoppers) - plan.stock[SCARCE]
    assert (declined, gone) == (3, 1)
    for column in columns[1:]:
        (day,) = column.rounds
        assert Counter(one.left for one in day.visits) == {Left.BOUGHT: 20 - gone, Left.SOLD_OUT: gone}
        assert Counter((one.fate is Fate.WHOLE, one.refused) for one in day.orders) == {
            (True, False): 20 - gone, (False, True): declined + gone,
        }  # fmt: skip
        assert {one.number for one in day.orders} == set(range(1, 21))
        assert [(one.doubled, one.fate) for one in day.orders if one.doubled or one.fate is Fate.HALF] == []
        assert (day.oversold, day.cases, len(day.troubles)) == ({}, (), 5)
        assert [one for one in day.lags if one.ms is None] == []
    hand = columns[0].rounds[0]
    assert {one.number for one in hand.orders} == set(range(1, 21))
    report = reported(plan, columns, theirs=False, seconds=1.0)
    assert (report.good, report.broken) == (True, ())
    page = drawn(report)
    anchors = {one.partition('"')[0] for one in page.split('href="#')[1:]}
    assert anchors
    assert [one for one in anchors if f'id="{one}"' not in page] == []
