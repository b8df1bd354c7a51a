"""How a shop's pages tell what shoppers look at: the pixel of a connector's card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True)
class Pixel(Generic[S]):
    """A script that the shop's people put into its pages, and that tells the hub of acts by shoppers who agreed to it.

    `key` is what stands behind its address: public, for everybody can read it there, and changed when somebody abuses
    it; "" switches it off. `origins` are pages that may tell (`https://shop.example`), besides those that browsers
    give no origin. `script` makes it for an address; `where` says to people where it goes.
    """

    key: Callable[[S], str]
    origins: Callable[[S], tuple[str, ...]]
    script: Callable[[str], str]
    where: str
