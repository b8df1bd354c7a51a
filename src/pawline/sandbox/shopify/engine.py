"""One request to the API: checked against the schema, paid for from the bucket, done, and answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from pawline.sandbox.shopify.admitting import NEEDS
from pawline.sandbox.shopify.asking import queries
from pawline.sandbox.shopify.costs import MOST, Bucket, Costs, Counted
from pawline.sandbox.shopify.mutations import changes
from pawline.sandbox.shopify.paging import ALL, refuse

if TYPE_CHECKING:
    from graphql import GraphQLResolveInfo

    from pawline.sandbox.shopify.admitting import Door
    from pawline.sandbox.shopify.books import Books
    from pawline.sandbox.shopify.paging import Resolver

Answer: TypeAlias = dict[str, Any]
_DOCS: Final = "https://shopify.dev/api/usage"
_CODES: Final = (
    (re.compile(r"Cannot query field"), "undefinedField"),
    (re.compile(r"Unknown argument"), "argumentNotAccepted"),
    (re.compile(r"[Aa]rgument .* is required"), "missingRequiredArguments"),
    (re.compile(r"Unknown type"), "undefinedType"),
    (re.compile(r"Unknown directive"), "undefinedDirective"),
    (re.compile(r"must (not )?have a selection|must have a sub"), "selectionMismatch"),
    (re.compile(r"Variable .* (is not defined|is never used)"), "variableNotDefined"),
)


@lru_cache(1)
def schema() -> GraphQLSchema:
    """The part of the vendor's schema that is played here."""
    text = files("pawline.sandbox.shopify").joinpath("schema.graphql").read_text("utf-8")
    return build_schema(text, assume_valid_sdl=True)


@lru_cache(512)
def _read(text: str) -> tuple[Counted, tuple[GraphQLError, ...]]:
    document = parse(text)
    return Counted(document), tuple(validate(schema(), document))


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """A mutation that was paid for, and with what it was allowed to."""

    query: str
    variables: dict[str, Any]
    name: str | None
    scopes: list[str]


class Engine:
    """The API. `noting` is around each mutation that was paid for.

    What a request does it does at once: no two of them are ever under way together.
    """

    def __init__(
        self,
        books: Books,
        door: Door,
        noting: Callable[[Noted], AbstractContextManager[None]] = lambda _: nullcontext(),
    ) -> None:
        self._books, self._door, self._noting = books, door, noting
        self.bucket = Bucket(books.now)
        roots = queries(books, door) | changes(books, self)
        self._root = {name: self._guarded(name, resolver) for name, resolver in roots.items()}

    def answer(self, text: str, given: Mapping[str, Any], operation: str | None = None) -> Answer:
        """The body of an answer, which has status 200 whatever is in it."""
        self._books.do_due()
        try:
            counted, problems = _read(text)
        except GraphQLError as problem:
            return {"errors": [_told(problem, "parseError")]}
        if problems:
            return {"errors": [_told(one) for one in problems]}
        document = counted.document
        asked = get_operation_ast(document, operation)
        if asked is None:
            return {"errors": [{"message": "An operation name is required", "extensions": {"code": "BAD_REQUEST"}}]}
        values = get_variable_values(schema(), asked.variable_definitions or (), dict(given))
        if isinstance(values, list):
            return {"errors": [_told(one, "INVALID_VARIABLE") for one in values]}
        return self._paid(document, asked, given, Costs(schema(), counted, values))

    def _paid(
        self, document: DocumentNode, asked: OperationDefinitionNode, given: Mapping[str, Any], costs: Costs
    ) -> Answer:
        requested = costs.of(asked)
        if requested > MOST:
            text = f"Query cost is {requested}, which exceeds the single query max cost limit ({MOST})."
            more = {"cost": requested, "maxCost": MOST, "documentation": f"{_DOCS}/rate-limits"}
            return {"errors": [{"message": text, "extensions": {"code": "MAX_COST_EXCEEDED", **more}}]}
        if not self.bucket.take(requested):
            denied = {"code": "THROTTLED", "documentation": f"{_DOCS}/rate-limits"}
            return {"errors": [{"message": "Throttled", "extensions": denied}], **self._cost(requested, None)}
        if asked.operation is OperationType.MUTATION:
            with self._noting(self._note(document, given, asked)):
                result = self._run(document, given, asked)
        else:
            result = self._run(document, given, asked)
        actual = costs.of(asked, result.data)
        self.bucket.give_back(max(0, requested - actual))
        return _said(result) | self._cost(requested, actual)

    def wrong_in(self, document: DocumentNode) -> list[str]:
        """See `bulk.Run`."""
        return [one.message for one in validate(schema(), document)]

    def in_bulk(self, document: DocumentNode) -> ExecutionResult:
        """All of it, at no points: the vendor does it in its own time."""
        token = ALL.set(True)
        try:
            return execute_sync(schema(), document, root_value=self._root)
        finally:
            ALL.reset(token)

    def _note(self, document: DocumentNode, given: Mapping[str, Any], asked: OperationDefinitionNode) -> Noted:
        text = "" if document.loc is None else document.loc.source.body
        name = None if asked.name is None else asked.name.value
        return Noted(query=text, variables=dict(given), name=name, scopes=sorted(self._door.scopes))

    def redo(self, noted: Noted) -> None:
        """A mutation of the past, once more, with the scopes of its time: it was paid for then."""
        self._books.do_due()
        document = _read(noted.query)[0].document
        asked, scopes = get_operation_ast(document, noted.name), self._door.scopes
        assert asked is not None  # noqa: S101 - it was done before
        self._door.scopes = frozenset(noted.scopes)
        try:
            self._run(document, noted.variables, asked)
        finally:
            self._door.scopes = scopes

    def _run(self, document: DocumentNode, given: Mapping[str, Any], asked: OperationDefinitionNode) -> ExecutionResult:
        name = None if asked.name is None else asked.name.value
        return execute_sync(schema(), document, root_value=self._root, variable_values=dict(given), operation_name=name)

    def _cost(self, requested: int, actual: int | None) -> Answer:
        return {
            "extensions": {
                "cost": {
                    "requestedQueryCost": requested,
                    "actualQueryCost": actual,
                    "throttleStatus": self.bucket.status(),
                }
            }
        }

    def _guarded(self, name: str, resolver: Resolver) -> Resolver:
        """Only with one of the scopes that the field needs."""
        wanted = NEEDS.get(name, ())

        def resolve(info: GraphQLResolveInfo[Any], **given: Any) -> Any:  # noqa: ANN401 - whatever the field is
            if wanted and not self._door.scopes & set(wanted):
                access = f"{' or '.join(f'`{one}`' for one in wanted)} access scope."
                text = f"Access denied for {name} field. Required access: {access}"
                raise refuse("ACCESS_DENIED", text, documentation=f"{_DOCS}/access-scopes", requiredAccess=access)
            return resolver(info, **given)

        return resolve


def _said(result: ExecutionResult) -> Answer:
    for one in result.errors or ():
        if one.original_error is not None and not isinstance(one.original_error, GraphQLError):
            raise one.original_error  # ours: a sandbox that fails says so
    said: Answer = {"data": result.data}
    return said | ({"errors": [_told(one) for one in result.errors]} if result.errors else {})


def _told(problem: GraphQLError, code: str | None = None) -> Answer:
    told: Answer = dict(problem.formatted)
    if "extensions" not in told:
        found = next((name for pattern, name in _CODES if pattern.search(problem.message)), "invalid")
        told["extensions"] = {"code": code or found}
    return told
