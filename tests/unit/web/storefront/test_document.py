"""The API is what its document says: no status that is not there, no answer of another shape, and never a 5xx."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pawline.hub.storefront import Cause
from pawline.model import ShipmentDispatched, ShipmentId
from pawline.web.storefront.document import document
from pawline.web.storefront.table import SERVED
from tests.unit.hub.shop import settled
from tests.unit.web.storefront.shop import Shopper, town
from tests.unit.web.storefront.test_again import problem
from tests.unit.web.storefront.test_buying import told

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip
EXAMPLES = 40
"""Of each operation; a thousand with --run-attack."""


def fuzz(url: str, keys: list[str], known: dict[str, str], examples: int) -> Counter[tuple[str, int]]:
    """Asks everything that the document allows, and much that it does not. What was answered, by operation."""
    schema = schemathesis.openapi.from_dict(document())
    answered = Counter[tuple[str, int]]()
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]
        if operation.definition.raw["operationId"] == "follow_order":
            continue  # a stream has no end to wait for; tests of its own follow it
        for key in keys:
            ask(operation, url, key, known, examples, answered)
    return answered


def ask(
    operation: Any, url: str, key: str, known: dict[str, str], examples: int, answered: Counter[tuple[str, int]]
) -> None:  # fmt: skip
    @settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def one(case: Any) -> None:
        meant(case, known)
        response = case.call(base_url=url, headers={"authorization": f"Bearer {key}"})
        answered[operation.definition.raw["operationId"], response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    one()


def meant(case: Any, known: dict[str, str]) -> None:
    """Half of what is made up means something that is there: else nothing is ever found."""
    for part, value in known.items():
        if part in case.path_parameters and len(str(case.path_parameters[part])) % 2:
            case.path_parameters[part] = value
    if not isinstance(case.body, dict):
        return
    for line in case.body["lines"] if isinstance(case.body.get("lines"), list) else []:
        if isinstance(line, dict) and len(str(line)) % 2:
            line.update({"line": "l1"} if "line" in line else {"sku": known["sku"]})
    if len(str(case.body.get("cart", ""))) % 2:
        case.body["cart"] = known["quoted"]  # not one that is emptied meanwhile
        case.body["destination"] = {"country": "DE"}


def walk(url: str, key: str, examples: int) -> Counter[tuple[str, int]]:
    """Goes by the document's links from what was made to what is done with it."""
    answered = Counter[tuple[str, int]]()
    states: Any = schemathesis.openapi.from_dict(document()).as_state_machine()

    class Walk(states):  # type: ignore[misc]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            del case
            return {"base_url": url, "headers": {"authorization": f"Bearer {key}"}}

        def before_call(self, case: Any) -> None:
            if isinstance(case.body, dict):
                for line in case.body["lines"] if isinstance(case.body.get("lines"), list) else []:
                    if isinstance(line, dict):
                        line.update({"line": "l1"} if "line" in line else {"sku": "bowl"})

        def after_call(self, response: Any, case: Any) -> None:
            answered[case.operation.definition.raw["operationId"], response.status_code] += 1

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            case.validate_response(response, checks=CHECKS)

    Walk.run(settings=settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.generate], stateful_step_count=8,
    ))  # fmt: skip
    return answered


async def test_links_lead_from_what_was_made_to_what_is_done_with_it(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 1_000)
        ann = await one.key()
        answered = await asyncio.to_thread(walk, one.url, ann.key, EXAMPLES)
    assert answered["begin_cart", 201] > 0, answered
    assert answered["get_cart", 200] > 0, answered


async def fuzzed(folder: Path, examples: int) -> Counter[tuple[str, int]]:
    async with town(folder, seconds=1_200) as one:
        await one.sells("bowl", 100_000)
        ann, server = await one.key(), await one.key(secret=True)
        form = await ann.form(("bowl", 99))
        said = (await ann.ask("POST", "/v1/checkouts", form)).body
        token, back = {"pawline_token": said["token"]}, {"lines": [{"line": "l1", "quantity": 1}]}
        await told(ann, said, "confirmed")
        now = datetime.now(UTC)
        await one.tell(ShipmentDispatched(shipment=ShipmentId("s1"), order=said["id"], at=now))
        await settled(one.hub)
        asked = (await ann.ask("POST", f"/v1/orders/{said['id']}/returns", back, **token)).body
        cart, quoted = await ann.cart(("bowl", 1)), await ann.cart(("bowl", 1))
        pet = (await server.ask("POST", "/v1/households/h-ann/pets", {"species": "cat"})).body["id"]
        known = {
            "sku": "bowl", "cart": cart["id"], "order": said["id"], "quoted": quoted["id"], "return": asked["id"],
            "household": "h-ann", "pet": pet,
        }  # fmt: skip
        return await asyncio.to_thread(fuzz, one.url, [ann.key, server.key], known, examples)


def judged(answered: Counter[tuple[str, int]]) -> None:
    """Each operation was reached, and what should be found was found."""
    names = {name for name, _ in answered}
    assert names == {one.name for one in SERVED} - {"follow_order"}
    for name in (
        "list_products", "get_product", "get_cart", "get_order", "quote", "list_returns", "get_return",
        "get_consents", "list_pets", "make_pass",
    ):  # fmt: skip
        assert answered[name, 200] > 0, answered
    assert answered["begin_cart", 201] > 0, answered
    for name in (
        "begin_cart", "checkout", "quote", "merge_cart", "change_cart", "cancel_order", "ask_return", "pet_died",
    ):  # fmt: skip
        assert sum(count for (each, status), count in answered.items() if each == name and status != 400) > 0, answered


async def test_whatever_is_asked_the_answer_is_in_the_document(tmp_path: Path) -> None:
    judged(await fuzzed(tmp_path, EXAMPLES))


@pytest.mark.attack
async def test_whatever_is_asked_a_thousand_times_over(tmp_path: Path) -> None:
    judged(await fuzzed(tmp_path, 1_000))


def test_the_document_is_one_and_says_each_refusal() -> None:
    made = document()
    assert made["openapi"] == "3.1.0"
    for name, part in made["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(part)
        assert '"number"' not in str(part), f"{name} has a float"
    said = {
        status for each in made["paths"].values() for one in each.values() for status in one["responses"]
    }  # fmt: skip
    assert {str(cause.status) for cause in Cause} - said == {"405"}  # a method that is in no document


async def test_addresses_and_methods_that_are_none_are_problems_too(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        ann, nobody = await one.key(), Shopper(one.http, one.url, "")
        for method, path, expected in (
            ("GET", "/v1/nothing", (404, "not-found")), ("DELETE", "/v1/carts", (405, "method-not-allowed")),
            ("PUT", "/v1/products", (405, "method-not-allowed")), ("GET", "/v1/checkouts", (405, "method-not-allowed")),
        ):  # fmt: skip
            assert problem(await ann.ask(method, path)) == expected, path
        plain = await ann.ask("POST", "/v1/carts", {}, content_type="text/plain")
        assert problem(plain) == (415, "not-json")
        async with one.http.post(
            f"{one.url}/v1/carts", data=b'{"lines": [', headers={
                "authorization": f"Bearer {ann.key}", "idempotency-key": "x" * 16, "content-type": "application/json"},
        ) as said:  # fmt: skip
            assert (said.status, (await said.json(content_type=None))["type"]) == (400, "/v1/problems/unreadable")
        large = await ann.ask("POST", "/v1/carts", {"lines": ["x" * 300_000]})
        assert problem(large) == (413, "too-large")
        served = (await nobody.ask("GET", "/v1/openapi.json")).body
        assert served == msgspec.json.decode(msgspec.json.encode(document()))
        for cause in Cause:
            told = await nobody.ask("GET", f"/v1/problems/{cause.label}")
            assert (told.status, told.body) == (200, f"{cause.label} ({cause.status}): {cause.says}\n")
        assert problem(await nobody.ask("GET", "/v1/problems/none")) == (404, "not-found")
