"""The settings of a lab's hub: a shop whose checkout is its own, each vendor an account of its own."""

from __future__ import annotations

from typing import Final

from pawline.cli.lab.sandbox_process import TOKEN
from pawline.testing.orders import SHOP

ACCOUNTS: Final = {
    "till": ("Payments",), "stock": ("Inventory",), "carrier": ("Shipping",), "depot": ("Fulfilment",),
    "crm": ("Crm",), "mails": ("Marketing",),
}  # fmt: skip
"""By name, what each plays; so what one does to us is no other's trouble, as it is with vendors of their own."""
FLOWS: Final = ("pawline.flows.fulfil_order", "pawline.flows.ship_order")
AFTER: Final = ("pawline.flows.refund_cancelled", "pawline.flows.refund_return")
"""Of a day on which orders are called off, or come back."""
SETTINGS: Final = """\
shops = ["{shop}"]
listen = "127.0.0.1:{port}"
flows = [{flows}]
allow_networks = ["127.0.0.0/8"]

[[storefronts]]
profile = "{profile}"
deadline = {deadline}
rate = 100000

[[rates]]
currency = "EUR"
backup = {{ code = "standard", title = "Standard", price = "6.90" }}
[[rates.zones]]
countries = ["DE"]
[[rates.zones.services]]
code = "dhl"
title = "DHL"
price = "4.90"

[[pickups]]
zone = "Europe/Berlin"
times = [{{ days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], cut_off = "{cut_off}" }}]
ship_from = {{ name = "Paws", lines = ["Lagerstr. 1"], city = "Berlin", postcode = "10115", country = "DE" }}
"""
ACCOUNT: Final = """
[[accounts]]
name = "sandbox/{name}"
plays = [{plays}]
settings = {{ url = "{url}", token = {{ env = "{token}" }} }}
"""


def written(
    url: str, port: int, profile: str, deadline: float, cut_off: str, flows: tuple[str, ...] = FLOWS
) -> str:  # fmt: skip
    """`pawline.toml`, whose vendors are at this address."""
    text = SETTINGS.format(
        shop=SHOP, port=port, profile=profile, deadline=deadline, cut_off=cut_off,
        flows=", ".join(f'"{one}"' for one in flows),
    )  # fmt: skip
    return text + "".join(
        ACCOUNT.format(name=name, plays=", ".join(f'"{port_}"' for port_ in plays), url=url, token=TOKEN)
        for name, plays in ACCOUNTS.items()
    )
