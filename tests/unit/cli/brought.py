"""A connector that another package brings: its system is a file, in which it keeps where it sends its webhooks."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

CODE = """
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from pawline.kit import Connector, Delivery, Enrolment, Hmac, Hook, Http, Secret, of_body
from pawline.ports import Code, Unauthorised

TOPICS = ("orders", "refunds")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    place: str
    token: Secret
    pages: int = 3
    region: str | None = None
    webhook_secrets: tuple[Secret, ...] = ()


def kept(settings):
    return json.loads(Path(settings.place).read_text())


def meanwhile(settings, when):
    # what befalls whoever connects: somebody changes the settings, or the process is killed
    there = kept(settings)
    if when in there.get("changes", {}):
        Path(there["changes"][when]).write_text("# somebody was here\\n")
    if when == there.get("killed"):
        os._exit(9)


async def probe(_, settings, plays):
    meanwhile(settings, "probe")
    if settings.token.reveal() != kept(settings)["token"]:
        raise Unauthorised("the key lacks the scope read_orders", Code.FORBIDDEN)


async def lacking(_, settings, address):
    if "broken" in kept(settings):
        raise Unauthorised("it does not let us look", Code.FORBIDDEN)
    return tuple(topic for topic in TOPICS if kept(settings)["sends"].get(topic) != address)


async def enrol(http, settings, address):
    meanwhile(settings, "enrol")
    missing = await lacking(http, settings, address)
    there = kept(settings)
    there["sends"] |= dict.fromkeys(missing, address)
    Path(settings.place).write_text(json.dumps(there))
    return tuple(f"{topic} is sent to {address}" for topic in missing)


connector = Connector(
    name="acme", title="Acme", settings=Settings, probe=probe, enrolment=Enrolment(lacking, enrol),
    http=lambda settings, guard: Http("https://acme.example", guard=guard),
    hook=Hook(
        signature=Hmac(of_body("x-acme", "hex")), secrets=lambda settings: settings.webhook_secrets,
        read=lambda headers, body: Delivery("orders", "1", datetime.now(UTC), body), hears={},
    ),
)
"""


def bring(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """It is installed; its system, whose key is `tok-canary-77` and which sends nothing anywhere."""
    info = folder / "acme-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: pawline-acme\nVersion: 1\n", "utf-8")
    (info / "entry_points.txt").write_text("[pawline.connectors]\nacme = pawline_acme_brought:connector\n", "utf-8")
    (folder / "pawline_acme_brought.py").write_text(CODE, "utf-8")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "pawline_acme_brought", raising=False)
    system = folder / "acme.json"
    system.write_text('{"token": "tok-canary-77", "sends": {}}', "utf-8")
    return system
