"""Any system over HTTP for which nobody wrote a connector: what it tells and takes is described by settings."""

from __future__ import annotations

from datetime import timedelta

from pawline.connectors.http.calling import Calling
from pawline.connectors.http.client import HttpCalls, client
from pawline.connectors.http.health import askable, probe, states, tries
from pawline.connectors.http.hearing import hook
from pawline.connectors.http.settings import Settings
from pawline.kit import Connector, Offer
from pawline.ports import Breaker, Calls, Limits, Operation, Settle

connector = Connector(
    name="http",
    title="Any system over HTTP",
    settings=Settings,
    http=client,
    offers={
        Calls: Offer(
            HttpCalls,
            {"send": Operation(settle=Settle.ASK, timeout=timedelta(seconds=10.5))},
            when=lambda settings: settings.calls is not None,
            declared=lambda settings: {"send": (settings.calls or Calling()).operation},
        )
    },
    hook=hook,
    probe=probe,
    askable=askable,
    tries=tries,
    states=states,
    # Of a system of which nothing is known, little is asked at once; `limits` of the account says otherwise.
    limits=Limits(rate=5, burst=5, concurrency=4, breaker=Breaker(failures=5, cool_down=timedelta(minutes=1))),
)
