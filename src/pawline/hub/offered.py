"""Which roles the connectors that come with the hub play, by their cards."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Final

from pawline.hub.connecting import CONNECTORS, card_of

PRETENDED: Final = "sandbox"
"""It plays every role, and is nobody's system."""


def offers() -> dict[str, frozenset[str]]:
    """By connector, the ports it plays, small; those that are read or heard only play none. The sandbox is left out."""
    folder = Path(importlib.import_module(CONNECTORS).__path__[0])
    names = sorted(one.name for one in pkgutil.iter_modules([str(folder)]) if one.name != PRETENDED)
    cards = {name: card_of(CONNECTORS, f"{name}/any") for name in names}
    return {name: frozenset(port.__name__.lower() for port in card.offers) for name, card in cards.items()}
