"""How long a vendor takes, answer by answer."""

from __future__ import annotations

from pawline.sandbox import Manner
from pawline.sandbox.manner import Turns


def test_latencies_are_taken_in_turn_and_over_again_by_vendor() -> None:
    turns, late = Turns(), Manner(latencies=(1.0, 2.0), latency=0.5)
    assert [turns.seconds("crm", late) for _ in range(3)] == [1.5, 2.5, 1.5]
    assert turns.seconds("mail", late) == 1.5
    assert turns.seconds("crm", Manner()) == 0.0
    assert turns.seconds("crm", Manner(latencies=(1.0, 2.0, 7.0))) == 2.0
