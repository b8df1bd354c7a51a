"""The page about a checkout of one's own: its commands are run from top to bottom, against a hub, as a reader would."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from pathlib import Path

import msgspec
import pytest

from pawline.hub.storefront.returned import SAYS
from tests.house.tree import ROOT
from tests.unit.web.storefront.shop import Town, town
from tests.unit.web.storefront.test_buying import told
from tests.unit.web.storefront.test_returns import Bought, taking_back

PAGE = ROOT / "docs/how-to/own-checkout.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


BACK = "## Send something back\n"
CURL = pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="the page is run by curl and jq")


def script_of(text: str) -> str:
    return "".join(BLOCK.findall(text)).replace("$(uuidgen)", "$(cat /proc/sys/kernel/random/uuid)")  # not everywhere


async def run(one: Town, key: str, folder: Path, script: str) -> list[str]:
    """The lines that it says."""
    done = await asyncio.create_subprocess_exec(
        "bash", "-c", f"set -euo pipefail\n{script}",
        cwd=folder, env={"PATH": os.environ["PATH"], "SHOP": one.url, "KEY": key},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, errors = await done.communicate()
    assert done.returncode == 0, errors.decode()
    return out.decode().splitlines()


@CURL
async def test_the_commands_of_the_page_buy_something(tmp_path: Path) -> None:
    before, _, rest = PAGE.read_text("utf-8").partition(BACK)
    after = rest.partition("\n## ")[2]
    (tmp_path / "hub").mkdir()
    async with town(tmp_path / "hub") as one:
        await one.sells("bowl", 5)
        ann, server = await one.key(), await one.key(secret=True, scopes=("households",))
        out = await run(one, ann.key, tmp_path, f"SECRET={server.key}\n{script_of(before + after)}")
        said = msgspec.json.decode((tmp_path / "order.json").read_bytes())
        assert (said["status"], said["total"]["minor"]) == ("placed", 2_490)
        assert out[-1] == "Your order was called off."
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


@CURL
async def test_the_commands_of_the_page_send_something_back(tmp_path: Path) -> None:
    """Once it has left, which the reader's warehouse tells."""
    text = PAGE.read_text("utf-8")
    (tmp_path / "hub").mkdir()
    async with taking_back(tmp_path / "hub") as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        await run(one, ann.key, tmp_path, script_of(text.partition("## Follow it\n")[0]))
        said = msgspec.json.decode((tmp_path / "order.json").read_bytes())
        order = Bought(one, ann, said)
        await told(ann, said, "confirmed")
        await order.leaves(arrives=True)
        back, _, _ = text.partition(BACK)[2].partition("\n## ")
        out = await run(one, ann.key, tmp_path, f"ORDER={order.id} ORDER_TOKEN={order.token}\n{script_of(back)}")
        assert out[0] == "bowl: 2 of 2"
        made = await order.is_(f"{order.id}-r1", "labelled")
        assert (made["lines"], out[-2] in SAYS.values()) == ([{"line": "l1", "quantity": 1}], True)
