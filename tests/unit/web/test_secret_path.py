"""A webhook of a vendor that signs nothing, over HTTP: its address is a secret, kept and logged nowhere."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pawline.connectors import sandbox
from pawline.hub import Hearing, Hub, load_settings
from pawline.hub.deliveries import pack, unpacked
from pawline.kit import PATH, Connector, Headers, Secret, SecretPath, Signed
from pawline.model import Envelope
from pawline.model.events.webhooks import WebhookUnclaimed
from pawline.runtime import Recorded
from pawline.store import EventRow, Keyring
from pawline.testing.port import free_port
from pawline.web import serving
from tests.unit.web.bell import EAR, HOOK, post, said, signed

SECRET = "a-secret-of-an-address-77"  # noqa: S105 - of this test
ACCOUNT = """
[[accounts]]
name = "sandbox/{}"
[accounts.settings]
url = "http://127.0.0.1:1"
token = {{ env = "T" }}
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("T", "tok")
    card = sandbox.connector
    fields = {name: getattr(card, name) for name in ("name", "title", "settings", "http", "offers", "limits")}
    monkeypatch.setattr(sandbox, "connector", Connector(hook=HOOK, **fields))
    text = f'shops = ["pets"]\nlisten = "127.0.0.1:{free_port()}"\nallow_networks = ["127.0.0.0/8"]\n'
    (tmp_path / "pawline.toml").write_text(text + ACCOUNT.format("eu") + ACCOUNT.format("us"), "utf-8")
    Keyring.generate().save(tmp_path / "pawline.key")
    return load_settings(tmp_path / "pawline.toml", {})


def secretly(hub: Hub, signature: SecretPath) -> None:
    ear = hub.hearing.ears["sandbox/eu"]
    hook = replace(ear.hook, signature=signature)
    hub.hearing.ears["sandbox/eu"] = ear._replace(hook=hook, secrets=(Secret(SECRET),))


async def test_only_the_whole_address_lets_in_and_it_is_kept_nowhere(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with await Hub.open(settings) as hub, serving(hub) as address:
        secretly(hub, SecretPath())
        url, body = f"{address}/hooks/sandbox/eu", said("a", type="new")
        headers = signed(body)
        told = {
            f"{url}/{SECRET}": 202, url: 401, f"{url}/": 401, f"{url}/{SECRET}x": 401, f"{url}/{SECRET}/x": 401,
            f"{url}/{SECRET[:-1]}": 401, f"{url}/?{SECRET}": 401, f"{address}/hooks/sandbox/uk/{SECRET}": 404,
            f"{address}/hooks/sandbox/us/{SECRET}": 404,  # it signs: nothing stands behind its name
            f"{address}/hooks/sandbox/us/": 404,
        }  # fmt: skip
        for one, status in told.items():
            assert (await post(one, body, headers))[0] == status, one
        assert await hub.tray.rest()
        rows = [EventRow._make(one) for one in await hub.store.fetch("events_page", ("pets", "", 2**62, 9))]
        (kept,) = [await hub.engine.open_event(one) for one in rows]
        assert isinstance(kept, WebhookUnclaimed)
        assert SECRET not in str(kept)
        assert [value for name, value in kept.headers if name == PATH] == [""]  # that nobody signed it is kept
    assert SECRET not in caplog.text


def test_on_the_disk_it_is_kept_that_something_stood_there_and_not_what() -> None:
    async def never(_: Envelope) -> Recorded:
        raise AssertionError

    came = [(PATH, SECRET), ("cookie", "c"), *signed(b"{}", at=time.time()).items()]
    ear = EAR._replace(hook=replace(HOOK, signature=SecretPath()), secrets=(Secret(SECRET),))
    headers, body = unpacked(pack(Hearing(never, [ear]).believe("sandbox/eu", came, b"{}", time.time())))
    assert (headers, body) == ([(PATH, ""), *came[2:]], b"{}")


async def test_a_defect_names_no_secret(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    def broken(headers: Headers, body: bytes) -> Signed:
        raise RuntimeError(SECRET)

    async with await Hub.open(settings) as hub, serving(hub) as address:
        secretly(hub, SecretPath(broken))
        answer = await post(f"{address}/hooks/sandbox/eu/{SECRET}", b"{}", signed(b"{}", at=time.time()))
    assert answer[0] == 500
    assert "POST /hooks/sandbox/eu failed with RuntimeError" in caplog.text
    assert SECRET not in caplog.text + str(answer)
