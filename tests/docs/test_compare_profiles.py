"""The page about the lab: its commands are run as they stand, but for how many shoppers come, and one column each."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

from tests.house.tree import ROOT
from tests.unit.lab import exported

PAGE = ROOT / "docs/how-to/compare-profiles.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
SMALL = f"{sys.executable} -m pawline.cli lab --orders 20 --no-ramp --only event-driven"


async def test_the_commands_of_the_page_compare(tmp_path: Path) -> None:
    found = BLOCK.findall(PAGE.read_text("utf-8"))
    assert len(found) == 4
    made, csv, log, theirs = (one.replace("pawline lab", SMALL) for one in found)
    csv = csv.replace("--only hybrid ", "")  # one hub is enough to see that it is understood
    exported.write(tmp_path / "orders.csv", 30)
    log, other, hub = log.replace("lab.html", "log.html").splitlines()
    assert ("--day 2026-11-27" in other, hub.split("#")[0].split()[-5:]) == (
        True, ["hub", "--day", "2026-11-27", "--zone", "Europe/Berlin"]
    )  # fmt: skip
    out = " ".join(await asyncio.gather(*(_run(one, tmp_path) for one in (made, csv, log, theirs))))
    assert "not of your checkout" in out
    assert "inventory, payments by whoever made ours.csv, not by this run; else assumed" in out
    assert "arrivals: the densest 20 of 30 orders of 2026-11-27 (UTC)" in out
    assert out.count("What it means for operations") == 4
    assert (tmp_path / "lab.html").read_text("utf-8").startswith("<!doctype html>")
    log_page = (tmp_path / "log.html").read_text("utf-8")
    assert [one for one in exported.PERSONAL if one in log_page or one in out] == []
    assert "The shop's own 2026-11-27, from orders.csv" in log_page


async def _run(script: str, folder: Path) -> str:
    done = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", script, cwd=folder, env={**os.environ, "COLUMNS": "140"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await done.communicate()
    assert done.returncode == 0, out.decode()
    return " ".join(out.decode().split())
