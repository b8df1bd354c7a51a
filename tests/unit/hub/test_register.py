"""The register of senders: asked by flows, refused where it contradicts itself, compared with what accounts do."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from pawline.cli.starting import _doctor
from pawline.hub import HubRefused, connections_of, load_settings
from pawline.ports import How, Sender, Senders
from pawline.sandbox import Desk, Vendors, served
from pawline.store import Keyring

TOKEN = "tok-of-this-test"  # noqa: S105 - of this test's own sandbox
ACCOUNT = """allow_networks = ["127.0.0.0/8"]
[[accounts]]
name = "sandbox/eu"
[accounts.settings]
url = "{url}"
token = {{ env = "PAWLINE_TEST_TOKEN" }}
"""
ASKED = """[[messages]]
name = "order_confirmation"
sender = "sandbox/eu"
"""
ITSELF = ASKED + 'how = "itself"\n'
NOBODY = '[[messages]]\nname = "order_confirmation"\nhow = "nobody"\n'
TWO = "order_confirmation has 2 senders, "


def write(folder: Path, messages: str, url: str = "http://127.0.0.1:1") -> Path:
    file = folder / "pawline.toml"
    file.write_text('shops = ["pets"]\n' + ACCOUNT.format(url=url) + messages, "utf-8")
    return file


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAWLINE_TEST_TOKEN", TOKEN)


async def test_a_flow_hears_who_sends_and_the_marketing_tool_where_nobody_is_named(tmp_path: Path) -> None:
    found = connections_of(load_settings(write(tmp_path, ITSELF), {})).bindings
    assert found.accounts("pets", Senders) == ("pawline/register",)
    register = found.get("Senders", "pawline/register")
    assert register is not None
    itself = Sender(message="order_confirmation", how=How.ITSELF, account="sandbox/eu")
    assert await register.implementation.of("order_confirmation") == itself
    assert await register.implementation.of("refill") == Sender(message="refill", how=How.ASKED, account="")


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        (ASKED + NOBODY, "`messages[1]`: order_confirmation has two senders, sandbox/eu and nobody: people would get"),
        (
            ASKED.replace("/eu", "/us"),
            "asked of sandbox/us, which is no account that plays Marketing: name one of sandb",
        ),
        (ITSELF.replace('sender = "sandbox/eu"\n', ""), "`messages[0]` needs a `name`, and a `sender` that sends it"),
        (ITSELF.replace("itself", "twice"), "`messages[0].how` is wrong"),
        (ASKED.replace("sender", "from"), "`messages[0].from` is no setting: remove it, or correct it to one of name"),
    ],
)
def test_a_register_that_contradicts_itself_is_refused(messages: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(HubRefused) as no:
        connections_of(load_settings(write(tmp_path, messages), {}))
    assert says in str(no.value)


@pytest.mark.parametrize(
    ("messages", "shop", "tool", "state", "says"),
    [
        (ITSELF, True, False, "good", "1 in the register, each with one sender"),
        (NOBODY, False, False, "good", "1 in the register, each with one sender"),
        ("", False, False, "good", "0 in the register, each with one sender"),
        (ASKED, True, False, "bad", TWO + "sandbox/eu by itself and sandbox/eu, asked by us: leave one"),
        ("", False, True, "bad", TWO + "sandbox/eu by itself and the marketing tool, asked by us: leave one"),
        (NOBODY, True, False, "bad", TWO + "sandbox/eu by itself and nobody, by the register: leave one"),
        (ITSELF.replace("/eu", "/us"), True, False, "bad", TWO + "sandbox/eu by itself and sandbox/us by itself"),
        (ITSELF, False, False, "bad", "order_confirmation: sandbox/eu is to send it by itself and does not: switch it"),
    ],
)  # fmt: skip
async def test_the_doctor_finds_two_senders_of_one_message(
    messages: str, shop: bool, tool: bool, state: str, says: str, tmp_path: Path
) -> None:
    Keyring.generate().save(tmp_path / "pawline.key")
    desk = Desk(Vendors(now=time.time), TOKEN)
    desk.shop.confirms = shop
    desk.vendors.marketing.flows = {"Placed Order": "order_confirmation"} if tool else {}
    async with asyncio.timeout(30), served(desk) as url:
        checks = {one["name"]: one for one in await _doctor(write(tmp_path, messages, url))}
    assert (checks["messages"]["state"], says in checks["messages"]["says"]) == (state, True), checks["messages"]


async def test_who_cannot_be_asked_is_said_and_is_no_fault(tmp_path: Path) -> None:
    Keyring.generate().save(tmp_path / "pawline.key")
    checks = {one["name"]: one for one in await _doctor(write(tmp_path, ITSELF))}
    assert checks["messages"]["state"] == "look"
    assert "sandbox/eu does not say what it sends by itself" in checks["messages"]["says"]
