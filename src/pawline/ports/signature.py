"""What a port's methods take and return, resolved once: for stand-ins, contract tests and generated pages."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, get_type_hints

from typing_extensions import get_protocol_members, is_protocol

from pawline.ports.read import is_read


class Signature(NamedTuple):
    """One method: its parameters' types by name and in order, what its answer is, and whether it is a `@read`."""

    parameters: Mapping[str, Any]
    returns: Any
    is_read: bool


_METHODS: dict[type[Any], Mapping[str, Signature]] = {}


def port_methods(port: type[Any]) -> Mapping[str, Signature]:
    """The port's methods by name, sorted.

    Raises TypeError for what is no Protocol, and for a method that a step cannot record: one that is not `async def`,
    takes defaults, keyword-only or variable arguments, lacks a type, or is an effect that answers None.
    """
    if (known := _METHODS.get(port)) is not None:
        return known
    if not is_protocol(port):
        raise TypeError(f"{port!r} is no port: a port is a Protocol whose methods are `async def`")
    found = MappingProxyType({name: _method(port, name) for name in sorted(get_protocol_members(port))})
    _METHODS[port] = found
    return found


def _method(port: type[Any], name: str) -> Signature:
    function = getattr(port, name)
    if not inspect.iscoroutinefunction(function):
        raise TypeError(f"{port.__name__}.{name} is no `async def`")
    parameters = list(inspect.signature(function).parameters.values())[1:]
    hints = get_type_hints(function, include_extras=True)
    for parameter in parameters:
        if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD or parameter.default is not parameter.empty:
            raise TypeError(f"{port.__name__}.{name}: {parameter} is not a plain argument without a default")
    if missing := {parameter.name for parameter in parameters}.union({"return"}).difference(hints):
        raise TypeError(f"{port.__name__}.{name}: no type for {', '.join(sorted(missing))}")
    if hints["return"] is type(None) and not is_read(port, name):
        raise TypeError(f"{port.__name__}.{name} answers None, which a look-up would read as `nothing happened`")
    types = {parameter.name: hints[parameter.name] for parameter in parameters}
    return Signature(MappingProxyType(types), hints["return"], is_read(port, name))
