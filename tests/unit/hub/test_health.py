"""What the doctor says of views and watches."""

from __future__ import annotations

import pytest

from pawline.hub.health import views_check, watches_check
from pawline.hub.watching import Sight
from pawline.views import Lag


def lag(seconds: float = 0.0, events: int = 0, skipped: int = 0) -> Lag:
    return Lag(view="orders@2", says="orders", events=events, seconds=seconds, skipped=skipped)


@pytest.mark.parametrize(
    ("lags", "hub", "state", "says"),
    [
        ([lag()], True, "good", "1 views are up to date"),
        ([lag(5.0, 3)], True, "good", "1 views are up to date"),
        (
            [lag(61.0, 3)],
            True,
            "bad",
            "orders@2 is 1 min 1 s behind (3 events): see the hub's log, then `pawline views",
        ),
        ([lag(61.0, 3)], False, "look", "orders@2 is 1 min 1 s behind"),
        ([lag(skipped=2)], True, "look", "orders@2 passed over 2 event(s): see the hub's log"),
    ],
)
def test_views(lags: list[Lag], hub: bool, state: str, says: str) -> None:
    check = views_check(lags, hub=hub)
    assert (check.name, check.state, check.says[: len(says)]) == ("views", state, says)


@pytest.mark.parametrize(
    ("sight", "state", "says"),
    [
        (
            Sight(account="erp/main", name="stock", looked=9.0, succeeded=9.0),
            "good",
            "1 lists and folders are looked at",
        ),
        (Sight(account="erp/main", name="stock"), "good", "1 lists and folders are looked at"),
        (Sight(account="erp/main", name="stock", succeeded=990.0, problem="away"), "look", "erp/main stock: away"),
        (Sight(account="erp/main", name="stock", problem="away"), "bad", "erp/main stock: away"),
    ],
)
def test_watches(sight: Sight, state: str, says: str) -> None:
    check = watches_check([sight], 1_000.0)
    assert (check.name, check.state, check.says) == ("watches", state, says)
