"""One account by itself, for a command that asks it something and needs no hub."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from pawline.hub.connecting import card_of, guard_of, secret_of
from pawline.hub.settings import HubRefused
from pawline.kit import BadSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.hub.settings import Settings
    from pawline.kit import Connector

T = TypeVar("T")


def opened(
    settings: Settings, name: str, shop: str, part: Callable[[Connector[Any]], T | None], lacks: str
) -> tuple[T, Any, Any]:  # fmt: skip
    """The `part` of its connector's card, a client that the caller closes, and the account's settings.

    Raises HubRefused where it is not in the settings or not of this shop, where its connector has no such part
    (`lacks` says that, and what to do), and where its settings are wrong.
    """
    given = next((one for one in settings.accounts if one.name == name), None)
    if given is None:
        raise HubRefused(f"{name} is not in the settings: `pawline connect {name}` first")
    if given.shops and shop not in given.shops:
        raise HubRefused(f"{name} is of {', '.join(given.shops)}, not of {shop}: say `--shop {given.shops[0]}`")
    card = card_of("ACCOUNT", name)
    if (found := part(card)) is None:
        raise HubRefused(f"{name}: {lacks}")
    try:
        read = card.configure(given.settings, partial(secret_of, settings))
    except BadSettings as problem:
        raise HubRefused(f"{name}: {problem}") from problem
    return found, card.http(read, guard_of(settings)), read
