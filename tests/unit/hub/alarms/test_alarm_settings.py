"""`[alarms]` that cannot work is refused with a sentence that names the key and what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pawline.hub import HubRefused, load_settings
from pawline.hub.alarms.rota import gaps
from pawline.hub.alarms.settings import Severity
from tests.house.tree import ROOT
from tests.unit.hub.alarms.town import TEAM

SLACK = '[[alarms.channels]]\nname = "slack"\nkind = "slack"\n'


def loaded(folder: Path, text: str) -> str:
    """What is refused of it, without the file's name."""
    (folder / "pawline.toml").write_text(f'shops = ["paws"]\n{text}', "utf-8")
    try:
        load_settings(folder / "pawline.toml", {})
    except HubRefused as refusal:
        return str(refusal).partition(": ")[2]
    return ""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[alarms]\n", "[alarms]\nrepeat_evry = 3\n", "`alarms.repeat_evry` is no setting: remove it, or correct"),
        ('zone = "', 'zones = "', "`alarms.rota[0].zones` is no setting: remove it, or correct it to one of channels,"),
        ('zone = "Europe/Berlin"', 'from = "9:00"', "`alarms.rota[0].from` is '9:00': write hours and minutes such as"),
        ("Europe/Berlin", "Europe/Bärlin", "`alarms.rota[0].zone` is 'Europe/Bärlin': name one such as"),
        ('channels = ["team"]', "channels = []", "`alarms.rota[0].channels` is empty: name at least one of team"),
        ('channels = ["team"]', 'channels = ["tm"]', "`alarms.rota[0].channels` names tm, which is none of them: team"),
        ('zone = "', 'severities = ["bad"]\nzone = "', "`alarms.rota[0].severities[0]` is wrong: invalid enum value"),
        ('"mail"', '"fax"', "`alarms.channels[0].kind` is wrong: invalid enum value 'fax'; correct it"),
        ('name = "team"', 'name = ""', "`alarms.channels[0].name` is '': each channel has a name of its own"),
        ('account = "post/main"\n', "", "`alarms.channels[0].account` is missing: a channel of kind mail needs it"),
        ('to = ["team@pets.example"]\n', "", "`alarms.channels[0].to` says whom kinds mail and sms write to"),
        ("[[alarms.rota]]", SLACK + "[[alarms.rota]]", "`alarms.channels[1].url` is missing: a channel of kind slack"),
        (
            "[[alarms.rota]]", SLACK + 'url = "https://hooks.example/CANARY"\n[[alarms.rota]]',
            "`alarms.channels[1].url` stands in the file: it is a secret; write { env",
        ),
        (
            "[[alarms.rota]]", SLACK + 'url = { env = "X" }\naccount = "a/b"\n[[alarms.rota]]',
            "`alarms.channels[1].account` is not for kind slack: remove it",
        ),
        ("[alarms]\n", "[alarms]\nrepeat_every = 0\n", "`alarms.repeat_every` is 0: give more than 0"),
        ("[alarms]\n", "[alarms]\nno_orders = { minutes = -1 }\n", "`alarms.no_orders.minutes` is -1: give more"),
        ("[alarms]\n", "[alarms]\nno_orders = { zone = 'X' }\n", "`alarms.no_orders.zone` is 'X': name one such as"),
        ("[alarms]\n", "[alarms]\ndead_man = { every = 5 }\n", "`alarms.dead_man.url` is missing: add it"),
        (
            "[alarms]\n", "[alarms]\ndead_man = { url = 'https://x.example/CANARY' }\n",
            "`alarms.dead_man.url` stands in the file: it is a secret; write { env",
        ),
        (
            "[alarms]\n", "[alarms]\ndead_man = { url = { env = 'X' }, every = 0 }\n",
            "`alarms.dead_man.every` is 0: give more than 0",
        ),
        (
            "[alarms]\n", "[alarms]\nfile_late = [{ account = 'a/b', watch = 'w', by = '06:00', hours = 0 }]\n",
            "`alarms.file_late[0].hours` is 0: give more than 0",
        ),
        (
            "[alarms]\n", "[alarms]\nfile_late = [{ account = 'a/b', watch = 'w', by = '6' }]\n",
            "`alarms.file_late[0].by` is '6': write hours and minutes such as \"09:00\"",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused(old: str, new: str, says: str, tmp_path: Path) -> None:
    assert old in TEAM
    told = loaded(tmp_path, TEAM.replace(old, new, 1))
    assert told.startswith(says)
    assert "CANARY" not in told


def test_channels_that_nobody_is_told_over_are_refused(tmp_path: Path) -> None:
    assert loaded(tmp_path, TEAM.partition("[[alarms.rota]]")[0]).startswith("`alarms.rota` is missing: without an ")


def test_two_channels_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = TEAM.replace(
        "[[alarms.rota]]", TEAM.partition("[alarms]\n")[2].partition("[[alarms.rota]]")[0] + "[[alarms.rota]]"
    )
    assert loaded(tmp_path, twice) == "`alarms.channels[0].name` is 'team': each channel has a name of its own"


def test_the_defaults_are_good_ones(tmp_path: Path) -> None:
    assert loaded(tmp_path, TEAM) == ""
    alarms = load_settings(tmp_path / "pawline.toml", {}).alarms
    assert alarms is not None
    assert (alarms.repeat_every, alarms.most_an_hour, alarms.dead_man, alarms.file_late) == (30, 20, None, [])
    rules = {
        name: getattr(alarms, name) for name in ("no_orders", "vendor_down", "case_opened", "oldest_run", "lane_stuck")
    }
    assert {name: (one.on, one.severity, one.minutes) for name, one in rules.items()} == {
        "no_orders": (True, Severity.CRITICAL, 20), "vendor_down": (True, Severity.CRITICAL, 10),
        "case_opened": (True, Severity.WARNING, 0), "oldest_run": (True, Severity.WARNING, 60),
        "lane_stuck": (True, Severity.CRITICAL, 5),
    }  # fmt: skip


def test_the_settings_of_the_page_are_taken_and_leave_no_hour_open(tmp_path: Path) -> None:
    page = (ROOT / "docs/how-to/be-told-of-alarms.md").read_text("utf-8")
    assert loaded(tmp_path, "\n".join(re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL))) == ""
    alarms = load_settings(tmp_path / "pawline.toml", {}).alarms
    assert alarms is not None
    assert gaps(alarms) == []
    assert (len(alarms.channels), len(alarms.rota), len(alarms.file_late)) == (3, 3, 1)
