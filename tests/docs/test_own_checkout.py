"""The page about a checkout of one's own: its commands are run from top to bottom, against a hub, as a reader would."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from pathlib import Path

import msgspec
import pytest

from tests.house.tree import ROOT
from tests.unit.web.storefront.shop import town

PAGE = ROOT / "docs/how-to/own-checkout.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="the page is run by curl and jq")
async def test_the_commands_of_the_page_buy_something(tmp_path: Path) -> None:
    script = "set -euo pipefail\n" + "".join(BLOCK.findall(PAGE.read_text("utf-8")))
    script = script.replace("$(uuidgen)", "$(cat /proc/sys/kernel/random/uuid)")  # not on every machine
    (tmp_path / "hub").mkdir()
    async with town(tmp_path / "hub") as one:
        await one.sells("bowl", 5)
        ann, server = await one.key(), await one.key(secret=True, scopes=("households",))
        done = await asyncio.create_subprocess_exec(
            "bash", "-c", script, cwd=tmp_path, env={
                "PATH": os.environ["PATH"], "SHOP": one.url, "KEY": ann.key, "SECRET": server.key,
            },
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, errors = await done.communicate()
        assert done.returncode == 0, errors.decode()
        said = msgspec.json.decode((tmp_path / "order.json").read_bytes())
        assert (said["status"], said["total"]["minor"]) == ("placed", 2_490)
        assert out.decode().splitlines()[-1] == "Your order was called off."
        assert b"event: status" in (tmp_path / "events.txt").read_bytes()
        read = {name: msgspec.json.decode((tmp_path / f"{name}.json").read_bytes()) for name in (
            "allows", "died", "pet", "pets"
        )}  # fmt: skip
        assert read["allows"] == {"reminders": ["email"]}
        assert (read["pets"]["pets"], read["pet"]["weight"], read["pet"]["died_on"]) == ([read["pet"]], 12_900, None)
        assert read["died"]["died_on"] is not None
        types = await one.types()
        assert types.count("order.placed@1") == 1
        assert [each for each in types if each.startswith(("pet", "consent"))] == [
            "consent.changed@1", "consent.changed@1", "pet.added@1", "pet.changed@1", "pet.died@1",
        ]  # fmt: skip
