"""Marks the methods of a port that have no effect outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "__pawline_read__"


def read(method: F) -> F:
    """Promise that calling the method twice, or never, changes nothing outside.

    The runtime sends no key for it and records its result together with the next effect.
    """
    setattr(method, _MARK, True)
    return method


def is_read(port: type[Any], method: str) -> bool:
    """Whether `port` marks `method` as without effect. The port decides; an implementation's own mark counts nothing.

    Raises AttributeError if the port has no such method.
    """
    return getattr(getattr(port, method), _MARK, False) is True
