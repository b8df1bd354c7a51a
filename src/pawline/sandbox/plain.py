"""A call of the plain API, in the vendors' words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.ports import Code, is_read, port_methods
from pawline.sandbox.answers import decoded, encode, error
from pawline.sandbox.vendors import LOOK_UPS, PORTS, Request

if TYPE_CHECKING:
    from aiohttp import web

KEY: Final = "Idempotency-Key"
VENDORS: Final = {port.__name__.lower(): port for port in PORTS}


async def asked(request: web.Request) -> Request:
    """The call in the vendors' words: arguments by name become those of the port's method, in its order."""
    port = VENDORS.get(request.match_info["vendor"])
    call = request.match_info["call"]
    looked_up = _look_ups(port)
    method = looked_up.get(call, call)
    if port is None or method not in port_methods(port):
        raise error(404, Code.NOT_FOUND, "no such call")
    given = decoded(await request.read(), dict[str, msgspec.Raw])
    names = list(port_methods(port)[method].parameters)
    if set(given) != set(names):
        raise error(422, Code.INVALID, f"the arguments are {', '.join(names)}")
    key = request.headers.get(KEY, "")
    if not key and call not in looked_up and not is_read(port, method):
        raise error(400, Code.BAD_REQUEST, f"an effect needs the header {KEY}")
    return Request(f"{port.__name__}.{call}", key, msgspec.Raw(encode([given[name] for name in names])))


def _look_ups(port: type[Any] | None) -> dict[str, str]:
    """Of this vendor's look-ups by name, the effect that each looks up."""
    effects = {name: effect.partition(".") for effect, name in LOOK_UPS.items()}
    return {name: effect for name, (vendor, _, effect) in effects.items() if port and vendor == port.__name__}
