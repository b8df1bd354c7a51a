"""What was recorded of the real EasyPost in its test mode, as shapes, and how what is said is held against them.

    python -m tests.unit.sandbox.easypost_contract CLIENT EXAMPLES > tests/unit/sandbox/easypost_contract.json

CLIENT is a checkout of https://github.com/EasyPost/easypost-python, whose tests keep recordings of the real API;
EXAMPLES one of https://github.com/EasyPost/examples, with the answers that stand in EasyPost's documentation. A shape
says which fields there were in every one of them (required), which in some, and of which types. No other field may be
said. What was not recorded, and is sent all the same, stands in ALSO with the page that documents it.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

CONTRACT: Final = Path(__file__).with_name("easypost_contract.json")
ABOUT: Final = {
    "title": "EasyPost API v2 (a part), as recorded",
    "source": "https://github.com/EasyPost/easypost-python tests/cassettes @ 8fcf5e4b354f, and "
    "https://github.com/EasyPost/examples official/docs/responses, official/fixtures @ 112a6d19063a",
    "made": "by tests/unit/sandbox/easypost_contract.py: shapes only, nothing of what stood in them",
    "license": "both: MIT License, Copyright (c) EasyPost (Simpler Postage, Inc)",
}
OPERATIONS: Final = (
    "POST /v2/addresses", "POST /v2/shipments", "GET /v2/shipments", "GET /v2/shipments/{id}",
    "POST /v2/shipments/{id}/buy", "POST /v2/shipments/{id}/refund", "GET /v2/webhooks", "POST /v2/webhooks",
    "PATCH /v2/webhooks/{id}", "POST /v2/orders", "GET /v2/orders/{id}", "POST /v2/orders/{id}/buy",
)  # fmt: skip
"""All that the connector asks for."""
DOCUMENTED: Final = {
    "POST /v2/addresses": ("addresses/addresses-verify-param",),
    "POST /v2/shipments": ("shipments/shipments-create",),
    "GET /v2/shipments": ("shipments/shipments-list",),
    "GET /v2/shipments/{id}": ("shipments/shipments-retrieve",),
    "POST /v2/shipments/{id}/buy": ("shipments/shipments-buy",),
    "POST /v2/shipments/{id}/refund": ("shipping-refund/shipping-refund-refund",),
    "POST /v2/orders": ("orders/orders-create",),
    "GET /v2/orders/{id}": ("orders/orders-retrieve",),
    "POST /v2/orders/{id}/buy": ("orders/orders-buy",),
    "GET /v2/webhooks": ("webhooks/webhooks-list",),
    "POST /v2/webhooks": ("webhooks/webhooks-create",),
    "PATCH /v2/webhooks/{id}": ("webhooks/webhooks-update",),
}  # fmt: skip
"""Answers that stand in EasyPost's documentation, by operation."""
ALSO: Final[Mapping[str, Mapping[str, str]]] = {
    "query": {
        "purchased": "https://www.rubydoc.info/gems/easypost/EasyPost/Services/Shipment:all",
        "start_datetime": "https://docs.easypost.com/docs/pagination",
        "before_id": "https://docs.easypost.com/docs/pagination",
        "page_size": "https://docs.easypost.com/docs/pagination",
    },
    "options": {
        "label_date": "https://docs.easypost.com/docs/shipments/options",
        "incoterm": "https://docs.easypost.com/docs/shipments/options",
    },
    "customs_info": {"restriction_comments": "https://docs.easypost.com/docs/customs-infos"},
    "CustomsItem": {
        "code": "https://docs.easypost.com/docs/customs-items",
        "currency": "https://docs.easypost.com/docs/customs-items",
    },
    "order": {
        "reference": "https://docs.easypost.com/docs/orders",
        "carrier_accounts": "https://docs.easypost.com/docs/orders",
        "options": "https://docs.easypost.com/docs/orders",
    },
    "Webhook": {"disabled_at": "https://docs.easypost.com/docs/webhooks"},
}
"""What was documented and not recorded (or not of this call): by where it stands, with the page."""
Recorded = tuple[str, Mapping[str, str], Any, int, Any]
"""The operation, its query, what was sent, the status, and what was answered."""
MASKED: Final = "<REDACTED>"
"""What the recordings hide; also where nothing was said."""
ERROR: Final = "error"
EVENT: Final = "event"


# -- how it is made ------------------------------------------------------------------------------------------------


def shape(values: Iterable[Any], *, named_too: bool = True) -> dict[str, Any]:
    """What all of them are: their types, and of objects and lists what is in them.

    An object that says what it is (`"object": "Rate"`) is one shape wherever it stands: that of all that were recorded.
    """
    there = list(values)
    if MASKED in there:  # whatever it was
        there.append(None)
    kinds = {_kind(one) for one in there if isinstance(one, dict)}
    if named_too and kinds and None not in kinds:
        rest = sorted({_type(one) for one in there} - {"object"})
        every: list[dict[str, Any]] = [{"$ref": f"#/$defs/{kind}"} for kind in sorted(map(str, kinds))]
        every += [{"type": rest}] if rest else []
        return every[0] if len(every) == 1 else {"anyOf": every}
    made: dict[str, Any] = {"type": sorted({_type(one) for one in there})}
    objects = [one for one in there if isinstance(one, dict)]
    if objects:
        names = Counter(name for one in objects for name in one)
        made["required"] = sorted(name for name, times in names.items() if times == len(objects))
        made["properties"] = {name: shape(one[name] for one in objects if name in one) for name in sorted(names)}
        made["additionalProperties"] = False
    items = [each for one in there if isinstance(one, list) for each in one]
    if items:
        made["items"] = shape(items)
    return made


def _kind(one: Mapping[str, Any]) -> str | None:
    kind = one.get("object")
    return kind if isinstance(kind, str) and kind != "Event" else None


def _objects(value: Any) -> Iterator[tuple[str, Any]]:
    """All in it that say what they are, however deep."""
    if isinstance(value, dict):
        if (kind := _kind(value)) is not None:
            yield kind, value
        for one in value.values():
            yield from _objects(one)
    elif isinstance(value, list):
        for one in value:
            yield from _objects(one)


def _referred(schema: Any) -> set[str]:
    """Which of $defs it leads to."""
    if isinstance(schema, list):
        return {one for each in schema for one in _referred(each)}
    if not isinstance(schema, dict):
        return set()
    own = {str(schema["$ref"]).rpartition("/")[2]} if "$ref" in schema else set()
    return own | {one for each in schema.values() for one in _referred(each)}


def _type(one: Any) -> str:
    match one:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def recordings(folder: Path) -> Iterator[Recorded]:
    """All that was recorded there."""
    yaml = import_module("yaml")  # of who makes the contract, or holds it against recordings

    for file in sorted(folder.glob("*.yaml")):
        for each in yaml.safe_load(file.read_text("utf-8"))["interactions"]:
            asked, said = each["request"], each["response"]
            path, _, query = asked["uri"].removeprefix("https://api.easypost.com").partition("?")
            name = named(asked["method"], path)
            given = json.loads(asked["body"]) if asked["body"] else None
            told = said["body"]["string"]
            pairs = dict(pair.split("=", 1) for pair in query.split("&") if pair)
            yield name, pairs, given, said["status"]["code"], json.loads(told) if told else None


def named(method: str, path: str) -> str:
    """The operation: ids are `{id}`."""
    return f"{method} {re.sub(r'/(shp|adr|hook|trk|evt|order|batch)_[0-9a-zA-Z]+', '/{id}', path)}"


def extract(client: Path, examples: Path) -> dict[str, Any]:
    """The shapes."""
    told = list(recordings(client / "tests/cassettes"))
    responses = examples / "official/docs/responses"
    documents = {
        name: [json.loads((responses / f"{file}.json").read_text("utf-8")) for file in files]
        for name, files in DOCUMENTED.items()
    }
    event = json.loads((examples / "official/fixtures/event-body.json").read_text("utf-8"))
    created = event | json.loads((responses / "events/events-retrieve.json").read_text("utf-8"))
    pool: dict[str, list[Any]] = {}
    for kind, one in _objects([*(each[4] for each in told), list(documents.values()), event]):
        pool.setdefault(kind, []).append(one)
    made = {name: _operation(name, told, documents[name]) for name in OPERATIONS}
    options = made["POST /v2/shipments"]["body"]["properties"]["shipment"]["properties"]["options"]
    options["properties"] |= {name: {"type": ["string"]} for name in ALSO["options"]}
    info = made["POST /v2/shipments"]["body"]["properties"]["shipment"]["properties"]["customs_info"]["properties"]
    info |= {name: {"type": ["string"]} for name in ALSO["customs_info"]}
    info["customs_items"]["items"]["properties"] |= {name: {"type": ["string"]} for name in ALSO["CustomsItem"]}
    for name in ("from_address", "to_address"):  # an address is an address, wherever it was recorded
        whole = made["POST /v2/addresses"]["body"]["properties"]["address"]["properties"]
        made["POST /v2/shipments"]["body"]["properties"]["shipment"]["properties"][name]["properties"] |= whole
    _also_of_orders(made)
    errors = [each[4] for each in told if each[3] >= 400 and isinstance(each[4], dict) and "code" in each[4]["error"]]
    found = {"about": ABOUT, "operations": made, ERROR: shape(errors), EVENT: shape([event, created])}
    defs = _defs(found, pool)
    defs["Shipment"]["properties"]["options"]["properties"] |= {name: {"type": ["string"]} for name in ALSO["options"]}
    defs["CustomsInfo"]["properties"] |= {name: {"type": ["null", "string"]} for name in ALSO["customs_info"]}
    defs["CustomsItem"]["properties"] |= {name: {"type": ["null", "string"]} for name in ALSO["CustomsItem"]}
    defs["Webhook"]["properties"] |= {name: {"type": ["null", "string"]} for name in ALSO["Webhook"]}
    return found | {"$defs": defs}


def _also_of_orders(made: Mapping[str, Any]) -> None:
    """An order's parcels have what a shipment has: each its options and its reference."""
    single = made["POST /v2/shipments"]["body"]["properties"]["shipment"]["properties"]
    order = made["POST /v2/orders"]["body"]["properties"]["order"]["properties"]
    order |= {name: single[name] for name in ("from_address", "to_address", "reference", "carrier_accounts")}
    parcel = order["shipments"]["items"]["properties"]
    parcel |= {name: single[name] for name in ("parcel", "reference", "options", "customs_info")}


def _operation(name: str, told: list[Recorded], documented: list[Any]) -> dict[str, Any]:
    mine = [each for each in told if each[0] == name and each[3] < 300]
    sent = [each[2] for each in mine if each[2] is not None]
    query = {key for each in mine for key in each[1]} | set(ALSO["query"] if name == "GET /v2/shipments" else ())
    return {
        "query": sorted(query), "body": shape(sent) if sent else None, "status": sorted({each[3] for each in mine}),
        "reply": shape([*(each[4] for each in mine), *documented]),
    }  # fmt: skip


def _defs(found: Any, pool: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Those that it leads to, and that they lead to."""
    made: dict[str, Any] = {}
    while missing := _referred([found, made]) - set(made):
        made |= {kind: shape(pool[kind], named_too=False) for kind in missing}
    return dict(sorted(made.items()))


# -- how it is held ------------------------------------------------------------------------------------------------


@cache
def contract() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(CONTRACT.read_text("utf-8"))
    return found


class Held:
    """Holds requests, replies and webhooks against the contract. `wrong` is what was said otherwise, in sentences.

    What is counted in `right` is `METHOD path` for requests, `METHOD path status` for replies, and `event`.
    """

    def __init__(self) -> None:
        self.right: Counter[str] = Counter()
        self.wrong: list[str] = []

    def request(self, method: str, path: str, query: Mapping[str, str], kind: str, raw: bytes) -> None:
        name = named(method, path)
        told = contract()["operations"].get(name)
        if told is None:
            self.wrong.append(f"{name} is no call that was recorded")
            return
        found = [f"{name}: there is no parameter {one}" for one in query if one not in told["query"]]
        if raw and kind != "application/json":
            found.append(f"{name}: its body is said to be {kind}")
        if told["body"] is not None:
            found += _wrong(name, _sent(told["body"]), json.loads(raw or b"null"))
        elif raw:
            found.append(f"{name} has no body")
        self._keep(name, found)

    def reply(self, method: str, path: str, status: int, raw: bytes) -> None:
        name = named(method, path)
        told = contract()["operations"].get(name)
        if told is None:
            return
        if status >= 400:
            self._keep(f"{name} {status}", _wrong(f"{name} {status}", contract()[ERROR], json.loads(raw)))
            return
        found = [] if status in told["status"] else [f"{name} is not answered {status}"]
        self._keep(f"{name} {status}", found + _wrong(f"{name} {status}", told["reply"], json.loads(raw)))

    def event(self, raw: bytes) -> None:
        """A webhook of a tracker."""
        self._keep(EVENT, _wrong(EVENT, contract()[EVENT], json.loads(raw)))

    def _keep(self, name: str, found: list[str]) -> None:
        self.wrong += found
        if not found:
            self.right[name] += 1


def _sent(schema: Any) -> Any:
    """Of what we send nothing is required but what names the thing: what is left out is EasyPost's to refuse."""
    if not isinstance(schema, dict):
        return schema
    made = {name: value for name, value in schema.items() if name != "required"}
    if "properties" in made:
        made["properties"] = {name: _sent(value) for name, value in made["properties"].items()}
    if "items" in made:
        made["items"] = _sent(made["items"])
    return made


def _wrong(name: str, schema: Any, value: Any) -> list[str]:
    whole = {"$defs": contract()["$defs"], "allOf": [schema]}
    every = Draft202012Validator(whole).iter_errors(value)
    found = [best_match([one]) or one for one in every]  # of several shapes the one that was nearest
    return [f"{name}: {one.message[:200]} at {one.json_path}" for one in found]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(extract(Path(sys.argv[1]), Path(sys.argv[2])), indent=1, sort_keys=True) + "\n")
