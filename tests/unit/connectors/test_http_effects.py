"""Each way of settling that settings may declare, tried in the real runtime: one effect, or one and a question."""

from __future__ import annotations

from typing import Any

import pytest

from pawline.connectors.http import connector
from pawline.ports import Calls, EffectKind
from tests.docs.effects_tried import tried
from tests.unit.connectors.http_scene import KEYED, LOOKED_UP, REPEATED, calls

WAYS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "ask": ({}, ("once", "a case", "a case", "–")),
    "key": (KEYED, ("once", "once", "once", "a case")),
    "key, then look_up": (KEYED | {"look_up": "notes/{reference}"}, ("once", "once", "once", "once")),
    "look_up": (LOOKED_UP, ("once", "once", "once", "–")),
    "repeat": (REPEATED, ("once", "once", "once", "–")),
}
"""What came twice, timed out after the effect, was killed after it, and was killed until its key was forgotten."""


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_done_twice_by_a_system_that_is_as_declared(way: str) -> None:
    given, outcomes = WAYS[way]
    settings = connector.configure(calls(**given, counts_as="message") | {"url": "https://till.example"})
    (operation,) = connector.offers[Calls].settled(settings).values()
    assert operation.kind is EffectKind.MESSAGE
    assert tried(operation) == outcomes
