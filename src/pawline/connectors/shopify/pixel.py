"""The custom pixel: a script in Shopify's sandbox, that tells the hub what shoppers look at who agreed to it.

https://shopify.dev/docs/api/web-pixels-api and …/standard-events: of each event only its name is told, of products
the SKU, of a completed checkout the number of the order. No mail address, name, text or address of a page leaves it.
"""

from __future__ import annotations

import re
from importlib import resources
from typing import Final

from pawline.connectors.shopify.settings import Settings
from pawline.kit import Pixel

WHERE: Final = (
    "paste it at Shopify: Settings, Customer events, Add custom pixel. Permission: Required, Analytics (Marketing is "
    "asked for by the script itself); save, then connect"
)
"""https://help.shopify.com/en/manual/promoting-marketing/pixels/custom-pixels/manage"""
_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9._:/\[\]-]+")


def script_for(address: str) -> str:
    """The script that tells at this address. Raises ValueError for what would be more than an address in it."""
    if not _ADDRESS.fullmatch(address):
        raise ValueError("no address that can stand in a script")
    return resources.files(__package__).joinpath("pixel.js").read_text("utf-8").replace("{address}", address)


PIXEL: Final[Pixel[Settings]] = Pixel(
    key=lambda settings: settings.pixel,
    origins=lambda settings: (f"https://{settings.shop}", *settings.pixel_origins),
    script=script_for,
    where=WHERE,
)
