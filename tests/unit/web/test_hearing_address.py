"""What an address says that a vendor signs: read by the hook that asks for it, and kept nowhere else."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from pawline.hub import Hearing, load_settings
from pawline.hub.deliveries import pack, unpacked
from pawline.hub.wiring import connections_of
from pawline.kit import METHOD, QUERY, URL, WHENEVER, Delivery, Headers
from pawline.model import Envelope
from pawline.model.events.webhooks import WebhookUnclaimed
from pawline.runtime import Recorded
from tests.unit.web.bell import EAR, HOOK, hear, rung, said, signed

AT = "https://hub.example/hooks/sandbox/eu?household=h-1&a=%26"


async def heard(body: bytes, headers: list[tuple[str, str]], *, query: bool) -> tuple[list[Headers], Envelope]:
    seen, kept = list[Headers](), list[Envelope]()

    def read(given: Headers, raw: bytes) -> Delivery:
        seen.append(given)
        return HOOK.read(given, raw)

    async def record(envelope: Envelope) -> Recorded:
        kept.append(envelope)
        return Recorded(1, new=True)

    ear = EAR._replace(hook=replace(HOOK, read=read, query=query))
    await hear(Hearing(record, [ear]), "sandbox/eu", headers, body, time.time())
    (one,) = kept
    return seen, one


def called(body: bytes, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(METHOD, "POST"), (URL, AT), *more, *signed(body).items()]


async def test_a_hook_that_asks_for_it_is_told_what_stands_behind_the_question_mark() -> None:
    body = said("a")
    seen, _ = await heard(body, called(body), query=True)
    assert [[one for one in given if one[0].startswith(":")] for given in seen] == [[(QUERY, "household=h-1&a=%26")]]
    seen, _ = await heard(body, called(body), query=False)
    assert [one for given in seen for one in given if one[0].startswith(":")] == []


async def test_nobody_else_says_what_stands_there() -> None:
    body = said("a")
    seen, _ = await heard(body, called(body, (QUERY, "household=h-2"), (":QUERY", "household=h-3")), query=True)
    assert [one[1] for given in seen for one in given if one[0].lower() == QUERY] == ["household=h-1&a=%26"]
    seen, _ = await heard(body, [*signed(body).items(), (QUERY, "household=h-2")], query=True)
    assert [one for given in seen for one in given if one[0].lower() == QUERY] == []


async def test_what_is_kept_is_heard_again_with_it() -> None:
    body = said(type="strange")
    _, kept = await heard(body, called(body), query=True)
    assert isinstance(kept.event, WebhookUnclaimed)
    assert (QUERY, "household=h-1&a=%26") in kept.event.headers


def test_what_is_taken_up_again_from_the_disk_is_what_was_let_in() -> None:
    async def never(_: Envelope) -> Recorded:
        raise AssertionError

    body = said("a")
    for query in (True, False):
        ear = EAR._replace(hook=replace(HOOK, query=query))
        headers = called(body, ("cookie", "c"), ("x-odd", "\udcff"))
        arrived = Hearing(never, [ear]).believe("sandbox/eu", headers, body, time.time())
        assert ((QUERY, "household=h-1&a=%26") in arrived.headers) is query
        assert unpacked(pack(arrived)) == (arrived.headers, body)
        assert not {URL, METHOD, "cookie"} & {name for name, _ in arrived.headers}


async def test_what_says_no_time_happened_when_it_came() -> None:
    body, kept = said("a"), list[Envelope]()

    async def record(envelope: Envelope) -> Recorded:
        kept.append(envelope)
        return Recorded(1, new=True)

    hook = replace(HOOK, read=lambda _, raw: Delivery("rung", "m1", WHENEVER, raw), hears={"rung": rung})
    now = time.time()
    await hear(Hearing(record, [EAR._replace(hook=hook)]), "sandbox/eu", list(signed(body).items()), body, now)
    assert [one.at.timestamp() for one in kept] == [pytest.approx(now, abs=1e-5)]
    kept.clear()
    strange = replace(hook, hears={})
    await hear(Hearing(record, [EAR._replace(hook=strange)]), "sandbox/eu", list(signed(body).items()), body, now)
    assert [one.at.timestamp() for one in kept] == [pytest.approx(now, abs=1e-5)]


@pytest.mark.parametrize(
    ("public", "secrets", "expected"),
    [
        ("https://hub.example/", '[{ env = "T" }]', "https://hub.example/hooks/twilio/us"), ("", '[{ env = "T" }]', ""),
        ("https://hub.example", "[]", ""),
    ],
)  # fmt: skip
def test_a_client_knows_where_its_webhooks_are_heard(
    public: str, secrets: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("T", "token")
    listen = 'listen = "127.0.0.1:8080"\n' if public else ""
    said = (
        f'shops = ["paws"]\nflows = ["tests.journeys.texting"]\n{listen}public = "{public}"\n[[accounts]]\n'
        f'name = "twilio/us"\n[accounts.settings]\naccount = "AC{32 * "a"}"\ntoken = {{ env = "T" }}\n'
        f'sender = "+15551234567"\nwebhook_secrets = {secrets}\n'
    )
    (tmp_path / "pawline.toml").write_text(said, "utf-8")
    found = connections_of(load_settings(tmp_path / "pawline.toml", {}))
    (account,) = found.spoken
    assert account.http.heard_at == expected  # type: ignore[union-attr]
    assert found.deaf == (() if secrets != "[]" else ("twilio/us",))
