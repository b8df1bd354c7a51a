"""A till that nobody wrote a connector for, over HTTP, both ways; and the files of a hub that knows it by settings."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec

from pawline.kit import Secret, standard_headers
from pawline.store import Keyring
from pawline.testing.conformance import SECRETS
from pawline.testing.counter import Counter, Request, json
from pawline.testing.orders import SHOP
from tests.journeys.around import keep

TILL: Final = "http/till"
BECAUSE: Final = 'because = "the till\'s own page"'
SETTLES: Final = {
    "ask": "",
    "key": f'settle = "key"\nkey_header = "Idempotency-Key"\nkey_hours = 24\n{BECAUSE}',
    "look_up": f'settle = "look_up"\nlook_up = "notes/by-name/{{reference}}"\n{BECAUSE}',
    "repeat": f'settle = "repeat"\nmethod = "PUT"\n{BECAUSE}',
}
SETTINGS: Final = """
shops = ["{shop}"]
flows = ["till_flows"]
allow_networks = ["127.0.0.0/8"]
listen = "127.0.0.1:{listen}"

[[accounts]]
name = "http/till"
[accounts.settings]
url = "http://127.0.0.1:{port}/api"
[accounts.settings.calls]
paths = ["notes/*"]
timeout_seconds = 1
signs = {{ secrets = [{{ file = "calls.secret" }}] }}
{settle}
[accounts.settings.hears]
secrets = [{{ file = "one.secret" }}, {{ file = "two.secret" }}]
type = "/event"
[[accounts.settings.hears.events]]
type = "parcel.left"
event = "shipment.dispatched@1"
[accounts.settings.hears.events.fields]
shipment = "/code"
order = {{ from = "/sale", is = "text" }}
at = {{ from = "/at", is = "date", format = "epoch" }}

[runtime]
first_retry = 0.05
"""
FLOW: Final = '''
from pawline.model import ShipmentDispatched
from pawline.ports import Call, Calls, saying
from pawline.runtime import Account, flow, use


@flow(on=ShipmentDispatched)
async def note_parcel(sent: ShipmentDispatched) -> str:
    """The till notes each parcel once."""
    till = use(Calls, Account("http/till"))
    body = saying({"parcel": sent.shipment, "order": sent.order})
    reply = await till.send(Call(path=("notes", sent.shipment), body=body, reference=sent.shipment))
    return reply.read(dict)["note"]
'''


class Till(Counter):
    """Does what it is asked, and answers once `open` is set. `knows` is by what it tells a call from another."""

    def __init__(self, knows: str) -> None:
        super().__init__()
        self.knows, self.effects = knows, list[str]()
        self._by_key = dict[str, str]()
        self.open = asyncio.Event()
        self.answer = self._done

    async def _done(self, request: Request) -> bytes | None:
        name = request.target.rpartition("/")[2]
        if request.method == "GET":
            return json(200, b'{"note": "found"}') if name in self.effects else json(404)
        key = request.headers.get("idempotency-key", "") if self.knows == "key" else name
        if self.knows not in ("key", "repeat") or key not in self._by_key:
            self.effects.append(name)
        self._by_key[key] = name
        await self.open.wait()
        return json(201, msgspec.json.encode({"note": name}))


def write(folder: Path, port: int, listen: int, settle: str) -> None:
    """The files of a hub that knows the till."""
    secrets = {"one.secret": SECRETS[0], "two.secret": SECRETS[1], "calls.secret": SECRETS[0]}
    keep(folder, secrets)
    text = SETTINGS.format(shop=SHOP, port=port, listen=listen, settle=SETTLES[settle])
    (folder / "pawline.toml").write_text(text, "utf-8")
    (folder / "till_flows.py").write_text(FLOW, "utf-8")
    Keyring.generate().save(folder / "pawline.key")


def parcel(no: int, **more: Any) -> bytes:
    """What the till tells of one."""
    return msgspec.json.encode({"event": "parcel.left", "code": f"JD{no}", "sale": no, "at": int(time.time())} | more)


async def tell(listen: int, body: bytes, no: str, *, secret: str = SECRETS[0], ago: int = 0) -> int:
    """The status with which a delivery of the till's is answered."""
    signed = standard_headers([Secret(secret)], no, int(time.time()) - ago, body)
    headers = {"content-type": "application/json", **signed}
    url = f"http://127.0.0.1:{listen}/hooks/{TILL}"
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as reply:
        return reply.status
