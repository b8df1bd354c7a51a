"""openFDA: recalls of food that the FDA's enforcement reports list, pet food among it. Advisory, and incomplete."""

from __future__ import annotations

from pawline.connectors.openfda.client import client
from pawline.connectors.openfda.looking import WATCH, probe
from pawline.connectors.openfda.settings import Settings
from pawline.kit import Connector
from pawline.ports import Limits

connector = Connector(
    name="openfda",
    title="openFDA",
    settings=Settings,
    http=client,
    probe=probe,
    watches=(WATCH,),
    offers={},
    # 240 a minute, and 1,000 a day without a key: https://open.fda.gov/apis/authentication/
    limits=Limits(rate=1, burst=4, concurrency=1),
)
