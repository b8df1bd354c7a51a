"""What shops are told, word for word where it decides: whether it fits, the profile, the size, what first."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pawline.insight.advice import Access, Answers, Goal, Reason, System, Touchless, Verdict, advise, wilson
from pawline.model import Channel
from tests.unit.insight.advice import shops
from tests.unit.insight.advice.shops import OFFERS

ASSUMED = "50% to 95% (assumed: the share that needs nobody)"
RATE = (
    "measured: 146.6 orders/s (adopted orders by webhook, each run to its end by two flows, on SQLite), 2026-11-30, on"
    " a machine of 2 cores that also ran the vendors (`python -m bench isolation`)"
)


def _flows(answers: Answers) -> list[tuple[str, tuple[float, float] | None]]:
    return [(one.flow, one.hours) for one in advise(answers, OFFERS).flows]


def _later(answers: Answers) -> list[tuple[str, tuple[float, float] | None, tuple[str, ...]]]:
    return [(one.flow, one.hours, one.lacks) for one in advise(answers, OFFERS).later]


def _connect(answers: Answers) -> list[tuple[str, str, str]]:
    return [(one.role, one.system, one.connector) for one in advise(answers, OFFERS).connect]


def _size(answers: Answers) -> tuple[object, ...]:
    one = advise(answers, OFFERS).sizing
    assert one is not None
    return one.store, one.workers, one.need, one.head_room, one.disk_gb


def test_the_brand_is_event_driven_on_one_process_and_begins_with_its_orders() -> None:
    advice = advise(shops.BRAND, OFFERS)
    assert (advice.verdict, advice.misfits, advice.asks) == (Verdict.FITS, (), ())
    assert advice.profile is not None
    assert advice.profile.profile == "event-driven"
    assert advice.profile.reasons == (
        Reason(
            "the shop's own checkout has answered its shopper before an order reaches the hub: nobody waits for us",
            ("checkout",),
        ),
    )
    assert _size(shops.BRAND) == ("sqlite", 1, (3.47, 10.42), (14.1, 42.2), (0.66, 1.97))
    assert advice.sizing is not None
    assert advice.sizing.bears == 17_592
    assert advice.sizing.reasons == (
        Reason(
            "15,000 orders on the busiest day: an hour of it is taken to have between a twelfth and a quarter (1,250 to"
            " 3,750), and its busiest second 10 times that hour's mean",
            ("orders_peak_day",),
        ),
        Reason(RATE, ()),
        Reason("at least 14.1 times what is needed, and 3 times is asked for: one process is enough", ()),
        Reason(
            "6,000 renewals may come at once: they are through after 19 s, and wait behind shoppers meanwhile"
            " (317.5 orders/s, 2026-11-30, `python -m bench renewal_burst`)",
            ("autoship_share", "orders_peak_day"),
        ),
    )
    assert _flows(shops.BRAND) == [
        ("adopt_order", (87.5, 166.2)), ("refund_return", (20.0, 38.0)), ("offer_stock", (5.2, 10.0)),
    ]  # fmt: skip
    assert [one.formula for one in advice.flows] == [
        f"3000 × 7 days × 0.5 min / 60 × {ASSUMED}", f"400 a week × 6 min / 60 × {ASSUMED}",
        f"90 min × 7 days / 60 × {ASSUMED}",
    ]  # fmt: skip
    assert _later(shops.BRAND) == [("look_ahead", (2.5, 4.8), ()), ("follow_parcel", (0.0, 18.7), ())]
    assert _connect(shops.BRAND) == [
        ("shop", "Shopify", "shopify"), ("erp", "Dynamics GP", "files"), ("fulfilment", "Shopify", "shopify"),
        ("payments", "Shopify", "shopify"), ("inventory", "Shopify", "shopify"), ("surveys", "Zigpoll", "zigpoll"),
        ("helpdesk", "Zendesk", "zendesk"), ("subscriptions", "Recharge", "recharge"),
        ("shipping", "EasyPost", "easypost"), ("marketing", "Klaviyo", "klaviyo"), ("crm", "Klaviyo", "klaviyo"),
    ]  # fmt: skip
    assert advice.connect[1].why == Reason(
        "adopt_order needs it (87.5 to 166.2 hours a week)", ("systems", "orders_a_day", "minutes_per_order")
    )
    assert [one.answers for one in advice.notes] == [("zones",), ("countries",)]
    assert advice.unknown == ("orders_peak_hour", "tell_later", "must_confirm", "agree_within", "where_is_it_share")


def test_a_small_shop_whose_books_are_a_database_is_told_what_it_takes_to_write_there() -> None:
    advice = advise(shops.WORDPRESS, OFFERS)
    assert advice.verdict is Verdict.FITS
    assert _size(shops.WORDPRESS) == ("sqlite", 1, (0.08, 0.08), (1759.2, 1759.2), (0.01, 0.03))
    assert _flows(shops.WORDPRESS) == [("offer_stock", (1.2, 2.2)), ("adopt_order", (0.0, 17.7))]  # the fax stays
    assert advice.flows[1].formula.endswith("0 to 95% (nothing leads into The fax: how much stays is unknown)")
    assert [one.takes for one in advice.flows] == [("erp",), ("erp",)]
    assert _connect(shops.WORDPRESS) == [
        ("shop", "WooCommerce", "woocommerce"), ("inventory", "WooCommerce", "woocommerce"),
        ("erp", "Lexware", "database"), ("fulfilment", "The fax", ""), ("helpdesk", "Gorgias", "http"),
    ]  # fmt: skip
    assert [one.how for one in advice.connect[2:4]] == [
        (
            "its rows are read and never written: `pawline connect database/NAME`; to write,"
            " `pawline new connector lexware --role erp` begins one that plays it"
        ),
        "nothing leads into it: a person stays between, or the system is replaced",
    ]
    assert advice.notes == (
        Reason("a person stays between The fax and the rest", ("systems",)),
        Reason(
            "cases wait for very few people: cap what a flow does in an hour (`[caps]`), and let cases come by mail",
            ("people",),
        ),
    )


def test_an_own_checkout_that_says_a_declined_card_at_once_is_hybrid_and_always_on_is_postgres() -> None:
    advice = advise(shops.HEADLESS, OFFERS)
    assert advice.verdict is Verdict.FITS
    assert advice.profile is not None
    assert advice.profile.profile == "hybrid"
    assert [one.answers for one in advice.profile.reasons] == [("systems",), ("tell_later",)]
    assert advice.profile.reasons[0].says == (
        "Depot WMS cannot answer while a shopper waits, so the hub's own holds decide about stock"
    )
    assert _size(shops.HEADLESS) == ("postgres", 2, (5.56, 5.56), (26.4, 26.4), (0.2, 0.59))
    assert _flows(shops.HEADLESS) == [("fulfil_order", (52.5, 99.8))]
    assert [one.takes for one in advice.flows] == [("inventory",)]
    assert _later(shops.HEADLESS) == [("refund_return", None, ("returns_a_week", "minutes_per_return"))]
    assert _connect(shops.HEADLESS) == [
        ("inventory", "Depot WMS", "files"), ("payments", "Stripe", "stripe"), ("fulfilment", "Depot WMS", "files"),
    ]  # fmt: skip


def test_an_own_checkout_that_may_say_it_later_waits_for_the_record_alone() -> None:
    advice = advise(shops.PATIENT, OFFERS)
    assert advice.verdict is Verdict.FITS
    assert advice.profile is not None
    assert (advice.profile.profile, advice.profile.reasons[0].answers) == ("event-driven", ("tell_later",))
    assert _size(shops.PATIENT) == ("sqlite", 1, (0.05, 0.14), (1055.5, 3166.6), (0.04, 0.13))
    assert advice.sizing is not None
    assert advice.sizing.reasons[-1] == Reason(
        "the peak is unknown: this is for usual days; it bears 17,592 orders in its busiest hour",
        ("orders_peak_day", "orders_peak_hour"),
    )
    assert _flows(shops.PATIENT) == [("fulfil_order", (23.3, 44.3))]
    # Nobody is there to be told where a parcel is, so `follow_parcel` is none of them.
    assert _later(shops.PATIENT) == [("refund_return", None, ("returns_a_week", "minutes_per_return"))]


def test_who_must_have_every_yes_is_synchronous_where_every_system_can_say_it() -> None:
    advice = advise(shops.PHARMACY, OFFERS)
    assert advice.verdict is Verdict.FITS
    assert advice.profile is not None
    assert (advice.profile.profile, advice.profile.reasons[0].answers) == ("synchronous", ("must_confirm",))
    assert _size(shops.PHARMACY) == ("sqlite", 1, (0.09, 0.28), (527.8, 1583.3), (0.07, 0.2))
    assert _connect(shops.PHARMACY) == [
        ("inventory", "Vetdesk", "http"), ("payments", "Stripe", "stripe"), ("erp", "Vetdesk", "http"),
    ]  # fmt: skip


def test_what_nobody_knows_stays_unknown() -> None:
    advice = advise(shops.UNSURE, OFFERS)
    assert (advice.verdict, advice.asks) == (Verdict.UNKNOWN, (
        "editor", "systems", "orders_a_day", "minutes_per_order", "returns_a_week", "minutes_per_return",
        "stock_minutes_a_day",
    ))  # fmt: skip
    assert advice.profile is not None
    assert (advice.profile.profile, advice.profile.reasons[0].answers) == (None, ("checkout",))
    assert _size(shops.UNSURE) == (None, 0, None, None, None)
    assert advice.flows == ()
    assert [(one.flow, one.hours) for one in advice.later] == [
        ("adopt_order", None), ("refund_return", None), ("offer_stock", None),
    ]  # fmt: skip
    assert advice.connect[1].how == (
        "ask its vendor whether it has an API, webhooks, files or a database: that decides"
    )


def test_what_was_never_measured_is_not_recommended() -> None:
    advice = advise(shops.GIANT, OFFERS)
    assert advice.verdict is Verdict.UNKNOWN
    assert advice.asks == ("a run of `python -m bench isolation` on machines of yours",)
    assert _size(shops.GIANT)[:4] == (None, 0, (555.56, 555.56), (0.3, 0.3))
    assert advice.sizing is not None
    assert advice.sizing.reasons[-1].says.startswith("it would take 13 workers if they added up")


def test_between_one_process_and_what_was_never_measured_there_is_postgres() -> None:
    busy = msgspec.structs.replace(shops.GIANT, orders_a_day=300_000, orders_peak_hour=40_000)
    assert _size(busy)[:4] == ("postgres", 3, (111.11, 111.11), (1.3, 1.3))
    daily = msgspec.structs.replace(shops.GIANT, orders_a_day=None, orders_peak_hour=None, orders_peak_day=200_000)
    assert _size(daily)[:4] == ("postgres", 4, (46.3, 138.89), (1.1, 3.2))  # by the worst of what it can be


def test_what_is_connected_already_takes_no_connector() -> None:
    books = msgspec.structs.replace(shops.system("Own books", "erp"), connected=True)
    advice = advise(msgspec.structs.replace(shops.BRAND, systems=(shops.SHOPIFY, books)), OFFERS)
    assert [one.takes for one in advice.flows] == [(), (), ()]
    assert [(one.system, one.connected) for one in advice.connect[:2]] == [("Shopify", False), ("Own books", True)]
    assert (advice.connect[1].connector, advice.connect[1].how) == ("Own books", "it is connected, and plays this role")


REFUSED = {
    "CORNER": [("nothing between", ("systems",))],
    "SMALL": [
        (
            "too little to save",
            ("orders_a_day", "minutes_per_order", "returns_a_week", "minutes_per_return", "stock_minutes_a_day"),
        )
    ],
    "TRADING": [("sub-second agreement", ("agree_within",)), ("a file cannot say yes", ("must_confirm", "systems"))],
    "SELLERS": [("nobody to run it", ("editor",)), ("marketplaces only", ("channels",))],
    "CLOSED": [("closed systems", ("systems",))],
}


@pytest.mark.parametrize(("name", "why"), REFUSED.items(), ids=REFUSED)
def test_whom_it_does_not_fit_is_told_so_and_nothing_else(name: str, why: list[tuple[str, tuple[str, ...]]]) -> None:
    advice = advise(getattr(shops, name), OFFERS)
    assert advice.verdict is Verdict.FITS_NOT
    assert [(one.criterion, one.answers) for one in advice.misfits] == why
    assert all(one.says and one.instead for one in advice.misfits)
    assert (advice.profile, advice.sizing, advice.flows, advice.connect) == (None, None, (), ())


def test_systems_whose_work_no_flow_takes_over_save_nothing() -> None:
    counted = shops.system("GA4", "analytics")
    told = advise(Answers(editor=True, systems=(shops.system("Own shop", "shop"), counted)), OFFERS)
    assert [(one.criterion, one.answers) for one in told.misfits] == [("too little to save", ("systems",))]
    assert told.misfits[0].says == "at most 0.0 hours a week are saved, and a hub takes at least 1"
    alone = advise(Answers(editor=True, systems=(counted,)), OFFERS)
    assert [one.criterion for one in alone.misfits] == ["nothing between"]


def test_a_system_that_is_written_down_once_for_each_role_is_one() -> None:
    twice = (shops.system("Shopify", "shop"), shops.system("shopify ", "payments"))
    told = advise(Answers(editor=True, systems=twice), OFFERS)
    assert [one.criterion for one in told.misfits] == ["nothing between"]


def test_who_wants_hours_alone_and_says_none_is_not_told_that_it_fits() -> None:
    told = advise(Answers(editor=True, checkout="theirs", systems=(shops.SHOPIFY, shops.BOOKS)), OFFERS)
    assert told.verdict is Verdict.UNKNOWN
    assert told.asks[:2] == ("orders_a_day", "minutes_per_order")
    worth = Answers(editor=True, orders_a_day=90, minutes_per_order=1, systems=(shops.SHOPIFY, shops.BOOKS))
    assert advise(worth, OFFERS).verdict is Verdict.FITS


def test_a_refusal_ends_just_beyond_its_line() -> None:
    more: dict[str, dict[str, Any]] = {
        "CORNER": {"systems": (*(shops.CORNER.systems or ()), shops.BOOKS)},
        "SMALL": {"minutes_per_order": 3.0},
        "TRADING": {"agree_within": 1.0, "must_confirm": False},
        "SELLERS": {"editor": True, "channels": (Channel.MARKETPLACE, Channel.WEB)},
        "CLOSED": {"systems": (shops.SHOPIFY, shops.BOOKS)},
    }
    for name, changed in more.items():
        assert advise(msgspec.structs.replace(getattr(shops, name), **changed), OFFERS).misfits == (), name
    wished = msgspec.structs.replace(shops.SMALL, goals=(Goal.LESS_WORK, Goal.FEEDBACK))
    assert advise(wished, OFFERS).verdict is Verdict.FITS  # not for the hours alone


def test_a_shops_own_history_takes_the_place_of_what_was_assumed() -> None:
    few = advise(shops.BRAND, OFFERS, {"adopt_order": Touchless(29, 29)})
    assert few.flows[0].hours == (87.5, 166.2)
    own = advise(shops.BRAND, OFFERS, {"adopt_order": Touchless(1_000, 990), "refund_return": Touchless(30, 0)})
    assert [(one.flow, one.hours) for one in own.flows] == [
        ("adopt_order", (171.8, 174.0)), ("offer_stock", (5.2, 10.0)), ("look_ahead", (2.5, 4.8)),
    ]  # fmt: skip
    assert (
        own.flows[0].formula == "3000 × 7 days × 0.5 min / 60 × 98% to 99% (your own: 990 of 1000 runs needed nobody)"
    )


def test_wilsons_interval_is_wilsons() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert [round(one, 4) for one in wilson(9, 10)] == [0.5958, 0.9821]
    assert [round(one, 4) for one in wilson(0, 30)] == [0.0, 0.1135]


def test_answers_that_contradict_each_other_are_none() -> None:
    with pytest.raises(ValueError, match="`orders_a_day` is 10 and `orders_peak_day` 5: the peak is the higher"):
        Answers(orders_a_day=10, orders_peak_day=5)
    with pytest.raises(ValueError, match="`orders_peak_day` is 15000 and `orders_peak_hour` 1: a day has 24 hours"):
        Answers(orders_peak_day=15_000, orders_peak_hour=1)  # else: 52,776 times head room
    assert Answers(orders_a_day=24, orders_peak_day=24, orders_peak_hour=1).orders_peak_hour == 1
    with pytest.raises(ValueError, match="the minutes by hand come to 1,167 hours a week, and `people` is 3"):
        Answers(people=3, orders_a_day=1_000, minutes_per_order=10)
    with pytest.raises(ValueError, match="'till' is no role: shop, erp"):
        System(name="Till", roles=("till",))
    with pytest.raises(ValueError, match="Till has no access, and some"):
        System(name="Till", roles=("erp",), access=(Access.NONE, Access.API))
