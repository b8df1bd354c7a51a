"""Whether an account can do its work: the key is good, and of the mode that the settings say."""

from __future__ import annotations

import msgspec

from pawline.connectors.easypost.settings import Settings
from pawline.kit import Http
from pawline.ports import Code, Unauthorised


class Moded(msgspec.Struct, frozen=True):
    """A shipment, as far as its mode."""

    mode: str


class Page(msgspec.Struct, frozen=True):
    """One shipment, if there is one."""

    shipments: tuple[Moded, ...]


async def probe(http: Http, settings: Settings, _: frozenset[str]) -> None:
    """Raises Unauthorised for a key that is not known, or of the other mode: EasyPost's keys have no scopes."""
    page = await http.get("shipments", query={"page_size": "1", "purchased": "false"}, into=Page)
    if any(one.mode != settings.mode for one in page.shipments):
        raise Unauthorised(f'the key is none of mode "{settings.mode}"', Code.CREDENTIALS)
