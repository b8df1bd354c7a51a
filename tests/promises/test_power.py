"""Disks that fail, fill and lose their power at any call: what was acknowledged is stored, and nothing else."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.promises.failing_files import FATAL, available
from tests.promises.power import Trail, plan

pytestmark = pytest.mark.skipif(not available(), reason="this Python's SQLite is built in: its files cannot be reached")

TRANSACTIONS = 500  # on each of four stores


@pytest.mark.parametrize("seed", range(4))
def test_acknowledged_is_stored_whatever_the_files_do(tmp_path: Path, seed: int) -> None:
    trail, dice = Trail(tmp_path), random.Random(seed)
    while trail.counts["transaction"] < TRANSACTIONS:
        trail.live(dice.randint(10, 40), plan(dice), dice.randrange(1 << 30))
    assert trail.problems == []
    assert [kind for kind in (*FATAL, "full", "cut") if not trail.counts[f"fault {kind}"]] == []
    assert trail.counts["StoreFull"] > 0  # by stores that went on by themselves


def test_a_hub_whose_disk_fails_to_sync_ends_by_itself_and_says_why(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "pawline.cli", "init", str(tmp_path)]
    subprocess.run(words, check=True, capture_output=True)
    layer = [sys.executable, "-m", "tests.promises.failing_files", "sync", "11"]  # a start syncs eight times
    done = subprocess.run(
        [*layer, "up", "-c", str(tmp_path / "pawline.toml")], capture_output=True, text=True, timeout=60, check=False
    )
    assert "Pawline is up" in done.stdout  # idle: it is the renewal of its lanes that meets the failure
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, "pawline: the disk failed: SQLITE_IOERR_FSYNC")
