"""What a connector is: its name, its signatures, its files, and what it says of itself."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import tomllib
from typing import Final, get_type_hints

import msgspec

from pawline.ports import port_methods
from pawline.testing.conformance.trying import OnTrial

LINES: Final = 300
RULES: Final = ("scopes", "limits", "settling", "samples", "reconciliation", "set-up", "health", "import")
"""Of `quality.toml`: each is `done`, `todo`, or `exempt` with a `why`. An import done without `past` says `how`."""


class CardPromises(OnTrial):
    """What it is."""

    def test_it_is_named_after_its_folder(self) -> None:
        assert self.connector.name == self._folder().name.removeprefix("pawline_")

    def test_it_plays_its_ports_with_their_very_signatures(self) -> None:
        account = self._connect("http://127.0.0.1:1")
        for port, plays in account.plays.items():
            for name in port_methods(port):
                ours, theirs = getattr(type(plays), name), getattr(port, name)
                assert inspect.iscoroutinefunction(ours), f"{name} is no `async def`"
                assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters), name
                module = vars(sys.modules[ours.__module__])  # where it is written: a base may play it
                names = module | {kind.__name__: kind for kind in (self.connector.settings,)}
                assert get_type_hints(ours, names, include_extras=True) == get_type_hints(theirs, include_extras=True)

    def test_a_look_up_takes_what_its_effect_takes(self) -> None:
        for port, operations in self._operations().items():
            play = self.connector.offers[port].play
            for name, operation in operations.items():
                if operation.look_up is not None:
                    effect, look_up = getattr(play, name), getattr(play, operation.look_up)
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
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}  # it need not be installed
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=env)  # noqa: S603 - ourselves
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

    def test_what_its_quality_calls_done_is_on_its_card_and_what_is_on_its_card_is_called_done(self) -> None:
        card, said = self.connector, tomllib.loads((self._folder() / "quality.toml").read_text("utf-8"))
        done = {rule for rule, one in said.items() if one["status"] == "done"}
        asks = card.probe is not None or card.tries is not None
        assert asks == ("health" in done), "health is a probe, or a try"
        assert card.watches or "reconciliation" not in done, "reconciliation is a look"
        brought = card.past is not None
        assert not brought or "import" in done, "it brings its past: import is done"
        assert brought or "import" not in done or said["import"].get("how"), "say how its past is had"
