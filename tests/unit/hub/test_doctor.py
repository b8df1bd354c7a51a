"""What the doctor says of accounts and webhooks, before any hub runs."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import pytest

from pawline.cli.starting import _doctor
from pawline.store import Keyring

SECRET = "whsec_" + base64.b64encode(b"a key of twenty-four bytes").decode()
LISTEN = 'listen = "127.0.0.1:8080"\n'
ACCOUNT = """allow_networks = ["127.0.0.0/8"]
[[accounts]]
name = "sandbox/eu"
[accounts.settings]
url = "http://127.0.0.1:1"
token = { env = "PAWLINE_TEST_TOKEN" }
"""
DEAF = """
[[accounts]]
name = "sandbox/us"
[accounts.settings]
url = "http://127.0.0.1:1"
token = { env = "PAWLINE_TEST_TOKEN" }
"""
LETTERS = """flows = ["pawline.flows.ask_on_board"]
allow_networks = ["127.0.0.0/8"]
[[accounts]]
name = "smtp/care"
[accounts.settings]
host = "127.0.0.1"
port = 1
tls = "none"
sender = "a@b.example"
people = [{ name = "ann", to = "ann@b.example" }]
[[helpdesks]]
account = "smtp/care"
teams = ["care"]
"""
AGENCY = """flows = ["pawline.flows.tell_listeners"]
[[accounts]]
name = "webhooks/agency"
[accounts.settings]
url = "https://agency.example/in"
secrets = [{ env = "PAWLINE_TEST_SECRET" }]
events = ["order.placed@1", "stock.counted@1"]
"""
REACHED = LISTEN + 'public = "https://hooks.pets.example"\n'
HEARS = ACCOUNT + 'webhook_secrets = [{ env = "PAWLINE_TEST_SECRET" }]\n'


@pytest.mark.parametrize(
    ("settings", "secret", "name", "state", "says"),
    [
        (LISTEN + HEARS, SECRET, "webhooks", "good", "sandbox/eu hears at 127.0.0.1:8080"),
        ("", SECRET, "webhooks", "good", "no account hears any"),
        (HEARS, SECRET, "webhooks", "bad", "sandbox/eu could hear, but `listen` is empty: name an address there"),
        (
            LISTEN + ACCOUNT,
            SECRET,
            "webhooks",
            "look",
            "sandbox/eu believes no webhook, for its settings hold no webhook",
        ),
        (LISTEN + HEARS + DEAF, SECRET, "webhooks", "look", "sandbox/us believes no webhook"),
        (LISTEN, SECRET, "webhooks", "look", "`listen` names an address, but no account hears webhooks"),
        (REACHED + LETTERS, SECRET, "webhooks", "good", "no account hears any"),
        (
            REACHED + LETTERS,
            SECRET,
            "helpdesks",
            "good",
            "cases of care go to smtp/care; letters of smtp/care lead to https://hooks.pets.example",
        ),
        (LISTEN + LETTERS, SECRET, "helpdesks", "bad", "that lead to this hub: name `listen` and `public`"),
        (
            REACHED + LETTERS.replace("ask_on_board", "adopt_order"),
            SECRET,
            "helpdesks",
            "bad",
            "no flow tells smtp/care of cases",
        ),
        (ACCOUNT, SECRET, "helpdesks", "good", "cases are answered in the inbox alone"),
        (ACCOUNT, SECRET, "listening", "good", "nobody listens to our events"),
        (AGENCY, SECRET, "listening", "good", "webhooks/agency is told of 2 kinds of events"),
        (AGENCY.replace("tell_listeners", "adopt_order"), SECRET, "listening", "bad", "add pawline.flows.tell_liste"),
        (AGENCY.replace("placed@1", "placed@9"), SECRET, "accounts", "bad", "'order.placed@9', which is no event"),
        (LISTEN + HEARS, "", "accounts", "bad", "the variable PAWLINE_TEST_SECRET is not set"),
        (LISTEN + HEARS, "whsec_short", "accounts", "bad", "a webhook's secret is not one that its sender gives out"),
        (ACCOUNT.replace("127.0.0.0/8", "10.0.0.0/8x"), SECRET, "accounts", "bad", "name a network such as"),
    ],
)
def test_the_doctor_finds_it_and_says_what_to_do(
    settings: str, secret: str, name: str, state: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWLINE_TEST_TOKEN", "tok-canary")
    monkeypatch.setenv("PAWLINE_TEST_SECRET", secret)
    (tmp_path / "pawline.toml").write_text(f'shops = ["pets"]\n{settings}', "utf-8")
    Keyring.generate().save(tmp_path / "pawline.key")
    checks = {one["name"]: one for one in asyncio.run(_doctor(tmp_path / "pawline.toml"))}
    assert (checks[name]["state"], says in checks[name]["says"]) == (state, True), checks[name]
    assert ("webhooks" in checks) == (checks["accounts"]["state"] == "good")
    assert "canary" not in str(checks)
