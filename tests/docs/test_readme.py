"""The first page names every connector, with the ports that it plays."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pawline.kit import Connector
from tests.docs.effects_page import cards

ROWS = dict(
    re.findall(r"^\| \[`(\w+)`\]\(src/pawline/connectors/\1/README\.md\) \| (.*) \|$",
               (Path(__file__).parents[2] / "README.md").read_text("utf-8"), re.MULTILINE)
)  # fmt: skip


def test_each_is_there_once_and_no_other() -> None:
    assert sorted(ROWS) == sorted(card.name for card in cards())


@pytest.mark.parametrize("card", [card for card in cards() if card.name != "sandbox"], ids=lambda card: card.name)
def test_its_ports_are_named(card: Connector[Any]) -> None:
    assert [port.__name__ for port in card.offers if port.__name__ not in ROWS[card.name]] == []
