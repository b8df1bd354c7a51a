"""Which of Klaviyo's flows run: a message whose metric triggers none would be asked for, and never sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from pawline.connectors.klaviyo.api import Api, Client, Many, Named, equals
from pawline.connectors.klaviyo.settings import Settings
from pawline.kit import Page, every_item, pages

FRESH: Final = timedelta(minutes=1)
"""For so long a metric that triggers a flow is believed to trigger one."""


class FlowAttributes(msgspec.Struct, frozen=True):
    """What is known of a flow."""

    name: str | None = None
    status: str | None = None
    archived: bool | None = None


class FlowNode(msgspec.Struct, frozen=True):
    """A flow."""

    id: str
    attributes: FlowAttributes

    @property
    def live(self) -> bool:
        """Whether it sends. A flow that is `manual` only prepares, for a person to send."""
        return self.attributes.status == "live" and not self.attributes.archived


class Triggered(msgspec.Struct, frozen=True):
    """The flows that a metric triggers, by id."""

    data: tuple[Named, ...] = ()


class Related(msgspec.Struct, frozen=True):
    """What a metric belongs to."""

    flow_triggers: Triggered = msgspec.field(name="flow-triggers", default=Triggered())


class MetricAttributes(msgspec.Struct, frozen=True):
    """What is known of a metric."""

    name: str | None = None


class MetricNode(msgspec.Struct, frozen=True):
    """A kind of event."""

    id: str
    attributes: MetricAttributes
    relationships: Related = Related()


async def metrics(api: Api) -> list[tuple[MetricNode, bool]]:
    """Every metric of the account, and whether it triggers a flow that sends.

    https://developers.klaviyo.com/en/reference/get_metrics
    """
    found: list[tuple[MetricNode, bool]] = []

    async def fetch(after: str | None) -> Page[MetricNode]:
        query = {"include": "flow-triggers", "fields[metric]": "name", "fields[flow]": "name,status,archived"}
        page = await api.read("metrics", query=_from(query, after), into=Many[MetricNode])
        flows = [msgspec.json.decode(one, type=FlowNode) for one in page.included]
        live = {one.id for one in flows if one.live}
        found.extend((one, any(flow.id in live for flow in one.relationships.flow_triggers.data)) for one in page.data)
        return page.page()

    async for _ in pages(fetch):
        pass
    return found


async def triggers(http: Client, metric: str) -> bool | None:
    """Whether events of this metric trigger a flow that sends; None where Klaviyo never heard of such a metric."""
    now = datetime.now(UTC)
    if http.heard is not None and now - http.heard[0] < FRESH and http.heard[1].get(metric):
        return True
    known: dict[str, bool] = {}
    for one, live in await metrics(Api(http)):
        name = one.attributes.name or ""
        known[name] = known.get(name, False) or live  # integrations may have metrics of the same name
    http.heard = (now, known)
    return known.get(metric)


async def sends(http: Client, settings: Settings) -> frozenset[str]:
    """The messages of `flows` that Klaviyo sends by itself now: those whose flow is live."""
    if not settings.flows:
        return frozenset()
    api = Api(http)
    query = {"filter": equals("status", "live"), "fields[flow]": "name,status,archived", "page[size]": "50"}

    async def fetch(after: str | None) -> Page[FlowNode]:
        return (await api.read("flows", query=_from(query, after), into=Many[FlowNode])).page()

    live = {one.attributes.name async for one in every_item(fetch, lambda one: one.id) if one.live}
    return frozenset(message for message, name in settings.flows.items() if name in live)


def _from(query: dict[str, str], after: str | None) -> dict[str, str]:
    return query if after is None else query | {"page[cursor]": after}
