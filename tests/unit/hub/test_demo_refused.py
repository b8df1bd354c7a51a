"""A demo whose hub, or whose script, does not come up again ends, in one sentence."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pawline.cli import main
from pawline.cli.demo import _both, day, hub_process, script_process
from pawline.cli.demo.day import Day
from pawline.cli.demo.hand_day import HandDay
from pawline.cli.demo.side import Progress, Side
from pawline.hub import HubRefused
from pawline.sandbox import Manner


def told(_: Progress) -> None:
    pass


async def started(one: Day) -> None:
    while not hasattr(one, "hub"):  # noqa: ASYNC110 - it is made once its vendors are up
        await asyncio.sleep(0.01)
    await one.hub.up.wait()


def test_a_hub_that_does_not_come_up_after_a_kill_ends_the_day(tmp_path: Path) -> None:
    one = Day(tmp_path, Side(200, 1, 1), told)

    async def lose_the_key() -> None:
        await started(one)
        (tmp_path / "pawline.key").unlink()

    async def play() -> None:
        async with asyncio.timeout(60):
            await asyncio.gather(one.play(), lose_the_key())

    with pytest.RaisesGroup(HubRefused, flatten_subgroups=True):
        asyncio.run(play())
    assert one.hub.process is not None
    assert one.hub.process.returncode is not None


def test_a_script_that_does_not_come_up_after_a_kill_ends_the_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = HandDay(Side(200, 1, 1), told)

    async def lose_the_script() -> None:
        await one.script.up.wait()
        one.script.script = tmp_path / "gone.py"

    async def play() -> None:
        async with asyncio.timeout(60):
            await asyncio.gather(one.play(), lose_the_script())

    with pytest.RaisesGroup(HubRefused):
        asyncio.run(play())
    assert one.script.process is not None
    assert one.script.process.returncode is not None


def test_two_days_of_which_one_cannot_be_played_are_refused_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day, "SETTINGS", "shops = []  # %s")

    async def play() -> None:
        async with asyncio.timeout(60):
            await _both(tmp_path, Side(20, 0, 1), Side(20, 0, 1), told)

    with pytest.raises(HubRefused, match=r"the demo's hub did not start: .*`shops` names at least one shop"):
        asyncio.run(play())


async def test_a_hub_that_dies_by_itself_ends_the_day(tmp_path: Path) -> None:
    one = Day(tmp_path, Side(2_000, 0, 1), told)

    async def die() -> None:
        await started(one)
        assert one.hub.process is not None
        one.hub.process.kill()

    with pytest.RaisesGroup(pytest.RaisesExc(HubRefused, match="ended by itself"), flatten_subgroups=True):
        async with asyncio.timeout(60):
            await asyncio.gather(one.play(), die())


async def test_a_hub_that_is_refused_its_first_start_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lives and answers nothing: the day ends, and it with the day."""
    monkeypatch.setattr(hub_process, "START", 0.5)
    monkeypatch.setattr(hub_process, "line_of", lambda _: tmp_path / "nobody.sock")
    one = Day(tmp_path, Side(20, 0, 1), told)
    with pytest.raises(HubRefused, match="the demo's hub did not start"):
        async with asyncio.timeout(60):
            await one.play()
    assert one.hub.process is not None
    assert one.hub.process.returncode is not None


async def test_a_script_that_lives_and_says_nothing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mute.py").write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(script_process, "START", 0.5)
    one = HandDay(Side(20, 0, 1), told)
    one.script.script = tmp_path / "mute.py"
    with pytest.raises(HubRefused, match="the demo's script by hand did not start"):
        async with asyncio.timeout(60):
            await one.play()
    assert one.script.process is not None
    assert one.script.process.returncode is not None


async def test_a_day_by_hand_ends_though_its_kill_moments_can_no_longer_come(tmp_path: Path) -> None:
    """So many orders may be lost that not nine of ten ever end; here more would have to end than there are."""
    side = Side(30, 1, 1)
    side.kills_at = [1.1]
    side.desk.manners["marketing"] = Manner(down=True)
    async with asyncio.timeout(60):
        figures = await HandDay(side, told).play()
    assert (figures.kills, figures.confirmed) == (0, 0)


def test_the_command_says_one_sentence_and_fails(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """A hub that cannot start; both checkouts say so, and leave nothing behind."""
    monkeypatch.setattr(hub_process, "START", 0.0)
    for checkout in ("theirs", "ours"):
        monkeypatch.setattr(sys, "argv", ["pawline", "demo", "--checkout", checkout, "--orders", "20", "--kills", "0"])
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code == 1
        told = capsys.readouterr().err
        assert "the demo's hub did not start" in told
        assert "Traceback" not in told


async def test_a_demo_has_nothing_of_the_shells_own_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PAWLINE_STORE of a real shop is no place for a made-up day."""
    monkeypatch.setenv("PAWLINE_STORE", f"sqlite:///{tmp_path / 'real.db'}")
    monkeypatch.setenv("PAWLINE_KEY", "no key at all")
    (tmp_path / "demo").mkdir()
    hub = hub_process.HubProcess(tmp_path / "demo", 'shops = ["paws"]\n', {})
    try:
        await hub.start()
    finally:
        await hub.end()
    assert not (tmp_path / "real.db").exists()


@pytest.mark.parametrize("times", [1, 3])
async def test_who_is_cancelled_while_a_process_starts_still_ends_it(tmp_path: Path, times: int) -> None:
    script = script_process.ScriptProcess(tmp_path / "gone.py", {})
    starting = asyncio.create_task(script.start())
    await asyncio.sleep(0)  # it has begun, and nobody has the process yet
    assert vars(script)["process"] is None
    for _ in range(times):
        starting.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert script.process is not None
    await script.end()
    assert script.process.returncode is not None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
def test_a_demo_that_is_killed_leaves_nobody(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pawline.cli", "demo", "--orders", "500", "--once", "--json"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}  # what it leaves there is this test's
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as demo:
        children = Path(f"/proc/{demo.pid}/task/{demo.pid}/children")
        while len(born := children.read_text("ascii").split()) < 2:  # the hub, and the script
            time.sleep(0.05)
        demo.kill()
    assert demo.returncode == -signal.SIGKILL
    until = time.monotonic() + 30
    while (left := [one for one in born if _lives(one)]) and time.monotonic() < until:
        time.sleep(0.05)
    assert left == []


def _lives(process: str) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text("ascii", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")
