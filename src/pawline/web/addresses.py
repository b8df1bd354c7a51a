"""Whose request it is: for limits, and believed no further."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from litestar.types import HTTPScope

LOOPBACK: Final = "loopback"


def address_of(scope: HTTPScope, forwarded: str) -> str | None:
    """Whose request it is, as far as the proxy in front of us says; None where nobody can tell one from another.

    `forwarded` is the header x-forwarded-for.
    """
    if (said := forwarded.rpartition(",")[2].strip()[:64]) != "":
        found: str | None = _network(said) or said
    else:
        client = scope["client"]
        found = None if client is None else _network(client[0])
    return None if found == LOOPBACK else found  # also where two proxies of this machine stand in front of us


def _network(said: str) -> str | None:
    """What one sender has: an address of IPv4, a /64 of IPv6; without the port that some proxies add. None for none."""
    if said.startswith("["):
        said = said[1:].partition("]")[0]
    elif said.count(":") == 1:
        said = said.partition(":")[0]
    try:
        found = ipaddress.ip_address(said)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or ipaddress.IPv6Address(int(found) >> 64 << 64)
    return LOOPBACK if found.is_loopback or int(found) == 0 else str(found)
