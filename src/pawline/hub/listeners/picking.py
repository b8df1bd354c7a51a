"""From the names in an account's settings to the events that leave: checked against those there are, at the start."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from pawline.model.event import event_names

if TYPE_CHECKING:
    from pawline.kit import Listening
    from pawline.runtime import Flows

OURS: Final = ("webhook.", "case.", "listener.", "schedule.")
"""What these begin is the hub's own business: unread webhooks of anybody's, cases, and what is told itself."""
FLOWS: Final = ("tell_listener", "mind_listener")


class Listens(NamedTuple):
    """An account that listens to events of one shop, by their public names. `patience` in seconds; see `Listening`."""

    account: str
    shop: str
    types: frozenset[str]
    whole: frozenset[str]
    patience: float

    @property
    def cursor(self) -> str:
        """The name of how far it was told, among those of views."""
        return f"listener/{self.account}"


def listens_of(account: str, shop: str, said: Listening) -> Listens:
    """What it is told of. Raises ValueError, naming the setting, for what is no event or is never told."""
    known = [one for one in event_names() if not one.startswith(OURS)]
    types = frozenset[str]()
    for pattern in said.events:
        types |= _picked(pattern, known)
    for one in said.whole:
        if one not in types:
            near = _near(one, types)
            raise ValueError(f"`whole` names {one!r}, which is not among `events`: name it there, too{near}")
    return Listens(account, shop, types, frozenset(said.whole), said.patience.total_seconds())


def _picked(pattern: str, known: list[str]) -> frozenset[str]:
    if pattern.startswith(OURS):
        raise ValueError(f"`events` names {pattern!r}: what is the hub's own business leaves nowhere")
    noun, star, rest = pattern.partition(".*")
    if star and not rest and noun and "*" not in noun:
        found = frozenset(one for one in known if one.startswith(f"{noun}."))
        if found:
            return found
        nouns = sorted({one.partition(".")[0] for one in known})
        raise ValueError(f"`events` names {pattern!r}, and nothing is told of {noun!r}: there are {', '.join(nouns)}")
    if pattern in known:
        return frozenset([pattern])
    raise ValueError(f"`events` names {pattern!r}, which is no event and no `noun.*`{_near(pattern, known)}")


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=3)
    return f"; did you mean {', '.join(near)}?" if near else ""


def check_wired(listens: Mapping[str, Listens], flows: Flows) -> None:
    """Raises ValueError where nobody would tell them."""
    there = {flow.name for flow in flows}
    if listens and (lacks := [one for one in FLOWS if one not in there]):
        raise ValueError(
            f"{', '.join(listens)} listens, and no flow {lacks[0]} is there: add pawline.flows.tell_listeners to"
            " `flows`"
        )
