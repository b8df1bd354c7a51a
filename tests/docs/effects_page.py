"""The reference of every effect of every connector: from the cards, and tried.

python -m tests.docs.effects_page > docs/reference/effects.md
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pawline.connectors
from pawline.kit import Connector
from pawline.ports import Operation, Settle
from tests.docs.effects_tried import SITUATIONS, tried

HEAD = """\
# Effects

Generated (`python -m tests.docs.effects_page > docs/reference/effects.md`); a test compares them. What a card says of
each effect, and what comes of it when nobody knows whether it happened.

- **by its key**: the same arguments again under the same key, which the vendor knows for so long; afterwards as said
- **looked up**: the vendor is asked, not before the call can have ended, and it is sent again only if it did not happen
- **repeated**: twice is as good as once
- **asked**: a person says whether it happened

The four columns at the right were tried in the real runtime, with a vendor that is as the card says: its cause came
twice; it timed out after it took effect; the hub was killed after that, before the answer; and the same, but the hub
came back when the vendor had forgotten the key. **once**: one effect, and the run went on. **a case**: one effect,
and a person is asked. That the vendors are as their cards say is for their own tests; `conformance` holds every
connector to one key for all attempts of a step, another for another step, and no call that is under way when others
look it up.

| connector | port | effect | an outcome that is unknown is | counts as | {situations} |
|---|---|---|---|---|{lines}|
""".format(situations=" | ".join(SITUATIONS), lines="|".join("---" for _ in SITUATIONS))


def cards() -> Iterator[Connector[Any]]:
    """Every connector of ours, by name."""
    for one in sorted(pkgutil.iter_modules(pawline.connectors.__path__), key=lambda one: one.name):
        card = importlib.import_module(f"pawline.connectors.{one.name}").connector
        assert isinstance(card, Connector)
        yield card


def page() -> str:
    return HEAD + "".join(
        f"| {card.name} | {port.__name__} | {name} | {_how(one)} | {_kind(one)} | {' | '.join(tried(one))} |\n"
        for card in cards()
        for port, offer in sorted(card.offers.items(), key=lambda pair: pair[0].__name__)
        for name, one in sorted(offer.operations.items())
    )


def _how(operation: Operation) -> str:
    if operation.settle is Settle.KEY:
        if operation.key_life is None:
            return "by its key, for ever"
        after = "asked" if operation.after_key_life is Settle.ASK else f"looked up (`{operation.look_up}`)"
        return f"by its key, {_span(operation.key_life)}; then {after}"
    if operation.settle is Settle.LOOK_UP:
        return f"looked up (`{operation.look_up}`)"
    return {Settle.REPEAT: "repeated", Settle.ASK: "asked"}[operation.settle]


def _span(life: timedelta) -> str:
    hours = life.total_seconds() / 3600
    return f"{hours:g} h"


def _kind(operation: Operation) -> str:
    return operation.kind.value if operation.kind is not None else ""


if __name__ == "__main__":
    sys.stdout.write(page())
