"""Fakes of each port, conformance suites, a clock, crash points: for us and for partners."""

from pawline.sandbox.faults import ANY_TIME, Fault, Faults
from pawline.sandbox.ledger import (
    Balance,
    Effect,
    FileLedger,
    Ledger,
    MemoryLedger,
    Movement,
    counts,
    duplicates,
    money,
    read_ledger,
    repeats,
    several_keys,
    stock,
)  # fmt: skip
from pawline.sandbox.vendors import KEYED, LOOK_UPS, Line, Reply, Request, Vendors
from pawline.testing.books import Books
from pawline.testing.clock import NOON, VirtualTime
from pawline.testing.crash import Crash, Died, Place, places
from pawline.testing.day import Day, Told, open_cases, runs
from pawline.testing.lives import Lives, abandon
from pawline.testing.players import SETTLED, Own, Player, bindings, players

__all__ = [
    "ANY_TIME",
    "KEYED",
    "LOOK_UPS",
    "NOON",
    "SETTLED",
    "Balance",
    "Books",
    "Crash",
    "Day",
    "Died",
    "Effect",
    "Fault",
    "Faults",
    "FileLedger",
    "Ledger",
    "Line",
    "Lives",
    "MemoryLedger",
    "Movement",
    "Own",
    "Place",
    "Player",
    "Reply",
    "Request",
    "Told",
    "Vendors",
    "VirtualTime",
    "abandon",
    "bindings",
    "counts",
    "duplicates",
    "money",
    "open_cases",
    "places",
    "players",
    "read_ledger",
    "repeats",
    "runs",
    "several_keys",
    "stock",
]  # fmt: skip
