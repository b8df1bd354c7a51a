"""Towns, each in a folder of its own; views that look twice a minute, for hours pass here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.hub.alarms.town import BOXES, TEAM, Town


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Town]]:
    monkeypatch.setattr("pawline.views.projector.LOOK", 30.0)
    made = []

    def make(alarms: str = TEAM, **given: object) -> Town:
        made.append(Town(tmp_path, alarms, **given))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for _ in made:
        BOXES.pop()
