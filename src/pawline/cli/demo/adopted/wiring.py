"""How a side is wired to its vendors: what its script or its hub is told, who hears of what, and how it is reckoned."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pawline.cli.demo.adopted.figures import reckon
from pawline.sandbox import Subscription
from pawline.sandbox.erp import account
from pawline.testing.orders import SHOP

if TYPE_CHECKING:
    from pawline.cli.demo.adopted.figures import Figures
    from pawline.cli.demo.adopted.world import World

TOKEN: Final = "PAWLINE_SANDBOX_TOKEN"  # noqa: S105 - the name of a variable
SECRET: Final = "PAWLINE_SANDBOX_SECRET"  # noqa: S105 - the same
ERP: Final = "PAWLINE_DEMO_ERP"
FLOWS: Final = (
    "adopt_order", "introduce_order", "settle_booking", "act_on_recall", "remember_a_pet", "look_ahead",
    "refund_return", "refund_cancelled",
)  # fmt: skip
RUNTIME: Final = """\
[runtime]
first_retry = 0.1
last_retry = 3.0
deaths = 100
later = 1000
"""
SETTINGS: Final = f"""\
shops = ["{SHOP}"]
listen = "127.0.0.1:%(port)d"
flows = [%(flows)s]
allow_networks = ["127.0.0.0/8"]
[[accounts]]
name = "sandbox/shop"
plays = ["Shop", "Payments", "Subscriptions"]
[accounts.settings]
url = "%(url)s"
token = {{ env = "{TOKEN}" }}
webhook_secrets = [{{ env = "{SECRET}" }}]
poll = 2.0
[[accounts]]
name = "sandbox/warehouse"
plays = ["Fulfilment"]
settings = {{ url = "%(url)s", token = {{ env = "{TOKEN}" }} }}
[[accounts]]
name = "sandbox/people"
plays = ["Crm", "Marketing", "Helpdesk"]
settings = {{ url = "%(url)s", token = {{ env = "{TOKEN}" }} }}
%(books)s[[messages]]
name = "order_confirmation"
sender = "sandbox/shop"
how = "itself"
[[messages]]
name = "shipping_confirmation"
sender = "sandbox/people"
how = "itself"
{RUNTIME}"""


class Wiring:
    """By the sandbox's plain API, one for all vendors, and its own webhooks."""

    script: ClassVar[Path] = Path(__file__).parent.with_name("by_hand.py")
    """What shops wire by hand."""
    bad: ClassVar[Mapping[str, str]] = {}
    """What is said of a line of the summary, where it is something else than usual."""

    def by_hand(self, world: World) -> dict[str, str]:
        """What the script finds in its environment."""
        return {TOKEN: world.token, ERP: str(world.erp.folder)}

    def hub(self, world: World) -> dict[str, str]:
        """What the hub finds in its environment."""
        return {TOKEN: world.token, SECRET: world.secret}

    def settings(self, world: World, url: str, port: int) -> str:
        """The hub's, of vendors at `url`; webhooks come in at `port`."""
        world.vendors.marketing.flows = {"Shipped Order": "shipping_confirmation"}
        flows = ", ".join(f'"pawline.flows.{name}"' for name in FLOWS)
        return SETTINGS % {"port": port, "url": url, "books": account(world.erp.folder, 0.3), "flows": flows}

    async def connect(self, world: World, folder: Path, url: str) -> None:
        """The vendors are told where its hub, whose settings are in `folder`, hears: at `url`."""
        del folder
        world.desk.hooks.subscription = Subscription(url=f"{url}/hooks/sandbox/shop", secret=world.secret)

    def connect_script(self, world: World, url: str) -> None:
        """The same of the script."""
        world.desk.hooks.subscription = Subscription(url=f"{url}/", secret=world.secret)

    async def rest(self, world: World) -> None:
        """Until no webhook is on its way any more."""
        await world.desk.hooks.rest()

    def next_day(self, world: World, day: Any) -> None:
        """The marketing tool's clock strikes: what was planned for the next day goes out."""
        world.vendors.marketing.run(day)

    def reckon(self, world: World, answered: Mapping[str, str], seconds: float) -> Figures:
        """What the vendors' ledgers say."""
        return reckon(world, answered, seconds)
