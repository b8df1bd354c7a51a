"""What crosses a customs border is declared, as order and shop say; what nobody said is refused by name."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from msgspec.structs import replace

from pawline.connectors.easypost import connector
from pawline.kit import BadSettings
from pawline.model import Address, Money, SkuId
from pawline.ports import Code, Consignment, Declared, Parcel, Rejected
from tests.unit.connectors.easypost_scene import ANN, BERLIN, HELD, PAWS, Scene, consignment, run
from tests.unit.connectors.test_easypost_calls import refused

LONDON: Final = Address(name="Cy", lines=("1 High St",), city="London", postcode="N1 9GU", country="GB")
ZURICH: Final = Address(name="Di", lines=("Seeweg 1",), city="Zürich", postcode="8001", country="CH")
VIENNA: Final = Address(name="Eva", lines=("Ring 1",), city="Wien", postcode="1010", country="AT")
LAS_PALMAS: Final = Address(name="Fe", lines=("Calle 1",), city="Las Palmas", postcode="35001", country="ES")
SIGNED: Final[dict[str, Any]] = {"signer": "Ada Bell"}
USUAL: Final = {"hs": "4201.00", "origin": "DE", "restriction": "none"}
CUSTOMS: Final[dict[str, Any]] = SIGNED | {
    "goods": {
        "FOOD-5": {"hs": "2309.10", "origin": "FR", "restriction": "quarantine", "comments": "feed of animals"},
        "BOWL": {"description": "Steel bowl"},
    },
    "usual": USUAL, "export": {"*": "NOEEI 30.37(a)", "CA": "NOEEI 30.36"},
}  # fmt: skip


def goods(sku: str, quantity: int = 1, minor: int = 2_325, currency: str = "USD", **more: Any) -> Declared:
    given: dict[str, Any] = {"title": f"{sku.title()} for dogs", "weight": 500 * quantity} | more
    return Declared(sku=SkuId(sku), quantity=quantity, value=Money(minor, currency), **given)


def box(*inside: Declared) -> Parcel:
    return Parcel(weight=2_500, goods=inside)


def sent(to: Address, *inside: Declared, ship_from: Address = BERLIN, **more: Any) -> Consignment:
    return consignment(to=to, ship_from=ship_from, parcels=(box(*inside or (goods("LEASH", currency="EUR"),)),), **more)


def declared(here: Scene) -> dict[str, Any]:
    (one,) = here.books.shipments.values()
    found: dict[str, Any] = one.given["customs_info"]
    return found


WAYS: Final = {
    "DE to GB": (BERLIN, LONDON, "EUR"), "DE to CH": (BERLIN, ZURICH, "EUR"), "GB to DE": (LONDON, BERLIN, "GBP"),
    "CH to AT": (ZURICH, VIENNA, "CHF"), "GB to US": (LONDON, ANN, "GBP"), "US to GB": (PAWS, LONDON, "USD"),
    "US to DE": (PAWS, BERLIN, "USD"),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_what_is_in_it_is_declared_and_its_label_is_bought(way: str) -> None:
    here_, there, currency = WAYS[way]

    async def told(here: Scene) -> None:
        wanted = sent(there, goods("LEASH", 2, currency=currency), goods("BOWL", currency=currency), ship_from=here_)
        made = await here.booked(wanted)
        assert here.did() == ["buy pawline:paws:1001:all"]
        assert len(made.labels) == 1
        common = {"origin_country": "DE", "hs_tariff_number": "4201.00", "value": 23.25}
        common |= {} if currency == "USD" else {"currency": currency}
        assert declared(here) == {
            "customs_certify": True, "customs_signer": "Ada Bell", "contents_type": "merchandise",
            "restriction_type": "none", "non_delivery_option": "return",
            **({"eel_pfc": "NOEEI 30.37(a)"} if here_ is PAWS else {}),
            "customs_items": [
                {"description": "Leash for dogs", "quantity": 2, "weight": 35.273, "code": "LEASH", **common},
                {"description": "Steel bowl", "quantity": 1, "weight": 17.636, "code": "BOWL", **common},
            ],
        }  # fmt: skip

    run(told, customs=CUSTOMS)


def test_who_pays_the_duties_and_what_becomes_of_what_nobody_takes_is_the_shops_word() -> None:
    async def told(here: Scene) -> None:
        await here.shipping.rates(sent(LONDON))
        (one,) = here.books.shipments.values()
        assert one.given["options"] == {"label_format": "PDF", "incoterm": "DDP"}
        assert declared(here)["non_delivery_option"] == "abandon"

    run(told, customs=CUSTOMS | {"incoterm": "DDP", "undelivered": "abandon"})


def test_what_comes_back_is_returned_goods() -> None:
    async def told(here: Scene) -> None:
        await here.shipping.rates(sent(BERLIN, ship_from=LONDON, part="return-r1"))
        assert declared(here)["contents_type"] == "returned_goods"

    run(told, customs=CUSTOMS, verify=[])


def test_each_of_several_parcels_declares_its_own() -> None:
    async def told(here: Scene) -> None:
        inside = (goods("LEASH", currency="EUR"), goods("FOOD-5", 3, currency="EUR"))
        await here.booked(consignment(to=LONDON, ship_from=BERLIN, parcels=tuple(box(one) for one in inside)))
        infos = [one.given["customs_info"] for one in here.books.shipments.values()]
        assert [[(each["code"], each["quantity"]) for each in one["customs_items"]] for one in infos] == [
            [("LEASH", 1)], [("FOOD-5", 3)]
        ]  # fmt: skip
        assert [(one["restriction_type"], one.get("restriction_comments")) for one in infos] == [
            ("none", None), ("quarantine", "feed of animals")
        ]  # fmt: skip

    run(told, customs=CUSTOMS)


def test_the_shops_word_on_a_sku_stands_over_the_orders_and_that_over_what_is_usual() -> None:
    async def told(here: Scene) -> None:
        known: dict[str, Any] = {"tariff_code": "9503.00", "origin": "CN", "currency": "EUR"}
        wrong: dict[str, Any] = {"tariff_code": "dog toys", "origin": "China", "currency": "EUR"}
        await here.shipping.rates(
            sent(LONDON, goods("FOOD-5", **known), goods("BALL", **known), goods("ROPE", **wrong))
        )
        assert [(one["hs_tariff_number"], one["origin_country"]) for one in declared(here)["customs_items"]] == [
            ("2309.10", "FR"), ("9503.00", "CN"), ("4201.00", "DE")
        ]  # fmt: skip

    run(told, customs=CUSTOMS)


# -- refused, before anything is asked -------------------------------------------------------------------------------

EURO: Final[dict[str, Any]] = {"currency": "EUR"}
MORE: Final = "the customs are to be told more, in `customs.goods`"
LACKING: Final[dict[str, tuple[Consignment, Any, Code, str]]] = {
    "no settings": (
        sent(LONDON), None, Code.UNSUPPORTED, "it needs papers for the customs, and the settings have no `customs`",
    ),
    "nobody said what is in it": (
        consignment(to=LONDON, ship_from=BERLIN), CUSTOMS, Code.UNSUPPORTED,
        "it needs papers for the customs, and nobody said what is in it",
    ),
    "one country, two territories": (
        consignment(to=LAS_PALMAS, ship_from=replace(VIENNA, country="ES", postcode="28001")), CUSTOMS,
        Code.UNSUPPORTED, "it needs papers for the customs, and nobody said what is in it",
    ),
    "no number, no origin": (
        sent(LONDON, goods("LEASH", **EURO), goods("FOOD-5", **EURO), goods("BOWL", title=" ", **EURO)),
        SIGNED | {"goods": {"FOOD-5": USUAL, "BOWL": {"hs": "732393"}}}, Code.INVALID,
        f"{MORE}: LEASH (hs, origin, restriction), BOWL (origin, restriction, description)",
    ),
    "a gift": (
        sent(LONDON, goods("LEASH", minor=0, **EURO)), CUSTOMS, Code.INVALID,
        f"{MORE}: LEASH (it cost nothing, and has to be worth something)",
    ),
    "out of the USA by no citation": (
        sent(LONDON, goods("LEASH"), ship_from=PAWS), CUSTOMS | {"export": {"CA": "NOEEI 30.36"}}, Code.INVALID,
        "`customs.export` does not say by which citation goods leave the USA for GB",
    ),
    "worth too much": (
        sent(LONDON, goods("LEASH", minor=249_999), goods("BOWL", minor=1), ship_from=PAWS), CUSTOMS, Code.INVALID,
        "it is worth 2500.00 USD: NOEEI 30.37(a) is for less than 2500.00 USD",
    ),
    "worth nobody knows what": (
        sent(LONDON, goods("LEASH", **EURO), ship_from=PAWS), CUSTOMS, Code.INVALID,
        "whether it is worth less than 2500.00 USD is not known: NOEEI 30.37(a) is for that",
    ),
    "two restrictions": (
        sent(LONDON, goods("FOOD-5", **EURO), goods("PILL", **EURO)),
        CUSTOMS | {"usual": USUAL | {"restriction": "other", "comments": "medicine"}}, Code.UNSUPPORTED,
        "goods of several restrictions are not declared in one parcel",
    ),
    "too many kinds": (
        sent(LONDON, *(goods(f"S{n}", **EURO) for n in range(101))), CUSTOMS, Code.UNSUPPORTED,
        "more than 100 kinds of goods are not declared in one parcel",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", LACKING)
def test_what_is_not_known_is_refused_by_name_before_anything_is_asked(what: str) -> None:
    wanted, customs, code, says = LACKING[what]

    async def told(here: Scene) -> None:
        no = await refused(here.shipping.rates(wanted))
        assert isinstance(no, Rejected)
        assert (no.code, no.text) == (code, says)
        assert (here.books.shipments, here.books.addresses, here.did()) == ({}, {}, [])

    run(told, **({} if customs is None else {"customs": customs}))


def test_many_that_are_not_known_are_counted() -> None:
    async def told(here: Scene) -> None:
        no = await refused(here.shipping.rates(sent(LONDON, *(goods(f"S{n}", **EURO) for n in range(25)))))
        assert no.text.endswith("S19 (hs, origin, restriction) and 5 more")

    run(told, customs=SIGNED)


@pytest.mark.parametrize(
    ("customs", "says"),
    [
        ({"signer": " "}, "`signer`"),
        (SIGNED | {"usual": {"hs": "23.09"}}, "23.09 is no tariff number"),
        (SIGNED | {"usual": {"hs": "pet food"}}, "is no tariff number"),
        (SIGNED | {"goods": {"A": {"origin": "Germany"}}}, ".customs.goods[...].origin"),
        (SIGNED | {"goods": {"A": {"restriction": "quarantine"}}}, "say by what in `comments`"),
        (SIGNED | {"incoterm": "DDU"}, ".customs.incoterm"),
    ],
)
def test_a_declaration_that_cannot_be_one_is_refused_with_the_settings(customs: Any, says: str) -> None:
    with pytest.raises(BadSettings) as no:
        connector.configure({"key": "EZTKx", "mode": "test", "customs": customs})
    assert says in f"{no.value.text} {no.value.at}"


# -- what crosses none is as it was ------------------------------------------------------------------------------------

DOMESTIC: Final = (
    b'{"shipment":{"from_address":{"name":"Paws","street1":"179 N Harbor Dr","city":"Redondo Beach","state":"CA",'
    b'"zip":"90277","country":"US","phone":"5555555555"},"to_address":{"name":"Ann Bee","street1":"388 Townsend St",'
    b'"street2":"Apt 20","city":"San Francisco","state":"CA","zip":"94107","country":"US"},'
    b'"reference":"pawline:paws:1001:all","parcel":{"weight":88.2,"length":11.9,"width":7.9,"height":6.0},'
    b'"options":{"label_format":"PDF"}}}'
)
"""As it was before anything was declared to the customs."""


@pytest.mark.parametrize("customs", [None, CUSTOMS | {"incoterm": "DDP"}])
def test_a_parcel_that_crosses_no_border_is_asked_for_as_ever_to_the_byte(
    customs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[bytes] = []
    before = HELD.request

    def request(*given: Any) -> None:
        heard.append(given[-1])
        before(*given)

    monkeypatch.setattr(HELD, "request", request)

    async def told(here: Scene) -> None:
        await here.shipping.rates(consignment())
        inside = Parcel(weight=2_500, length=300, width=200, height=150, goods=(goods("LEASH"),))
        await here.shipping.rates(consignment(parcels=(inside,)))
        assert heard == [DOMESTIC] * 2
        await here.shipping.rates(consignment(ship_from=BERLIN, to=VIENNA, parcels=(box(goods("LEASH")),)))
        assert sorted(json.loads(heard[-1])["shipment"]) == [
            "from_address", "options", "parcel", "reference", "to_address"
        ]  # fmt: skip
        assert heard[-1].endswith(b'"options":{"label_format":"PDF"}}}')

    run(told, verify=[], **({} if customs is None else {"customs": customs}))
