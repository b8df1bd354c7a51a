"""A query that somebody wrote: one that reads, alone, with `:after` in it; and the same as each driver takes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

Engine = Literal["sqlite", "postgresql", "mysql"]
AFTER: Final = "after"
"""The one thing that a query is given."""
FORBIDDEN: Final = frozenset({
    "alter", "analyze", "attach", "begin", "call", "commit", "copy", "create", "delete", "detach", "do", "drop", "exec",
    "execute", "grant", "handler", "insert", "into", "load", "lock", "merge", "pragma", "prepare", "reindex", "rename",
    "revoke", "rollback", "savepoint", "set", "truncate", "update", "upsert", "vacuum",
})  # fmt: skip
"""Words of statements that do more than read. A column of such a name is quoted."""
OURS: Final = frozenset({"limit", "offset", "fetch"})
"""Words of paging, which is ours: one in theirs would end each page before its end."""
_TOKEN: Final = re.compile(
    r"""
      (?P<text>'(?:[^']|'')*')                  # a backslash is refused below: what it does, each database decides
    | (?P<quoted>"(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[A-Za-z_][\w ]*\])
    | (?P<comment>--[^\n]* | /\*.*?\*/)
    | (?P<cast>::)
    | :(?P<given>[A-Za-z_]\w*)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Token(NamedTuple):
    """A piece of a query: `text`, `quoted`, `comment`, `cast`, `given`, `word`, or any `other` character."""

    kind: str
    text: str


def tokens(query: str) -> Iterator[Token]:
    """All of it, nothing left out."""
    for found in _TOKEN.finditer(query):
        yield Token(found.lastgroup or "other", found[0])


def check_query(where: str, query: str) -> None:
    """Raises ValueError, saying what to do, for what is not one query that reads, or does not say `:after`.

    It is for who writes a query: what keeps a database from being written is that its transactions are read-only.
    """
    found = [one for one in tokens(query) if one.kind != "comment" and one.text.strip()]
    words = [one.text.lower() for one in found if one.kind == "word"]
    if not found or found[0].text.lower() not in ("select", "with"):
        raise ValueError(f"{where}: `query` begins with SELECT, or with WITH")
    if any(one.text == ";" for one in found):
        raise ValueError(f"{where}: `query` is one query, without a semicolon, also at its end")
    if any("\\" in one.text for one in found):
        raise ValueError(f"{where}: `query` has a backslash, which means different things to different databases")
    if wrong := next((one for one in words if one in FORBIDDEN), None):
        raise ValueError(f"{where}: `query` only reads, and has {wrong.upper()}: quote it where it is a column's name")
    if any(one.text in "'\"`?" for one in found if one.kind == "other"):
        raise ValueError(f"{where}: `query` has a quote that is not closed, or a ?: it is given nothing but :{AFTER}")
    _check_depth(where, found)
    named = {one.text[1:] for one in found if one.kind == "given"}
    if strange := sorted(named - {AFTER}):
        raise ValueError(f"{where}: `query` has :{strange[0]}; there is :{AFTER} only")
    if not named:
        raise ValueError(
            f"{where}: `query` does not say :{AFTER}: compare the watermark with it, as in WHERE changed_at >= :{AFTER}"
        )
    _check_inclusive(where, found)
    _check_grouped(where, found)


def _check_depth(where: str, found: list[Token]) -> None:
    """Words of paging are refused where the rows behind :after are: one in a bracket without it chooses other rows."""
    open_, paging, given = [len(found)], dict[int, str](), set[int]()
    for at, one in enumerate(found):
        if one.kind == "given":
            given.update(open_)
        elif one.kind == "word" and one.text.lower() in OURS:
            paging[open_[-1]] = one.text.upper()
        elif one.text == "(":
            open_.append(at)
        elif one.text == ")" and len(open_) > 1:
            open_.pop()
        elif one.text == ")":
            open_ = []
            break
    if len(open_) != 1:
        raise ValueError(f"{where}: `query` has parentheses that do not match")
    if wrong := next((word for at, word in paging.items() if at in given or at == len(found)), None):
        raise ValueError(f"{where}: `query` has {wrong}: leave it out, pages are made by `page`")


def _check_inclusive(where: str, found: list[Token]) -> None:
    """Rows of the same moment may stand on both sides of a page's end."""
    said = [one.text for one in found]
    for at, one in enumerate(found):
        if one.kind != "given":
            continue
        before, after = [one for one in said[:at] if one != "("], said[at + 1 : at + 3]
        if before[-1:] == [">"] or (after[:1] == ["<"] and after[1:] != ["="]):
            raise ValueError(
                f"{where}: write >= :{AFTER}, and not >: rows of the very moment at which a page ends would be lost"
            )


def _check_grouped(where: str, found: list[Token]) -> None:
    """A sum over what was changed alone is no sum."""
    depth = given = 0
    for one in found:
        depth += {"(": 1, ")": -1}.get(one.text, 0) if one.kind == "other" else 0
        given += one.kind == "given" and depth == 0
        if given and depth == 0 and one.text.lower() == "group":
            raise ValueError(
                f"{where}: `query` groups only rows behind :{AFTER}, so a sum would lack the others: write HAVING"
                f" MAX(…) >= :{AFTER} behind GROUP BY in place of it"
            )


def as_driver(query: str, engine: Engine) -> str:
    """The same as its driver takes it, without comments: `:name` for SQLite, `%(name)s` and `%%` for the others."""
    if engine == "sqlite":
        return "".join(" " if one.kind == "comment" else one.text for one in tokens(query))
    return "".join(
        f"%({one.text[1:]})s" if one.kind == "given" else " " if one.kind == "comment" else one.text.replace("%", "%%")
        for one in tokens(query)
    )


def sql_name(column: str, engine: Engine, query: str = "") -> str:
    """A column's name, quoted. A plain one is as `query` has it on Postgres, which has the others in lower case."""
    if engine == "mysql":
        return "`" + column.replace("`", "``") + "`"
    if engine == "postgresql" and _PLAIN.fullmatch(column) and f'"{column}"' not in query:
        return column
    return '"' + column.replace('"', '""') + '"'
