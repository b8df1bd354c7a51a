"""What holds for a connector that speaks by files: in a folder of this machine, where whatever happens can be seen."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Final

import msgspec

from pawline.kit import Guard, Secret
from pawline.ports import Attempt, Code, PortError, Settle, Transient, attempting, port_methods
from pawline.testing.conformance.card import CardPromises
from pawline.testing.conformance.trying import KEY, TOKEN, logged
from pawline.testing.examples import CANARY, example

PLACE: Final = "/{place}"
"""In a setting it becomes the folder in which a promise is tried."""


class FilePromises(CardPromises):
    """Files. Its `settings` have PLACE where the folder stands; `folders` are those that there must be below it.

    An account whose settings hold secrets shows in `secret`, settings of its own, that nobody sees them; with TOKEN.
    """

    folders: ClassVar[tuple[str, ...]] = ()
    secret: ClassVar[dict[str, object]] = {}

    def test_an_effect_that_is_had_twice_leaves_one_file(self) -> None:
        for effect in self._effects():
            with tempfile.TemporaryDirectory() as place:
                there = self._made(Path(place))
                assert not isinstance(self._tried(there, effect), PortError), effect
                once = _files(there)
                assert not isinstance(self._tried(there, effect), PortError), effect
                assert _files(there) == once != {}, f"{effect}, had twice, is not what it was once"

    def test_what_was_done_is_found_and_what_was_not_is_none(self) -> None:
        for effect, look_up in self._look_ups():
            with tempfile.TemporaryDirectory() as place:
                there = self._made(Path(place))
                assert self._tried(there, look_up) is None, f"{look_up} finds what nobody did"
                done = self._tried(there, effect)
                assert self._tried(there, look_up) == done != None, f"{look_up} does not find what {effect} did"  # noqa: E711 - one comparison

    def test_a_place_that_is_away_is_transient_and_an_outcome_that_is_unknown_leaves_nothing(self) -> None:
        for effect in self._effects():
            with tempfile.TemporaryDirectory() as place:
                problem = self._tried(Path(place), effect)
                assert isinstance(problem, Transient), f"{effect}, and its folders are away: {problem!r}"
                assert problem.code is Code.UNREACHABLE, f"{effect}: {problem!r}"
                assert _files(Path(place)) == {}, effect
        for _, look_up in self._look_ups():
            with tempfile.TemporaryDirectory() as place:
                problem = self._tried(Path(place), look_up)
                assert isinstance(problem, Transient), f"{look_up} knows what is in a folder that is away: {problem!r}"

    def test_nothing_is_begun_once_the_time_is_over(self) -> None:
        for effect in self._effects():
            with tempfile.TemporaryDirectory() as place:
                there = self._made(Path(place))
                problem = self._tried(there, effect, seconds=-1)
                assert isinstance(problem, Transient), f"{effect}: {problem!r}"
                assert (problem.code, _files(there)) == (Code.UNREACHABLE, {}), effect

    def test_no_secret_is_seen(self) -> None:
        if not self.secret:
            return
        assert TOKEN in repr(self.secret), "give the secret as TOKEN, so that leaks are found"
        settings = self.connector.configure(self.secret)
        assert any(isinstance(one, Secret) for one in msgspec.structs.astuple(settings))
        account = self.connector.connect(settings, Guard())
        seen = " ".join(map(repr, [settings, account, account.http, *account.plays.values(), self.connector]))
        assert TOKEN not in seen, "a secret is seen"

    def test_personal_data_never_reaches_a_log(self) -> None:
        with logged() as records:
            for effect in self._effects():
                with tempfile.TemporaryDirectory() as place:
                    self._tried(self._made(Path(place)), effect)
                    self._tried(Path(place) / "away", effect)
        assert not [line for line in records if CANARY in line or TOKEN in line]

    def _made(self, place: Path) -> Path:
        for one in self.folders:
            (place / one).mkdir(parents=True)
        return place

    def _effects(self) -> list[str]:
        return [f"{port.__name__}.{name}" for port, offer in self.connector.offers.items() for name in offer.operations]

    def _look_ups(self) -> list[tuple[str, str]]:
        return [
            (f"{port.__name__}.{name}", f"{port.__name__}.{operation.look_up}")
            for port, offer in self.connector.offers.items()
            for name, operation in offer.operations.items() if operation.settle is Settle.LOOK_UP
        ]  # fmt: skip

    def _tried(self, place: Path, called: str, *, seconds: float = 20.0) -> Any:  # noqa: ANN401 - whatever comes of it
        """What comes of a call of this name, or of the effect that it looks up."""

        async def run() -> Any:  # noqa: ANN401 - the same
            given = {name: str(place) if value == PLACE else value for name, value in self.settings.items()}
            account = self.connector.connect(self.connector.configure(given), Guard())
            until = datetime.now(UTC) + timedelta(seconds=seconds)
            try:
                with attempting(Attempt(KEY, 1, until, "shop", f"{self.connector.name}/test")):
                    return await self._call(account.plays, called)()
            except PortError as problem:
                return problem
            finally:
                await account.http.close()

        return asyncio.run(run())

    def _call(self, plays: Any, called: str) -> Callable[[], Awaitable[object]]:  # noqa: ANN401 - by port
        for port, one in plays.items():
            for name, method in port_methods(port).items():
                operation = self.connector.offers[port].operations.get(name)
                names = {name, operation.look_up if operation is not None else name}
                if called.partition(".")[0] == port.__name__ and called.partition(".")[2] in names:
                    given = [example(kind, self.examples) for kind in method.parameters.values()]
                    return partial(getattr(one, called.partition(".")[2]), *given)
        raise AssertionError(f"{called} is not played with these settings")


def _files(place: Path) -> dict[str, bytes]:
    return {str(one.relative_to(place)): one.read_bytes() for one in sorted(place.rglob("*")) if one.is_file()}
