"""What an X-ray counted, in advice: it answers what nobody did, and each figure of its says so."""

from __future__ import annotations

import msgspec
import pytest

from pawline.insight.advice import Answers, Mistakes, Observed, Reason, advise
from tests.unit.insight.advice import shops

SEEN = Observed(
    name="xray/baseline.json", until="2026-11-30", days=60.0, orders=6_000, touches=900, touched=6_000,
    mistakes={
        "erp_missing": Mistakes(found=20, judged=5_900, title="Orders missing in the ERP"),
        "erp_late": Mistakes(found=10, judged=5_900, title="Late in the ERP"),
        "erp_amount": Mistakes(found=0, judged=40, title="Other amounts in the ERP", sure=False),
        "refund_missing": Mistakes(found=6, judged=200, title="Refunds that the processor does not know"),
        "refund_more": Mistakes(found=0, judged=0, title="More paid back than was paid"),
        "oversold": Mistakes(found=30, judged=700, title="Oversold"),
        "webhooks": Mistakes(found=99, judged=100, title="Stretches without webhooks"),
    },
)  # fmt: skip
WHOSE = "(xray/baseline.json: 60 days until 2026-11-30)"


def given(**more: object) -> Answers:
    known: dict[str, object] = {"editor": True, "checkout": "theirs", "systems": (shops.SHOPIFY, shops.BOOKS)}
    return msgspec.convert(known | more, Answers, strict=False, from_attributes=True)


def test_what_nobody_answered_is_counted_and_says_by_what() -> None:
    advice = advise(given(minutes_per_touch=4), shops.OFFERS, None, SEEN)
    assert advice.counted == (
        Reason(f"`orders_a_day` is 100, by the X-ray: 6,000 orders {WHOSE}", ("orders_a_day",)),
        Reason(
            "`minutes_per_order` is 0.6, by the X-ray: 900 times that a person had a hand in 6,000 orders, 4 min each"
            f" {WHOSE}",
            ("minutes_per_touch",),
        ),
    )
    first = advice.flows[0]
    assert (first.flow, first.hours) == ("adopt_order", (3.5, 6.6))  # 100 × 7 × 0.6 / 60 = 7 hours
    assert first.seen == (
        f"3.5 mistakes a week, by the X-ray: 20 orders missing in the ERP, 10 late in the ERP {WHOSE}"
    )


def test_what_somebody_answered_wins() -> None:
    advice = advise(given(orders_a_day=50, minutes_per_order=2, minutes_per_touch=4), shops.OFFERS, None, SEEN)
    assert (advice.counted, advice.flows[0].formula.startswith("50 × 7 days × 2 min")) == ((), True)


def test_flows_whose_mistakes_were_counted_come_before_those_of_which_nothing_is_known() -> None:
    advice = advise(given(), shops.OFFERS, None, SEEN)
    assert [(one.flow, one.hours, one.mistakes) for one in advice.flows] == [
        ("adopt_order", None, 3.5), ("offer_stock", None, 3.5), ("refund_return", None, 0.7),
    ]  # fmt: skip
    assert advice.counted[1] == Reason(
        "the X-ray counted 900 times that a person had a hand in 6,000 orders: say how long one takes, and what an"
        f" order takes is reckoned {WHOSE}",
        ("minutes_per_touch",),
    )
    without = advise(given(), shops.OFFERS)
    assert ([one.flow for one in without.flows], without.counted) == ([], ())


def test_a_few_days_are_no_mean_and_nothing_found_is_said_as_that() -> None:
    short = msgspec.structs.replace(SEEN, days=3.0, touches=None, mistakes={
        "refund_missing": Mistakes(found=0, judged=9, title="Refunds"),
    })  # fmt: skip
    advice = advise(given(), shops.OFFERS, None, short)
    assert (advice.counted, advice.flows) == ((), ())
    refunds = next(one for one in advice.later if one.flow == "refund_return")
    assert refunds.seen == "0.0 mistakes a week, by the X-ray: none (xray/baseline.json: 3 days until 2026-11-30)"


def test_what_contradicts_the_answers_is_refused() -> None:
    with pytest.raises(ValueError, match="`orders_a_day` is 100 and `orders_peak_day` 40"):
        advise(given(orders_peak_day=40), shops.OFFERS, None, SEEN)
