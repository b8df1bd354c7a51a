"""Each import rule of pyproject.toml can fail: shown on empty packages of our names, with bad imports planted."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import ROOT

PACKAGES = ["backbone", "cli", "connectors", "console", "flows", "insight", "kit", "lab", "measure", "model"]
PACKAGES += ["ports", "runtime", "sandbox", "store", "testing", "views", "web"]

# rule -> (where, what is imported there). Every rule stands here, else the last test says so.
PLANTS = {
    "Imports point inwards": [
        ("model/planted.py", "pawline.ports"),
        ("ports/planted.py", "pawline.runtime"),
        ("store/planted.py", "pawline.runtime"),
        ("store/planted_too.py", "pawline.kit"),
        ("runtime/planted.py", "pawline.flows"),
        ("views/planted.py", "pawline.measure"),
        ("web/planted.py", "pawline.console"),
        ("console/planted.py", "pawline.cli"),
        ("testing/planted.py", "pawline.hub"),
        ("hub.py", "pawline.web"),
    ],
    "Flows know ports and the runtime's words, not who plays them": [
        ("flows/planted_a.py", "pawline.connectors"),
        ("flows/planted_b.py", "pawline.kit"),
        ("flows/planted_c.py", "pawline.store"),
    ],
    "Connectors know neither flows nor the runtime": [
        ("connectors/planted_a/__init__.py", "pawline.flows"),
        ("connectors/planted_a/events.py", "pawline.runtime"),
    ],
    "Connectors do not know one another": [("connectors/planted_b/__init__.py", "pawline.connectors.planted_a")],
    "Only the store talks to our database, and the kit to others'": [
        ("runtime/planted_sqlite.py", "sqlite3"),
        ("web/planted_postgres.py", "psycopg"),
        ("connectors/planted_mysql/__init__.py", "pymysql"),
    ],
    "Only the kit speaks HTTP to the outside; the sandbox answers it": [
        ("connectors/planted_c/__init__.py", "aiohttp"),
        ("store/planted_http.py", "httpx"),
    ],
    "Only the kit speaks SMTP to the outside; the sandbox answers it": [
        ("connectors/planted_mail/__init__.py", "aiosmtplib"),
        ("runtime/planted_mail.py", "aiosmtpd"),
    ],
    "Only the kit speaks IMAP": [("connectors/planted_mailbox/__init__.py", "imaplib")],
    "Only the kit speaks SFTP": [("connectors/planted_files/__init__.py", "asyncssh")],
    "Only the sandbox answers GraphQL": [("connectors/planted_graph/__init__.py", "graphql")],
    "Only the web and the console answer HTTP from the outside": [
        ("store/planted_web.py", "litestar"),
        ("cli/planted_server.py", "granian"),
    ],
    "Only the backbone talks to NATS": [("runtime/planted_nats.py", "nats")],
    "The product does not run on its test doubles": [
        ("web/planted_fake.py", "pawline.testing"),
        ("sandbox/planted.py", "pawline.testing"),
        ("console/planted_vendor.py", "pawline.sandbox"),
    ],
}
ALLOWED = [
    ("store/planted_fine.py", "sqlite3"),
    ("store/planted_fine_too.py", "psycopg.rows"),
    ("backbone/planted_fine.py", "nats"),
    ("kit/planted_fine.py", "aiohttp"),
    ("kit/database/planted_fine.py", "pymysql"),
    ("sandbox/planted_fine.py", "aiohttp.web"),
    ("sandbox/planted_fine_too.py", "graphql"),
    ("web/planted_fine.py", "litestar"),
    ("web/planted_fine_too.py", "granian"),
    ("runtime/planted_fine.py", "pawline.store"),
    ("flows/planted_fine.py", "pawline.runtime"),
    ("cli/planted_fine.py", "pawline.sandbox"),
    ("lab/planted_fine.py", "pawline.testing"),
    ("testing/planted_fine.py", "pawline.sandbox"),
]


def lint(tmp_path: Path, planted: list[tuple[str, str]]) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    house = tmp_path / "src/pawline"
    for package in ("", *PACKAGES):
        (house / package).mkdir(parents=True)
        (house / package / "__init__.py").touch()
    for place, imported in planted:
        (house / place).parent.mkdir(exist_ok=True)
        (house / place).write_text(f"import {imported}\n")
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "src"), "COLUMNS": "200"}
    return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    done = lint(tmp_path_factory.mktemp("bad"), [plant for plants in PLANTS.values() for plant in plants])
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("rule", PLANTS)
def test_a_planted_import_breaks_the_rule(report: str, rule: str) -> None:
    assert f"{rule} BROKEN" in report
    sections = re.split(r"^(.+)\n-{5,}\n", report.partition("Broken contracts")[2], flags=re.MULTILINE)
    told = dict(zip(sections[1::2], sections[2::2], strict=True))[rule]
    for place, imported in PLANTS[rule]:
        module = "pawline." + place.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        assert f"{module} -> {imported} (l.1)" in told


def test_what_is_allowed_breaks_nothing(tmp_path: Path) -> None:
    done = lint(tmp_path, ALLOWED)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_was_shown_an_offence() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert [contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]] == list(PLANTS)
