"""What the ledgers say of a day."""

from __future__ import annotations

from pawline.lab.judging import Known, half_done, judged, lost, oversold
from pawline.lab.rows import Back, Fate
from pawline.testing import Effect
from tests.unit.lab.rows import WHOLE, effects


def test_each_order_is_whole_undone_half_done_or_nothing() -> None:
    books = [
        *effects("good", *WHOLE),
        *effects("twice", *WHOLE, "Inventory.reserve"),
        *effects("undone", "Payments.authorize", "Inventory.reserve", "Payments.void", "Inventory.release"),
        *effects("held", "Payments.authorize", "Inventory.reserve", "Inventory.release"),
        *effects("late", *WHOLE[:-1]),
    ]
    known = {name: Known(n, 1.0 * n, name in {"undone", "no"}) for n, name in
             enumerate(("good", "twice", "undone", "held", "late", "gone", "no"))}  # fmt: skip
    rows = judged(books, known, begun=100.0)
    assert [(one.order, one.fate, one.done, one.arrived, one.doubled) for one in rows] == [
        ("good", Fate.WHOLE, 6.0, True, 0), ("twice", Fate.HALF, None, True, 1),
        ("undone", Fate.UNDONE, 3.0, False, 0), ("held", Fate.HALF, None, False, 0),
        ("late", Fate.HALF, None, False, 0), ("gone", Fate.NOTHING, None, False, 0),
        ("no", Fate.NOTHING, None, False, 0),
    ]  # fmt: skip
    assert [one.order for one in lost(rows)] == ["gone"]
    assert [one.order for one in half_done(rows)] == ["twice", "held", "late"]


def test_what_nobody_took_and_no_vendor_heard_of_is_no_order() -> None:
    sent = {name: Known(n, 0.0, refused=False, sure=False) for n, name in enumerate(("unheard", "begun"))}
    rows = judged(effects("begun", "Inventory.reserve"), sent, begun=100.0)
    assert [(one.order, one.fate) for one in rows] == [("begun", Fate.HALF)]


def test_what_changed_nothing_is_no_effect() -> None:
    again = Effect(no=9, at=200.0, operation="Payments.capture", business="good", key="k", order="good", again=True)
    (row,) = judged([*effects("good", *WHOLE), again], {"good": Known(1, 0.0, refused=False)}, begun=100.0)
    assert (row.fate, row.done, row.doubled) == (Fate.WHOLE, 6.0, 0)


def test_more_asked_of_the_warehouse_than_there_was_is_oversold() -> None:
    asked = [
        Effect(no=n, at=1.0, operation="Fulfilment.request", business=f"o{n}/all", key=str(n), items={"toy": 2})
        for n in range(3)
    ]
    assert oversold(asked, {"toy": 6}) == {}
    assert oversold(asked, {"toy": 5}) == {"toy": 1}


def back(how: Back, *operations: str) -> tuple[Fate, int]:
    """What becomes of an order of which its column heard that, and how many are lost."""
    known = {"o": Known(1, 100.0, refused=False, back=how)}
    (row,) = judged(effects("o", *operations), known, 100.0)
    return row.fate, len(lost([row]))


def test_what_came_back_is_whole_once_its_money_went_back_and_once_only() -> None:
    told = ("Payments.refund", "Marketing.send")
    assert back(Back.SENT_BACK, *WHOLE, *told) == (Fate.WHOLE, 0)
    assert back(Back.SENT_BACK, *WHOLE) == (Fate.HALF, 0)
    assert back(Back.SENT_BACK, *WHOLE, *told, "Payments.refund") == (Fate.HALF, 0)
    assert back(Back.SENT_BACK, *WHOLE[:-2], *told) == (Fate.HALF, 0)


def test_what_was_called_off_is_undone_once_money_label_and_parcel_are() -> None:
    gone = ("Payments.refund", "Shipping.cancel", "Fulfilment.cancel")
    assert back(Back.CALLED_OFF) == (Fate.NOTHING, 0)
    assert back(Back.CALLED_OFF, *WHOLE, *gone) == (Fate.UNDONE, 0)
    assert back(Back.CALLED_OFF, "Payments.authorize", "Payments.void") == (Fate.UNDONE, 0)
    for lacks in gone:
        assert back(Back.CALLED_OFF, *WHOLE, *(one for one in gone if one != lacks)) == (Fate.HALF, 0)
    assert back(Back.CALLED_OFF, *WHOLE) == (Fate.HALF, 0)
    assert back(Back.CALLED_OFF, "Inventory.reserve") == (Fate.HALF, 0)
    assert back(Back.CALLED_OFF, "Inventory.reserve", "Inventory.release") == (Fate.UNDONE, 0)
