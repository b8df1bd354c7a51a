"""Nothing in the checkout names a registry or a machine; locks hold names, versions and hashes only."""

import pytest

from tests.house.file_rules import HOSTS, PLACES, ignores_without_reason, loose_locks, machine_words
from tests.house.tree import ROOT, Source, offences, texts

HASH = "    --hash=sha256:" + "0a" * 32


@pytest.mark.parametrize("word", [*HOSTS, *PLACES])
def test_a_planted_host_or_place_is_told(word: str) -> None:
    assert machine_words(Source("a.md", f"first\nsee {word}simple\n")) == [f"a.md:2 names {word}"]


def test_an_address_of_the_product_is_no_place() -> None:
    fine = "GET https://shop.example/home/dogs src/home/a.py ~/home/"
    assert machine_words(Source("a.md", fine)) == []


def test_no_file_names_a_registry_or_a_machine() -> None:
    found = offences(machine_words, texts())
    assert found == [], "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://example.com/simple",
        "--find-links wheels",
        "typer @ https://example.com/typer.whl",
        "typer @ file:///tmp/typer.whl",
        "-e .",
        "typer>=0.16 \\",
        "typer==0.16",
        "    --hash=md5:0a",
        "# from https://example.com",
    ],
)
def test_a_planted_line_in_a_lock_is_told(line: str) -> None:
    assert loose_locks(Source("a.lock", f"click==8.5.1 \\\n{HASH}\n{line}\n")) == [f"a.lock:3 {line.strip()}"]


def test_a_good_lock_is_left_alone() -> None:
    good = f"uvloop==0.23.0 ; sys_platform != 'win32' \\\n{HASH} \\\n{HASH}\npsycopg[binary]==3.3.9 \\\n{HASH}\n"
    assert loose_locks(Source("a.lock", good)) == []


def test_the_locks_hold_names_versions_and_hashes_only() -> None:
    locks = [source for source in texts() if source.path.endswith(".lock") and source.path.startswith("requirements/")]
    assert {"requirements/dev.lock", "requirements/run.lock"} <= {lock.path for lock in locks}
    found = offences(loose_locks, locks)
    assert found == [], "\n".join(found)


def test_a_planted_ignore_without_reason_is_told() -> None:
    text = 'ignore = [\n    "D105",\n    "D106",  # no\n    "D107",  # a class describes it\n]\n'
    assert ignores_without_reason(Source("a.toml", text)) == ['a.toml:2 "D105",', 'a.toml:3 "D106",  # no']


def test_every_rule_that_ruff_ignores_says_why() -> None:
    found = ignores_without_reason(Source("pyproject.toml", (ROOT / "pyproject.toml").read_text("utf-8")))
    assert found == [], "\n".join(found)
