"""History in bulk: every answer since a day, once, wherever it was stopped; a bad one keeps no other back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pawline.connectors.zigpoll import looking
from pawline.connectors.zigpoll.past import PAST
from pawline.ports import Malformed
from tests.unit.connectors.fetching import SINCE, broken_off, fetched, killed_while_it_wrote, told_of
from tests.unit.connectors.zigpoll_scene import Scene, run


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking.page_of, "__defaults__", (2,))


def answered(here: Scene) -> list[str]:
    here.say((0, "0"), at=SINCE - timedelta(days=1))
    return [here.say((0, str(n)), at=datetime.now(UTC) - timedelta(days=100 * n))[0] for n in range(5)]


def test_all_of_it_is_told_and_from_any_place_on_the_rest(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        names, file = answered(here), tmp_path / "x.fetched"
        assert await fetched(PAST, here, file) == ["2 answers are here", "4 answers are here", "5 answers are here"]
        found, bad, offsets = await told_of(PAST, here, file)
        assert (sorted(found), bad) == (sorted(names), [])
        for n, offset in enumerate(offsets):
            assert (await told_of(PAST, here, file, offset))[0] == found[n + 1 :]

    run(told)
    (file,) = tmp_path.iterdir()
    assert (file.name, file.stat().st_mode & 0o077) == ("x.fetched", 0)


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_stopped_at_whichever_request_it_goes_on_and_each_is_there_once(tmp_path: Path, at: int) -> None:
    async def told(here: Scene) -> None:
        names, file = answered(here), tmp_path / "x.fetched"
        await broken_off(PAST, here, file, at)
        killed_while_it_wrote(file)
        said = await fetched(PAST, here, file)
        assert len(said) == 3 - max(0, at - 2)
        assert sorted((await told_of(PAST, here, file))[0]) == sorted(names)

    run(told)


def test_what_was_left_for_long_or_whose_place_is_gone_begins_anew(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        names, file = answered(here), tmp_path / "x.fetched"
        await broken_off(PAST, here, file, 3)
        for one in here.books.answers:
            one["_id"] = f"x{one['_id']}"[:24]
        assert len(await fetched(PAST, here, file)) == 3
        found = (await told_of(PAST, here, file))[0]
        assert sorted(found) == sorted(f"x{one}"[:24] for one in names)

    run(told)


def test_an_answer_that_cannot_be_read_is_set_aside_and_a_file_that_was_cut_off_is_none(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        names, file = answered(here), tmp_path / "x.fetched"
        here.books.answers[2]["slideId"] = None
        await fetched(PAST, here, file)
        found, bad, _ = await told_of(PAST, here, file)
        assert (sorted(found), bad) == (sorted(one for one in names if one != names[1]), [f"answer {names[1]}"])
        file.write_bytes(file.read_bytes()[:-5])
        with pytest.raises(Malformed):
            await told_of(PAST, here, file)

    run(told)
