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
        ann = await one.key()
        done = await asyncio.create_subprocess_exec(
            "bash", "-c", script, cwd=tmp_path, env={"PATH": os.environ["PATH"], "SHOP": one.url, "KEY": ann.key},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, errors = await done.communicate()
        assert done.returncode == 0, errors.decode()
        said = msgspec.json.decode((tmp_path / "order.json").read_bytes())
        assert (said["status"], said["total"]["minor"]) == ("placed", 2_490)
        assert out.decode().splitlines()[-1] == "Your order was called off."
        assert b"event: status" in (tmp_path / "events.txt").read_bytes()
        assert (await one.types()).count("order.placed@1") == 1
