"""No outbound call reaches a private network, whatever a name resolves to when it is connected to."""

from __future__ import annotations

import socket

import pytest

from pawline.kit import Guard, Http
from pawline.ports import Code, Malformed
from pawline.testing.counter import counter

INSIDE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",  # noqa: S104
    "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0",
    "fc00::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe",
    "2002:a00:1::", "2001:db8::1", "fec0::1", "3fff::1", "64:ff9b:1::a00:1", "192.88.99.1", "::10.0.0.1",
]  # fmt: skip
OUTSIDE = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "64:ff9b::808:808", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("host", INSIDE)
def test_what_is_not_on_the_public_network_is_not_reached(host: str) -> None:
    assert not Guard().permits(host, 443)
    assert not Guard(["10.20.0.0/16"]).permits(host, 443)


@pytest.mark.parametrize("host", OUTSIDE)
def test_the_public_network_is_reached_by_tls_on_the_webs_ports_only(host: str) -> None:
    guard = Guard()
    assert [guard.permits(host, port) for port in (443, 80, 22, 5432, 8080)] == [True, True, False, False, False]
    assert not guard.permits(host, 443, plain=True)


def test_an_allowed_network_is_reached_on_any_port_and_also_through_a_wrapped_address() -> None:
    guard = Guard(["10.20.0.0/16", "fd00::/8"])
    assert guard.permits("10.20.3.4", 8080, plain=True)
    assert guard.permits("::ffff:10.20.3.4", 8080)
    assert guard.permits("fd12::1", 443)
    assert not guard.permits("10.21.0.1", 443)


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match="name a network such as"):
        Guard(["erp.local"])


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
async def test_a_name_that_leads_inside_is_not_connected_to(host: str) -> None:
    async with counter() as vendor:
        http = Http(f"https://{host}:{vendor.port}")
        with pytest.raises(Malformed) as error:
            await http.get("latest", into=object)
        await http.close()
        assert error.value.code is Code.NOT_ALLOWED
        assert vendor.heard == []


async def test_an_answer_that_changes_between_two_look_ups_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: the name resolves to the public network whenever it is asked about, and inside when it is used."""
    async with counter() as vendor:
        asked: list[str] = []

        def resolves(host: str, port: int, *_: object, **__: object) -> list[object]:
            asked.append(host)
            address = "93.184.216.34" if len(asked) > 1 else "127.0.0.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        monkeypatch.setattr(socket, "getaddrinfo", resolves)
        http = Http(f"https://rebinding.example:{vendor.port}")
        with pytest.raises(Malformed) as error:
            await http.get("latest", into=object)
        await http.close()
        assert (error.value.code, asked, vendor.heard) == (Code.NOT_ALLOWED, ["rebinding.example"], [])


async def test_an_allowed_network_is_reached() -> None:
    async with counter() as vendor:
        http = Http(f"http://localhost:{vendor.port}", guard=Guard(["127.0.0.0/8"]))
        await http.get("latest", into=dict[str, str])
        await http.close()
        assert [one.target for one in vendor.heard] == ["/latest"]
