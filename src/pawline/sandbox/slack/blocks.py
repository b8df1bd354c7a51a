"""What Slack takes for blocks, as its pages have it: the kinds that cards are made of, and their limits.

https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

MOST: Final = 50
"""Blocks of a message."""
LONGEST: Final = 12_000
"""Characters of all their texts; on no page, see https://github.com/slackapi/bolt-js/issues/2509 ."""
_LIMITS: Final = {"header": 150, "section": 3_000, "context": 3_000}


def wrong(blocks: Any) -> str | None:  # noqa: ANN401 - JSON
    """The first thing that is wrong with them, in words; None where Slack would take them."""
    if not isinstance(blocks, list) or len(blocks) > MOST:
        return f"blocks is no list of {MOST} at most"
    named = [one["block_id"] for one in blocks if isinstance(one, dict) and "block_id" in one]
    if len(set(named)) != len(named):
        return "a block_id comes twice"
    return next((said for one in blocks for said in _block(one)), None)


def size(blocks: Any) -> int:  # noqa: ANN401 - JSON
    """Characters of all texts in them, those of buttons and of what is asked once more, too."""
    if isinstance(blocks, dict):
        return sum(len(one) if name == "text" and isinstance(one, str) else size(one) for name, one in blocks.items())
    return sum(map(size, blocks)) if isinstance(blocks, list) else 0


def buttons(blocks: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Each button, and the block that it is in."""
    return [
        (str(block.get("block_id", "")), one)
        for block in blocks if block.get("type") == "actions" for one in block["elements"]
    ]  # fmt: skip


def _block(one: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    kind = one.get("type") if isinstance(one, dict) else None
    if kind in ("header", "section"):
        yield from _text(one.get("text"), _LIMITS[kind], plain=kind == "header")
    elif kind == "context":
        elements = one.get("elements") or []
        if not 1 <= len(elements) <= 10:
            yield "a context has one to ten elements"
        for text in elements:
            yield from _text(text, _LIMITS[kind])
    elif kind == "actions":
        yield from _actions(one.get("elements") or [])
    else:
        yield f"unsupported block: {kind}"


def _actions(elements: list[dict[str, Any]]) -> Iterator[str]:
    if not 1 <= len(elements) <= 25:
        yield "a block of actions has one to twenty-five elements"
    ids = [one.get("action_id") for one in elements]
    if len(set(ids)) != len(ids):
        yield "an action_id comes twice"
    for one in elements:
        if (
            one.get("type") != "button"
            or len(str(one.get("action_id"))) > 255
            or len(str(one.get("value", ""))) > 2_000
        ):
            yield "no button of a fitting id and value"
        if one.get("style") not in (None, "primary", "danger"):
            yield "a style is primary or danger"
        yield from _text(one.get("text"), 75, plain=True)
        if (confirm := one.get("confirm")) is not None:
            for name, most in {"title": 100, "text": 300, "confirm": 30, "deny": 30}.items():
                yield from _text(confirm.get(name), most)


def _text(one: Any, most: int, *, plain: bool = False) -> Iterator[str]:  # noqa: ANN401 - JSON
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if not isinstance(one, dict) or one.get("type") not in kinds:
        yield f"a text is {' or '.join(kinds)}"
    elif not 1 <= len(str(one.get("text", ""))) <= most:
        yield f"must be more than 0 and no more than {most} characters"
