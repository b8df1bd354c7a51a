"""A card that contradicts itself is refused where it stands, and settings never show what they hold."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec
import pytest

from pawline.kit import BadSettings, Connector, Guard, Http, Offer, Secret
from pawline.ports import Operation, Receipt, Settle, read
from pawline.testing.counter import LOOPBACK


class Bell(Protocol):
    async def ring(self, times: int) -> Receipt: ...

    @read
    async def rung(self, times: int) -> Receipt | None: ...


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    token: Secret
    volume: int = 3


class AcmeBell:
    def __init__(self, http: Http, settings: Settings) -> None:
        self.http, self.settings = http, settings

    async def ring(self, times: int) -> Receipt:
        return await self.http.post("rings", json={"times": times}, into=Receipt)

    async def rung(self, times: int) -> Receipt | None:
        return None


def http(settings: Settings, guard: Guard) -> Http:
    return Http("http://127.0.0.1:1", guard=guard, headers={"authorization": settings.token})


RING = Operation(settle=Settle.LOOK_UP, look_up="rung")


def card(**given: Any) -> Connector[Settings]:
    offers = {Bell: Offer[Settings](AcmeBell, given.pop("operations", {"ring": RING}))}
    fields: dict[str, Any] = {
        "name": "acme",
        "title": "Acme",
        "settings": Settings,
        "http": http,
        "offers": offers,
    } | given
    return Connector(**fields)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": "Acme Bells"}, "is no connector's name"),
        ({"offers": {}}, "neither plays a port nor hears anything"),
        ({"operations": {}}, "acme as Bell: ring does not say how it is settled"),
        ({"operations": {"ring": RING, "rung": RING}}, "acme as Bell: rung is no effect of the port"),
        ({"operations": {"ring": RING, "sing": RING}}, "acme as Bell: sing is no effect of the port"),
        (
            {"operations": {"ring": Operation(settle=Settle.LOOK_UP, look_up="heard")}},
            "acme as Bell: ring looks up by heard, which is not there",
        ),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        card(**given)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, r"missing required field `token`"),
        ({"token": ""}, r"a secret is not empty"),
        ({"token": 7}, r"expected text.*\$\.token"),
        ({"token": "t", "volume": "loud-canary"}, r"Expected `int`, got `str` - at `\$\.volume`"),
        ({"token": "t", "tokken": "canary"}, r"unknown field `tokken`"),
    ],
)
def test_settings_are_refused_by_name_and_without_their_values(given: dict[str, object], says: str) -> None:
    with pytest.raises(BadSettings, match=says) as error:
        card().configure(given)
    assert "canary" not in str(error.value)


async def test_an_account_is_a_client_and_what_it_plays() -> None:
    settings = card().configure({"token": "t-canary", "volume": "5"})
    assert (settings.volume, settings.token.reveal()) == (5, "t-canary")
    assert "canary" not in repr(settings)
    account = card().connect(settings, LOOPBACK)
    assert isinstance(account.plays[Bell], AcmeBell)
    assert account.plays[Bell].http is account.http
    await account.http.close()
