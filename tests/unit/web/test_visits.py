"""Visits over HTTP, from a real hub: counted a second later, refused for little, and never a part of what was told."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from pawline.hub import Hub, HubRefused
from pawline.hub.visits import BODY, BURST, SHARE, How
from pawline.model import Act, bits_of
from pawline.web import serving
from pawline.web.addresses import address_of
from tests.unit.web.site import ACCOUNT, KEY, WHO, ask, rows, settings_in, told, up

CORS = {"access-control-allow-origin": "*"}


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPIFY_TOKEN", "tok")


def counted(hub: Hub) -> dict[How, int]:
    return {how: n for (_, how), n in hub.visits.counts.items()}


async def test_what_a_page_tells_is_taken_as_a_whole_and_joined_by_day(tmp_path: Path) -> None:
    async with up(tmp_path) as (hub, url):
        status, headers, body = await ask(url, told("page", "product", seen=["kibble", "litter"]), origin="null")
        assert (status, body) == (202, b"")
        assert CORS.items() <= headers.items()
        assert (await ask(url, told("added", seen=["kibble"], order="1001")))[0] == 202
        assert (await ask(url, told("page", who="another-one")))[0] == 202
        assert await rows(hub) == [
            (bits_of([Act.PAGE, Act.PRODUCT, Act.ADDED]), "kibble\nlitter\nkibble\n"), (bits_of([Act.PAGE]), ""),
        ] or await rows(hub) == [
            (bits_of([Act.PAGE]), ""), (bits_of([Act.PAGE, Act.PRODUCT, Act.ADDED]), "kibble\nlitter\nkibble\n"),
        ]  # fmt: skip
        assert await rows(hub, "select shop, ord from visit_order") == [("pets", "1001")]
        assert WHO not in str(await rows(hub, "select * from visit"))
        assert counted(hub) == {How.TAKEN: 3}


async def test_who_forbids_profiles_is_counted_and_their_order_is_not_noted(tmp_path: Path) -> None:
    async with up(tmp_path) as (hub, url):
        assert (await ask(url, told("completed", order="1001"), sec_gpc="1"))[0] == 202
        assert len(await rows(hub)) == 1
        assert await rows(hub, "select * from visit_order") == []


@pytest.mark.parametrize("how", ["gpc", "no marketing", "nothing said"])
async def test_what_was_looked_at_without_leave_is_never_somebodys_whatever_is_agreed_later(
    how: str, tmp_path: Path
) -> None:
    said: dict[str, Any] = {} if how == "gpc" else {"mine": False}
    apart = told("product", seen=["secret"], order="1002", **said)
    if how == "nothing said":
        apart = apart.replace(b'"mine":false,', b"")
        assert b"mine" not in apart
    async with up(tmp_path) as (hub, url):
        gpc = {"sec_gpc": "1"} if how == "gpc" else {}
        assert (await ask(url, apart, **gpc))[0] == 202
        assert (await ask(url, told("completed", seen=["kibble"], order="1001")))[0] == 202
        assert (await ask(url, apart, **gpc))[0] == 202
        theirs = "select o.ord, v.seen from visit_order o join visit v on v.visitor = o.visitor"
        assert await rows(hub, theirs) == [("1001", "kibble\n")]
        assert sorted(await rows(hub, "select seen from visit")) == [("kibble\n",), ("secret\n",)]


async def test_a_page_may_ask_before_it_tells(tmp_path: Path) -> None:
    async with up(tmp_path) as (hub, url):
        status, headers, body = await ask(
            url, method="OPTIONS", origin="https://pets.example", access_control_request_method="POST"
        )
        assert (status, body) == (204, b"")
        may = {"access-control-allow-methods": "POST", "access-control-allow-headers": "content-type"}
        assert (CORS | may).items() <= headers.items()
        assert (await ask(url, told(), origin="https://pets.example"))[0] == 202
        assert len(await rows(hub)) == 1


@pytest.mark.parametrize(
    ("status", "says", "change"),
    [
        (404, "no account of this name and key has pages that tell", {"at": "/pixels/shopify/eu/another-key-of-16"}),
        (404, "no account of this name and key has pages that tell", {"at": f"/pixels/shopify/us/{KEY}"}),
        (404, "no account of this name and key has pages that tell", {"at": "/pixels/"}),
        (404, "no account of this name and key has pages that tell", {"at": f"/pixels/shopify/eu/{KEY}/x"}),
        (405, "pages tell by POST", {"method": "GET"}),
        (403, "not a page of this shop", {"origin": "https://elsewhere.example"}),
        (403, "not a page of this shop", {"origin": "https://pets.example.evil.example"}),
        (411, "say how long it is", {"content_length": "", "transfer_encoding": "chunked"}),
        (413, f"a page tells {BODY} bytes at once at most", {"body": told(order="x" * BODY)}),
    ],
)  # fmt: skip
async def test_what_is_not_ours_is_refused_before_it_is_read(
    status: int, says: str, change: dict[str, Any], tmp_path: Path
) -> None:
    async with up(tmp_path) as (hub, url):
        given = {"body": told(), **change}
        at = given.pop("at", None)
        found, headers, body = await ask(url.partition("/pixels")[0] + at if at else url, **given)
        assert (found, msgspec.json.decode(body)["detail"]) == (status, says)
        assert headers["content-type"] == "application/problem+json"
        assert CORS.items() <= headers.items()
        assert await rows(hub) == []


BAD = [
    b"", b"{", b"null", b"[]", b"\xff\xfe", told() + b"x", told(v=2), told("page", "bought"), told(extra=1),
    told(who="short"), told(who="a" * 65), told(who="white space"), told(who="a\nb-and-more"),
    told(seen="kibble"), told(seen=["a"] * 21), told(seen=["a" * 65]), told(seen=["a\nb"]), told(seen=["a\0b"]),
    told(seen=[""]), told(seen=[1]), told(order=1), told(order="1/2"), told(order=""), told(*["page"] * 33),
    b'{"v":1,"who":"12345678","did":[]}', b'{"v":1,"who":"12345678","did":["page"],"seen":["\\ud800"]}',
    b'{"v":1,"v":1,"who":"12345678","did":["page"],"who":"\\u0000"}', b'{"did":' + b"[" * 1_000, b"[" * 4_000,
]  # fmt: skip


async def test_of_what_cannot_be_read_nothing_is_counted_and_nothing_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pawline")
    async with up(tmp_path) as (hub, url):
        for body in BAD:
            status, _, said = await ask(url, body)
            assert status == 422, body
            assert msgspec.json.decode(said)["detail"] == "not what a pixel of Pawline tells; nothing of it is counted"
        assert counted(hub) == {How.BAD: len(BAD)}
        assert await rows(hub) == []
    assert [one.message for one in caplog.records if "pixel" in one.message or "visit" in one.message] == []


async def test_odd_texts_are_kept_as_they_are(tmp_path: Path) -> None:
    odd = ["sëe 🐈", "'; drop table visit; --", "[red]x[/red]", "a\u202eb", "%s"]
    async with up(tmp_path) as (hub, url):
        assert (await ask(url, told("product", seen=odd)))[0] == 202
        assert await rows(hub) == [(bits_of([Act.PRODUCT]), "".join(f"{one}\n" for one in reversed(odd)))]


async def test_what_is_too_much_is_refused_and_counted_and_others_still_get_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with up(tmp_path) as (hub, url):
        now = 1_000.0
        monkeypatch.setattr(hub.visits, "_clock", lambda: now)
        statuses = Counter([(await ask(url, told(), x_forwarded_for="9.9.9.9, 1.1.1.1"))[0] for _ in range(105)])
        assert statuses == {202: int(BURST / SHARE), 429: 5}
        status, headers, body = await ask(url, told(), x_forwarded_for="1.1.1.1")
        assert (status, headers["retry-after"]) == (429, "60")
        assert msgspec.json.decode(body)["detail"] == "more than is counted"
        assert (await ask(url, told(), x_forwarded_for="1.1.1.1, 2.2.2.2"))[0] == 202
        for n in range(299):
            assert (await ask(url, told(), x_forwarded_for=f"3.3.3.{n % 250}"))[0] == 202
        assert (await ask(url, told(), x_forwarded_for="4.4.4.4"))[0] == 429
        now += 0.0125  # two and a half of 200 a second
        assert [(await ask(url, told(), x_forwarded_for="4.4.4.4"))[0] for _ in range(3)] == [202, 202, 429]
        assert counted(hub) == {How.TAKEN: 402, How.TOO_MUCH: 8}


@pytest.mark.parametrize(
    ("said", "told_apart"),
    [
        ("1.1.1.1", "1.1.1.1"), ("1.1.1.1:5001", "1.1.1.1"), ("9.9.9.9, 1.1.1.1", "1.1.1.1"),
        ("2001:db8:1:2::1", "2001:db8:1:2::"), ("2001:db8:1:2:ffff::9", "2001:db8:1:2::"),
        ("[2001:db8:1:2::1]:443", "2001:db8:1:2::"), ("[2001:db8:1:2::1]", "2001:db8:1:2::"),
        ("::ffff:1.1.1.1", "1.1.1.1"), ("fe80::1%eth0", "fe80::"), ("unknown", "unknown"), ("_a" * 99, "_a" * 32),
    ],
)  # fmt: skip
def test_who_has_a_whole_network_is_one_sender(said: str, told_apart: str) -> None:
    assert address_of(cast("Any", {"client": ("127.0.0.1", 1)}), said) == told_apart


@pytest.mark.parametrize(
    ("peer", "told_apart"),
    [
        (("1.1.1.1", 1), "1.1.1.1"), (("2001:db8::1", 1), "2001:db8::"), (("127.0.0.1", 1), None), (("::1", 1), None),
        (("/a/socket", 0), None), (None, None),
    ],
)  # fmt: skip
def test_behind_a_proxy_that_names_nobody_nobody_is_told_apart(peer: Any, told_apart: str | None) -> None:
    assert address_of(cast("Any", {"client": peer}), "") == told_apart


async def test_the_doctor_says_when_pages_told_last_and_what_was_refused(tmp_path: Path) -> None:
    async def says(hub: Hub) -> tuple[str, str]:
        (found,) = [one for one in await hub.desk.answer("health", {}) if one["name"] == "pixels"]
        return found["state"], found["says"]

    nothing = "told nothing yet: `pawline pixel shopify/eu`, and whether shoppers are asked for consent"
    async with up(tmp_path) as (hub, url):
        assert await says(hub) == ("look", f"{ACCOUNT} has {nothing}")
        await ask(url, told())
        assert await says(hub) == ("good", f"{ACCOUNT} told last 0 s ago")
        await ask(url, told(), origin="https://elsewhere.example")
        await ask(url, b"{")
        assert await says(hub) == (
            "look", f"{ACCOUNT} told last 0 s ago; refused: 1 from another page, 1 not readable"
        )  # fmt: skip
    async with up(tmp_path) as (hub, _):
        state, said = await says(hub)
        assert state == "good"
        assert said.startswith(f"{ACCOUNT} told last ")


async def test_without_a_key_there_is_no_such_address(tmp_path: Path) -> None:
    async with await Hub.open(settings_in(tmp_path, key="")) as hub, serving(hub) as address:
        assert (await ask(f"{address}/pixels/{ACCOUNT}/{KEY}", told()))[0] == 404
        assert (await ask(f"{address}/pixels/{ACCOUNT}/", told()))[0] == 404
        assert [one["name"] for one in await hub.desk.answer("health", {}) if one["name"] == "pixels"] == []


async def test_a_key_that_is_guessed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HubRefused, match="`pixel` has 16 to 64 letters and digits"):
        await Hub.open(settings_in(tmp_path, key="pets"))
