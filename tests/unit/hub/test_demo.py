"""A short demo: real processes, a kill, and the ledger's word that nothing was lost or doubled."""

from __future__ import annotations

import json
import subprocess
import sys

from pawline.cli.demo.figures import reckon
from pawline.testing import Effect


def test_a_day_with_two_kills_loses_and_doubles_nothing() -> None:
    words = [sys.executable, "-m", "pawline.cli", "demo", "--orders", "120", "--kills", "2", "--seed", "7", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr + done.stdout
    figures = json.loads(done.stdout)
    assert {name: figures[name] for name in ("orders", "kills", "lost", "half_done", "doubled", "good")} == {
        "orders": 120, "kills": 2, "lost": [], "half_done": [], "doubled": [], "good": True,
    }  # fmt: skip
    assert figures["confirmed"] + sum(figures["refused"].values()) == 120
    assert figures["refused"]["declined"] == 4


def effects(order: str, *operations: str) -> list[Effect]:
    return [
        Effect(no=n, at=0.0, operation=one, business=order, key=f"{order}{one}", order=order)
        for n, one in enumerate(operations)
    ]


WHOLE = ("Payments.authorize", "Inventory.reserve", "Payments.capture", "Inventory.commit", "Marketing.send")


def test_the_reckoning_finds_what_is_lost_half_done_and_doubled() -> None:
    books = [
        *effects("good", *WHOLE),
        *effects("twice", *WHOLE, "Inventory.reserve"),
        *effects("half", *WHOLE[:3]),
        *effects("undone", "Payments.authorize", "Payments.void"),
        *effects("held", "Payments.authorize"),
    ]
    orders = ["good", "twice", "half", "undone", "held", "gone"]
    refused = {"undone": "out of stock", "held": "declined"}
    figures = reckon(orders, books, refused=refused, settled={}, kills=1, seconds=2.0)
    assert (figures.confirmed, figures.refused) == (1, {"out of stock": 1})
    assert (figures.lost, figures.half_done) == (["gone"], ["twice", "half", "held"])
    assert figures.doubled == ["Inventory.reserve of twice"]
    assert figures.orders_per_second == 3.0
    assert not figures.good
