"""What every connector keeps, as tests: a connector's whole test is a class of three lines.

    class TestAcme(ConnectorPromises):
        connector = acme.connector
        settings = {"url": "{url}", "token": "tok"}

`{url}` in a setting becomes the address of a server on loopback that answers whatever a promise needs.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import subprocess
import sys
import tomllib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Final, get_type_hints

import msgspec

from pawline.kit import Connected, Connector, Secret
from pawline.ports import (
    Attempt,
    Code,
    Malformed,
    PortError,
    Rejected,
    Transient,
    Unauthorised,
    attempting,
    port_methods,
)
from pawline.testing.counter import LOOPBACK, Counter, counter, json
from pawline.testing.examples import CANARY, example

TOKEN: Final = "tok-canary-77"  # noqa: S105 - whoever sees it has found a leak
"""The secret that must never be seen."""
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


class ConnectorPromises:
    """Every test here holds for every connector. `silent` names methods that answer without asking the vendor."""

    connector: ClassVar[Connector[Any]]
    settings: ClassVar[Mapping[str, object]]
    silent: ClassVar[frozenset[str]] = frozenset()

    # -- what it is ----------------------------------------------------------------------------------------------

    def _folder(self) -> Path:
        found = sys.modules[self.connector.http.__module__].__file__
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
        module = self.connector.http.__module__
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
        settings = self._configured("http://127.0.0.1:1")
        secrets = [value for value in msgspec.structs.astuple(settings) if isinstance(value, Secret)]
        account = self.connector.connect(settings, LOOPBACK)
        seen = " ".join(map(repr, [settings, account, account.http, *account.plays.values(), self.connector]))
        assert not [one for one in secrets if one.reveal() in seen]

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
            for called, outcome, _ in self._all_calls(answer):
                assert type(outcome) is error, f"{called}, answered with {what}: {outcome!r}"
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

        for called, outcome, _ in self._all_calls(None, before=silent, seconds=0.05):
            assert isinstance(outcome, Transient), f"{called}: {outcome!r}"
            assert outcome.code is Code.TIMED_OUT, f"{called}: {outcome!r}"

    def test_nothing_is_sent_once_the_time_is_over(self) -> None:
        for called, outcome, heard in self._all_calls(json(200), seconds=-1):
            assert isinstance(outcome, Transient), f"{called}: {outcome!r}"
            assert outcome.code is Code.UNREACHABLE, f"{called}: {outcome!r}"
            assert heard == 0, called

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
                called = f"{port.__name__}.{name}"
                if called not in self.silent:
                    given = [example(kind) for kind in method.parameters.values()]
                    yield called, lambda plays=plays, name=name, given=given: getattr(plays, name)(*given)  # type: ignore[misc]

    def _all_calls(
        self, answer: bytes | None, *, before: Callable[[Counter], Awaitable[None]] | None = None, seconds: float = 20.0
    ) -> list[tuple[str, Any, int]]:
        """Each call of each port once, against that answer: its name, what came of it, and requests that were heard."""

        async def run() -> list[tuple[str, Any, int]]:
            found: list[tuple[str, Any, int]] = []
            async with counter(seconds=60) as counted:
                counted.says(answer)
                if before is not None:
                    await before(counted)
                account = self._connect(f"http://127.0.0.1:{counted.port}")
                for called, call in self._calls(account):
                    heard = len(counted.heard)
                    until = datetime.now(UTC) + timedelta(seconds=seconds)
                    with attempting(Attempt("k3y", 1, until, "shop", f"{self.connector.name}/test")):
                        try:
                            outcome: object = await call()
                        except PortError as problem:
                            outcome = problem
                    found.append((called, outcome, len(counted.heard) - heard))
                await account.http.close()
            return found

        return asyncio.run(run())
