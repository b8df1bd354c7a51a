"""What a document costs, and the bucket that it is taken from.

https://shopify.dev/docs/api/usage/limits - an object is a point, scalars are free, a mutation is ten. How a connection
grows with `first` is not documented: this grows as the one figure that was published does (250 variants and their
items: 25), which is with the logarithm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
)
from graphql.execution.values import VariableValues, get_argument_values
from graphql.type import get_nullable_type

MOST: Final = 1_000
"""The most points that one document may cost, whatever is in the bucket."""
_ASKED: Final = object()


class Bucket:
    """Points of one app at one shop. The standard plan: 2,000 at most, 100 more each second."""

    def __init__(self, now: Callable[[], float], most: int = 2_000, restored: int = 100) -> None:
        self._now, self.most, self.restored = now, most, restored
        self._left, self._at = float(most), now()

    def left(self) -> int:
        """How many are there now."""
        at = self._now()
        self._left = min(float(self.most), self._left + max(0.0, at - self._at) * self.restored)
        self._at = at
        return int(self._left)

    def take(self, points: int) -> bool:
        """Whether there are so many; then they are taken."""
        if self.left() < points:
            return False
        self._left -= points
        return True

    def give_back(self, points: int) -> None:
        """What was asked for and not used."""
        self._left = min(float(self.most), self._left + points)

    def status(self) -> dict[str, float]:
        """As answers have it."""
        left = float(self.left())
        return {"maximumAvailable": float(self.most), "currentlyAvailable": left, "restoreRate": float(self.restored)}


class Counted:
    """A document, and what was found of it once and is so each time: which fields an object of a type answers."""

    def __init__(self, document: DocumentNode) -> None:
        found = (one for one in document.definitions if isinstance(one, FragmentDefinitionNode))
        self.document: Final = document
        self.fragments: Final = {one.name.value: one for one in found}
        self.fields: Final[dict[tuple[object, ...], dict[str, list[FieldNode]]]] = {}
        self.sizes: Final[dict[int, int]] = {}


class Costs:
    """Of one operation of a document."""

    def __init__(self, schema: GraphQLSchema, document: Counted, given: VariableValues) -> None:
        self._schema, self._document, self._given = schema, document, given

    def of(self, operation: OperationDefinitionNode, data: object = _ASKED) -> int:
        """As asked for, or, with what came of it, as it was. Never nothing: the least is a point."""
        root = self._schema.get_root_type(operation.operation)
        assert root is not None  # noqa: S101 - the document was validated
        if operation.operation is OperationType.MUTATION:
            return 10 * len(self._fields([operation], root))
        return max(1, self._parts([operation], root, data))

    def _fields(self, nodes: Iterable[Any], type: GraphQLObjectType) -> dict[str, list[FieldNode]]:
        """By the name in the answer, those that an object of this type answers."""
        nodes = tuple(nodes)
        key = (type.name, *map(id, nodes))  # they live as long as their document does
        known = self._document.fields.get(key)
        if known is None:
            known = self._document.fields[key] = self._gathered(nodes, type)
        return known

    def _gathered(self, nodes: Iterable[Any], type: GraphQLObjectType) -> dict[str, list[FieldNode]]:
        found: dict[str, list[FieldNode]] = {}
        for node in nodes:
            for one in node.selection_set.selections if node.selection_set else ():
                if isinstance(one, FieldNode):
                    found.setdefault((one.alias or one.name).value, []).append(one)
                    continue
                part = self._document.fragments[one.name.value] if isinstance(one, FragmentSpreadNode) else one
                assert isinstance(part, FragmentDefinitionNode | InlineFragmentNode)  # noqa: S101 - nothing else is
                if self._fits(part, type):
                    for name, fields in self._fields([part], type).items():
                        found.setdefault(name, []).extend(fields)
        return found

    def _fits(self, part: FragmentDefinitionNode | InlineFragmentNode, type: GraphQLObjectType) -> bool:
        if part.type_condition is None or part.type_condition.name.value == type.name:
            return True
        wanted = self._schema.get_type(part.type_condition.name.value)
        return is_abstract_type(wanted) and self._schema.is_sub_type(wanted, type)

    def _parts(self, nodes: Iterable[Any], type: GraphQLObjectType, data: Any) -> int:  # noqa: ANN401 - an answer
        return sum(
            self._field(fields, type, data if data is _ASKED else (data or {}).get(name))
            for name, fields in self._fields(nodes, type).items()
            if not fields[0].name.value.startswith("__")
        )

    def _field(self, nodes: list[FieldNode], parent: GraphQLObjectType, data: Any) -> int:  # noqa: ANN401 - an answer
        defined = parent.fields[nodes[0].name.value]
        named = get_named_type(defined.type)
        if is_leaf_type(named):
            return 0
        if data is None:
            return 1
        paged = named.name.endswith("Connection")
        if not paged and not is_list_type(get_nullable_type(defined.type)):
            return 1 + self._any(nodes, named, data)
        items = self._items(nodes, named) if paged else nodes
        of = named if not paged else get_named_type(named.fields["nodes"].type)
        if data is _ASKED:
            size = self._size(nodes[0], defined)
            return max(1, size.bit_length()) * (2 + self._any(items, of, data))
        found = data.get("nodes", data.get("edges")) or () if paged else data
        child = max((self._any(items, of, one.get("node", one)) for one in found), default=0)
        return max(1, len(found).bit_length()) * (2 + child)

    def _items(self, nodes: list[FieldNode], type: Any) -> list[FieldNode]:  # noqa: ANN401 - a connection
        """The fields that are selected of a connection's things: of `nodes`, or of `edges { node }`."""
        fields = self._fields(nodes, type)
        found = [one for field in fields.values() for one in field if one.name.value == "nodes"]
        edges = [one for field in fields.values() for one in field if one.name.value == "edges"]
        inner = self._fields(edges, get_named_type(type.fields["edges"].type))
        return found + [one for field in inner.values() for one in field if one.name.value == "node"]

    def _any(self, nodes: Iterable[Any], type: Any, data: Any) -> int:  # noqa: ANN401 - a type, an answer
        """Of an interface or a union the dearest of what it may be."""
        if not is_abstract_type(type):
            return self._parts(nodes, type, data)
        kinds = self._schema.get_possible_types(type)
        return max((self._parts(nodes, one, data) for one in kinds), default=0)

    def _size(self, node: FieldNode, defined: Any) -> int:  # noqa: ANN401 - a field's definition
        if (known := self._document.sizes.get(id(node))) is not None:
            return known
        given = get_argument_values(defined, node, self._given)
        size = int(given.get("first") or given.get("last") or 0)
        if not any(isinstance(one.value, VariableNode) for one in node.arguments or ()):
            self._document.sizes[id(node)] = size
        return size
