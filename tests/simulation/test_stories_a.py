"""Ten thousand stories, the same each time; the other file has ten thousand more, so that two workers share them."""

import pytest

from tests.simulation.telling import tell_all

FIRST, STORIES, CHUNK = 0, 10_000, 500


@pytest.mark.parametrize("first", range(FIRST, FIRST + STORIES, CHUNK))
def test_every_promise_is_kept_in_stories_from(first: int) -> None:
    wrong = tell_all(range(first, first + CHUNK))
    assert wrong is None, f"\n{wrong}"
