"""The pixel itself: what leaves a shopper's page, and when; and that it is small."""

from __future__ import annotations

import gzip
from typing import Any

import msgspec
import pytest

from pawline.connectors.shopify.pixel import PIXEL, script_for
from pawline.connectors.shopify.settings import Settings
from pawline.hub.visits import BODY, Told
from pawline.kit import Secret, sku_of
from pawline.model import Act
from tests.unit.connectors.shopify_pixel import ADDRESS, ALL, CLIENT, checkout, event, lived, variant

STANDARD = {
    "page_viewed": "page", "collection_viewed": "collection", "search_submitted": "search", "product_viewed": "product",
    "product_added_to_cart": "added", "product_removed_from_cart": "removed", "cart_viewed": "cart",
    "checkout_started": "checkout", "checkout_contact_info_submitted": "contact",
    "checkout_address_info_submitted": "address", "checkout_shipping_info_submitted": "shipping",
    "payment_info_submitted": "payment", "checkout_completed": "completed", "alert_displayed": "alert",
    "ui_extension_errored": "broken",
}  # fmt: skip
"""Every standard event, and the act that it is."""
TOLD = {"v": 1, "who": CLIENT, "mine": True}
APART = {"v": 1, "who": CLIENT, "mine": False}


def bodies(found: dict[str, Any]) -> list[Any]:
    """Each is one that the hub takes."""
    for one in found["sent"]:
        raw = msgspec.json.encode(one["body"])
        msgspec.json.decode(raw, type=Told)
        assert len(raw) <= BODY
        how = {"method": "POST", "mode": "no-cors", "credentials": "omit", "keepalive": True}
        assert {name: value for name, value in one.items() if name not in ("url", "body")} == how
        assert one["url"] == ADDRESS
    return [one["body"] for one in found["sent"]]


def test_it_is_small() -> None:
    assert len(gzip.compress(script_for(ADDRESS).encode(), 9)) <= 2_048


async def test_every_standard_event_is_one_act_and_no_other_is_heard() -> None:
    assert sorted(STANDARD.values()) == sorted(Act)
    story = [event(name) for name in STANDARD if name != "checkout_completed"]
    found = await lived([*story, ("time", None)])
    assert found["heard"] == sorted(STANDARD)
    acts = [act for act in STANDARD.values() if act != "completed"]
    assert bodies(found) == [{**TOLD, "did": acts, "seen": []}]
    assert set(found["after"]) == {500}


async def test_products_are_told_by_sku_the_latest_last_and_once() -> None:
    line = {"cartLine": {"quantity": 2, "merchandise": variant("chew"), "cost": {}}}
    story = [
        event("product_viewed", {"productVariant": variant("kibble")}),
        event("product_viewed", {"productVariant": variant(" litter ")}),
        event("product_added_to_cart", line),
        event("product_viewed", {"productVariant": variant("kibble")}),
        event("product_viewed", {"productVariant": variant("", "41007289663544")}),
        event("product_viewed", {"productVariant": variant(None)}),
        event("product_viewed", {"productVariant": variant("x" * 65)}),
        event("product_removed_from_cart", {"cartLine": {"quantity": 1, "merchandise": variant("toy")}}),
        event("product_added_to_cart", {"cartLine": None}), ("time", None),
    ]  # fmt: skip
    seen = ["litter", "chew", "kibble", sku_of("", "41007289663544", ""), sku_of(None, "41", "")]
    found = await lived(story)
    assert bodies(found) == [{**TOLD, "did": ["product", "added", "removed"], "seen": seen}]


async def test_a_sku_that_nobody_takes_is_left_out_and_the_rest_is_told() -> None:
    odd: Any = ["a\tb", "a\nb", "a\0b", "a\x7fb", 41, "ok"]
    story = [event("product_viewed", {"productVariant": variant(one)}) for one in odd]
    (told,) = bodies(await lived([*story, event("checkout_completed", checkout("1001"))]))
    assert told == {**TOLD, "did": ["product", "completed"], "seen": ["41", "ok"], "order": "1001"}


async def test_no_more_than_twenty_products_are_told_at_once() -> None:
    story = [event("product_viewed", {"productVariant": variant(f"sku-{n}")}) for n in range(30)]
    ((told,)) = bodies(await lived([*story, ("time", None)]))
    assert told["seen"] == [f"sku-{n}" for n in range(10, 30)]


async def test_a_completed_checkout_is_told_at_once_with_its_order_and_nobodys_name() -> None:
    steps = ["checkout_started", "checkout_contact_info_submitted", "payment_info_submitted"]
    story = [*(event(name, checkout()) for name in steps), event("page_viewed")]
    found = await lived([*story, event("checkout_completed", checkout("gid://shopify/OrderIdentity/1001"))])
    did = ["checkout", "contact", "payment", "page", "completed"]
    assert bodies(found) == [{**TOLD, "did": did, "seen": [], "order": "1001"}]
    for order in ("1001", "gid://shopify/Order/1001"):
        (told,) = bodies(await lived([event("checkout_completed", checkout(order))]))
        assert told["order"] == "1001"
    (told,) = bodies(await lived([event("checkout_completed", checkout())]))
    assert told == {**TOLD, "did": ["completed"], "seen": []}


async def test_nothing_leaves_without_consent_and_no_order_without_marketing() -> None:
    bought = event("checkout_completed", checkout("1001"))
    for may in ({}, {"marketingAllowed": True}, {"analyticsProcessingAllowed": False}):
        assert bodies(await lived([event("page_viewed"), ("time", None), bought, ("leave", None)], may)) == []
    counted = {"analyticsProcessingAllowed": True, "marketingAllowed": False}
    assert bodies(await lived([bought], counted)) == [{**APART, "did": ["completed"], "seen": []}]
    assert bodies(await lived([event("page_viewed", client=""), ("time", None)])) == []


async def test_consent_counts_from_when_it_is_given_until_it_is_withdrawn() -> None:
    yes, no = {"analyticsProcessingAllowed": True}, {"analyticsProcessingAllowed": False}
    story = [
        event("page_viewed"), ("consent", yes), event("cart_viewed"), ("time", None),
        event("search_submitted", {"searchResult": {"query": "a secret illness", "productVariants": []}}),
        ("consent", no), ("time", None), ("leave", None), event("page_viewed"), ("leave", None),
    ]  # fmt: skip
    assert bodies(await lived(story, no)) == [{**APART, "did": ["cart"], "seen": []}]


async def test_what_waits_while_consent_changes_is_told_under_the_lesser_of_the_two() -> None:
    counted = {"analyticsProcessingAllowed": True, "marketingAllowed": False}
    looked = [event("product_viewed", {"productVariant": variant(sku)}) for sku in ("a", "b", "c")]
    story = [looked[0], ("consent", ALL), looked[1], ("consent", counted), looked[2], ("consent", ALL), ("time", None)]
    told = bodies(await lived([*story, event("checkout_completed", checkout("1001"))], counted))
    assert told == [
        *({**APART, "did": ["product"], "seen": [sku]} for sku in "abc"),
        {**TOLD, "did": ["completed"], "seen": [], "order": "1001"},
    ]


async def test_what_waits_leaves_with_the_page_and_is_told_once() -> None:
    story = [event("page_viewed"), ("leave", None), ("time", None), ("leave", None)]
    assert bodies(await lived(story)) == [{**TOLD, "did": ["page"], "seen": []}]


@pytest.mark.parametrize("away", ["refuses", "throws"])
async def test_a_hub_that_is_away_costs_the_page_nothing(away: str) -> None:
    story = [event("page_viewed"), ("time", None), event("cart_viewed"), ("time", None)]
    assert [one["did"] for one in bodies(await lived(story, away=away))] == [["page"], ["cart"]]


@pytest.mark.parametrize("address", ['https://hub.example/"+alert(1)+"', "javascript:alert(1)", "", "https://h/ x"])
def test_nothing_but_an_address_gets_into_the_script(address: str) -> None:
    with pytest.raises(ValueError, match="no address that can stand in a script"):
        script_for(address)


def test_a_key_and_origins_are_as_they_should_be() -> None:
    def made(**given: Any) -> Settings:
        return Settings(shop="pets.myshopify.com", token=Secret("t"), **given)

    one = made(pixel="a" * 16, pixel_origins=("https://pets.example", "https://shop.pets.example:8443"))
    assert PIXEL.key(one) == "a" * 16
    origins = ("https://pets.myshopify.com", "https://pets.example", "https://shop.pets.example:8443")
    assert PIXEL.origins(one) == origins
    assert PIXEL.key(made()) == ""
    for key in ("a" * 15, "a" * 65, "a/b" * 8, 'a"b' * 8):
        with pytest.raises(ValueError, match="`pixel` has 16 to 64 letters and digits"):
            made(pixel=key)
    for origin in ("http://pets.example", "https://Pets.example", "https://pets.example/", "null", "*"):
        with pytest.raises(ValueError, match="`pixel_origins` are such as"):
            made(pixel_origins=(origin,))
