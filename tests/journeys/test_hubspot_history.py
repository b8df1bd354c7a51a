"""What a shop's HubSpot knew before the hub was there: fetched, told in a file, imported; nobody is written to."""

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
from pawline.connectors.hubspot import past
from pawline.connectors.hubspot.happened import ALIVE, UNNAMED
from pawline.hub import Hub, HubRefused, load_settings
from pawline.hub.bringing import bring
from pawline.model import PersonId, household_by_email
from pawline.sandbox import Desk, Fault, Faults, Vendors, served
from pawline.sandbox.hubspot.books import BOUNCED, Stand
from pawline.store import Keyring
from pawline.testing import counts
from pawline.views.households import OwnHouseholds

SETTINGS = """
shops = ["paws"]
flows = ["pawline.flows.spread_consent", "pawline.flows.heed_bounces"]
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "hubspot/eu"

[accounts.settings]
url = "{url}/hubspot"
token = {{ env = "HUBSPOT_TOKEN" }}
marketing = [11]
poll = 0
"""
EVER = datetime(2000, 1, 1, tzinfo=UTC)
BEFORE = time.time() - 90 * 86_400


def _past(desk: Desk) -> tuple[str, str]:
    """Somebody of ours who agreed, one who said no to all mail, two whose mail came back, and a no of nobody."""
    books = desk.hubspot.books
    desk.act("hubspot/types", msgspec.json.encode({"id": 11, "name": "Offers"}))
    books.properties["pawline_household"] = {"name": "pawline_household", "hasUniqueValue": True}
    ours = books.write(None, {"email": "old@example.com", "pawline_household": "h-ours"})
    books.address("old@example.com").of[11] = Stand("SUBSCRIBED", BEFORE, "FORM")
    books.write(None, {"email": "ann@example.com"})
    books.address("ann@example.com").wide = Stand("UNSUBSCRIBED", BEFORE)
    gone = books.write(None, {"email": "bo@example.com", BOUNCED: "UNKNOWN_USER"})
    for name in ("email", BOUNCED):
        gone.were[name] = [(BEFORE, gone.properties[name])]
    books.write(None, {"email": "cy@example.com", BOUNCED: "POLICY"})
    books.write(None, {"hs_email_optout": "true"})
    return ours.id, gone.id


async def test_decisions_and_dead_addresses_of_before_are_known_and_nobody_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(Vendors(now=time.time), "tok")
    ours, _ = _past(desk)
    monkeypatch.setenv("HUBSPOT_TOKEN", desk.hubspot.token)
    monkeypatch.setattr(past, "PAUSE", 0.0)
    monkeypatch.setattr(past, "MANY", 2)
    Keyring.generate().save(tmp_path / "pawline.key")
    async with served(desk) as url:
        (tmp_path / "pawline.toml").write_text(SETTINGS.format(url=url), "utf-8")
        settings, before = load_settings(tmp_path / "pawline.toml", {}), counts(desk.vendors.effects())
        file = tmp_path / "past.jsonl"
        desk.vendors.faults = Faults(at={5: Fault.BROKEN})
        with pytest.raises(HubRefused, match="the same again goes on where it was"):
            await bring(settings, "hubspot/eu", "paws", file, EVER, lambda _: None)
        desk.vendors.faults = Faults()
        brought = await bring(settings, "hubspot/eu", "paws", file, EVER, lambda _: None)
        assert (brought.events, brought.links, brought.bad) == (3, 1, [])
        assert brought.left == {ALIVE: 1, UNNAMED: 1}
        lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        assert [one.get("type") for one in lines] == [
            None, "consent.changed@1", "consent.changed@1", "message.bounced@1"
        ]  # fmt: skip
        assert lines[0] == {"link": {"account": "hubspot/eu", "kind": "household", "ours": "h-ours", "theirs": ours}}
        showing._tell(brought)
        assert f"1 not told: {UNNAMED}" in " ".join(capsys.readouterr().out.split())
        async with await Hub.open(settings) as hub:
            for new, known in ((3, 0), (0, 3)):  # again is harmless
                told = await asyncio.to_thread(_imported, settings, file)
                assert (told.new, told.known, told.links, told.live, told.erased, told.bad) == (new, known, 1, 0, 0, [])
                file.write_bytes(file.read_bytes() + b"\n")
            rows = await hub.store.job(lambda db: list(db.db.execute("select * from view_bounced")))  # type: ignore[attr-defined]
            bo = household_by_email("bo@example.com")
            assert [row[1:4] for row in rows] == [(bo, "email", bo)]
            people = OwnHouseholds("paws", hub.store, hub.projector)
            assert await people.filed("hubspot/eu", PersonId(ours)) == "h-ours"
            assert await hub.store.fetch("runs_page", ("paws", "", -1, 2**62, 10)) == []
        assert counts(desk.vendors.effects()) == before


def _imported(settings: Any, file: Path) -> Any:
    return asyncio.run(_import(settings, file, "paws", time.time() + 60, "ann", "moving in"))
