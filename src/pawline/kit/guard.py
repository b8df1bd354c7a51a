"""Which addresses an outbound call may reach: the public network, and what the shop allowed by name."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from typing import Any, Final

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""Its last four bytes are the address that is really reached."""
REFUSED: Final = tuple(
    map(ipaddress.ip_network, ("fec0::/10", "3fff::/20", "64:ff9b:1::/48", "2001:db8::/32", "192.88.99.0/24"))
)
"""Networks that are nobody's or somebody's own, which older Pythons take for public."""
PORTS: Final = frozenset({80, 443})


class Blocked(OSError):
    """Raised instead of a connection that the guard does not allow."""

    def __init__(self) -> None:
        super().__init__("this address is not on the public network, or the port is not one of the web's")


class Guard:
    """Checks the very address that is about to be connected to, so that no second look-up can change it.

    `allow` are networks (`10.20.0.0/16`) that may be reached although they are not public, on any port: an ERP in the
    cellar, the sandbox. Raises ValueError for what is no network.
    """

    def __init__(self, allow: Iterable[str] = ()) -> None:
        try:
            self.allowed: Final = tuple(ipaddress.ip_network(one) for one in allow)
        except ValueError as problem:
            raise ValueError(f"{problem}: name a network such as 10.20.0.0/16") from problem

    def permits(self, host: str, port: int, *, plain: bool = False, ports: frozenset[int] = PORTS) -> bool:
        """Whether this address may be reached, on the public network at one of `ports`.

        `plain` (without TLS) is for allowed networks only.
        """
        address = _seen_through(ipaddress.ip_address(host.partition("%")[0]))
        if any(address in network for network in self.allowed if network.version == address.version):
            return True
        return not plain and port in ports and _is_public(address)

    def open(
        self, info: tuple[Any, ...], *, plain: bool = False, ports: frozenset[int] = PORTS
    ) -> socket.socket:  # fmt: skip
        """A socket for one looked-up address. Raises Blocked where the address may not be reached."""
        family, kind, protocol, _, where = info
        if family not in (socket.AF_INET, socket.AF_INET6) or not self.permits(
            where[0], where[1], plain=plain, ports=ports
        ):
            raise Blocked
        return socket.socket(family, kind, protocol)


def _seen_through(address: _Address) -> _Address:
    """The IPv4 address that an IPv6 one only wraps, however often."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in NAT64:
            return ipaddress.IPv4Address(address.packed[-4:])
        if address.sixtofour is not None:
            return address.sixtofour
        if address.teredo is not None:
            return address.teredo[1]
    return address


def _is_public(address: _Address) -> bool:
    if any(address in network for network in REFUSED if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
