"""The page of effects is that of the cards, and of every connector."""

from __future__ import annotations

from pathlib import Path

from tests.docs.effects_page import cards, page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "effects.md"


def test_the_page_is_that_of_the_cards() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m tests.docs.effects_page > docs/reference/effects.md"


def test_every_effect_of_every_connector_is_on_it() -> None:
    rows = [line.split(" | ")[:3] for line in page().splitlines() if line.startswith("| ")][1:]
    told = {(name.removeprefix("| "), port, effect) for name, port, effect in rows}
    assert told == {
        (card.name, port.__name__, name) for card in cards() for port, offer in card.offers.items()
        for name in offer.operations
    }  # fmt: skip
    assert {"files", "hubspot", "klaviyo", "recharge", "sandbox", "shopify", "smtp"} <= {name for name, _, _ in told}
