"""Each line of the checklist is met, not met or cannot be told, by what it says; and nothing else decides it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pawline.hub.health import span
from pawline.insight.advice import Touchless
from pawline.measure import checklist
from pawline.measure.asynchrony import Queues, asynchronous
from pawline.measure.checklist import Consistency, Feedback, Line, Looked, Part, State, Survey

OTHERS = {"erp": ["files"], "shop": ["shopify", "woocommerce"], "surveys": ["formbricks", "zigpoll"]}
CALM = Queues(tray=3, tray_age=2.0, undispatched=1, undispatched_age=0.5, runs={"waiting": 7}, rates=("shopify/eu",))
WELL = Consistency(
    accounts=(
        Looked(account="files/erp", looks=True, looked=60.0),
        Looked(account="shopify/eu", looks=True, looked=120.0, heard=5.0),
    ),
    parked=0, told=0, skipped=0,
)  # fmt: skip
EXIT = Survey(id="exit", answers=4, age=3_600.0, of_orders=0)
BOUGHT = Survey(id="bought", answers=9, age=60.0, of_orders=9)
BOTH = Feedback(accounts=("zigpoll/eu",), surveys=(EXIT, BOUGHT), exit_intent=("exit",), post_purchase=("bought",))


def test_parts_that_are_paused_one_by_one_are_modular() -> None:
    parts = [Part(account="files/erp", roles=("erp",), paused=True), Part(account="shopify/eu", roles=("shop",))]
    assert checklist.modular(parts, OTHERS) == Line(
        name="modular components", state=State.MET, proof=("pawline mode", "pawline stop ACCOUNT"),
        says="each by an account that is paused by itself: files/erp (erp), shopify/eu (shop); paused now: files/erp;"
        " to replace who plays erp takes a connector of your own",
    )  # fmt: skip
    assert checklist.modular([], OTHERS).state is State.UNKNOWN
    assert checklist.modular([parts[1]], OTHERS).state is State.NOT_MET  # one account is no two components
    assert checklist.modular([parts[1], Part(account="shopify/us", roles=("shop",))], OTHERS).state is State.MET
    whole = checklist.modular([Part(account="one/all", roles=("erp", "shop")), parts[1]], OTHERS)
    assert whole.state is State.NOT_MET
    assert whole.says.startswith("one/all plays all of it: to pause or replace one part is to stop every part.")


def test_what_does_not_pile_up_is_asynchronous() -> None:
    line = asynchronous(CALM, span)
    assert (line.state, line.says) == (
        State.MET,
        (
            "webhooks are answered once they are on disk, and no account is asked while a checkout waits: shopify/eu"
            " ask us for rates, which come from views; in the tray 3, undispatched 1, unfinished runs: 7 waiting"
        ),
    )


@pytest.mark.parametrize(
    ("changed", "begins"),
    [
        ({"tray_age": 901.0}, "the oldest webhook has waited 15 min 1 s; "),
        ({"undispatched_age": 61.0}, "the oldest event has waited 1 min 1 s to be dispatched; "),
        ({"stopped": ("all", "flow ship")}, "stopped, so that its work waits: all, flow ship; "),
        ({"rates_well": False}, "some checkouts that asked for rates had the backup, were refused or waited: "),
    ],
)
def test_what_piles_up_is_not(changed: dict[str, Any], begins: str) -> None:
    line = asynchronous(msgspec.structs.replace(CALM, **changed), span)
    assert line.state is State.NOT_MET
    assert line.says.startswith(begins)


@pytest.mark.parametrize(
    ("checkouts", "state", "part"),
    [
        ((("pets", "event-driven", 3.0),), State.MET, "on disk, and no account is asked while a checkout waits: "),
        ((("pets", "hybrid", 3.0),), State.MET,
         "on disk, and whoever buys at pets waits for the payment's first word, 3 s at most (hybrid): "),
        ((("pets", "synchronous", 2.5),), State.NOT_MET,
         "whoever buys at pets waits for every system, 2.5 s at most (synchronous); webhooks"),
        ((("pets", "synchronous", 2.5), ("cats", "event-driven", 3.0)), State.NOT_MET,
         "on disk, and no other checkout waits for an account: "),
    ],
)  # fmt: skip
def test_whoever_buys_of_us_waits_as_the_profile_says(
    checkouts: tuple[tuple[str, str, float], ...], state: State, part: str
) -> None:
    line = asynchronous(msgspec.structs.replace(CALM, checkouts=checkouts), span)
    assert (line.state, part in line.says, line.proof[-1]) == (state, True, "pawline profile")


def test_whether_rates_are_answered_is_not_said_where_it_cannot_be_asked() -> None:
    line = asynchronous(msgspec.structs.replace(CALM, rates=(), here=False), span)
    assert line.state is State.UNKNOWN
    assert "whether checkouts that ask for rates had them cannot be asked from here" in line.says


def test_what_was_looked_at_today_agrees() -> None:
    line = checklist.consistent(WELL, span)
    assert (line.state, line.says, line.proof) == (
        State.MET, "files/erp looked at 1 min ago; shopify/eu looked at 2 min ago, heard 5 s ago",
        ("pawline doctor", "pawline runs list --status parked"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "state", "says"),
    [
        ({"parked": 2}, State.NOT_MET, "2 runs are parked and wait for a person"),
        ({"told": 1}, State.NOT_MET, "1 cases are open of what was told and could not be read, or looked at"),
        ({"skipped": 4}, State.NOT_MET, "views passed over 4 events"),
        ({"accounts": (Looked(account="a/b", looks=True, looked=90_000.0),)}, State.NOT_MET,
         "a/b was last looked at 1 d 1 h ago"),
        ({"accounts": (Looked(account="a/b", looks=True, looked=9.0, problem="orders: no"),)}, State.NOT_MET,
         "a/b cannot be looked at: orders: no"),
        ({"accounts": (Looked(account="a/b", looks=False, heard=9.0),)}, State.UNKNOWN,
         "nothing looks for what webhooks of a/b lost"),
        ({"accounts": (Looked(account="a/b", looks=True),)}, State.UNKNOWN, "a/b not looked at yet"),
        ({"accounts": ()}, State.UNKNOWN, "no account tells us anything"),
        ({"behind": 61.0}, State.NOT_MET, "a view is 1 min 1 s behind"),
        ({"silent": ("stripe/eu",)}, State.UNKNOWN, "; nothing looks at or hears stripe/eu"),
        ({"here": False}, State.UNKNOWN, "when workers looked last is in their logs, and cannot be asked from here"),
    ],
)  # fmt: skip
def test_what_was_not_is_said(changed: dict[str, Any], state: State, says: str) -> None:
    line = checklist.consistent(msgspec.structs.replace(WELL, **changed), span)
    assert line.state is state
    assert says in line.says


def test_an_observed_flow_has_a_diff_to_look_at() -> None:
    line = checklist.consistent(msgspec.structs.replace(WELL, observed=("adopt_order",)), span)
    assert line.state is State.MET
    assert line.proof[-1] == "pawline diff adopt_order"


def test_surveys_of_both_kinds_have_answers() -> None:
    line = checklist.feedback(BOTH, span)
    assert (line.state, line.says) == (
        State.MET,
        (
            "connected: zigpoll/eu; exit-intent: exit, 4 answers in 30 days, the last 1 h ago; post-purchase: bought, 9"
            " answers in 30 days, the last 1 min ago"
        ),
    )


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({"accounts": ()}, State.NOT_MET),
        ({"surveys": (BOUGHT,)}, State.NOT_MET),  # it is known which is the other, and nobody answers it
        ({"exit_intent": ()}, State.UNKNOWN),  # nobody said which it is
        ({"post_purchase": ()}, State.MET),  # answers about orders say it themselves
        ({"surveys": (EXIT,), "post_purchase": ()}, State.UNKNOWN),
        ({"paused": ("zigpoll/eu",)}, State.NOT_MET),  # the last answers are old news
        ({"accounts": ("formbricks/us", "zigpoll/eu"), "paused": ("zigpoll/eu",)}, State.MET),
        ({"surveys": (BOUGHT, msgspec.structs.replace(EXIT, age=31 * 86_400.0))}, State.NOT_MET),
    ],
)
def test_a_survey_that_nobody_answers_is_not_live(changed: dict[str, Any], state: State) -> None:
    assert checklist.feedback(msgspec.structs.replace(BOTH, **changed), span).state is state


def test_pages_for_a_pet_are_not_there_yet_and_it_says_so() -> None:
    line = checklist.personal(["remember_a_pet"])
    assert (line.state, line.says.partition(":")[0]) == (State.NOT_MET, "not there yet")
    assert line.says.endswith("today: remember_a_pet")


@pytest.mark.parametrize(
    ("ended", "alone", "state"),
    [(29, 29, State.UNKNOWN), (1_000, 930, State.MET), (1_000, 910, State.NOT_MET), (30, 30, State.NOT_MET)],
)
def test_what_is_automatic_is_so_by_the_interval(ended: int, alone: int, state: State) -> None:
    assert checklist.automatic({"adopt_order": Touchless(ended, alone)}, ()).state is state


def test_what_only_watches_is_no_automation() -> None:
    found = {"adopt_order": Touchless(100, 98), "ship_order": Touchless(900, 0)}
    line = checklist.automatic(found, ("ship_order",))
    assert line.says == (
        "98 of 100 runs that ended in 30 days, or wait for a person, needed nobody (93.0% to 99.4%; the line is 90%);"
        " most touched: adopt_order 2 of 100; left out, for they only watch: ship_order"
    )
    assert line.state is State.MET


@pytest.mark.parametrize(
    ("peaks", "on_postgres", "cores", "state"),
    [
        ({"eu": None}, False, 2, State.UNKNOWN),
        ({"eu": 100, "us": None}, False, 2, State.UNKNOWN),  # nobody knows what the other one needs
        ({"eu": 10_000, "us": 7_592}, False, 2, State.MET),
        ({"eu": 10_000, "us": 7_992}, False, 2, State.NOT_MET),
        ({"eu": 17_592}, True, 2, State.NOT_MET),
        ({"eu": 100}, False, 1, State.UNKNOWN),
    ],
)
def test_the_highest_hour_has_head_room(
    peaks: dict[str, int | None], on_postgres: bool, cores: int, state: State
) -> None:  # fmt: skip
    line = checklist.scalable(peaks, on_postgres=on_postgres, cores=cores)
    assert line.state is state
    if state is State.MET:
        assert line.says.startswith("highest hour 10,000 orders in eu, 7,592 orders in us: 3 times its busiest second")
