"""Rows of a run, for tests: as few as show what is meant."""

from __future__ import annotations

from typing import Any

from pawline.lab.rows import Column, Fate, Lag, Left, OrderRow, Pace, Parts, Round, Span, Visit, Way
from pawline.testing import Effect

WHOLE = (
    "Payments.authorize", "Inventory.reserve", "Payments.capture", "Inventory.commit", "Shipping.book",
    "Fulfilment.request", "Marketing.send",
)  # fmt: skip


def visit(number: int, waited: float | None, **more: Any) -> Visit:
    given: dict[str, Any] = {
        "part": "quiet", "due": float(number), "pressed": float(number), "stayed": waited or 1_000.0, "page_ms": 5.0,
        "status": 201 if waited else 0, "asked": 1, "broken": 0, "gave_up": waited is None, "came_back": False,
        "left": Left.BOUGHT if waited else Left.GAVE_UP, "orders": (f"o{number}",),
    }  # fmt: skip
    return Visit(number=number, waited=waited, **(given | more))


def order(number: int, done: float | None = 3.0, fate: Fate = Fate.WHOLE, **more: Any) -> OrderRow:
    given: dict[str, Any] = {"placed": float(number), "refused": False, "arrived": fate is Fate.WHOLE, "doubled": 0}
    return OrderRow(order=f"o{number}", number=number, done=done, fate=fate, **(given | more))


def effects(name: str, *operations: str, at: float = 100.0) -> list[Effect]:
    return [
        Effect(no=n, at=at + n, operation=one, business=name, key=f"{name}{one}", order=name)
        for n, one in enumerate(operations)
    ]


PARTS = Parts(processes=1, stores=1, systems=6, flows=2, settings=40, code_lines=0, views=10, tools=("a", "b"))
SCRIPT = Parts(processes=1, stores=0, systems=6, flows=0, settings=4, code_lines=90)
TROUBLE = Span(name="the till is slow", begin=3.0, end=5.0)


def hub(*, visits: tuple[Visit, ...] = (), orders: tuple[OrderRow, ...] = (), **more: Any) -> Column:
    """The event-driven one, of one day."""
    day = Round(visits=visits, orders=orders, troubles=(TROUBLE,), lags=(Lag(at=1.0, ms=40.0),), seconds=9.0)
    ramp = (Pace(rate=10, came=15, broken=0, p99_ms=20.0), Pace(rate=40, came=60, broken=0, p99_ms=400.0))
    return Column(way=Way.EVENT_DRIVEN, parts=PARTS, rounds=(day,), ramp=more.get("ramp", ramp))


def hand(*, visits: tuple[Visit, ...] = (), orders: tuple[OrderRow, ...] = ()) -> Column:
    """The script's, of one day."""
    day = Round(visits=visits, orders=orders, troubles=(TROUBLE,), seconds=9.0)
    slow = (Pace(rate=10, came=15, broken=0, p99_ms=2_400.0), Pace(rate=40, came=60, broken=2, p99_ms=2_500.0))
    return Column(way=Way.BY_HAND, parts=SCRIPT, rounds=(day,), ramp=slow)
