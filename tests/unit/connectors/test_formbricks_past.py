"""History in bulk: every response since a day, once, wherever it was stopped; a bad one keeps no other back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pawline.connectors.formbricks import past
from pawline.connectors.formbricks.past import PAST
from pawline.ports import Malformed
from tests.unit.connectors.fetching import SINCE, broken_off, fetched, killed_while_it_wrote, told_of
from tests.unit.connectors.formbricks_scene import Scene, run


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "MANY", 2)


def answered(here: Scene) -> list[str]:
    here.say({"nps": 0}, at=SINCE - timedelta(days=1))
    return [here.say({"nps": n}, at=datetime.now(UTC) - timedelta(days=100 * n)) for n in range(5)]


def test_all_of_it_is_told_and_from_any_place_on_the_rest(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        names, file = answered(here), tmp_path / "x.fetched"
        here.say({"nps": 9}, finished=False)  # at it still: the look's
        left = here.say({"nps": 9}, finished=False, at=datetime.now(UTC) - timedelta(days=1))
        assert len(await fetched(PAST, here, file)) > 2
        found, bad, offsets = await told_of(PAST, here, file)
        assert (sorted(set(found)), bad) == (sorted(f"{one}/nps" for one in [*names, left]), [])
        for offset in offsets:
            assert set((await told_of(PAST, here, file, offset))[0]) <= set(found)
        assert (await told_of(PAST, here, file, offsets[-1]))[0] == []

    run(told)
    (file,) = tmp_path.iterdir()
    assert (file.name, file.stat().st_mode & 0o077) == ("x.fetched", 0)


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_stopped_at_whichever_request_it_goes_on_and_none_lacks(tmp_path: Path, at: int) -> None:
    async def told(here: Scene) -> None:
        names, file = answered(here), tmp_path / "x.fetched"
        await broken_off(PAST, here, file, at)
        killed_while_it_wrote(file)
        here.api.asked.clear()
        await fetched(PAST, here, file)
        assert len(here.api.asked) == 5 - (at - 1)
        assert sorted(set((await told_of(PAST, here, file))[0])) == sorted(f"{one}/nps" for one in names)

    run(told)


def test_a_response_or_a_survey_that_cannot_be_read_is_set_aside_and_a_file_that_was_cut_off_is_none(
    tmp_path: Path,
) -> None:
    async def told(here: Scene) -> None:
        names, file = answered(here), tmp_path / "x.fetched"
        here.books.responses[names[1]]["surveyId"] = None
        await fetched(PAST, here, file)
        found, bad, _ = await told_of(PAST, here, file)
        assert set(found) == {f"{one}/nps" for one in names if one != names[1]}
        assert set(bad) == {f"answer {names[1]}"}
        whole: Any = here.survey.questions
        here.survey.questions = {"not": "a list"}  # type: ignore[assignment]
        found, bad, _ = await told_of(PAST, here, file)
        assert (found, set(bad)) == ([], {f"answer {one}" for one in names})
        here.survey.questions = whole
        file.write_bytes(file.read_bytes()[:-5])
        with pytest.raises(Malformed):
            await told_of(PAST, here, file)

    run(told)
