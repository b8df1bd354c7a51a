"""A short demo: real processes, a kill, and the ledger's word that nothing was lost or doubled."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from typing import Any

from rich.console import Console

from pawline.cli.demo.figures import reckon
from pawline.cli.demo.screen import summary
from pawline.testing import Effect


def test_a_day_with_two_kills_loses_and_doubles_nothing() -> None:
    words = [sys.executable, "-m", "pawline.cli", "demo", "--checkout", "ours", "--orders", "120", "--kills", "2"]
    words += ["--seed", "7", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr + done.stdout
    figures = json.loads(done.stdout)
    assert {name: figures[name] for name in ("orders", "kills", "lost", "half_done", "doubled", "good")} == {
        "orders": 120, "kills": 2, "lost": [], "half_done": [], "doubled": [], "good": True,
    }  # fmt: skip
    assert figures["confirmed"] + sum(figures["refused"].values()) == 120
    assert figures["refused"]["declined"] in (3, 4)  # four cards bounce; one of them may have found no stock first
    assert (figures["written_twice"], figures["taken_too_much"], figures["stock_tied_up"]) == (0, {}, 0)
    assert (figures["by_hand"]["orders"], figures["by_hand"]["kills"]) == (120, 2)


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
    assert (figures.written_twice, figures.taken_too_much, figures.stock_tied_up) == (0, {}, 0)
    assert not figures.good


def test_the_reckoning_counts_what_a_household_and_the_books_would_feel() -> None:
    def effect(no: int, operation: str, business: str, **more: Any) -> Effect:
        return Effect(no=no, at=0.0, operation=operation, business=business, key=str(no), order="o", **more)

    books = [
        effect(1, "Marketing.send", "o/order_confirmation"),
        effect(2, "Marketing.send", "o/order_confirmation"),
        effect(3, "Payments.capture", "o/t1", amount=500, currency="EUR"),
        effect(4, "Payments.capture", "o/t2", amount=700, currency="EUR"),
        effect(5, "Payments.capture", "o/t1", amount=500, currency="EUR"),
        effect(6, "Inventory.reserve", "o", items={"dog": 2, "cat": 1}),
        effect(7, "Inventory.reserve", "o", items={"dog": 2, "cat": 1}),
        effect(8, "Inventory.commit", "o", items={"dog": 2, "cat": 1}),
        effect(9, "Inventory.commit", "o", items={"dog": 2, "cat": 1}, again=True),
    ]
    figures = reckon(["o"], books, refused={}, settled={}, kills=0, seconds=1.0)
    assert (figures.written_twice, figures.taken_too_much, figures.stock_tied_up) == (1, {"EUR": 500}, 3)


def test_what_a_person_reads_fits_eighty_columns() -> None:
    bad = reckon(["gone"], [], refused={}, settled={}, kills=5, seconds=29.5)
    good = reckon(["good"], effects("good", *WHOLE), refused={}, settled={"Payments": 16}, kills=5, seconds=31.4)
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(summary(bad, good))
    text = console.export_text()
    assert re.search(r"lost +1 +0 +nobody knows of it", text)
    assert re.search(r"confirmed, whole +0 +1 +reserved, paid, told", text)
    assert re.search(r"effects at Payments +0 +2 +16 doubts settled", text)
    assert len(text.splitlines()) == 1 + 1 + 5 + 6 + 3
