"""What the page of effects says was tried could have come out otherwise."""

from __future__ import annotations

import pytest

from pawline.ports import Operation, Settle
from tests.docs import effects_tried
from tests.docs.effects_tried import tried

FOR_A_DAY = Operation(settle=Settle.KEY)
THEN_ASKED = Operation(settle=Settle.KEY, after_key_life=Settle.LOOK_UP, look_up="find_it")


@pytest.mark.parametrize(
    ("operation", "outcomes"),
    [
        (FOR_A_DAY, ("once", "once", "once", "a case")),
        (THEN_ASKED, ("once", "once", "once", "once")),
        (Operation(settle=Settle.KEY, key_life=None), ("once", "once", "once", "–")),
        (Operation(settle=Settle.LOOK_UP, look_up="find_it"), ("once", "once", "once", "–")),
        (Operation(settle=Settle.REPEAT), ("once", "once", "once", "–")),
        (Operation(settle=Settle.ASK), ("once", "a case", "a case", "–")),
    ],
)
def test_each_way_of_settling(operation: Operation, outcomes: tuple[str, ...]) -> None:
    assert tried(operation) == outcomes


def test_a_vendor_that_is_not_as_its_card_says_would_have_been_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that says it is harmless to ask again, and is not."""

    class Careless(effects_tried.Vendor):
        async def put(self, thing: str) -> str:
            self._known.clear()
            before, self.effects = self.effects, 0
            try:
                return await super().put(thing)
            finally:
                self.effects += before

    monkeypatch.setattr(effects_tried, "Vendor", Careless)
    with pytest.raises(AssertionError, match="2 effects"):
        effects_tried._outcome(Operation(settle=Settle.REPEAT), effects_tried._timed_out)
