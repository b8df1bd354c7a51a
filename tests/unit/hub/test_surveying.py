"""`[surveys]` in the settings reaches whoever decides, in a real hub; and its port lacks in no hub."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pawline.hub import Hub, load_settings
from pawline.hub.preparing import OWN
from pawline.ports import Invitations
from pawline.store import Keyring


@pytest.mark.parametrize(("said", "every"), [("", timedelta(days=30)), ("[surveys]\ndays = 2.5", timedelta(hours=60))])
async def test_so_seldom_anybody_is_asked(tmp_path: Path, said: str, every: timedelta) -> None:
    (tmp_path / "pawline.toml").write_text(f'shops = ["pets"]\n{said}', "utf-8")
    Keyring.generate().save(tmp_path / "pawline.key")
    async with await Hub.open(load_settings(tmp_path / "pawline.toml", {})) as hub:
        bound: Any = hub.engine.bindings.get("Invitations", "pawline/pets")
        assert bound.implementation._every == every.total_seconds()
    assert Invitations in OWN
