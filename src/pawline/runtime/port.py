"""Stand-ins: what `use` hands to a flow in place of a connector. Built once per port; a call makes a step."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final, get_type_hints

import msgspec
from typing_extensions import get_protocol_members

from pawline.ports import is_read
from pawline.runtime.step import Call, FlowError

if TYPE_CHECKING:
    from collections.abc import Coroutine

MOST: Final = 64 * 1024
"""Bytes that a step's arguments, or its result, may have: a journal keeps ids and pages, not files."""

_encode = msgspec.json.Encoder().encode


class TooLarge(FlowError):
    """An argument or a result is over 64 KiB: pass ids, or a page at a time."""


class PortMethod:
    """One method of one port: how its arguments and its result are encoded."""

    __slots__ = (
        "decode_args",
        "decode_result",
        "keywords",
        "name",
        "port",
        "positional",
        "read",
        "required",
        "result",
        "signature",
    )

    def __init__(self, port: type[Any], name: str) -> None:
        function = getattr(port, name)
        hints = get_type_hints(function)
        found = list(inspect.signature(function).parameters.values())[1:]
        self.port: str = port.__name__
        self.name = name
        self.read = is_read(port, name)
        self.signature = inspect.Signature(found)
        self.positional = sum(p.kind is not p.KEYWORD_ONLY for p in found)
        self.keywords = [p.name for p in found if p.kind is p.KEYWORD_ONLY]
        self.required = len(found) if all(p.default is p.empty and p.kind is not p.KEYWORD_ONLY for p in found) else -1
        shape: Any = tuple.__class_getitem__(tuple(hints[p.name] for p in found))
        self.decode_args = msgspec.json.Decoder(shape).decode
        self.result: Any = hints["return"]
        self.decode_result = msgspec.json.Decoder(hints["return"]).decode

    def encode_args(self, args: tuple[Any, ...], named: dict[str, Any]) -> bytes:
        """The arguments by position, encoded. Raises as the call itself would, and for what JSON cannot hold."""
        if named or len(args) != self.required:
            bound = self.signature.bind(*args, **named)
            bound.apply_defaults()
            args = tuple(bound.arguments.values())
        try:
            data = _encode(args)
        except (TypeError, ValueError, OverflowError) as error:
            raise FlowError(
                f"{self.port}.{self.name}: an argument cannot be stored: {error}. Pass model types."
            ) from error
        if len(data) > MOST:
            raise TooLarge(
                f"{self.port}.{self.name}: arguments of {len(data)} bytes; at most {MOST}: pass ids or a page"
            )
        return data

    def send(
        self, implementation: Any, args: bytes | msgspec.Raw, method: str | None = None
    ) -> Coroutine[Any, Any, Any]:
        """Call the implementation's method (or its sibling `method`, a look-up) with the recorded arguments."""
        values = self.decode_args(args)
        function = getattr(implementation, method or self.name)
        if not self.keywords:
            return function(*values)  # type: ignore[no-any-return]
        named = dict(zip(self.keywords, values[self.positional :], strict=True))
        return function(*values[: self.positional], **named)  # type: ignore[no-any-return]

    def encode_result(self, value: Any) -> bytes:
        """The result, encoded. Raises TooLarge. Whether its type is right shows when the flow gets its copy."""
        data = _encode(value)
        if len(data) > MOST:
            raise TooLarge(
                f"{self.port}.{self.name}: a result of {len(data)} bytes; at most {MOST}: return ids or a page"
            )
        return data


class BoundMethod:
    """A method of a stand-in: calling it makes the step."""

    __slots__ = ("account", "method")

    def __init__(self, method: PortMethod, account: str) -> None:
        self.method = method
        self.account = account

    def __call__(self, *args: Any, **named: Any) -> Call[Any]:
        """The step, not yet begun: it is when it is awaited."""
        return Call(self.method, self.account, self.method.encode_args(args, named))


class StandIn:
    """A port's methods, bound to one account. What else is asked of it is an AttributeError, as on the port."""

    def __init__(self, port: type[Any], methods: dict[str, PortMethod], account: str) -> None:
        self._port = port.__name__
        for name, method in methods.items():
            setattr(self, name, BoundMethod(method, account))

    def __repr__(self) -> str:
        return f"<stand-in for {self._port}>"


_METHODS: dict[type[Any], dict[str, PortMethod]] = {}
_STAND_INS: dict[tuple[type[Any], str], StandIn] = {}


def methods_of(port: type[Any]) -> dict[str, PortMethod]:
    """The port's methods by name, made once. Raises FlowError for something that is not a port."""
    found = _METHODS.get(port)
    if found is None:
        if not getattr(port, "_is_protocol", False):
            raise FlowError(f"{port!r} is no port: a port is a Protocol whose methods are `async def`")
        found = _METHODS[port] = {name: PortMethod(port, name) for name in sorted(get_protocol_members(port))}
    return found


def stand_in(port: type[Any], account: str) -> Any:
    """The stand-in of this port for this account, made once."""
    found = _STAND_INS.get((port, account))
    if found is None:
        found = _STAND_INS[port, account] = StandIn(port, methods_of(port), account)
    return found
