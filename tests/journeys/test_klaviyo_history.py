"""What a shop's Klaviyo knew before the hub was there: fetched, told in a file, imported; nobody is written to."""

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
from pawline.connectors.klaviyo.happened import NOBODYS
from pawline.hub import Hub, HubRefused, load_settings
from pawline.hub.bringing import bring
from pawline.model import PersonId, household_by_email
from pawline.sandbox import Desk, Vendors, served
from pawline.store import Keyring
from pawline.testing import counts
from pawline.views.households import OwnHouseholds

SETTINGS = """
shops = ["paws"]
flows = ["pawline.flows.spread_consent", "pawline.flows.heed_bounces"]
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "klaviyo/eu"

[accounts.settings]
url = "{url}"
key = {{ env = "KLAVIYO_KEY" }}
poll = 0
"""
EVER = datetime(2000, 1, 1, tzinfo=UTC)
BEFORE = time.time() - 90 * 86_400


def _past(desk: Desk) -> tuple[str, str]:
    """Somebody of ours who agreed, one who said no, one whose mail comes back, and a no of nobody."""
    books = desk.klaviyo.books

    def somebody(**known: Any) -> Any:
        return books.people[desk.act("klaviyo/people", msgspec.json.encode(known))["id"]]

    ours = somebody(email="old@example.com", external_id="h-ours", properties={"pawline_household": "h-ours"})
    books.decide(ours, "email", True, method="FORM", at=BEFORE)
    books.decide(somebody(email="ann@example.com"), "email", False, method="PREFERENCE_PAGE", at=BEFORE)
    gone = somebody(email="bo@example.com")
    gone.email.suppressed.append(("HARD_BOUNCE", BEFORE))
    books.decide(somebody(), "sms", False, method="TEXT", at=BEFORE)
    return ours.id, gone.id


async def test_decisions_and_dead_addresses_of_before_are_known_and_nobody_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(Vendors(now=time.time), "tok")
    ours, _ = _past(desk)
    monkeypatch.setenv("KLAVIYO_KEY", desk.klaviyo.key)
    Keyring.generate().save(tmp_path / "pawline.key")
    async with served(desk) as url:
        (tmp_path / "pawline.toml").write_text(SETTINGS.format(url=url), "utf-8")
        settings, before = load_settings(tmp_path / "pawline.toml", {}), counts(desk.vendors.effects())
        file = tmp_path / "past.jsonl"
        brought = await bring(settings, "klaviyo/eu", "paws", file, EVER, lambda _: None)
        assert (brought.events, brought.links, brought.bad, brought.left) == (3, 1, [], {NOBODYS: 1})
        lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        assert [one.get("type") for one in lines] == [
            None, "consent.changed@1", "consent.changed@1", "message.bounced@1"
        ]  # fmt: skip
        assert lines[0] == {"link": {"account": "klaviyo/eu", "kind": "household", "ours": "h-ours", "theirs": ours}}
        showing._tell(brought)
        assert f"1 not told: {NOBODYS}" in " ".join(capsys.readouterr().out.split())
        async with await Hub.open(settings) as hub:
            for new, known in ((3, 0), (0, 3)):  # again is harmless
                told = await asyncio.to_thread(_imported, settings, file)
                assert (told.new, told.known, told.links, told.live, told.erased, told.bad) == (new, known, 1, 0, 0, [])
                file.write_bytes(file.read_bytes() + b"\n")
            rows = await hub.store.job(lambda db: list(db.db.execute("select * from view_bounced")))  # type: ignore[attr-defined]
            bo = household_by_email("bo@example.com")
            assert [row[1:4] for row in rows] == [(bo, "email", bo)]
            people = OwnHouseholds("paws", hub.store, hub.projector)
            assert await people.filed("klaviyo/eu", PersonId(ours)) == "h-ours"
            assert await hub.store.fetch("runs_page", ("paws", "", -1, 2**62, 10)) == []
        assert counts(desk.vendors.effects()) == before


async def test_an_account_of_one_shop_tells_no_history_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KLAVIYO_KEY", "pk")
    Keyring.generate().save(tmp_path / "pawline.key")
    text = SETTINGS.format(url="http://127.0.0.1:9").replace('["paws"]', '["paws", "claws"]')
    text = text.replace('name = "klaviyo/eu"', 'name = "klaviyo/eu"\nshops = ["claws"]')
    (tmp_path / "pawline.toml").write_text(text, "utf-8")
    settings = load_settings(tmp_path / "pawline.toml", {})
    with pytest.raises(HubRefused, match="klaviyo/eu is of claws, not of paws: say `--shop claws`"):
        await bring(settings, "klaviyo/eu", "paws", tmp_path / "past.jsonl", EVER, lambda _: None)


def _imported(settings: Any, file: Path) -> Any:
    return asyncio.run(_import(settings, file, "paws", time.time() + 60, "ann", "moving in"))
