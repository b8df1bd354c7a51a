"""How the sides are wired to the vendors' own interfaces: accounts and secrets of a hub, and of a script."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from pawline.cli.demo.adopted.wiring import ERP, FLOWS, RUNTIME, Wiring
from pawline.cli.demo.own.figures import NOTES, reckon
from pawline.cli.demo.own.world import POINTS, OwnWorld
from pawline.hub import connections_of, heard_at, load_settings
from pawline.sandbox import Faults
from pawline.sandbox.erp import account
from pawline.sandbox.shopify.hearing import subscribe, topic
from pawline.testing.orders import SHOP

if TYPE_CHECKING:
    from pawline.cli.demo.adopted.figures import Figures
    from pawline.cli.demo.adopted.world import World

HEARD_BY_HAND: Final = ("orders/create", "orders/cancelled", "fulfillments/create", "returns/request")
POLL: Final = 8.0
"""Seconds between two looks for what no webhook told; five minutes, where a day takes a day."""
SETTINGS: Final = f"""\
shops = ["{SHOP}"]
listen = "127.0.0.1:%(port)d"
public = "http://127.0.0.1:%(port)d"
flows = [%(flows)s]
allow_networks = ["127.0.0.0/8"]
[[accounts]]
name = "shopify/shop"
plays = ["Shop", "Payments", "Inventory", "Fulfilment", "Catalog"]
limits = {{ rate = 500, burst = 500, concurrency = 16 }}
[accounts.settings]
url = "%(url)s"
shop = "pawline-sandbox.myshopify.com"
token = {{ file = "shopify.token" }}
webhook_secrets = [{{ file = "shopify.secret" }}]
poll = {POLL}
[[accounts]]
name = "recharge/autoships"
[accounts.settings]
url = "%(url)s/recharge"
token = {{ file = "recharge.token" }}
webhook_secrets = [{{ file = "recharge.secret" }}]
poll = {POLL}
ahead = 0
[[accounts]]
name = "klaviyo/people"
plays = ["Crm", "Marketing"]
limits = {{ rate = 500, burst = 500, concurrency = 16 }}
[accounts.settings]
url = "%(url)s"
key = {{ file = "klaviyo.key" }}
flows = {{ shipping_confirmation = "shipping_confirmation" }}
poll = 0
[[accounts]]
name = "easypost/labels"
[accounts.settings]
url = "%(url)s/easypost"
mode = "test"
key = {{ file = "easypost.key" }}
webhook_secrets = [{{ file = "easypost.secret" }}]
poll = 0
[[accounts]]
name = "zendesk/desk"
[accounts.settings]
subdomain = "paws"
url = "%(url)s/zendesk"
email = "%(agent)s"
token = {{ file = "zendesk.token" }}
webhook_secrets = [{{ file = "zendesk.secret" }}]
poll = {POLL}
%(books)s[[messages]]
name = "order_confirmation"
sender = "shopify/shop"
how = "itself"
[[messages]]
name = "shipping_confirmation"
sender = "klaviyo/people"
how = "itself"
[[returns]]
to = {{ name = "Paws", lines = ["Lagerstr. 1"], city = "Berlin", postcode = "10115", country = "DE" }}
{RUNTIME}"""
assert POINTS >= 20 * 500  # noqa: S101 - what the settings say of its plan is what the pretended Shopify allows


class OwnWiring(Wiring):
    """See `Wiring`."""

    script: ClassVar[Path] = Path(__file__).parent.with_name("by_hand_own.py")
    bad: ClassVar[Mapping[str, str]] = NOTES

    def by_hand(self, world: World) -> dict[str, str]:
        desk = world.desk
        return {
            ERP: str(world.erp.folder), "SHOPIFY_TOKEN": desk.shopify.door.token, "KLAVIYO_KEY": desk.klaviyo.key,
            "EASYPOST_KEY": desk.easypost.key,
        }  # fmt: skip

    def hub(self, world: World) -> dict[str, str]:
        """Nothing: its secrets are in files beside its settings, which nobody else may read."""
        del world
        return {}

    def settings(self, world: World, url: str, port: int) -> str:
        flows = ", ".join(f'"pawline.flows.{name}"' for name in (*FLOWS, "label_return"))
        books, agent = account(world.erp.folder, 0.3), world.desk.zendesk.email
        return SETTINGS % {"port": port, "url": url, "books": books, "flows": flows, "agent": agent}

    async def connect(self, world: World, folder: Path, url: str) -> None:
        """As `pawline connect` does it, account by account, on a quiet day."""
        del url  # it is in the settings
        desk, faults = world.desk, world.vendors.faults
        keep(folder, {
            "shopify.token": desk.shopify.door.token, "shopify.secret": desk.shopify.door.secret,
            "recharge.token": desk.recharge.token, "recharge.secret": desk.recharge.secret,
            "klaviyo.key": desk.klaviyo.key, "easypost.key": desk.easypost.key,
            "easypost.secret": f"{world.secret} of the parcels", "zendesk.token": desk.zendesk.token,
            "zendesk.secret": "Zendesk makes it, and a person copies it",
        })  # fmt: skip
        world.vendors.faults = Faults()
        settings = load_settings(folder / "pawline.toml", {})
        connections = connections_of(settings)
        try:
            for name, enrols in sorted(connections.enrols.items()):
                if any(ear.account == name for ear in connections.ears):
                    await enrols.enrol(heard_at(settings.public, name))
        finally:
            await connections.close()
            world.vendors.faults = faults
        (listener,) = desk.zendesk.books.listeners.values()
        keep(folder, {"zendesk.secret": listener.secret})

    def connect_script(self, world: World, url: str) -> None:
        for name in HEARD_BY_HAND:
            subscribe(world.desk.shopify.books, topic(name), {"uri": f"{url}/{name}"})

    async def rest(self, world: World) -> None:
        for one in cast("OwnWorld", world).tellers():
            await one.rest()

    def next_day(self, world: World, day: Any) -> None:
        world.desk.act("klaviyo/days", f'"{day.isoformat()}"'.encode())

    def reckon(self, world: World, answered: Mapping[str, str], seconds: float) -> Figures:
        return reckon(cast("OwnWorld", world), answered, seconds)


def keep(folder: Path, secrets: Mapping[str, str]) -> None:
    """In files that nobody else may read, by their names."""
    for name, value in secrets.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(value, "utf-8")
