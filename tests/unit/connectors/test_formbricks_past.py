"""History in bulk: every response since a day, once, wherever it was stopped; a bad one keeps no other back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pawline.connectors.formbricks import past
from pawline.connectors.formbricks.past import PAST
from pawline.ports import Malformed, Transient
from pawline.sandbox import Fault, Faults
from pawline.testing.counter import LOOPBACK
from tests.unit.connectors.formbricks_scene import Scene, run

SINCE = datetime.now(UTC) - timedelta(days=900)


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "MANY", 2)


async def fetched(here: Scene, to: Path) -> list[str]:
    said: list[str] = []
    await PAST.fetch(here.http, here.settings, LOOPBACK, SINCE, to, said.append)
    return said


async def told_of(here: Scene, file: Path, offset: int = 0) -> tuple[list[str], list[str], list[int]]:
    names, bad, offsets = list[str](), list[str](), list[int]()
    async for one in PAST.read(here.http, here.settings, file, offset):
        names += [seen.id for seen in one.sightings]
        bad += [one.bad.where] if one.bad is not None else []
        offsets.append(one.offset)
    return names, bad, offsets


def answered(here: Scene) -> list[str]:
    here.say({"nps": 0}, at=SINCE - timedelta(days=1))
    return [here.say({"nps": n}, at=datetime.now(UTC) - timedelta(days=100 * n)) for n in range(5)]


def test_all_of_it_is_told_and_from_any_place_on_the_rest(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        names, file = answered(here), tmp_path / "x.fetched"
        here.say({"nps": 9}, finished=False)  # at it still: the look's
        left = here.say({"nps": 9}, finished=False, at=datetime.now(UTC) - timedelta(days=1))
        assert len(await fetched(here, file)) > 2
        found, bad, offsets = await told_of(here, file)
        assert (sorted(set(found)), bad) == (sorted(f"{one}/nps" for one in [*names, left]), [])
        for offset in offsets:
            assert set((await told_of(here, file, offset))[0]) <= set(found)
        assert (await told_of(here, file, offsets[-1]))[0] == []

    run(told)
    (file,) = tmp_path.iterdir()
    assert (file.name, file.stat().st_mode & 0o077) == ("x.fetched", 0)


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_stopped_at_whichever_request_it_goes_on_and_none_lacks(tmp_path: Path, at: int) -> None:
    async def told(here: Scene) -> None:
        names, file = answered(here), tmp_path / "x.fetched"
        here.desk.vendors.faults = Faults(at={at: Fault.BROKEN})
        with pytest.raises(Transient):
            await fetched(here, file)
        here.desk.vendors.faults = Faults()
        assert not file.exists()
        some = tmp_path / "x.fetched.some"
        if some.exists():
            some.write_bytes(some.read_bytes() + b'{"half": ')  # it was killed while it wrote
        here.api.asked.clear()
        await fetched(here, file)
        assert len(here.api.asked) == 5 - (at - 1)
        assert sorted(set((await told_of(here, file))[0])) == sorted(f"{one}/nps" for one in names)

    run(told)


def test_a_response_or_a_survey_that_cannot_be_read_is_set_aside_and_a_file_that_was_cut_off_is_none(
    tmp_path: Path,
) -> None:
    async def told(here: Scene) -> None:
        names, file = answered(here), tmp_path / "x.fetched"
        here.books.responses[names[1]]["surveyId"] = None
        await fetched(here, file)
        found, bad, _ = await told_of(here, file)
        assert set(found) == {f"{one}/nps" for one in names if one != names[1]}
        assert set(bad) == {f"answer {names[1]}"}
        whole: Any = here.survey.questions
        here.survey.questions = {"not": "a list"}  # type: ignore[assignment]
        found, bad, _ = await told_of(here, file)
        assert (found, set(bad)) == ([], {f"answer {one}" for one in names})
        here.survey.questions = whole
        file.write_bytes(file.read_bytes()[:-5])
        with pytest.raises(Malformed):
            await told_of(here, file)

    run(told)
