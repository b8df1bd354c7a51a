"""What a flow may not contain, because its replay would come out differently or its eviction would do work."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.tree import Source, functions

IMPORTS = {
    "asyncio": "the runtime drives flows: use its words",
    "os": "a setting is an argument of the flow's ports",
    "random": "chance differs at each replay",
    "secrets": "chance differs at each replay",
    "time": "use runtime.now()",
    "uuid": "ids come from the run",
}
CALLS = {
    "datetime.datetime.now": "use runtime.now()",
    "datetime.datetime.utcnow": "use runtime.now()",
    "datetime.datetime.today": "use runtime.now()",
    "datetime.date.today": "use runtime.now()",
}
BROAD = {"Exception", "BaseException"}
IN_ORDER = {"list", "tuple", "enumerate", "iter", "map", "zip", "filter", "next", "reversed"}


def forbidden_in_flows(source: Source) -> list[str]:
    tree = source.tree
    found = [*_imports(tree), *_clock(tree), *_environment(tree), *_handlers(tree), *_sets(tree)]
    return [f"{source.at(node)} {why}" for node, why in sorted(found, key=lambda offence: _place(offence[0]))]


def _place(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


Found = Iterator[tuple[ast.AST, str]]


def _imports(tree: ast.AST) -> Found:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                modules = [alias.name for alias in names]
            case ast.ImportFrom(module=str(module), level=0):
                modules = [module]
            case _:
                continue
        for module in modules:
            if (root := module.split(".")[0]) in IMPORTS:
                yield node, f"imports {root}: {IMPORTS[root]}"


def _clock(tree: ast.AST) -> Found:
    names = _full_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            head, _, rest = ast.unparse(node).partition(".")
            called = f"{names.get(head, head)}.{rest}"
            if called in CALLS:
                yield node, f"{called}: {CALLS[called]}"


def _full_names(tree: ast.AST) -> dict[str, str]:
    """What each imported name stands for, so that `from datetime import datetime as dt` hides nothing."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update({alias.asname: alias.name for alias in node.names if alias.asname})
        elif isinstance(node, ast.ImportFrom):
            names.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return names


def _environment(tree: ast.AST) -> Found:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else node.attr
            if name in {"environ", "getenv"}:
                yield node, f"{name}: the environment differs at each replay"


def _handlers(tree: ast.AST) -> Found:
    for node in ast.walk(tree):
        if isinstance(node, ast.Try | ast.TryStar) and node.finalbody:
            yield node.finalbody[0], "finally: it would also run when a run is only put away; use undoing()"
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or ast.unparse(kind).removeprefix("builtins.") in BROAD for kind in caught):
                yield node, "broad except: name the port's error; a bug must reach a developer"


def _sets(tree: ast.Module) -> Found:
    for scope in (tree, *functions(tree)):
        names = set(_names_of_sets(scope))
        for node in _own_nodes(scope):
            for walked in _walked(node):
                if _is_set(walked, names):
                    yield walked, "walks through a set: its order differs at each start; sort it"


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope, without those of the functions in it: they are scopes of their own."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from _own_nodes(child)


def _names_of_sets(scope: ast.AST) -> Iterator[str]:
    for node in _own_nodes(scope):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_set(value, set()):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name), annotation=kind) if _is_set_type(kind):
                yield name
            case ast.arg(arg=name, annotation=ast.expr() as kind) if _is_set_type(kind):
                yield name


def _is_set_type(kind: ast.expr) -> bool:
    return ast.unparse(kind).split("[")[0].rpartition(".")[2] in {"set", "frozenset", "Set", "AbstractSet"}


def _walked(node: ast.AST) -> list[ast.expr]:
    """The expressions whose order this node depends on."""
    match node:
        case ast.For(iter=walked) | ast.AsyncFor(iter=walked) | ast.comprehension(iter=walked):
            return [walked]
        case ast.Starred(value=walked) | ast.YieldFrom(value=walked):
            return [walked]
        case ast.Call(func=ast.Name(id=name), args=args) if name in IN_ORDER:
            return args
        case ast.Call(func=ast.Attribute(attr="join"), args=args):
            return args
    return []


def _is_set(node: ast.expr, names: set[str]) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.Name(id=name):
            return name in names
        case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor(), right=right):
            return _is_set(left, names) or _is_set(right, names)
    return False
