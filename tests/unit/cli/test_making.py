"""`pawline new connector`: what it makes passes at once, whatever role it is for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from pawline.cli import app
from pawline.cli.making import ROLES
from pawline.hub import HubRefused

ROOT = Path(__file__).parents[3]


def new(*words: str) -> str:
    done = CliRunner().invoke(app, ["new", "connector", *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def ran(folder: Path, *words: str) -> str:
    env = {**os.environ, "MYPYPATH": "src", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, *words], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_connector_for_every_role_is_sound_and_keeps_every_promise_before_a_word_is_written(tmp_path: Path) -> None:
    roles = [word for role in ROLES for word in ("--role", role)]
    told = msgspec.json.decode(new("every_thing", *roles, "--into", str(tmp_path), "--json"))
    folder = tmp_path / "pawline-every-thing"
    assert told["folder"] == str(folder)
    assert sorted(told["files"]) == sorted(
        str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()
    )  # fmt: skip
    assert len(told["files"]) == 6 + len(ROLES) == 22
    ran(folder, "-m", "mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache"), "src", "tests")
    ran(folder, "-m", "ruff", "format", "--check", "--config", str(ROOT / "pyproject.toml"), ".")
    said = ran(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert "35 passed" in said


def test_one_role_makes_one_file_and_says_what_comes_next(tmp_path: Path) -> None:
    said = new("acme", "--role", "crm", "--into", str(tmp_path))
    assert "src/pawline_acme/crm.py" in said
    assert "Next: cd" in said
    assert sorted(one.name for one in (tmp_path / "pawline-acme/src/pawline_acme").iterdir()) == [
        "README.md", "__init__.py", "crm.py", "quality.toml", "settings.py",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["Acme!", "--role", "crm"], "'Acme!' is no connector's name: lower case letters, digits and _, such as acme"),
        (["acme", "--role", "bills"], "there is no role 'bills'; there are analytics, board, catalog, crm,"),
    ],
)
def test_what_cannot_be_made_is_said_and_nothing_is_written(tmp_path: Path, words: list[str], says: str) -> None:
    with pytest.raises(HubRefused, match=says):
        new(*words, "--into", str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "pawline-acme").mkdir()
    with pytest.raises(
        HubRefused, match="pawline-acme is there already: give another name, or another place by --into"
    ):
        new("acme", "--role", "crm", "--into", str(tmp_path))
    assert list((tmp_path / "pawline-acme").iterdir()) == []
