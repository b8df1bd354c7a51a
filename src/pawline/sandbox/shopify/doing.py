"""The root's mutations: each does it or says why not, is in the ledger, and is known again by its key."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from graphql.execution.values import get_directive_values

from pawline.sandbox.shopify.paging import View, refuse
from pawline.sandbox.shopify.wrongs import Wrong

if TYPE_CHECKING:
    from graphql import GraphQLResolveInfo

    from pawline.model import Money
    from pawline.sandbox.shopify.books import Books
    from pawline.sandbox.shopify.paging import Resolver

KEPT: Final = 86_400.0
"""Seconds that a key is known."""
KEYED: Final = frozenset({"refundCreate", "inventoryAdjustQuantities", "inventorySetQuantities"})
"""What is refused without `@idempotent(key:)` since 2026-04.

https://shopify.dev/docs/api/usage/implementing-idempotency
"""


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a mutation answers, and what the ledger says of it."""

    view: View
    business: str
    order: str = ""
    money: Money | None = None
    again: bool = False


Act: TypeAlias = Callable[[Mapping[str, Any]], Done]


@dataclass(frozen=True)
class _Known:
    """A key: when it came, with what, and what came of it; None if that failed."""

    at: float
    told: str
    done: Done | None


class Doing:
    """Runs mutations."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._keys: dict[tuple[str, str], _Known] = {}

    def resolver(self, field: str, act: Act, errors: tuple[str, ...] = ("userErrors",)) -> Resolver:
        """`errors` are where the payload has its user errors."""

        def resolve(info: GraphQLResolveInfo[Any], **told: Any) -> View:  # noqa: ANN401 - arguments of a mutation
            key = _key(info)
            if field in KEYED and key is None:
                text = "The @idempotent directive is required for this mutation but was not provided."
                raise refuse("BAD_REQUEST", text)
            try:
                done = self._once(field, key, told, act) if key is not None and field in KEYED else act(told)
            except Wrong as wrong:
                return {one: [wrong.view()] for one in errors}
            self._note(field, key or "", done)
            return {**done.view, **{one: [] for one in errors}}

        return resolve

    def _once(self, field: str, key: str, told: Mapping[str, Any], act: Act) -> Done:
        text, now = json.dumps(told, sort_keys=True), self._books.now()
        known = self._keys.get((field, key))
        if known is not None and known.at + KEPT > now:
            if known.told != text:
                code = "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
                raise Wrong("The same idempotency key cannot be used with different parameters.", code=code)
            if known.done is None:
                code = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
                raise Wrong("A previous request with this idempotency key failed.", code=code)
            return known.done
        try:
            done = act(told)
        except Wrong:
            self._keys[field, key] = _Known(now, text, None)
            raise
        again = Done(view=done.view, business=done.business, order=done.order, money=done.money, again=True)
        self._keys[field, key] = _Known(now, text, again)
        return done

    def _note(self, field: str, key: str, done: Done) -> None:
        self._books.did(
            f"Shopify.{field}", done.business, key=key, order=done.order, money=done.money, again=done.again
        )


def _key(info: GraphQLResolveInfo[Any]) -> str | None:
    directive = info.schema.get_directive("idempotent")
    assert directive is not None  # noqa: S101 - it is in our schema
    found = get_directive_values(directive, info.field_nodes[0], info.variable_values)
    return None if found is None else str(found["key"])
