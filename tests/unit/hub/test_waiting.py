"""Webhooks that wait: a person sees which, and gives up one that does not open and no other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pawline.cli import app
from pawline.hub import HubRefused
from pawline.hub.deliveries import aad, pack
from pawline.hub.hearing import Arrived
from pawline.store import Keyring, Store

CANARY = "canary.77@example.com"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Three that wait for paws: one opens, one is damaged, and one was sealed under a key that is not on the ring."""
    (tmp_path / "pawline.toml").write_text('shops = ["paws", "cats"]\nstore = "sqlite:///pawline.db"\n', "utf-8")
    ours, theirs = Keyring.generate(), Keyring.generate()
    ours.save(tmp_path / "pawline.key")
    url = f"sqlite:///{tmp_path}/pawline.db"

    async def filled() -> None:
        for keyring, shop, rows in (
            (theirs, "cats", ((7, 30.0, 99), (8, 5.0, 99))), (ours, "paws", ((5, 20.0, 99), (6, 10.0, 9)))
        ):  # fmt: skip
            store = await Store.open(url, keyring)
            key = await store.keys.obtain(shop, None)
            writes = key.fresh_writes()
            for no, at, kept in rows:
                body = key.seal(pack(Arrived("shopify/eu", shop, [("x", "y")], CANARY.encode(), at)), aad(no))[:kept]
                writes.append(("insert_delivery", (no, 3, "paws" if no < 8 else shop, "shopify/eu", at, key.no, body)))
            assert (await store.written(writes)).error is None
            await store.close()

    asyncio.run(filled())
    return tmp_path


def said(place: Path, *words: str) -> Any:
    done = CliRunner().invoke(
        app, ["events", *words, "--json", "--config", str(place / "pawline.toml")], catch_exceptions=False
    )
    assert done.exit_code == 0
    assert CANARY not in done.output
    return json.loads(done.output)


def in_store(place: Path, what: Callable[[Store], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        store = await Store.open(f"sqlite:///{place}/pawline.db", Keyring.load(place / "pawline.key"))
        try:
            return await what(store)
        finally:
            await store.close()

    return asyncio.run(whole())


def audited(place: Path) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = in_store(place, lambda store: store.fetch("audit_page", (0, 9)))
    return [row[1:2] + row[3:7] for row in found]


def test_the_oldest_is_first_and_what_does_not_open_says_why(place: Path) -> None:
    rows = said(place, "waiting")
    assert [(row["no"], row["account"], row["at"]) for row in rows] == [
        (6, "shopify/eu", 10.0), (5, "shopify/eu", 20.0), (7, "shopify/eu", 30.0)
    ]  # fmt: skip
    assert [row["says"].partition(" ")[0] for row in rows] == ["sealed", "", "key-encryption"]
    assert [row["bytes"] for row in rows[:1]] == [9]
    assert [row["no"] for row in said(place, "waiting", "--limit", "1")] == [6]
    assert [row["no"] for row in said(place, "waiting", "--shop", "cats")] == [8]


def test_one_that_does_not_open_is_given_up_and_that_is_audited(place: Path) -> None:
    assert said(place, "drop", "6", "--reason", "lost", "--by", "ann") == {"no": 6, "account": "shopify/eu", "at": 10.0}
    assert [row["no"] for row in said(place, "waiting")] == [5, 7]
    ((shop, by, did, target, detail),) = audited(place)
    assert (shop, by, did, target) == ("paws", "ann", "drop webhook", "webhook:6")
    assert detail.startswith("shopify/eu: sealed ")
    assert detail.endswith(": lost")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("5", "--reason", "why"), "webhook 5 opens, so a hub takes it apart: its log says why it did not yet"),
        (("9", "--reason", "why"), "no webhook 9 waits: `pawline events waiting` lists those that do"),
        (("6",), "say why with --reason: every action of an operator is audited"),
    ],
)
def test_no_other_is_given_up(place: Path, words: tuple[str, ...], says: str) -> None:
    with pytest.raises(HubRefused) as refused:
        said(place, "drop", *words)
    assert str(refused.value) == says
    assert in_store(place, lambda store: store.fetch("deliveries_waiting")) == [(4, 5.0)]
    assert audited(place) == []
