"""A card's word about an operation is free of contradictions, and says how to settle what is unknown."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import msgspec
import pytest

from pawline.ports import KEY_LIFE, Breaker, EffectKind, Limits, Operation, Settle

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_what_an_operation_is_unless_said_otherwise() -> None:
    plain = Operation(settle=Settle.KEY)
    assert plain == Operation(
        settle=Settle.KEY,
        timeout=10 * SECOND,
        margin=SECOND,
        key_life=timedelta(hours=24),
        after_key_life=Settle.ASK,
        look_up=None,
        kind=None,
    )
    assert plain.settle_by(NOON) == NOON + 11 * SECOND


def test_a_key_is_good_only_while_a_repeat_ends_within_its_life() -> None:
    by_key = Operation(settle=Settle.KEY, after_key_life=Settle.LOOK_UP, look_up="find_charge", kind=EffectKind.MONEY)
    last = NOON + KEY_LIFE - 11 * SECOND
    assert by_key.settle_at(NOON, first_sent=NOON) is Settle.KEY
    assert by_key.settle_at(last - timedelta(microseconds=1), first_sent=NOON) is Settle.KEY
    assert by_key.settle_at(last, first_sent=NOON) is Settle.LOOK_UP
    assert by_key.settle_at(NOON + timedelta(days=9), first_sent=NOON) is Settle.LOOK_UP
    assert Operation(settle=Settle.KEY).settle_at(NOON + KEY_LIFE, first_sent=NOON) is Settle.ASK


def test_a_key_may_never_die() -> None:
    for_ever = Operation(settle=Settle.KEY, key_life=None)
    assert for_ever.settle_at(NOON + timedelta(days=999), first_sent=NOON) is Settle.KEY


@pytest.mark.parametrize("settle", [Settle.REPEAT, Settle.ASK, Settle.LOOK_UP])
def test_without_a_key_time_changes_nothing(settle: Settle) -> None:
    operation = Operation(settle=settle, look_up="find" if settle is Settle.LOOK_UP else None)
    assert operation.settle_at(NOON, first_sent=NOON) is settle
    assert operation.settle_at(NOON + timedelta(days=999), first_sent=NOON) is settle


NO_TIME = "an operation needs a time-out above zero and a margin that is not below it"
NO_KEY = "key_life and after_key_life mean nothing for Settle.{}"
LOOK_UP = "look_up names a method where something is settled by LOOK_UP, and only there"


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Operation(settle=Settle.ASK, timeout=0 * SECOND), NO_TIME),
        (lambda: Operation(settle=Settle.ASK, margin=-SECOND), NO_TIME),
        (lambda: Operation(settle=Settle.ASK, key_life=SECOND), NO_KEY.format("ASK")),
        (lambda: Operation(settle=Settle.REPEAT, key_life=None), NO_KEY.format("REPEAT")),
        (
            lambda: Operation(settle=Settle.REPEAT, after_key_life=Settle.LOOK_UP, look_up="find"),
            NO_KEY.format("REPEAT"),
        ),
        (lambda: Operation(settle=Settle.LOOK_UP), LOOK_UP),
        (lambda: Operation(settle=Settle.KEY, after_key_life=Settle.LOOK_UP), LOOK_UP),
        (lambda: Operation(settle=Settle.KEY, look_up="find"), LOOK_UP),
        (lambda: Operation(settle=Settle.ASK, look_up="find"), LOOK_UP),
        (lambda: Operation(settle=Settle.LOOK_UP, look_up="find it"), "look_up is the name of a method, not 'find it'"),
        (
            lambda: Operation(settle=Settle.KEY, after_key_life=Settle.KEY),
            "once its key is forgotten a call is looked up or asked about, never sent again",
        ),
        (
            lambda: Operation(settle=Settle.KEY, after_key_life=Settle.REPEAT),
            "once its key is forgotten a call is looked up or asked about, never sent again",
        ),
        (
            lambda: Operation(settle=Settle.KEY, key_life=None, after_key_life=Settle.LOOK_UP, look_up="find"),
            "a key that never dies has no after_key_life",
        ),
        (
            lambda: Operation(settle=Settle.KEY, key_life=11 * SECOND),
            "a key must live longer than a call, or it is no way to settle one",
        ),
        (lambda: Breaker(failures=0), "a breaker counts at least one failure and sends at least one probe"),
        (lambda: Breaker(probes=0), "a breaker counts at least one failure and sends at least one probe"),
        (lambda: Breaker(window=0 * SECOND), "a breaker's window and cool_down are above zero"),
        (lambda: Breaker(cool_down=-SECOND), "a breaker's window and cool_down are above zero"),
        (lambda: Limits(rate=0), "a rate is above zero; None is no limit"),
        (lambda: Limits(rate=float("nan")), "a rate is above zero; None is no limit"),
        (lambda: Limits(burst=0), "burst and concurrency are at least 1"),
        (lambda: Limits(concurrency=0), "burst and concurrency are at least 1"),
        (
            lambda: Limits(retry_share=0, retry_floor=0),
            "a retry budget is not below zero, and not zero altogether",
        ),
        (lambda: Limits(retry_share=-0.1), "a retry budget is not below zero, and not zero altogether"),
    ],
    ids=count(),
)
def test_a_contradiction_is_refused(make: Callable[[], object], told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        make()
    assert str(caught.value) == told


def test_cards_come_back_from_json() -> None:
    operation = Operation(settle=Settle.LOOK_UP, look_up="find", timeout=timedelta(seconds=2.5), kind=EffectKind.STOCK)
    assert msgspec.json.decode(msgspec.json.encode(operation), type=Operation) == operation
    limits = Limits(rate=1.5, burst=3, breaker=Breaker(failures=3))
    assert msgspec.json.decode(msgspec.json.encode(limits), type=Limits) == limits
