"""The pixel in an engine of JavaScript, with what Shopify's sandbox hands to it; and events as Shopify has them.

https://shopify.dev/docs/api/web-pixels-api/standard-events : `id`, `clientId`, `name`, `timestamp`, `data`, `context`.
"""

from __future__ import annotations

import asyncio
import shutil
from typing import Any, Final

import msgspec
import pytest

from pawline.connectors.shopify.pixel import script_for

ADDRESS: Final = "https://hub.example/pixels/shopify/eu/k-canary-77-public"
CLIENT: Final = "9d0a7e2c-0000-4000-8000-00000canary7"
EMAIL, PHONE, STREET = "ann.canary@example.com", "+4930770077", "Canary Wharf 77"
ALL: Final = {"analyticsProcessingAllowed": True, "marketingAllowed": True}
SCRIPT: Final = """
const heard = {}, consents = [], left = [], waiting = new Map();
let number = 0;
globalThis.init = { customerPrivacy: INPUT.may, data: { customer: { id: "77", email: "EMAIL" } } };
globalThis.analytics = { subscribe: (name, call) => { (heard[name] = heard[name] || []).push(call); } };
const subscribe = (name, call) => { if (name == "visitorConsentCollected") consents.push(call); };
globalThis.api = { customerPrivacy: { subscribe } };
globalThis.addEventListener = (name, call) => { if (name == "pagehide") left.push(call); };
globalThis.setTimeout = (call, after) => { waiting.set(++number, [call, after]); return number; };
globalThis.clearTimeout = (one) => waiting.delete(one);
const sent = [];
globalThis.fetch = (url, given) => {
  sent.push({ url, ...given });
  if (INPUT.away == "throws") throw new TypeError("blocked by a policy");
  return INPUT.away ? Promise.reject(new TypeError("Failed to fetch")) : Promise.resolve();
};
const acts = {
  event: (one) => (heard[one.name] || []).forEach((call) => call(one)),
  consent: (customerPrivacy) => consents.forEach((call) => call({ customerPrivacy })),
  time: () => { const due = [...waiting.values()]; waiting.clear(); due.forEach(([call]) => call()); },
  leave: () => left.forEach((call) => call()),
};
(0, eval)(INPUT.script);
const after = [];
for (const [what, given] of INPUT.story) {
  acts[what](given);
  after.push(...[...waiting.values()].map(([, ms]) => ms));
}
setImmediate(() => console.log(JSON.stringify({ sent, heard: Object.keys(heard).sort(), after })));
"""


def event(name: str, data: Any = None, client: str = CLIENT) -> tuple[str, dict[str, Any]]:
    """As Shopify publishes it; whatever is personal in it is there, too."""
    context = {"document": {"location": {"href": f"https://pets.example/?q={EMAIL}"}}, "navigator": {"userAgent": "x"}}
    given = {"id": f"sh-{name}", "clientId": client, "name": name, "timestamp": "2026-11-01T12:00:00.000Z", "seq": 1}
    return "event", {**given, "type": "standard", "context": context, "data": {} if data is None else data}


def variant(sku: str | None, id: str = "gid://shopify/ProductVariant/41") -> dict[str, Any]:
    product = {"id": "9", "title": "Kibble", "vendor": "Paws", "type": "food", "url": "/products/kibble"}
    return {
        "id": id,
        "sku": sku,
        "title": "2 kg",
        "price": {"amount": 19.99, "currencyCode": "EUR"},
        "product": product,
    }


def checkout(order: str | None = None) -> dict[str, Any]:
    address = {"address1": STREET, "firstName": "Ann", "lastName": "Canary", "phone": PHONE, "zip": "10115"}
    return {
        "checkout": {
            "email": EMAIL, "phone": PHONE, "shippingAddress": address, "billingAddress": address, "token": "tok",
            "order": None if order is None else {"id": order, "customer": {"id": "77", "isFirstOrder": True}},
            "lineItems": [{"id": "1", "quantity": 1, "title": "Kibble", "variant": variant("kibble")}],
            "totalPrice": {"amount": 19.99, "currencyCode": "EUR"}, "currencyCode": "EUR",
        }
    }  # fmt: skip


async def lived(story: list[tuple[str, Any]], may: Any = None, away: str = "") -> dict[str, Any]:
    """What was sent (bodies decoded), what is listened to, and the milliseconds of each timer that ran."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node on this machine to run the pixel with")
    given = {"script": script_for(ADDRESS), "story": story, "may": ALL if may is None else may, "away": away}
    source = SCRIPT.replace("EMAIL", EMAIL).encode()
    program = b"const INPUT = " + msgspec.json.encode(given) + b";\n" + source
    process = await asyncio.create_subprocess_exec(
        node, "-", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate(program)
    assert process.returncode == 0, err.decode()
    assert err == b""
    found: dict[str, Any] = msgspec.json.decode(out)
    for one in found["sent"]:
        one["body"] = msgspec.json.decode(one["body"])
    return found
