"""A connector finds the attempt that it is part of, and only that one."""

import asyncio
from datetime import UTC, datetime

import pytest

from pawline.ports import ATTEMPT, Attempt, attempting, current_attempt


def attempt(key: str) -> Attempt:
    return Attempt(key, 1, datetime(2026, 3, 1, 12, tzinfo=UTC), "s1", "stripe/eu")


def test_outside_of_an_attempt_there_is_none() -> None:
    with pytest.raises(LookupError, match="no attempt is being made here: a port was called outside of a step"):
        current_attempt()


def test_inside_it_is_found_and_afterwards_gone() -> None:
    with attempting(attempt("a")) as outer:
        assert current_attempt() is outer
        with attempting(attempt("b")):
            assert current_attempt().key == "b"
        assert current_attempt() is outer
    with pytest.raises(LookupError):
        current_attempt()


def test_an_error_inside_ends_it_too() -> None:
    with pytest.raises(KeyError), attempting(attempt("a")):
        raise KeyError
    with pytest.raises(LookupError):
        current_attempt()


def test_tasks_see_their_own() -> None:
    async def one(key: str) -> str:
        ATTEMPT.set(lambda: attempt(key))
        await asyncio.sleep(0)
        return current_attempt().key

    async def all_of_them() -> list[str]:
        return await asyncio.gather(*(one(key) for key in "abc"))

    assert asyncio.run(all_of_them()) == ["a", "b", "c"]
