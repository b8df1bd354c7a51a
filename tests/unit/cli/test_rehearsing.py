"""An account of files: its server is confirmed by a person, its exports are tried, and nothing is written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pawline.cli import app, connecting
from pawline.hub import HubRefused, load_settings
from pawline.store import Keyring
from tests.unit.kit.sftp_servers import PASSWORD, USER, of_paramiko

HEAD = 'shops = ["paws"]\nallow_networks = ["127.0.0.0/8"]\n'
EXPORTS = """
[[accounts.settings.exports]]
kind = "stock"
files = "out/stock*.csv"
columns = { sku = "ART", on_hand = "N" }
constants = { location = "main" }
as_of = "modified"
still = 0
[[accounts.settings.exports]]
kind = "booked"
files = "out/orders*.csv"
columns = { order = 1, reference = 2 }
header = false
as_of = "modified"
still = 0
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("erp/out", "erp/in"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "pawline.toml").write_text(HEAD, "utf-8")
    Keyring.generate().save(tmp_path / "pawline.key")
    return tmp_path


def said(place: Path, *words: str) -> tuple[int, str]:
    words = (*words, "--config", str(place / "pawline.toml"))
    done = CliRunner().invoke(app, list(words), catch_exceptions=False, env={"COLUMNS": "160"})
    return done.exit_code, done.output


def add(place: Path, text: str) -> None:
    with (place / "pawline.toml").open("a", encoding="utf-8") as file:
        file.write(text)


def test_a_folder_is_connected_then_tried_and_everything_that_would_be_refused_is_named(place: Path) -> None:
    code, out = said(place, "connect", "files/erp", "--set", f"place={place / 'erp'}", "--json")
    assert (code, json.loads(out)["told"][1:]) == (0, ["it lets us in, and lacks nothing"])
    with pytest.raises(HubRefused, match="files/erp has no export to try: there is none yet"):
        said(place, "look", "files/erp")
    add(place, EXPORTS)
    before = sorted(str(one) for one in place.rglob("*"))
    code, out = said(place, "look", "files/erp")
    assert (code, out) == (1, "stock: nothing is there yet\nbooked: nothing is there yet\n")
    (place / "erp" / "out" / "stock-1.csv").write_text("ART,N\nchew-1,5\nchew-2,x\nchew-3,7\n,1\n")
    (place / "erp" / "out" / "orders-1.csv").write_text("o1,B1\n")
    code, out = said(place, "look", "files/erp", "--json")
    stock, booked = json.loads(out)
    assert (code, stock["rows"], booked["rows"], booked["refused"]) == (1, 2, 1, [])
    assert stock["refused"] == [{"line": 3, "why": "N is no count"}, {"line": 5, "why": "ART is empty"}]
    assert [(row["sku"], row["on_hand"]) for row in stock["first"]] == [("chew-1", 5), ("chew-3", 7)]
    code, out = said(place, "look", "files/erp", "--watch", "stock")
    assert out.splitlines()[0] == "stock: stock-1.csv: 2 rows are read, 2 would be refused"
    assert [line.split() for line in out.splitlines()[4:]] == [
        ["line", "why"], ["3", "N", "is", "no", "count"], ["5", "ART", "is", "empty"]
    ]  # fmt: skip
    assert said(place, "look", "files/erp", "--watch", "booked")[0] == 0
    code, out = said(place, "connect", "files/erp", "--json")
    assert json.loads(out)["told"][1:] == [
        "stock: stock-1.csv: 2 rows are read, 2 would be refused: `pawline look files/erp`",
        "booked: orders-1.csv: 1 rows are read, none would be refused: `pawline look files/erp`",
    ]
    added = {str(place / "erp" / "out" / name) for name in ("stock-1.csv", "orders-1.csv")}
    assert {str(one) for one in place.rglob("*")} == {*before, *added}


def test_folders_that_are_not_there_are_named_and_nothing_is_written(place: Path) -> None:
    with pytest.raises(HubRefused, match=r"elsewhere is not there, or not as it should be"):
        said(place, "connect", "files/erp", "--set", f"place={place / 'elsewhere'}", "--json")
    assert (place / "pawline.toml").read_text("utf-8") == HEAD


def test_without_a_terminal_a_server_is_refused_and_says_by_which_key(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERP_PASSWORD", PASSWORD)
    with of_paramiko(place / "erp") as server:
        words = ["connect", "files/erp", "--set", f"place=sftp://{USER}@127.0.0.1:{server.port}/", "--json"]
        words += ["--secret", "password=ERP_PASSWORD"]
        with pytest.raises(HubRefused, match="which nobody confirmed yet") as refused:
            said(place, *words)
        assert server.fingerprint in str(refused.value)
        assert (place / "pawline.toml").read_text("utf-8") == HEAD
        code, out = said(place, *words, "--set", f"host_keys={server.fingerprint}")
        assert (code, json.loads(out)["told"][1:]) == (0, ["it lets us in, and lacks nothing"])
    assert load_settings(place / "pawline.toml", {}).accounts[0].settings["host_keys"] == [server.fingerprint]


@pytest.mark.parametrize("sure", [True, False])
def test_a_person_is_asked_whether_the_servers_key_is_the_right_one(
    place: Path, monkeypatch: pytest.MonkeyPatch, sure: bool
) -> None:
    shown: list[tuple[str, str]] = []
    asked: list[str] = []
    file = place / "pawline.toml"

    def answer(name: str, *, hidden: bool, optional: bool) -> str:
        asked.append(name)
        return {"place": at, "password": PASSWORD}.get(name, "")

    def confirm(name: str, value: str) -> bool:
        shown.append((name, value))
        return sure

    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(connecting, "_ask", answer)
    monkeypatch.setattr(connecting, "_sure", confirm)
    monkeypatch.setattr("sys.stdin", Terminal())
    with of_paramiko(place / "erp") as server:
        at = f"sftp://{USER}@127.0.0.1:{server.port}/"
        given: dict[str, Any] = {"shop": "", "set_": None, "secret": None, "config": file, "json": False}
        if sure:
            connecting.connect("files/erp", **given)
        else:
            with pytest.raises(HubRefused, match="host_keys is not what it shows: ask its owner; nothing was changed"):
                connecting.connect("files/erp", **given)
    assert (shown, asked) == ([("host_keys", server.fingerprint)], ["place", "password", "key_file", "passphrase"])
    assert (f'host_keys = ["{server.fingerprint}"]' in file.read_text("utf-8")) == sure
    assert PASSWORD not in file.read_text("utf-8")
    assert os.path.exists(place / "secrets") == sure  # noqa: PTH110 - one line


@pytest.mark.parametrize(
    ("at", "says"),
    [
        (
            "sftp://erp.paws.example/x",
            "`place` is sftp://user@host/path, with the user who logs in: nothing was changed",
        ),
        (f"sftp://{USER}@127.0.0.1:1/x", "it cannot be asked what it is: the SFTP server cannot be reached: nothing"),
    ],
)
def test_a_server_that_cannot_be_asked_is_not_written_down(
    place: Path, monkeypatch: pytest.MonkeyPatch, at: str, says: str
) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(connecting, "_ask", lambda name, **_: {"place": at, "password": PASSWORD}.get(name, ""))
    monkeypatch.setattr("sys.stdin", Terminal())
    with pytest.raises(HubRefused) as refused:
        connecting.connect("files/erp", "", None, None, place / "pawline.toml", json=False)
    assert says in str(refused.value)
    assert (place / "pawline.toml").read_text("utf-8") == HEAD


def test_the_doctor_asks_whether_its_folders_are_still_there(place: Path) -> None:
    erp = place / "erp"
    add(place, f'[[accounts]]\nname = "files/erp"\n[accounts.settings]\nplace = "{erp}"\n{EXPORTS}')

    def access() -> dict[str, str]:
        (one,) = [each for each in json.loads(said(place, "doctor", "--json")[1])["checks"] if each["name"] == "access"]
        return {name: one[name] for name in ("state", "says")}

    assert access() == {"state": "good", "says": "files/erp: all that is needed is allowed"}
    (erp / "out").rmdir()
    says = "files/erp: out is not there: make it, or correct the settings"
    assert access() == {"state": "bad", "says": says}
