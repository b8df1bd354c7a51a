"""How webhooks come in: who is believed, how one is read, and which events it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec

from pawline.kit.secret import Secret
from pawline.kit.signature import Headers, Hmac
from pawline.kit.watch import Sighting
from pawline.model import Event

S = TypeVar("S", bound=msgspec.Struct)
WHENEVER: Final = datetime.fromtimestamp(0, UTC)
"""No time at all."""


class Delivery(NamedTuple):
    """One webhook, read: its `type` as the vendor names it, the vendor's id of the event, when, and what it says.

    `at` is WHENEVER where the vendor says no time: it happened when it came.
    """

    type: str
    id: str
    at: datetime
    payload: bytes


def _never(_: Headers, __: bytes) -> bool:
    return False


def _nobodys(_: Headers, __: bytes) -> None:
    return None


def _unnamed(_: object) -> str:
    return ""


def _silent(_: Delivery) -> str | None:
    return None


def _hurried(thing: str) -> bool:  # noqa: ARG001 - it is what hooks have
    return False


@dataclass(frozen=True)
class Hook(Generic[S]):
    """How webhooks come in.

    `signature` and the `secrets` that are live decide who is believed; a connector without them believes nobody.
    `read` takes a believed request apart, `hears` makes events of it, by the vendor's type: pure functions. A type
    that is not in `hears` is kept as unclaimed, and is no error. `optional`: not every account may have webhooks, and
    one without a secret lacks nothing.

    `renews` guesses by a glance at what is not read yet whether it tells that a renewal was placed or paid, which
    nobody sits and waits for: it is read behind the others (docs/why/0020). What calls one off is not. A wrong guess
    costs time and nothing else, and so does one that raises.

    Where a sender has one address for several accounts, `whose` says by what is signed of which a believed delivery is
    (None: of the one that it came to), and `own` what an account is called there: two that share a secret and a name
    are refused. What is of no account here is kept as unclaimed. Neither ever raises.

    Some vendors tell that something happened, and not to what of ours. `rings` names what such a delivery is about, and
    `about` asks the account for what is to be seen of it, soon after the delivery was taken apart. What is rung while
    the hub dies is not asked about: a watch has to find the same, later. What `patient` says of such a name is asked
    about behind all that is not.

    `query` says that `read` is told what stands behind the `?` of the address, as a header `QUERY`: for a vendor that
    signs its address, and is given one of ours with each thing that we ask for.

    `taken` is the status by which its sender learns that a delivery was taken: some know one only.

    `hello` knows what a sender asks unsigned when it is set up, whether anybody is there. It is answered by 200;
    nothing is read of it and nothing kept, for anybody may have sent it. It never raises.
    """

    signature: Hmac
    secrets: Callable[[S], tuple[Secret, ...]]
    read: Callable[[Headers, bytes], Delivery]
    hears: Mapping[str, Callable[[bytes], tuple[Event, ...]]]
    optional: bool = False
    renews: Callable[[Headers, bytes], bool] = _never
    whose: Callable[[Headers, bytes], str | None] = _nobodys
    own: Callable[[S], str] = _unnamed
    rings: Callable[[Delivery], str | None] = _silent
    about: Callable[[Any, S, str], Awaitable[tuple[Sighting, ...]]] | None = None
    patient: Callable[[str], bool] = _hurried
    query: bool = False
    taken: int = 202
    hello: Callable[[Headers, bytes], bool] | None = None
