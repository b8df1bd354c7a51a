"""Whatever HubSpot answers to any request of a call, it ends as one of the four errors, and so does a look."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from pawline.connectors.hubspot import looking, walking
from pawline.connectors.hubspot.health import probe
from pawline.model import Medium, Purpose
from pawline.ports import Malformed, PortError
from pawline.sandbox import Manner
from pawline.sandbox.hubspot.wrongs import Said
from pawline.sandbox.manner import Says
from tests.unit.connectors.hubspot_scene import ANN, EMAIL, OFFERS, Scene, run
from tests.unit.connectors.test_hubspot_effects import LOOKS, SETTINGS, WRITES, Call, prepared

CALLS: dict[str, Call] = {
    **WRITES, **{f"{name}/look": look for name, look in LOOKS.items()},
    "Crm.household": lambda here: here.crm.household(ANN), "Crm.pets": lambda here: here.crm.pets(ANN),
    "Crm.allows": lambda here: here.crm.allows(ANN, Purpose.MARKETING, Medium.EMAIL),
    "links": lambda here: walking.link(here.http, here.settings, ""),
    "consents": lambda here: looking.decided(here.http, here.settings, '{"since":"2026-01-01T00:00:00Z",'
                                                                       '"began":"2026-01-01T00:00:00Z"}'),
    "probe": lambda here: probe(here.http, here.settings, frozenset({"Crm", "Marketing"})),
}  # fmt: skip
SHAPES: tuple[object, ...] = (
    None, [], 7, "x", {}, {"results": None}, {"results": {}}, {"results": [None]}, {"results": [{}]},
    {"results": [{"id": 7}]}, {"results": [{"id": "", "properties": {"email": 7}}], "total": "x"},
    {"results": [{"id": "1", "properties": None}], "total": 1},
    {"results": [{"subscriptionId": "x", "status": 1, "timestamp": "yesterday"}]},
    {"results": [{"subscriptionId": OFFERS, "status": "SUBSCRIBED", "timestamp": "2026-01-01T00:00:00"}]},
    {"results": [{"subscriberIdString": EMAIL, "statuses": [{"subscriptionId": OFFERS}], "wideStatuses": [{}]}]},
    {"results": [], "errors": [{"category": "NEW", "errors": [{"code": 7}]}], "numErrors": 1},
    {"results": [{"to": [{"toObjectId": "1"}], "from": {"id": "1"}, "paging": {"next": {"after": "1"}}}]},
    *({"total": 200, "results": [{"id": str(number), "properties": {"email": EMAIL, "lastmodifieddate": changed}}
                                 for number in range(100)]}
      for changed in ("2026-01-01T00:00:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "late", None)),
    {"status": "CANCELED", "statusId": 7, "sendResult": {}}, {"portalId": "x"}, {"id": None},
)  # fmt: skip
REQUESTS = 5


class Hostile:
    """Answers the request of this number with that, and the others as they are."""

    def __init__(self, answer: Callable[[Any], Said], number: int, shape: object) -> None:
        self._answer, self._number, self._shape, self._asked = answer, number, shape, 0

    def __call__(self, asked: Any) -> Said:
        self._asked += 1
        return Said(200, self._shape) if self._asked == self._number else self._answer(asked)


@pytest.mark.parametrize("name", CALLS)
def test_an_answer_of_another_shape_is_one_of_the_four_errors(name: str) -> None:
    async def told(here: Scene) -> int:
        await prepared(here, name)
        answered, wrong = here.desk.hubspot.answer, 0
        for number, shape in product(range(1, REQUESTS + 1), SHAPES):
            here.desk.hubspot.answer = Hostile(answered, number, shape)  # type: ignore[method-assign]
            here.http.ready = True
            try:
                await here.step(CALLS[name](here))
            except PortError as problem:
                wrong += isinstance(problem, Malformed)
        return wrong

    assert run(told, **SETTINGS) >= 10  # those of the first request at least: what is no list and no contact


@pytest.mark.parametrize("says", [Says.PAGE, Says.TRUNCATED, Says.HUGE, Says.REDIRECT, Says.ERROR])
def test_a_page_or_half_an_answer_is_one_of_the_four_errors(says: Says) -> None:
    async def told(here: Scene) -> None:
        await prepared(here, "")
        here.desk.manners["hubspot"] = Manner(says=says)
        for name, call in CALLS.items():
            with pytest.raises(PortError):
                await here.step(call(here))
            assert here.http.ready, name

    run(told, **SETTINGS)
