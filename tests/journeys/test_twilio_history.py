"""Who said STOP before the hub was there: fetched, told in a file, imported; nobody is written to."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.cli import bringing as showing
from pawline.cli.importing import _import
from pawline.connectors.twilio.past import LIFTED, NOBODYS
from pawline.hub import Hub, load_settings
from pawline.hub.bringing import bring
from pawline.model.ids import household_by_phone
from pawline.sandbox import Desk, Vendors, served
from pawline.store import Keyring
from pawline.testing import counts

SETTINGS = """
shops = ["paws"]
flows = ["pawline.flows.spread_consent"]
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "twilio/us"

[accounts.settings]
url = "{url}/twilio"
messaging_url = "{url}/twilio"
account = "{account}"
token = {{ env = "TWILIO_TOKEN" }}
sender = "{sender}"
poll = 0
"""
EVER = datetime(2000, 1, 1, tzinfo=UTC)
BEFORE = time.time() - 90 * 86_400
ANN = "+15550123456"


def _past(desk: Desk) -> None:
    for sender, body in ((ANN, "STOP"), (ANN, "START"), ("72975", "STOP"), (ANN, "where is my parcel?")):
        given = msgspec.json.encode({"sender": sender, "body": body})
        one = desk.twilio.books.messages[desk.act("twilio/write", given)]
        one.made = one.sent = BEFORE


async def test_stops_of_before_are_known_and_nobody_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(Vendors(now=time.time), "tok")
    _past(desk)
    monkeypatch.setenv("TWILIO_TOKEN", desk.twilio.token)
    Keyring.generate().save(tmp_path / "pawline.key")
    async with served(desk) as url:
        given = {"url": url, "account": desk.twilio.account, "sender": desk.twilio.books.number.number}
        (tmp_path / "pawline.toml").write_text(SETTINGS.format(**given), "utf-8")
        settings, before = load_settings(tmp_path / "pawline.toml", {}), counts(desk.vendors.effects())
        file = tmp_path / "past.jsonl"
        brought = await bring(settings, "twilio/us", "paws", file, EVER, lambda _: None)
        assert (brought.events, brought.links, brought.bad) == (3, 0, [])
        assert brought.left == {LIFTED: 1, NOBODYS: 1}
        told = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        at = datetime.fromtimestamp(int(BEFORE), UTC)
        assert [(one["type"], datetime.fromisoformat(one["time"])) for one in told] == [("consent.changed@1", at)] * 3
        said = [one["data"]["consent"] for one in told]
        assert [(one["household"], one["purpose"], one["medium"], one["granted"]) for one in said] == [
            (household_by_phone(ANN), purpose, "sms", False) for purpose in ("marketing", "reminders", "surveys")
        ]
        showing._tell(brought)
        assert f"1 not told: {LIFTED}" in " ".join(capsys.readouterr().out.split())
        async with await Hub.open(settings) as hub:
            for new, known in ((3, 0), (0, 3)):  # again is harmless
                took = await asyncio.to_thread(_imported, settings, file)
                assert (took.new, took.known, took.links, took.live, took.erased, took.bad) == (new, known, 0, 0, 0, [])
                file.write_bytes(file.read_bytes() + b"\n")
            assert await hub.store.fetch("runs_page", ("paws", "", -1, 2**62, 10)) == []
        assert counts(desk.vendors.effects()) == before


def _imported(settings: Any, file: Path) -> Any:
    return asyncio.run(_import(settings, file, "paws", time.time() + 60, "ann", "moving in"))
