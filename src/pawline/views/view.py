"""What a view is: a name with a version, and for each event it follows what that event is to its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from pawline.model import Event, public_name

Write = tuple[str, tuple[object, ...]]
"""A named statement of the store and its row."""


class Seen(NamedTuple):
    """An event as a view gets it: `at` is when it happened, in epoch seconds."""

    shop: str
    at: float
    event: Any


@dataclass(frozen=True, eq=False)
class View:
    """A read model. `hears` makes rows of each type of event; rows that are written again must change nothing.

    Events of one subject come in their order, all others in any. A view whose meaning changes gets the next number in
    its name (`orders@2`): nothing was read under that name yet, so all of it is read again.
    """

    name: str
    says: str
    hears: Mapping[type[Event], Callable[[Seen], Iterable[Write]]]

    @cache  # noqa: B019 - views live as long as their module
    def types(self) -> frozenset[str]:
        """Public names of the events it follows."""
        return frozenset(map(public_name, self.hears))
