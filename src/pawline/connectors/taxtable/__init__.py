"""A table of taxes: rates that somebody reviewed, in a file; what was charged is entered into files beside it."""

from __future__ import annotations

from datetime import timedelta

from pawline.connectors.taxtable.books import probe
from pawline.connectors.taxtable.settings import Settings
from pawline.connectors.taxtable.tax import TaxTable
from pawline.kit import Connector, Folder, Guard, Offer
from pawline.ports import Breaker, Limits, Tax


def client(settings: Settings, _: Guard) -> Folder:
    """An account's folder."""
    return Folder(settings.place)


connector = Connector(
    name="taxtable",
    title="A table of taxes",
    settings=Settings,
    http=client,
    probe=probe,
    offers={Tax: Offer(TaxTable, TaxTable.OPERATIONS)},
    limits=Limits(concurrency=16, breaker=Breaker(cool_down=timedelta(seconds=3))),  # a look at a folder harms nobody
)
