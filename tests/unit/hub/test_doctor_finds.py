"""Misconfigurations planted one at a time in a hub that is well: the doctor names each, and nothing else is wrong."""

from __future__ import annotations

import asyncio
import base64
import shutil
import socket
import sys
import time
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pawline.cli.starting import _doctor
from pawline.hub import Hub, check_free, load_settings
from pawline.hub.using import ports_of
from pawline.hub.wiring import flows_of
from pawline.runtime import Flows
from pawline.store import Keyring, Store

SECRET = "whsec_" + base64.b64encode(b"a key of twenty-four bytes").decode()
FLOW = '''
from pawline.model import OrderPlaced
from pawline.ports import Crm, Mail, Payments
from pawline.runtime import flow, use

def helper():
    """Called by its name."""
    return [use(Mail) for _ in range(1)]

@flow(on=OrderPlaced)
async def doctored(placed: OrderPlaced) -> str:
    """A flow that uses two ports, and names one that it does not use."""
    use(Payments)
    helper()
    return str(Payment)

Payment = Crm
'''
WELL = """\
shops = ["pets"]
flows = ["doctored"]
allow_networks = ["127.0.0.0/8"]
listen = "127.0.0.1:{port}"
[caps.default]
refund = 1
[caps.flows.doctored]
message = 500
[[accounts]]
name = "sandbox/eu"
shops = ["pets"]
[accounts.settings]
url = "http://127.0.0.1:1"
token = {{ env = "PAWLINE_TEST_TOKEN" }}
webhook_secrets = [{{ env = "PAWLINE_TEST_SECRET" }}]
[[alarms.channels]]
name = "team"
kind = "mail"
account = "sandbox/eu"
to = ["team@pets.example"]
[[alarms.rota]]
channels = ["team"]
"""
IDLE = 'allow_networks = ["127.0.0.0/8"]\n[[accounts]]\nname = "sandbox/eu"\n[accounts.settings]\n'
IDLE += 'url = "http://127.0.0.1:1"\ntoken = { env = "PAWLINE_TEST_TOKEN" }\n'
SECOND = '[[accounts]]\nname = "sandbox/us"\n[accounts.settings]\nurl = "http://127.0.0.1:1"\n'
SECOND += 'token = { env = "PAWLINE_TEST_TOKEN" }\nwebhook_secrets = [{ env = "PAWLINE_TEST_SECRET" }]\n'
Usage = namedtuple("Usage", "total used free")  # noqa: PYI024 - as shutil's


@pytest.fixture(autouse=True)
def well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PAWLINE_TEST_TOKEN", "tok-canary")
    monkeypatch.setenv("PAWLINE_TEST_SECRET", SECRET)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, 10**12))
    (tmp_path / "doctored.py").write_text(FLOW, "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "pawline.toml").write_text(WELL.format(port=port), "utf-8")
    Keyring.generate().save(tmp_path / "pawline.key")
    path = list(sys.path)
    yield
    sys.path[:] = path
    sys.modules.pop("doctored", None)


def planted(folder: Path, old: str, new: str) -> None:
    """Change one thing in the settings."""
    file = folder / "pawline.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def unwell(folder: Path) -> dict[str, tuple[str, str]]:
    """What is not good, by its name; a hub that was never started is no news here."""
    checks = asyncio.run(_doctor(folder / "pawline.toml"))
    assert len({one["name"] for one in checks}) == len(checks)
    assert "canary" not in str(checks)
    assert SECRET not in str(checks)
    told = {one["name"]: (one["state"], one["says"]) for one in checks if one["state"] != "good"}
    assert told.pop("lanes", None) in (None, ("look", "no hub is running: `pawline up` starts one"))
    for name in ("messages", "access"):  # nobody answers there, and both say so: others have what they find
        told.pop(name, None)
    return told


def test_a_hub_that_is_well_is_told_so(tmp_path: Path) -> None:
    assert unwell(tmp_path) == {}


@pytest.mark.parametrize(
    ("old", "new", "name", "state", "says"),
    [
        (
            'flows = ["doctored"]', 'flows = ["doctored", "doctored"]', "modules", "look",
            "`flows` names doctored twice: take one out",
        ),
        (
            "refund = 1", "refund = 0", "caps", "bad",
            "`caps.default.refund` is 0: nothing of that kind ever leaves; give 1 at least, or use `pawline stop`",
        ),
        (
            "message = 500", "message = -1", "caps", "bad",
            ("`caps.flows.doctored.message` is -1: nothing of that kind ever leaves; give 1 at least, or use"
             " `pawline stop`"),
        ),
        (
            "[caps.flows.doctored]", "[caps.flows.doctor]", "caps", "bad",
            "`caps.flows.doctor`: no flow is called doctor, so nothing is capped: correct the name",
        ),
        (
            'flows = ["doctored"]', 'flows = ["doctored", "pawline.flows.label_return"]', "returns", "look",
            "label_return makes no label: say in `[[returns]]` where returns go, or take the flow out",
        ),
        (
            "[caps.default]",
            ('[[returns]]\n[returns.to]\nname = "Paws"\nlines = ["Depot 1"]\ncity = "Erfurt"\ncountry = "DE"\n'
             "[caps.default]"),
            "returns", "look",
            "`[[returns]]` says where returns go, and no flow makes labels: load pawline.flows.label_return",
        ),
        (
            'account = "sandbox/eu"', 'account = "smtp/main"', "alarms", "bad",
            "channel team: smtp/main is no account that plays Mail: name one of sandbox/eu",
        ),
        (
            'to = ["team@pets.example"]', 'to = [{ env = "PAWLINE_TEST_NOBODY" }]', "alarms", "bad",
            "channel team: the variable PAWLINE_TEST_NOBODY is not set: set it where the hub is started",
        ),
        (
            "[[alarms.channels]]",
            '[alarms.dead_man]\nurl = { env = "PAWLINE_TEST_NOBODY" }\n[[alarms.channels]]', "alarms", "bad",
            "`alarms.dead_man.url`: the variable PAWLINE_TEST_NOBODY is not set: set it where the hub is started",
        ),
        (
            "[[alarms.rota]]",
            '[[alarms.file_late]]\naccount = "erp/main"\nwatch = "stock"\nby = "06:00"\n[[alarms.rota]]',
            "alarms", "bad",
            "`alarms.file_late[0]`: erp/main has no watch stock; there are none yet",
        ),
        (
            'channels = ["team"]', 'channels = ["team"]\nfrom = "06:00"\nto = "22:00"', "alarms", "look",
            ("nobody is told of a critical or warning alarm on Mon 00:00-06:00, Mon 22:00-Tue 06:00, Tue 22:00-Wed"
             " 06:00 and 5 more times UTC: add them to an entry of `alarms.rota`"),
        ),
        (
            '"127.0.0.0/8"', '"127.0.0.0/8", "0.0.0.0/0"', "networks", "look",
            ("`allow_networks`: 0.0.0.0/0 lets calls reach this machine's own cloud credentials, too: name the network"
             " of the system that is meant"),
        ),
        (
            '"127.0.0.0/8"', '"127.0.0.0/8", "169.254.0.0/16", "::/0"', "networks", "look",
            ("`allow_networks`: 169.254.0.0/16, ::/0 lets calls reach this machine's own cloud credentials, too: name"
             " the network of the system that is meant"),
        ),
        (
            'token = { env = "PAWLINE_TEST_TOKEN" }', 'token = { env = "PAWLINE_TEST_SECRET" }', "secrets", "look",
            "sandbox/eu: a webhook secret is its `token`, too: whoever may call could then sign; have two",
        ),
        (
            "[[accounts]]", f"{SECOND}[[accounts]]", "choices", "look",
            ("Mail of pets is played by sandbox/us, because it stands first; sandbox/eu only where a flow names it:"
             " keep that order, or give each its `shops`; Payments of pets is played by sandbox/us, because it stands"
             " first; sandbox/eu only where a flow names it: keep that order, or give each its `shops`"),
        ),
    ],
)  # fmt: skip
def test_what_is_planted_in_the_settings_is_found(
    old: str, new: str, name: str, state: str, says: str, tmp_path: Path
) -> None:
    planted(tmp_path, old, new)
    assert unwell(tmp_path) == {name: (state, says)}


def test_a_port_that_nobody_plays_and_a_shop_that_no_account_is_for_are_found(tmp_path: Path) -> None:
    planted(tmp_path, 'shops = ["pets"]\nflows', 'shops = ["pets", "pets-us"]\nflows')
    end = "which no account plays for pets-us: connect one, or take the flow out"
    assert unwell(tmp_path) == {
        "ports": ("bad", f"doctored needs Mail, {end}; doctored needs Payments, {end}"),
        "shops": ("look", "no account is for pets-us: add it to an account's `shops`, or take it out of `shops`"),
    }


def test_an_account_that_no_flow_uses_is_found(tmp_path: Path) -> None:
    (tmp_path / "pawline.toml").write_text(f'shops = ["pets"]\n{IDLE}', "utf-8")
    says = "sandbox/eu plays nothing that a flow uses: load its flow, or take the account out"
    nobody = "nobody is told when orders stop or a vendor is down: add [alarms], see docs/how-to/be-told-of-alarms.md"
    assert unwell(tmp_path) == {"choices": ("look", says), "alarms": ("look", nobody)}


def test_an_account_whose_inventory_the_hub_stands_before_is_found(tmp_path: Path) -> None:
    planted(tmp_path, 'flows = ["doctored"]', 'flows = ["doctored", "pawline.flows.fulfil_order"]\nstock = "hub"')
    says = (
        'Inventory of pets is played by the hub, because `stock = "hub"`; sandbox/eu only where a flow names it: keep'
    )
    assert unwell(tmp_path) == {
        "choices": ("look", f'{says} that, or say `stock = "accounts"`'),
        "parcels": ("look", f"fulfil_order confirms orders of pets and nothing ships them: load {SHIP}, {SEE}"),
    }


SEE = "see docs/how-to/go-with-the-carrier.md"
SHIP = "pawline.flows.ship_order and say in `[[pickups]]` when the carrier comes"
PICKUPS = """\
[[pickups]]
zone = "UTC"
times = [{ days = ["mon"], cut_off = "14:00" }]
"""
SHIP_FROM = '[pickups.ship_from]\nname = "Paws"\nlines = ["Hafenstr. 1"]\ncity = "Hamburg"\ncountry = "DE"\n'
BOOKS = "ship_order books parcels of pets, and nobody said"
UNHEARD = "nobody is asked about orders of {} that miss their carrier: load pawline.flows.missed_pickup"


@pytest.mark.parametrize(
    ("flows", "settings", "state", "says"),
    [
        (["ship_order"], "", "bad", f"{BOOKS} when its carrier comes: add `[[pickups]]`, {SEE}"),
        (
            ["ship_order", "missed_pickup"], PICKUPS, "bad",
            f"{BOOKS} where they leave from: add `ship_from`, {SEE}",
        ),
        (["adopt_order"], PICKUPS, "look", UNHEARD.format("adopt_order")),
        (["fulfil_order", "ship_order"], PICKUPS + SHIP_FROM, "look", UNHEARD.format("ship_order")),
        (
            ["adopt_order", "missed_pickup"], PICKUPS + "holidays = [2020-12-25]\n", "look",
            "`pickups[0].holidays` are all over: name those to come, or orders are late on each",
        ),
        (["adopt_order"], "", "good", ""),
        (["adopt_order", "fulfil_order", "ship_order", "missed_pickup"], PICKUPS + SHIP_FROM, "good", ""),
    ],
)  # fmt: skip
def test_parcels_that_no_carrier_takes_are_found(
    flows: list[str], settings: str, state: str, says: str, tmp_path: Path
) -> None:
    named = ", ".join(f'"pawline.flows.{one}"' for one in flows)
    planted(tmp_path, 'flows = ["doctored"]', f'flows = ["doctored", {named}]')
    planted(tmp_path, "[[alarms.channels]]", f"{settings}[[alarms.channels]]")
    assert unwell(tmp_path) == ({} if state == "good" else {"parcels": (state, says)})


def test_a_key_that_others_may_read_is_found(tmp_path: Path) -> None:
    key = tmp_path / "pawline.key"
    key.chmod(0o640)
    told = unwell(tmp_path)
    assert told["key"] == ("bad", f"others may read {key}: chmod 600 it")
    assert set(told) == {"key", "store"}


@pytest.mark.parametrize("text", [b"not base64", b"\xff\xfe\x00", "schlüssel".encode(), b"YWJj"])
def test_a_key_file_that_holds_no_key_is_found(text: bytes, tmp_path: Path) -> None:
    (tmp_path / "pawline.key").write_bytes(text)
    told = unwell(tmp_path)
    state, says = told["key"]
    assert (state, "32 bytes" in says) == ("bad", True)
    assert set(told) == {"key", "store"}


def test_an_address_that_somebody_has_is_found_and_a_hub_that_has_it_is_not(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "pawline.toml", {})
    check_free(settings.listen)
    port = settings.listen.rpartition(":")[2]
    with socket.create_server(("127.0.0.1", int(port))):
        says = f"`listen`: 127.0.0.1 port {port} cannot be had (Address already in use): free it, or name another"
        assert unwell(tmp_path) == {"listen": ("bad", says)}

        async def beside_a_hub() -> list[dict[str, Any]]:
            async with await Hub.open(settings):
                return await _doctor(tmp_path / "pawline.toml")

        assert [one["name"] for one in asyncio.run(beside_a_hub()) if one["state"] != "good"] == [
            "access",
            "messages",
            "heard",
        ]


def test_a_store_without_its_folder_is_found(tmp_path: Path) -> None:
    planted(tmp_path, "listen", 'store = "sqlite:///gone/pawline.db"\nlisten')
    url = f"sqlite:///{tmp_path / 'gone' / 'pawline.db'}"
    assert unwell(tmp_path) == {
        "disk": ("bad", f"there is no folder {tmp_path / 'gone'}: make it, or correct `store`"),
        "store": ("bad", f"{url} cannot be opened (No such file or directory): make its folder ours to write"),
    }


def test_a_disk_that_is_nearly_full_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12 - 10**8, 10**8))
    says = f"100 MB are left at {tmp_path}: free some, for a full disk takes no order"
    assert unwell(tmp_path) == {"disk": ("look", says)}


@pytest.mark.parametrize(
    ("behind", "says"),
    [
        (3_600.5, "this machine's clock is 1 h behind the store's: set it by NTP; webhooks are refused from five"),
        (-120.5, "this machine's clock is 2 min ahead of the store's: set it by NTP; webhooks are refused from five"),
    ],
)
def test_a_clock_that_is_off_is_found(behind: float, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from pawline.hub.health import examine

    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)

    async def ask() -> dict[str, tuple[str, str]]:
        store = await Store.open(":memory:", Keyring.generate(), clock=lambda: now + behind)
        checks = await examine(store, Flows([]), ["pets"], hub=False)
        await store.close()
        return {one.name: (one.state, one.says) for one in checks if one.state != "good"}

    told = asyncio.run(ask())
    assert set(told) == {"lanes", "clock"}
    assert told["clock"] == ("look", f"{says} minutes on")


def test_the_ports_of_a_flow_are_those_that_it_or_its_helpers_use(tmp_path: Path) -> None:
    [flow] = flows_of(load_settings(tmp_path / "pawline.toml", {}))
    assert sorted(one.__name__ for one in ports_of(flow)) == ["Mail", "Payments"]
