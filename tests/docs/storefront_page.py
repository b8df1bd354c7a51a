"""The Storefront API from its document: `python -m tests.docs.storefront_page > docs/reference/storefront.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from pawline.hub.storefront import Cause
from pawline.web.storefront.document import document

HEAD = """\
# Storefront API

Generated from what is served (`python -m tests.docs.storefront_page > docs/reference/storefront.md`); a test compares
them. The same for tools: `GET /v1/openapi.json` (OpenAPI 3.1). How to use it:
[sell by a checkout of your own](../how-to/own-checkout.md).

A key comes as `Authorization: Bearer …`. Amounts are whole minor units (`{"minor": 1999, "currency": "EUR"}` is 19.99),
times are RFC 3339 in UTC. Errors are problems (RFC 9457).
"""


def page() -> str:
    return HEAD + "".join(_operations()) + "".join(_problems()) + "".join(_schemas())


def _operations() -> Iterator[str]:
    for path, methods in document()["paths"].items():
        for method, one in methods.items():
            yield f"\n## {method.upper()} {path}\n\n{one['summary']} Scope `{one['x-scope']}`.\n\n"
            if "requestBody" in one:
                yield f"- takes {_kind(one['requestBody']['content'])}\n"
            for each in one["parameters"]:
                if each["in"] != "path":
                    needed = ", required" if each.get("required") else ""
                    says = each.get("description") or each["schema"].get("description") or ""
                    yield f"- {each['in']} `{each['name']}`{needed}: {says}".rstrip(": ") + "\n"
            for status, said in one["responses"].items():
                content = said.get("content", {})
                if "application/problem+json" in content:
                    names = [part.split("`")[1] for part in said["description"].split(". ") if part.startswith("`")]
                    yield f"- {status} {', '.join(f'`{name}`' for name in names)}\n"
                else:
                    what = f" {_kind(content)}" if content else ""
                    yield f"- **{status}**{what}: {said['description']}\n"


def _problems() -> Iterator[str]:
    yield "\n## Problems\n\n`type` is `/v1/problems/` and the name; that address says the same. Names never change.\n\n"
    yield "| problem | status | what it says |\n|---|---|---|\n"
    for cause in Cause:
        yield f"| `{cause.label}` | {cause.status} | {cause.says} |\n"


def _schemas() -> Iterator[str]:
    yield "\n## Fields\n"
    for name, part in sorted(document()["components"]["schemas"].items()):
        said = part.get("description", "").split("\n\n")[0].replace("\n", " ")
        yield f"\n### {name}\n\n{said}\n\n"
        needed = set(part.get("required", ()))
        for field, kind in part.get("properties", {}).items():
            yield f"- `{field}`{'' if field in needed else ', may be left out'}: {_type(kind)}\n"
        if "enum" in part:
            yield f"One of {', '.join(f'`{one}`' for one in part['enum'])}.\n"


def _kind(content: dict[str, Any]) -> str:
    (schema,) = (each["schema"] for each in content.values())
    return _type(schema)


def _type(kind: dict[str, Any]) -> str:
    if "$ref" in kind:
        name = kind["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in kind:
        return " or ".join(_type(each) for each in kind["anyOf"])
    if kind.get("type") == "array":
        return f"list of {_type(kind['items']) if 'items' in kind else 'anything'}"
    bounds = [f"{word} {kind[name]}" for name, word in (("minimum", "from"), ("maximum", "to")) if name in kind]
    return " ".join([str(kind.get("format") or kind.get("type") or "one of a list"), *bounds])


if __name__ == "__main__":
    sys.stdout.write(page())
