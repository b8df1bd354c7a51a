"""Stand-ins for ports: arguments by position and keyword, what cannot be stored, results of the wrong type."""

from __future__ import annotations

from typing import Any, Protocol

import pytest

from pawline.ports import Operation, Settle
from pawline.runtime import Binding, Bindings, FlowError, flow, use
from pawline.runtime.port import MOST, TooLarge, methods_of, stand_in
from pawline.runtime.step import Call
from pawline.store import Status
from tests.unit.runtime.clerk import BY_KEY, KEY, Begun, Clerk, Shelf
from tests.unit.runtime.hub import Hub


class Kennel(Protocol):
    async def book(self, dog: str, nights: int = 1, *, food: str = "dry", notes: list[str]) -> str: ...


class Booker:
    async def book(self, dog: str, nights: int = 1, *, food: str = "dry", notes: list[str]) -> str:
        return f"{dog} {nights} {food} {notes}"


def call(*args: Any, **named: Any) -> Call[Any]:
    step: Call[Any] = stand_in(Kennel, "kennel/eu").book(*args, **named)
    return step


@pytest.mark.parametrize(
    ("args", "named", "stored"),
    [
        (("Rex", 2), {"notes": ["old"]}, b'["Rex",2,"dry",["old"]]'),
        (("Rex",), {"notes": [], "food": "wet"}, b'["Rex",1,"wet",[]]'),
        ((), {"food": "wet", "notes": [], "nights": 3, "dog": "Rex"}, b'["Rex",3,"wet",[]]'),
    ],
)
async def test_arguments_are_stored_by_position_and_sent_as_they_were_given(
    args: tuple[Any, ...], named: dict[str, Any], stored: bytes
) -> None:
    step = call(*args, **named)
    assert (step.args, step.account, step.target.port, step.target.name) == (stored, "kennel/eu", "Kennel", "book")
    assert await step.target.send(Booker(), step.args) == await Booker().book(*args, **named)


@pytest.mark.parametrize(
    ("args", "named", "why"),
    [
        ((), {"notes": []}, "missing a required argument: 'dog'"),
        (("Rex",), {}, "missing a required argument: 'notes'"),
        (("Rex", 1, "wet"), {"notes": []}, "too many positional arguments"),
        (("Rex",), {"notes": [], "cat": "Tom"}, "unexpected keyword argument 'cat'"),
    ],
)
def test_a_wrong_call_fails_as_the_port_itself_would(args: tuple[Any, ...], named: dict[str, Any], why: str) -> None:
    with pytest.raises(TypeError, match=why):
        call(*args, **named)


def test_what_the_port_has_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError):
        stand_in(Kennel, "kennel/eu").bok("Rex")


def test_a_stand_in_is_made_once_and_says_nothing_of_its_account() -> None:
    assert stand_in(Kennel, "kennel/eu") is stand_in(Kennel, "kennel/eu")
    assert stand_in(Kennel, "kennel/eu") is not stand_in(Kennel, "kennel/us")
    assert repr(stand_in(Kennel, "kennel/eu")) == "<stand-in for Kennel>"
    assert list(methods_of(Kennel)) == ["book"]


def test_what_is_no_port_is_refused() -> None:
    with pytest.raises(FlowError, match="is no port: a port is a Protocol whose methods are `async def`"):
        stand_in(Clerk, "x")


def fitting(size: int) -> str:
    return "x" * (size - len('[""]'))


def test_arguments_may_have_64_kib_and_no_more() -> None:
    shelf = stand_in(Shelf, "shelf/eu")
    assert len(shelf.put(fitting(MOST)).args) == MOST == 65536
    with pytest.raises(TooLarge, match=r"^Shelf.put: arguments of 65537 bytes; at most 65536: pass ids or a page$"):
        shelf.put(fitting(MOST + 1))


CANNOT_BE_STORED = (
    "Shelf.put: an argument cannot be stored: Encoding objects of type object is unsupported. Pass model types."
)


def test_what_json_cannot_hold_is_told_before_anything_happens() -> None:
    with pytest.raises(FlowError, match=f"^{CANNOT_BE_STORED}$"):
        stand_in(Shelf, "shelf/eu").put(object())


# -- in a run ----------------------------------------------------------------------------------------------------


@flow(on=Begun)
async def puts(begun: Begun) -> str:
    thing: Any = {"big": fitting(MOST + 1), "object": object()}.get(begun.body, begun.body)
    return await use(Shelf).put(thing)


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("big", "puts: TooLarge: Shelf.put: arguments of 65537 bytes; at most 65536: pass ids or a page"),
        (
            "object",
            f"puts: FlowError: {CANNOT_BE_STORED}",
        ),
    ],
)
async def test_an_argument_that_cannot_be_stored_is_the_developers_and_nothing_is_sent(
    hub: Hub, body: str, title: str
) -> None:
    await hub.up(puts)
    no = await hub.begin(Begun(body=body))
    case = await hub.case()
    assert (await hub.status(no), case.kind, case.team, case.title) == (Status.PARKED, "code", "developers", title)
    assert hub.clerk.did == []


@pytest.mark.parametrize(
    ("answer", "kind", "title"),
    [
        (5, "malformed", "shelf/eu: Shelf.put returned what is not of its type"),
        (None, "malformed", "shelf/eu: Shelf.put returned what is not of its type"),
        ("x" * MOST, "size", "Shelf.put: a result of 65538 bytes; at most 65536: return ids or a page"),
    ],
)
async def test_a_result_that_is_not_what_the_port_promises_is_the_developers(
    hub: Hub, answer: Any, kind: str, title: str
) -> None:
    await hub.up(puts)
    hub.clerk.says["put"] = [lambda _: answer]
    no = await hub.begin(Begun(body="a"))
    case = await hub.case()
    assert (await hub.status(no), case.kind, case.team, case.title) == (Status.PARKED, kind, "developers", title)
    assert (case.path, hub.clerk.did) == ("1", [("put", "a")])
    assert await hub.told("retry", f"run:{no}", path="1") == "done"  # the connector is mended
    assert await hub.outcome(no) == "a!"
    assert hub.clerk.keys[0] == hub.clerk.keys[1]
    assert await hub.case_states() == [(kind, "closed")]


@pytest.mark.parametrize("method", ["put", "count"])
async def test_a_defect_of_a_connector_is_the_developers_and_ends_nothing_else(hub: Hub, method: str) -> None:
    @flow(on=Begun)
    async def calls(begun: Begun) -> str:
        return str(await getattr(use(Shelf), method)(begun.id))

    await hub.up(calls)
    hub.clerk.says[method] = [ZeroDivisionError("anna@example.com")]
    no = await hub.begin(Begun())
    case = await hub.case()
    assert (await hub.status(no), case.kind, case.team) == (Status.PARKED, "malformed", "developers")
    assert case.title == f"shelf/eu: {method} raised ZeroDivisionError"  # in the clear, so without its text
    assert "anna@example.com" in (await hub.case_body(case)).detail
    other = await hub.begin(Begun(id="o2"))
    assert await hub.status(other) == Status.DONE
    assert await hub.told("retry", f"run:{no}", path="1") == "done"
    assert await hub.status(no) == Status.DONE


async def test_a_read_whose_result_is_of_another_type_is_the_developers(hub: Hub) -> None:
    @flow(on=Begun)
    async def counts(begun: Begun) -> int:
        return await use(Shelf).count("a")

    await hub.up(counts)
    hub.clerk.says["count"] = [lambda _: "many"]
    no = await hub.begin(Begun())
    assert (await hub.case()).title == "shelf/eu: Shelf.count returned what is not of its type"
    assert await hub.told("retry", f"run:{no}", path="1") == "done"
    assert await hub.outcome(no) == 1


# -- bindings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operations", "why"),
    [
        ({"put": KEY, "take": KEY}, "shelf/eu as Shelf: weigh does not say how it is settled"),
        ({**BY_KEY, "count": KEY}, "shelf/eu as Shelf: count is no effect of the port"),
        (
            {**BY_KEY, "put": Operation(settle=Settle.LOOK_UP, look_up="nothing")},
            "shelf/eu as Shelf: put looks up by nothing, which is not there",
        ),
    ],
)
def test_a_binding_says_how_every_effect_is_settled(operations: dict[str, Operation], why: str) -> None:
    with pytest.raises(FlowError, match=why):
        Binding("shelf/eu", Shelf, Clerk(lambda: 0.0), operations)


def test_an_account_plays_a_port_once() -> None:
    one = Binding("shelf/eu", Shelf, Clerk(lambda: 0.0), BY_KEY)
    with pytest.raises(FlowError, match="shelf/eu plays Shelf twice"):
        Bindings([one, one])


def test_an_account_may_be_for_some_shops_only() -> None:
    clerk = Clerk(lambda: 0.0)
    bindings = Bindings(
        [
            Binding("shelf/eu", Shelf, clerk, BY_KEY, shops=frozenset({"s"})),
            Binding("shelf/us", Shelf, clerk, BY_KEY),
        ]
    )
    assert bindings.accounts("s", Shelf) == ("shelf/eu", "shelf/us")
    assert bindings.accounts("t", Shelf) == ("shelf/us",)
    assert bindings.accounts("s", Kennel) == ()


def test_the_secrets_of_an_implementation_are_not_in_its_bindings_repr() -> None:
    assert "Clerk" not in repr(Binding("shelf/eu", Shelf, Clerk(lambda: 0.0), BY_KEY))


# -- bad input ---------------------------------------------------------------------------------------------------


async def test_an_event_of_the_wrong_type_is_refused_before_it_is_recorded(hub: Hub) -> None:
    await hub.up(puts)
    with pytest.raises(ValueError, match="an envelope needs a shop, a source and an id"):
        await hub.record(Begun(), source="")
    assert await hub.runs() == []
