"""Named SQL, read from the files beside this one and put into one dialect's words.

A block begins with `-- name: move_run [exact]`. Three marks stand for what dialects say differently:

- `{rows v: no int8, path text}` is a table made of the parameters, any number of rows;
- `{append: int8 text}` ends an insert of whole rows: `values` in SQLite, a binary COPY in PostgreSQL;
- `{among no}` is true where the column is in a list of numbers, which is one parameter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

_NAME = re.compile(r"^-- name: (\w+)(.*)$", re.MULTILINE)
_ROWS = re.compile(r"\{rows (\w+): ([^}]*)\}")
_APPEND = re.compile(r"\{append: ([^}]*)\}")
_AMONG = re.compile(r"\{among ([\w.]+)\}")
_TABLE = re.compile(r"^(?:insert into|update|delete from) (\w+)")


@dataclass(frozen=True, slots=True)
class Statement:
    """One named statement. `text` still carries its `{rows}` or `{append}` mark: each dialect fills it in its way."""

    name: str
    text: str
    table: str  # that it changes; '' for a read
    exact: bool  # every row given changes one row, or the unit is in conflict
    own_rows: bool  # keeps its order only per first parameter
    merge: str  # '', 'last', 'max' or 'sum'
    key: int  # how many parameters say which row, for `merge`
    columns: tuple[str, ...]  # of the rows it takes; () where it takes plain parameters
    types: tuple[str, ...]  # PostgreSQL's names for them


@cache
def load(dialect: str) -> dict[str, Statement]:
    """Every statement of one dialect, by name; a name that two files give is a programming error."""
    found: dict[str, Statement] = {}
    files = (
        "writes", "reads", "views", "bills", "surveys", "bounces", "goods", "visits", "storefront", "alarms", "figures",
        "housekeeping", dialect,
    )  # fmt: skip
    for file in files:
        pieces = _NAME.split(resources.files(__package__).joinpath(f"{file}.sql").read_text("utf-8"))[1:]
        for name, marks, body in zip(pieces[0::3], pieces[1::3], pieces[2::3], strict=True):
            if name in found:
                raise ValueError(f"{file}.sql: {name} is there twice")
            found[name] = _statement(name, marks, body, dialect)
    return found


def _statement(name: str, marks: str, body: str, dialect: str) -> Statement:
    text = _bare(body)
    among = "{0} in (select value from json_each(?))" if dialect == "sqlite" else "{0} = any(?::int8[])"
    text = _AMONG.sub(lambda mark: among.format(mark[1]), text)
    rows, append, table = _ROWS.search(text), _APPEND.search(text), _TABLE.match(text)
    columns: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    if rows:
        pairs = [pair.split() for pair in rows[2].split(",")]
        columns, types = tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)
    elif append:
        types = tuple(append[1].split())
        columns = tuple(re.split(r",\s*", text[text.index("(") + 1 : text.index(")")]))
    if len(columns) != len(types):
        raise ValueError(f"{name}: {len(columns)} columns and {len(types)} types")
    merge = re.search(r"\[(last|max|sum) (\d)\]", marks)
    return Statement(
        name, text, table[1] if table else "", "[exact]" in marks, "[own rows]" in marks,
        merge[1] if merge else "", int(merge[2]) if merge else 0, columns, types,
    )  # fmt: skip


def fill(statement: Statement, rows: str, append: str) -> str:
    """The text with its mark replaced; `{alias}` and `{columns}` may be used in `rows`."""
    text = _ROWS.sub(lambda mark: rows.format(alias=mark[1], columns=", ".join(statement.columns)), statement.text)
    return _APPEND.sub(lambda _: append, text)


def triggers(dialect: str) -> dict[str, str]:
    """The statements that make the triggers, by name; where they need functions, those first."""
    pieces = _NAME.split(resources.files(__package__).joinpath(f"triggers_{dialect}.sql").read_text("utf-8"))[1:]
    found = zip(pieces[0::3], pieces[2::3], strict=True)
    return {name: _bare(body).strip() for name, body in found}


def _bare(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line and not line.startswith("--"))


def schema(dialect: str) -> list[str]:
    """The statements that make the tables and their indexes."""
    words = {
        "sqlite": {
            "bytes": "blob", "real": "real", "number": "integer", "without_rowid": "without rowid", "pending": "no",
            "line": "no", "line_too": ", placed, quantity",
        },
        "postgres": {
            "bytes": "bytea", "real": "double precision", "number": "bigint", "without_rowid": "",
            "pending": "recorded, no", "line": "created, no", "line_too": "",
        },
    }[dialect]  # fmt: skip
    text = _bare(resources.files(__package__).joinpath("schema.sql").read_text("utf-8"))
    for word, meant in words.items():
        text = text.replace(f"{{{word}}}", meant)
    return [piece.strip() for piece in text.split(";") if piece.strip()]
