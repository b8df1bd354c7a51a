"""Every port can be recorded: plain arguments, an answer that says something, and all of it comes back from JSON."""

from typing import Any, Protocol

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import is_protocol

from pawline import ports
from pawline.model import HouseholdId, Medium, Pet, Purpose
from pawline.ports import Crm, is_read, port_methods, read
from tests.unit.model.shapes import shapes

ROLES = ["Shop", "Payments", "Inventory", "Fulfilment", "Shipping", "Subscriptions", "Catalog", "Tax"]
ROLES += ["Crm", "Marketing", "Mail", "Surveys", "Analytics", "Helpdesk", "Board", "Erp"]
ROLES += ["Stock", "Orders", "Senders", "Households", "Bills", "Pickups", "Returns", "Cases"]  # of the hub itself
ROLES += ["Invitations", "Goods", "Listeners", "Behaviour"]  # of the hub itself, too
ROLES += ["Listener", "Calls"]
METHODS = [(getattr(ports, role), name) for role in ROLES for name in port_methods(getattr(ports, role))]
STRUCTS = [
    thing
    for thing in (getattr(ports, name) for name in ports.__all__)
    if isinstance(thing, type) and issubclass(thing, msgspec.Struct)
]


def called(method: object) -> str:
    return method if isinstance(method, str) else getattr(method, "__name__", "")


def test_the_roles_are_those_of_the_design() -> None:
    found = {name for name in ports.__all__ if is_protocol(getattr(ports, name))}
    assert found == set(ROLES)
    assert len(METHODS) == 115


def test_ports_are_small() -> None:
    assert {role: len(port_methods(getattr(ports, role))) for role in ROLES} == {
        "Shop": 8,
        "Payments": 5,
        "Inventory": 6,
        "Fulfilment": 6,
        "Shipping": 4,
        "Subscriptions": 10,
        "Catalog": 3,
        "Tax": 3,
        "Crm": 6,
        "Marketing": 4,
        "Mail": 1,
        "Surveys": 2,
        "Analytics": 1,
        "Helpdesk": 6,
        "Board": 4,
        "Erp": 2,
        "Stock": 7,
        "Orders": 11,
        "Senders": 1,
        "Households": 6,
        "Bills": 3,
        "Pickups": 2,
        "Returns": 1,
        "Cases": 2,
        "Listener": 1,
        "Calls": 2,
        "Invitations": 2,
        "Goods": 1,
        "Listeners": 4,
        "Behaviour": 1,
    }


@pytest.mark.parametrize(("port", "name"), METHODS, ids=called)
@settings(max_examples=5)
@given(data=st.data())
def test_a_call_comes_back_from_the_journal(port: type[Any], name: str, data: st.DataObject) -> None:
    method = port_methods(port)[name]
    arguments = tuple(data.draw(shapes(hint), label=key) for key, hint in method.parameters.items())
    kind: Any = tuple[tuple(method.parameters.values())]  # type: ignore[misc]  # made at run time
    assert msgspec.json.decode(msgspec.json.encode(arguments), type=kind) == arguments

    answer = data.draw(shapes(method.returns), label="answer")
    assert msgspec.json.decode(msgspec.json.encode(answer), type=method.returns) == answer


@pytest.mark.parametrize("kind", STRUCTS, ids=called)
def test_what_ports_exchange_is_frozen(kind: type[Any]) -> None:
    assert kind.__struct_config__.frozen


@pytest.mark.parametrize(("port", "name"), METHODS, ids=called)
def test_a_method_states_its_promise(port: type[Any], name: str) -> None:
    assert getattr(port, name).__doc__


@pytest.mark.parametrize(
    ("effect", "back"),
    [
        ("Inventory.reserve", "Inventory.release"),
        ("Payments.authorize", "Payments.void"),
        ("Fulfilment.request", "Fulfilment.cancel"),
        ("Fulfilment.hold", "Fulfilment.release"),
        ("Shipping.book", "Shipping.cancel"),
    ],
)
def test_an_undo_takes_exactly_what_its_effect_answered(effect: str, back: str) -> None:
    port = getattr(ports, effect.partition(".")[0])
    methods = port_methods(port)
    (parameter,) = methods[back.partition(".")[2]].parameters.values()
    assert parameter is methods[effect.partition(".")[2]].returns


def test_what_is_a_read() -> None:
    reads = {f"{port.__name__}.{name}" for port, name in METHODS if port_methods(port)[name].is_read}
    assert reads == {
        "Behaviour.seen",
        "Bills.of",
        "Board.may",
        "Calls.get",
        "Cases.bears",
        "Catalog.by_gtin",
        "Catalog.changed_since",
        "Catalog.product",
        "Crm.allows",
        "Crm.household",
        "Crm.pets",
        "Fulfilment.of",
        "Fulfilment.status",
        "Goods.named_in",
        "Helpdesk.decided",
        "Helpdesk.of",
        "Households.filed",
        "Households.held",
        "Households.lost",
        "Inventory.levels",
        "Listeners.notice",
        "Listeners.standing",
        "Orders.called_off",
        "Orders.confirmed",
        "Orders.delivered",
        "Orders.left",
        "Orders.missed",
        "Orders.order",
        "Orders.parcels_with",
        "Orders.sent_with",
        "Orders.to_send",
        "Orders.waiting_with",
        "Orders.withdrawn",
        "Payments.ledger",
        "Pickups.next",
        "Pickups.origin",
        "Returns.rules",
        "Senders.of",
        "Shipping.rates",
        "Shipping.track",
        "Shop.bought_since",
        "Shop.changed_since",
        "Shop.order",
        "Shop.wanted",
        "Stock.ahead",
        "Stock.decided",
        "Stock.recalled",
        "Stock.recalls",
        "Stock.recalls_of",
        "Stock.sellable",
        "Stock.sellable_at",
        "Subscriptions.due",
        "Subscriptions.of",
        "Subscriptions.subscription",
        "Surveys.responses",
        "Tax.quote",
    }


def test_a_signature_by_name() -> None:
    allows = port_methods(Crm)["allows"]
    assert dict(allows.parameters) == {"household": HouseholdId, "purpose": Purpose, "medium": Medium}
    assert list(allows.parameters) == ["household", "purpose", "medium"]
    assert (allows.returns, allows.is_read) == (bool, True)
    assert port_methods(Crm)["pets"].returns == tuple[Pet, ...]
    assert port_methods(Crm) is port_methods(Crm)


class Kennel(Protocol):
    @read
    async def dogs(self) -> None: ...

    async def walk(self, dog: str) -> str: ...


class Walker:
    async def dogs(self) -> None: ...

    @read
    async def walk(self, dog: str) -> str:
        return dog


def test_the_port_says_what_is_a_read_not_who_plays_it() -> None:
    assert is_read(Kennel, "dogs")
    assert not is_read(Kennel, "walk")
    assert port_methods(Kennel)["dogs"] == ({}, type(None), True)
    with pytest.raises(AttributeError, match="bark"):
        is_read(Kennel, "bark")


class Blocking(Protocol):
    def walk(self) -> str: ...


class Defaulting(Protocol):
    async def walk(self, dog: str = "rex") -> str: ...


class Named(Protocol):
    async def walk(self, *, dog: str) -> str: ...


class Many(Protocol):
    async def walk(self, *dogs: str) -> str: ...


class Untyped(Protocol):
    async def walk(self, dog): ...  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - the offence


class Silent(Protocol):
    async def walk(self, dog: str) -> None: ...


@pytest.mark.parametrize(
    ("port", "told"),
    [
        (Walker, "Walker'> is no port: a port is a Protocol"),
        (Blocking, "Blocking.walk is no `async def`"),
        (Defaulting, "Defaulting.walk: dog: str = 'rex' is not a plain argument without a default"),
        (Named, "Named.walk: dog: str is not a plain argument without a default"),
        (Many, "Many.walk: *dogs: str is not a plain argument without a default"),
        (Untyped, "Untyped.walk: no type for dog, return"),
        (Silent, "Silent.walk answers None, which a look-up would read as `nothing happened`"),
    ],
    ids=called,
)
def test_a_port_that_cannot_be_recorded_is_refused(port: type[Any], told: str) -> None:
    with pytest.raises(TypeError) as caught:
        port_methods(port)
    assert told in str(caught.value)


def test_the_public_names_are_all_there_once() -> None:
    assert len(set(ports.__all__)) == len(ports.__all__)
    assert all(hasattr(ports, name) for name in ports.__all__)
