"""Who may: keys, their scopes and origins, and how often. A key is shown once, and kept as a digest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pawline.hub import HubRefused
from pawline.hub.storefront.api_keys import check, digest, made, well_formed
from tests.unit.web.storefront.shop import ALL, PAGE, Shopper, Town, town
from tests.unit.web.storefront.test_again import problem

ELSEWHERE = "https://evil.example"


async def make(one: Town, **given: Any) -> str:
    done = await one.hub.desk.answer("key_make", {"shop": "pets", "name": "web", "by": "ann", **given})
    return str(done["key"])


async def test_a_key_is_shown_once_kept_as_a_digest_and_of_no_use_once_revoked(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        ann = await one.key()
        assert (await ann.ask("GET", "/v1/products")).status == 200
        (listed,) = await one.hub.desk.answer("keys", {"shop": "pets"})
        assert (listed["id"], listed["name"], listed["origins"]) == (ann.key[:11], "test", PAGE)
        rows = await one.hub.store.fetch("api_keys")
        assert [(row[0], bytes(row[2])) for row in rows] == [(ann.key[:11], digest(ann.key))]
        with pytest.raises(HubRefused, match="say why"):
            await one.hub.desk.answer("key_revoke", {"shop": "pets", "id": ann.key[:11], "by": "ann", "reason": ""})
        revoke = {"shop": "pets", "id": ann.key[:11], "by": "ann", "reason": "it leaked"}
        await one.hub.desk.answer("key_revoke", revoke)
        assert one.hub.storefront is not None
        await one.hub.storefront.read()
        assert problem(await ann.ask("GET", "/v1/products")) == (401, "unknown-key")
        with pytest.raises(HubRefused, match="no live key"):
            await one.hub.desk.answer("key_revoke", revoke)
        audit = await one.hub.store.job(lambda db: list(db.db.execute("select by, action, target, detail from audit")))  # type: ignore[attr-defined]
        assert [row[1:] for row in audit] == [
            ("make key", ann.key[:11], "test"), ("revoke key", ann.key[:11], "it leaked"),
        ]  # fmt: skip
    assert not [found for found in files(tmp_path) if ann.key.encode() in found]


async def test_who_has_no_key_is_told_no_more_than_that(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        nobody = Shopper(one.http, one.url, "")
        for said in ("", "Bearer", "Bearer x", "Basic YTpi", "Bearer pk_" + "0" * 36, f"Bearer {made(False)}"):
            no = await nobody.ask("GET", "/v1/products", authorization=said)
            assert (problem(no), no.headers["www-authenticate"]) == ((401, "unknown-key"), "Bearer")


async def test_a_key_is_for_its_pages_and_a_secret_one_for_none(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        ann, server = await one.key(), await one.key(secret=True)
        yes = await ann.ask("GET", "/v1/products", origin=PAGE)
        assert (yes.status, yes.headers["access-control-allow-origin"], yes.headers["vary"]) == (200, PAGE, "origin")
        assert "access-control-allow-credentials" not in yes.headers
        no = await ann.ask("GET", "/v1/products", origin=ELSEWHERE)
        assert problem(no) == (403, "forbidden")
        assert "access-control-allow-origin" not in no.headers
        assert problem(await server.ask("GET", "/v1/products", origin=PAGE)) == (403, "forbidden")
        assert (await server.ask("GET", "/v1/products")).status == 200
        for origin, may in ((PAGE, "GET, PATCH, POST"), (ELSEWHERE, None)):
            asked = await Shopper(one.http, one.url, "").ask(
                "OPTIONS", "/v1/checkouts", origin=origin, access_control_request_method="POST"
            )
            assert (asked.status, asked.headers.get("access-control-allow-methods")) == (204, may)
            assert asked.headers.get("access-control-allow-origin") == (origin if may else None)


@pytest.mark.parametrize("lacking", ALL)
async def test_a_secret_key_may_what_its_scopes_say(tmp_path: Path, lacking: str) -> None:
    async with town(tmp_path) as one:
        server = await one.key(secret=True, scopes=tuple(each for each in ALL if each != lacking))
        asked: dict[str, tuple[str, str, Any]] = {
            "catalog": ("GET", "/v1/products", None), "carts": ("POST", "/v1/carts", {}),
            "checkout": ("POST", "/v1/quotes", {}), "orders": ("GET", "/v1/orders/o-1", None),
            "cancel": ("POST", "/v1/orders/o-1/cancellation", {}), "households": ("POST", "/v1/passes", {}),
        }  # fmt: skip
        for scope, (method, path, body) in asked.items():
            status = (await server.ask(method, path, body)).status
            assert (status == 403) == (scope == lacking), (scope, status)


async def test_another_shop_s_key_sees_nothing_of_this_one(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        cart = await ann.cart(("bowl", 1))
        row = (await one.hub.store.fetch("api_keys"))[0]
        other = made(True)
        writes = [("insert_api_key", (other[:11], "birds", digest(other), *row[3:4], " ".join(ALL), "", *row[6:]))]
        assert (await one.hub.store.written(writes)).error is None
        assert one.hub.storefront is not None
        await one.hub.storefront.read()
        said = await Shopper(one.http, one.url, other).ask("GET", f"/v1/carts/{cart['id']}")
        assert problem(said) == (401, "unknown-key")  # a shop without a storefront has no keys that are of use


async def test_too_often_is_told_with_when_to_come_again(tmp_path: Path) -> None:
    limits = "client_rate = 100000"
    async with town(tmp_path) as one:
        assert limits in (tmp_path / "pawline.toml").read_text("utf-8")
        text = (tmp_path / "pawline.toml").read_text("utf-8")
    (tmp_path / "limited").mkdir()
    text = text.replace("rate = 100000\nclient_rate = 100000", "rate = 1000\nclient_rate = 1")
    async with town(tmp_path / "limited", settings=text) as one:
        ann, server = await one.key(), await one.key(secret=True)
        first = [(await ann.ask("GET", "/v1/products", x_forwarded_for="203.0.113.9")).status for _ in range(6)]
        assert first.count(200) in (2, 3)
        last = await ann.ask("GET", "/v1/products", x_forwarded_for="203.0.113.9")
        assert (problem(last), last.headers["retry-after"]) == ((429, "too-often"), "1")
        assert (await ann.ask("GET", "/v1/products", x_forwarded_for="203.0.113.10")).status == 200
        for _ in range(6):
            assert (await server.ask("GET", "/v1/products", x_forwarded_for="203.0.113.9")).status == 200
        guessed = Shopper(one.http, one.url, made(False))
        guesses = [(await guessed.ask("GET", "/v1/products", x_forwarded_for="203.0.113.7")).status for _ in range(6)]
        assert (guesses[0], guesses[-1]) == (401, 429)


async def test_one_address_buys_so_often_and_looks_as_often_as_before(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        text = (tmp_path / "pawline.toml").read_text("utf-8")
    (tmp_path / "few").mkdir()
    async with town(
        tmp_path / "few", settings=text.replace("[[storefronts]]", "[[storefronts]]\nclient_checkouts = 3")
    ) as one:
        ann, server = await one.key(), await one.key(secret=True)
        said = [(await ann.ask("POST", "/v1/checkouts", {}, x_forwarded_for="203.0.113.1")).status for _ in range(5)]
        assert said == [422, 422, 422, 429, 429]
        assert (await ann.ask("GET", "/v1/products", x_forwarded_for="203.0.113.1")).status == 200
        assert (await ann.ask("POST", "/v1/checkouts", {}, x_forwarded_for="203.0.113.2")).status == 422
        said = [(await server.ask("POST", "/v1/checkouts", {}, x_forwarded_for="203.0.113.1")).status for _ in range(5)]
        assert said == [422] * 5


def test_what_is_no_key_is_known_by_itself() -> None:
    key = made(True)
    assert well_formed(key)
    assert key.startswith("sk_")
    assert len({made(False) for _ in range(100)}) == 100
    assert not any(well_formed(one) for one in ("", key[:-1], key + "0", key.replace("sk_", "ak_"), swapped(key)))


def files(folder: Path) -> list[bytes]:
    return [found.read_bytes() for found in folder.iterdir() if found.is_file()]


def swapped(key: str) -> str:
    return key[:5] + ("a" if key[5] != "a" else "b") + key[6:]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"secret": True, "scopes": [], "origins": []}, "say what it may"),
        ({"secret": True, "scopes": ["orders"], "origins": [PAGE]}, "has no origins"),
        ({"secret": True, "scopes": ["all"], "origins": []}, "there is no scope 'all'"),
        ({"secret": False, "scopes": [], "origins": []}, "name the pages"),
        ({"secret": False, "scopes": ["orders"], "origins": [PAGE]}, "leave --scope out"),
        ({"secret": False, "scopes": [], "origins": ["*"]}, "is no origin"),
        ({"secret": False, "scopes": [], "origins": [PAGE + "/"]}, "is no origin"),
        ({"secret": False, "scopes": [], "origins": ["http://pets.example"]}, "is no origin"),
        ({"secret": False, "scopes": [], "origins": [PAGE + ":443"]}, "leave it out"),
        ({"secret": False, "scopes": [], "origins": ["http://localhost:80"]}, "leave it out"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        check(**given)


async def test_what_a_newer_version_lets_a_key_do_is_left_out_and_all_keys_are_read(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        ann = await one.key(secret=True, scopes=("catalog",))
        await one.hub.store.job(
            lambda db: db.db.execute("update api_key set scopes = scopes || ' telepathy'")  # type: ignore[attr-defined]
        )
        assert one.hub.storefront is not None
        await one.hub.storefront.read()
        assert (await ann.ask("GET", "/v1/products")).status == 200
        assert problem(await ann.ask("POST", "/v1/carts", {})) == (403, "forbidden")
