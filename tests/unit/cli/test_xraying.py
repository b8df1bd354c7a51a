"""`pawline xray`: what the how-to says works as it says, a bad row is an exit code, and a wrong file writes nothing."""

from __future__ import annotations

import inspect
import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pawline.cli import app, xraying
from pawline.cli.histories import source
from pawline.hub import HubRefused
from pawline.measure.xray import KINDS
from pawline.measure.xray.making import SOURCES
from pawline.testing.sixty_days import write
from tests.house.tree import ROOT

PAGE = (ROOT / "docs/how-to/x-ray-your-shop.md").read_text("utf-8")
COMMANDS = [line.strip() for line in PAGE.splitlines() if line.startswith("    pawline xray")]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its files, in the folder that one is in; the ERP's description is the how-to's own."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, 400, {"erp_missing": 2, "refund_missing": 1, "mailed_twice": 1})
    (described,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "erp.toml").write_text(described, "utf-8")
    with source(tmp_path / "orders.csv", "paws", []) as (lines, _), (tmp_path / "past.jsonl").open("wb") as out:
        out.writelines(line + b"\n" for line in lines)
    return tmp_path


def run(command: str) -> Result:
    return CliRunner().invoke(app, shlex.split(command, comments=True)[1:])


def figures(place: Path) -> dict[str, int | None]:
    said = json.loads((place / "baseline.json").read_text("utf-8"))
    return {key: one["found"] for key, one in said["kinds"].items()}


def test_the_first_command_writes_a_page_its_tables_and_the_baseline(shop: Path) -> None:
    done = run(COMMANDS[0])
    assert done.exit_code == 0, done.output
    out = shop / "xray"
    assert sorted(one.name for one in out.iterdir()) == ["baseline.json", "rows", "xray.html"]
    assert sorted(one.name for one in (out / "rows").iterdir()) == ["erp_missing.csv", "refund_missing.csv"]
    found = figures(out)
    assert {key: count for key, count in found.items() if count} == {"erp_missing": 2, "refund_missing": 1}
    assert found["mailed_twice"] is None
    assert "Confirmed twice" in done.output
    assert "not looked at" in done.output


def test_the_second_command_takes_all_the_other_sources(shop: Path) -> None:
    done = run(COMMANDS[1])
    assert done.exit_code == 0, done.output
    assert {key: count for key, count in figures(shop / "look").items() if count} == {"mailed_twice": 1}
    text = (shop / "look" / "xray.html").read_text("utf-8")
    assert "<h1>X-ray: Paws</h1>" in text
    assert "Times are Europe/Berlin." in text


def test_the_third_command_reads_a_history(shop: Path) -> None:
    done = run(COMMANDS[2])
    assert done.exit_code == 0, done.output
    assert figures(shop / "xray")["erp_missing"] == 2
    assert len(COMMANDS) == 3


def test_every_source_is_in_the_how_to_and_has_an_option() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \| .* \|$", PAGE, re.MULTILINE))
    assert rows == {kind: " ".join(f"`{one}`" for one in source.needed) for kind, source in SOURCES.items()}
    assert re.findall(r"^\| `--(\w+)`", PAGE, re.MULTILINE) == ["orders", *SOURCES]
    given = inspect.signature(xraying.xray).parameters
    assert [one for one in given if one in SOURCES] == list(SOURCES)


def test_a_row_that_nobody_can_read_is_an_exit_code(shop: Path) -> None:
    with (shop / "mails.csv").open("a", encoding="utf-8") as file:
        file.write("#10001,noon,m,s,sent,\n")
    done = run("pawline xray --orders orders.csv --mails mails.csv --to out")
    assert done.exit_code == 1
    assert "mails.csv, line " in done.output
    assert "at is no time" in done.output


def test_the_report_as_json(shop: Path) -> None:
    done = run("pawline xray --orders orders.csv --mails mails.csv --to out --json")
    assert done.exit_code == 0
    report = json.loads(done.stdout)
    assert [one["key"] for one in report["figures"]] == [kind.key for kind in KINDS]
    (twice,) = next(one["first"] for one in report["figures"] if one["key"] == "mailed_twice")
    assert (twice["what"], len(twice["rows"])) == ("2 confirmations", 3)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("--erp erp.toml", "there are no orders: everything else is held against them"),
        ("--orders gone.csv", "there is no gone.csv"),
        ("--orders orders.csv --zone Mars", "there is no time zone 'Mars': such as Europe/Berlin"),
        (
            "--orders orders.csv --as-of 2026-11-30",
            "--as-of: '2026-11-30' is no time with its zone, such as 2026-11-30T06:00+01:00",
        ),
    ],
)
def test_what_cannot_be_looked_at_is_refused_and_leaves_what_was_there(shop: Path, options: str, why: str) -> None:
    (shop / "out").mkdir()
    (shop / "out" / "xray.html").write_text("before", "utf-8")
    done = run(f"pawline xray {options} --to out")
    assert isinstance(done.exception, HubRefused)
    assert str(done.exception) == why
    assert [(one.name, one.read_text("utf-8")) for one in (shop / "out").iterdir()] == [("xray.html", "before")]


def test_a_later_look_leaves_nothing_of_an_earlier_one(shop: Path) -> None:
    run("pawline xray --orders orders.csv --mails mails.csv --to out")
    assert [one.name for one in (shop / "out" / "rows").iterdir()] == ["mailed_twice.csv"]
    run("pawline xray --orders orders.csv --touches touches.csv --to out")
    assert list((shop / "out" / "rows").iterdir()) == []


def test_files_are_not_made_in_the_future(shop: Path) -> None:
    done = run("pawline xray --orders orders.csv --as-of 2199-01-01T00:00+00:00")
    assert isinstance(done.exception, HubRefused)
    assert "is yet to come" in str(done.exception)
    assert not (shop / "xray").exists()
