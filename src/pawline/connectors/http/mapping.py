"""From a payload to an event of ours, by data: checked against the event's type when settings are read."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Annotated, Any, Final, NewType, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import UNSET

from pawline.connectors.http.field import Field, Fields, check_field, field_of, value_of
from pawline.connectors.http.pointer import Json, found, is_missing
from pawline.model import Event, public_name
from pawline.model.event import UnknownEvent, event_type

_INDEX: Final = re.compile(r"\[[^\]]*\]")
OURS: Final = (
    "webhook.", "case.", "listener.", "schedule.", "customer.erased@", "lot.recalled@", "order.confirmed@",
    "order.refused@", "pickup.decided@", "recall.decided@", "recall.reached@", "recall.searched@", "renewals.decided@",
)  # fmt: skip
"""What these begin is for the hub to say: nobody outside asks or answers cases, decides for a person (that a recall
is one, and all are told; that its goods are sent), says that a key was destroyed, or that an own order is paid for."""
PLACES: Final = 40
"""A number with more of them before or after its point is none that anybody meant, and costs memory to write down."""
Made = Callable[[bytes], Event]


class Mapped(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One event of ours, and what it is made of, of a delivery whose type is `type`. Several may be of one type."""

    event: str
    type: str = ""
    fields: Fields = {}


def _exact(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:  # more places than are counted at all
        raise ValueError("a number is out of all measure") from None
    if abs(number.adjusted()) > PLACES:  # of nothing, too: 0e-99999999 has as many digits
        raise ValueError("a number is out of all measure")
    return number


_decode: Final = msgspec.json.Decoder(float_hook=_exact).decode


def decoded(body: bytes) -> Json:
    """JSON whose numbers with a point are exact. Raises ValueError for what is none."""
    try:
        return _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise ValueError(f"the body is no JSON ({type(problem).__name__})") from None


def known(where: str, name: str) -> type[Event]:
    """The event of this public name. Raises ValueError that says where it is named; also for one of the hub's own."""
    if name.startswith(OURS):
        raise ValueError(f"{where}: {name} is for the hub itself to say: nobody else may")
    try:
        return event_type(name)
    except UnknownEvent as problem:
        raise ValueError(f"{where}: {problem.args[0]}") from None


def making(where: str, mapped: Mapped) -> Made:
    """What makes the event of a body. Raises ValueError where the mapping cannot be meant for its event's type."""
    kind = known(f"{where}.event", mapped.event)
    _check(f"{where}.fields", mapped.fields, kind)
    return partial(_made, kind, mapped.fields)


def _made(kind: type[Event], fields: Fields, body: bytes) -> Event:
    whole = decoded(body)
    said = {"type": public_name(kind), **_fields(fields, whole, whole)}
    try:
        made = msgspec.convert(said, kind)
    except (msgspec.ValidationError, RecursionError) as problem:
        text, _, at = _bare(str(problem)).partition(" - at `$")
        path = tuple(one for one in _INDEX.sub("", at.removesuffix("`")).split(".") if one)
        raise ValueError(f"{'.'.join(path) or public_name(kind)}{_from(fields, path)}: {text}") from None
    if not made.subject:  # all that is about nothing would be one thing, and the second of it known
        raise ValueError(f"{public_name(kind)}: the id of what it is about is empty")
    return made


def _bare(text: str) -> str:
    """Msgspec quotes an enum's unknown value, which is the payload's."""
    return re.sub(r"Invalid enum value .*?(?= - at|$)", "it is none of the values that it may be: see `values`", text)


def _from(fields: Fields, path: tuple[str, ...]) -> str:
    """By which pointer the field of this path is had, for people."""
    at = ""
    for name in path:
        if name not in fields:
            break
        one = field_of(fields[name])
        at = one.from_ or one.each or at
        fields = one.fields
    return f" (from {at})" if at else ""


def _fields(fields: Fields, here: Json, whole: Json) -> dict[str, Any]:
    made = dict[str, Any]()
    for name, given in fields.items():
        one = field_of(given)
        try:
            value = _value(one, here, whole)
        except ValueError as problem:
            raise ValueError(f"{name} from {problem}") from None
        if value is not UNSET:
            made[name] = value
    return made


def _value(one: Field, here: Json, whole: Json) -> Json:
    if one.constant is not UNSET:
        return one.constant
    if one.optional and is_missing(one.each if one.each is not None else one.from_, here, whole):
        return UNSET
    if one.each is not None:
        items = found(one.each, here, whole)
        if not isinstance(items, list):
            raise ValueError(f"{one.each}: it is no list")
        return list(_items(one, items, whole))
    if one.fields:
        return _fields(one.fields, here if one.from_ is None else found(one.from_, here, whole), whole)
    return value_of(one, here, whole)


def _items(one: Field, items: list[Json], whole: Json) -> Iterator[Json]:
    for n, item in enumerate(items):
        try:
            if one.fields:
                yield _fields(one.fields, item, whole)
            else:
                yield value_of(one, item, whole)
        except ValueError as problem:
            raise ValueError(f"{one.each}/{n}: {problem}") from None


def _check(where: str, fields: Fields, kind: type[msgspec.Struct]) -> None:
    """Raises ValueError where fields are not those of the type, or one that it needs is lacking."""
    hints = get_type_hints(kind, include_extras=True)
    there = {one.encode_name: one for one in msgspec.structs.fields(kind)}
    for name, given in fields.items():
        if name not in there:
            near = difflib.get_close_matches(name, there, n=1)
            hint = f": did you mean {near[0]}?" if near else f": there are {', '.join(there)}"
            raise ValueError(f"{where}: {kind.__name__} has no field {name[:60]!r}{hint}")
        one = field_of(given)
        check_field(f"{where}.{name}", one)
        _check_ours(f"{where}.{name}", one, hints[there[name].name])
        if one.optional and there[name].required:
            raise ValueError(f"{where}.{name}: {kind.__name__} needs it, so that it is not `optional`")
        if one.fields:
            _check(f"{where}.{name}.fields", one.fields, _part(f"{where}.{name}", hints[there[name].name], one))
    if lacking := [name for name, one in there.items() if one.required and name not in fields]:
        raise ValueError(f"{where}: {kind.__name__} needs {', '.join(lacking)}, too")


def _check_ours(where: str, one: Field, hint: Json) -> None:
    """Raises ValueError for what is written in the settings and can never be the field."""
    given = [] if one.constant is UNSET else [one.constant]
    if one.is_ == "as_it_is" and one.each is None:
        given += one.values.values()
    for said in given:
        try:
            msgspec.convert(said, hint)
        except msgspec.ValidationError as problem:
            raise ValueError(f"{where}: {said!r} is none that it may be: {problem}") from None


def _part(where: str, hint: Json, one: Field) -> type[msgspec.Struct]:
    """The Struct that a field's own `fields` are of. Raises ValueError where it holds none."""
    listed = False
    while True:
        origin: Json = get_origin(hint)
        parts = get_args(hint)
        if isinstance(hint, NewType):
            hint = hint.__supertype__
        elif origin is Annotated:
            hint = parts[0]
        elif origin in (Union, types.UnionType):
            hint = next(part for part in parts if part is not types.NoneType)
        elif origin in (tuple, list):
            hint, listed = parts[0], True
        elif isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            break
        else:
            raise ValueError(f"{where}: it has no `fields` of its own: it is one value")
    if listed is (one.each is None):
        raise ValueError(f"{where}: {'it is a list: say by `each` of what' if listed else 'it is no list of `each`'}")
    return hint
