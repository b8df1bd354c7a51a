"""What every connector keeps, as tests: a connector's whole test is a class of three lines.

    class TestAcme(ConnectorPromises):
        connector = acme.connector
        settings = {"url": "{url}", "token": TOKEN}

`{url}` in a setting becomes the address of a server on loopback that answers whatever a promise needs.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import subprocess
import sys
import time
import tomllib
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple, get_type_hints

import msgspec

from pawline.kit import Connected, Connector, Secret
from pawline.ports import (
    Attempt,
    Code,
    Malformed,
    PortError,
    Rejected,
    Settle,
    Transient,
    Unauthorised,
    attempting,
    port_methods,
)
from pawline.testing.counter import LOOPBACK, Counter, Request, counter, json
from pawline.testing.examples import CANARY, example

TOKEN: Final = "tok-canary-77"  # noqa: S105 - whoever sees it has found a leak
"""The secret that must never be seen."""
KEY: Final = "k3y-of-this-attempt"
"""The attempt's key while promises are tried."""
SLACK: Final = 5.0
"""Seconds by which a busy machine may be late to end a call: below any client's own time-out."""
LINES: Final = 300
RULES: Final = ("scopes", "limits", "settling", "samples", "reconciliation", "set-up", "health", "import")
"""Of `quality.toml`: each is `done`, `todo`, or `exempt` with a `why`."""
ANSWERS: Final[tuple[tuple[str, bytes | None, type[PortError], frozenset[Code]], ...]] = (
    ("400", json(400), Rejected, frozenset()),
    ("401", json(401), Unauthorised, frozenset({Code.CREDENTIALS})),
    ("404", json(404), Rejected, frozenset()),
    ("429", json(429, b"{}", "retry-after: 7"), Transient, frozenset({Code.RATE_LIMITED})),
    ("503", json(503), Transient, frozenset({Code.UNAVAILABLE})),
    ("a page", json(200, b"<html>Welcome</html>"), Malformed, frozenset()),
    ("nothing", json(200, b""), Malformed, frozenset()),
    ("truncated JSON", json(200, b'{"a": '), Malformed, frozenset()),
    ("ten megabytes", json(200, b'"' + b"x" * 10_000_000 + b'"'), Malformed, frozenset({Code.TOO_LARGE})),
    ("a redirect", json(302, b"", "location: http://169.254.169.254/"), Malformed, frozenset()),
    ("a closed line", None, Transient, frozenset({Code.DISCONNECTED})),
)
"""What a vendor may answer to anything, the error that it must become, and (where it matters) the code."""


class _Called(NamedTuple):
    name: str
    outcome: Any
    heard: list[Request]
    seconds: float


class ConnectorPromises:
    """Every test here holds for every connector. `silent` names methods that answer without asking the vendor."""

    connector: ClassVar[Connector[Any]]
    settings: ClassVar[Mapping[str, object]]
    silent: ClassVar[frozenset[str]] = frozenset()

    # -- what it is ----------------------------------------------------------------------------------------------

    def _folder(self) -> Path:
        found = sys.modules[self.connector.settings.__module__].__file__
        assert found is not None
        return Path(found).parent

    def test_it_is_named_after_its_folder(self) -> None:
        assert self.connector.name == self._folder().name

    def test_it_plays_its_ports_with_their_very_signatures(self) -> None:
        account = self._connect("http://127.0.0.1:1")
        for port, plays in account.plays.items():
            for name in port_methods(port):
                ours, theirs = getattr(type(plays), name), getattr(port, name)
                assert inspect.iscoroutinefunction(ours), f"{name} is no `async def`"
                assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters), name
                module = vars(sys.modules[type(plays).__module__])
                names = module | {kind.__name__: kind for kind in (self.connector.settings,)}
                assert get_type_hints(ours, names, include_extras=True) == get_type_hints(theirs, include_extras=True)

    def test_a_look_up_takes_what_its_effect_takes(self) -> None:
        for offer in self.connector.offers.values():
            for name, operation in offer.operations.items():
                if operation.look_up is not None:
                    effect, look_up = getattr(offer.play, name), getattr(offer.play, operation.look_up)
                    assert list(inspect.signature(effect).parameters) == list(inspect.signature(look_up).parameters)

    def test_importing_it_does_nothing(self) -> None:
        module = self.connector.settings.__module__
        code = (
            "import sys, threading, socket, builtins\n"
            "def no(*a, **k): raise SystemExit('it connected')\n"
            "socket.socket.connect = no\n"
            f"import {module}\n"
            "sys.exit(threading.active_count() - 1)\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - ourselves
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def test_files_are_short_and_settings_are_explained(self) -> None:
        for file in self._folder().rglob("*.py"):
            assert len(file.read_text("utf-8").splitlines()) <= LINES, file.name
        readme = (self._folder() / "README.md").read_text("utf-8")
        for field in msgspec.structs.fields(self.connector.settings):
            assert f"| `{field.name}` |" in readme, f"the README's table does not explain `{field.name}`"

    def test_its_quality_is_confessed(self) -> None:
        confessed = tomllib.loads((self._folder() / "quality.toml").read_text("utf-8"))
        assert sorted(confessed) == sorted(RULES)
        for rule, said in confessed.items():
            assert said["status"] in {"done", "todo", "exempt"}, rule
            assert said["status"] == "done" or said.get("why"), f"{rule}: say why"
        samples = self._folder() / "samples"
        if confessed["samples"]["status"] == "done":
            assert samples.is_dir()
            assert any(samples.iterdir())

    # -- secrets -------------------------------------------------------------------------------------------------

    def test_no_secret_is_seen(self) -> None:
        assert TOKEN in repr(self.settings), "give the connector's token as TOKEN, so that leaks are found"
        settings = self._configured("http://127.0.0.1:1")
        secrets = [value for value in msgspec.structs.astuple(settings) if isinstance(value, Secret)]
        account = self.connector.connect(settings, LOOPBACK)
        seen = " ".join(map(repr, [settings, account, account.http, *account.plays.values(), self.connector]))
        assert not [one for one in secrets if one.reveal() in seen]
        assert TOKEN not in seen, "a token that is not a `Secret` is seen"

    def test_personal_data_and_secrets_never_reach_a_log(self) -> None:
        records: list[str] = []

        class Keep(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                records.append(self.format(record))

        keep, root = Keep(), logging.getLogger()
        level = root.level
        root.addHandler(keep)
        root.setLevel(logging.DEBUG)
        try:
            said = f'{{"error": "{CANARY} {TOKEN}"}}'.encode()
            for status in (200, 422, 500):
                self._all_calls(json(status, said))
        finally:
            root.removeHandler(keep)
            root.setLevel(level)
        assert not [line for line in records if CANARY in line or TOKEN in line]

    # -- calls ---------------------------------------------------------------------------------------------------

    def test_whatever_the_vendor_answers_is_the_right_one_of_four_errors(self) -> None:
        for what, answer, error, codes in ANSWERS:
            for called, outcome, heard, _ in self._all_calls(answer):
                assert type(outcome) is error, f"{called}, answered with {what}: {outcome!r}"
                assert len(heard) == 1, f"{called}, answered with {what}, was sent {len(heard)} times"
                if codes:
                    assert outcome.code in codes, f"{called}, answered with {what}: {outcome!r}"
                if isinstance(outcome, Transient) and what == "429":
                    assert outcome.retry_after == timedelta(seconds=7), called

    def test_a_vendor_that_is_silent_is_given_up_before_the_settle_by_time(self) -> None:
        async def silent(counted: Counter) -> None:
            async def never(_: object) -> bytes:
                await asyncio.sleep(60)
                return b""

            counted.answer = never

        for called, outcome, heard, seconds in self._all_calls(None, before=silent, seconds=0.05):
            assert isinstance(outcome, Transient), f"{called}: {outcome!r}"
            assert outcome.code is Code.TIMED_OUT, f"{called}: {outcome!r}"
            assert len(heard) == 1, f"{called}: it was sent {len(heard)} times"
            assert seconds < SLACK, f"{called}: it ended {seconds:.2f} s later, and its time was 0.05 s"

    def test_nothing_is_sent_once_the_time_is_over(self) -> None:
        for called, outcome, heard, _ in self._all_calls(json(200), seconds=-1):
            assert isinstance(outcome, Transient), f"{called}: {outcome!r}"
            assert outcome.code is Code.UNREACHABLE, f"{called}: {outcome!r}"
            assert heard == [], called

    def test_what_is_settled_by_its_key_is_sent_with_it(self) -> None:
        by_key = {
            f"{port.__name__}.{name}"
            for port, offer in self.connector.offers.items()
            for name, operation in offer.operations.items()
            if operation.settle is Settle.KEY
        }
        for called, _, heard, _ in self._all_calls(json(503)):
            if called in by_key:
                (one,) = heard
                said = [one.target, *one.headers.values(), one.body.decode("utf-8", "replace")]
                assert any(KEY in text for text in said), f"{called} is settled by its key, which it does not send"

    def test_reads_and_look_ups_need_no_attempt(self) -> None:
        """They belong to no step: the runtime gives them neither a key nor a time of their own."""
        effects = {
            f"{port.__name__}.{name}" for port, offer in self.connector.offers.items() for name in offer.operations
        }
        for called, outcome, heard, _ in self._all_calls(json(503), without_attempt=True, but=effects):
            assert isinstance(outcome, Transient), f"{called}, outside of an attempt: {outcome!r}"
            assert len(heard) == 1, called

    # -- how -----------------------------------------------------------------------------------------------------

    def _configured(self, url: str) -> Any:  # noqa: ANN401 - of the connector's own type
        given = {
            name: value.replace("{url}", url) if isinstance(value, str) else value
            for name, value in self.settings.items()
        }
        return self.connector.configure(given)

    def _connect(self, url: str) -> Connected:
        return self.connector.connect(self._configured(url), LOOPBACK)

    def _calls(self, account: Connected) -> Iterator[tuple[str, Callable[[], Awaitable[object]]]]:
        for port, plays in account.plays.items():
            for name, method in port_methods(port).items():
                operation = self.connector.offers[port].operations.get(name)
                given = [example(kind) for kind in method.parameters.values()]
                for one in (name, operation.look_up if operation is not None else None):
                    if one is not None and (called := f"{port.__name__}.{one}") not in self.silent:
                        yield called, partial(getattr(plays, one), *given)

    def _all_calls(
        self, answer: bytes | None, *, before: Callable[[Counter], Awaitable[None]] | None = None,
        seconds: float = 20.0, without_attempt: bool = False, but: Collection[str] = (),
    ) -> list[_Called]:  # fmt: skip
        """Each call of each port, and each look-up, against that answer."""

        async def run() -> list[_Called]:
            found: list[_Called] = []
            async with counter(seconds=60) as counted:
                counted.says(answer)
                if before is not None:
                    await before(counted)
                account = self._connect(f"http://127.0.0.1:{counted.port}")
                for called, call in self._calls(account):
                    if called in but:
                        continue
                    heard, begun = len(counted.heard), time.monotonic()
                    until = datetime.now(UTC) + timedelta(seconds=seconds)
                    attempt = Attempt(KEY, 1, until, "shop", f"{self.connector.name}/test")
                    with nullcontext() if without_attempt else attempting(attempt):
                        try:
                            outcome: object = await call()
                        except (PortError, LookupError) as problem:
                            outcome = problem
                    found.append(_Called(called, outcome, counted.heard[heard:], time.monotonic() - begun))
                await account.http.close()
            return found

        return asyncio.run(run())
