"""Writes of many units, put together so that each statement runs a few times a batch and not a few times a unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pawline.store.database import Row
    from pawline.store.statements import Statement


def join(writes: Iterable[tuple[str, Row]], statements: dict[str, Statement]) -> list[tuple[Statement, list[Row]]]:
    """Groups to run in this order. What touches the same rows keeps its order; the rest goes where it joins others.

    The same rows: those of the same table, or for statements marked [own rows] those with the same first parameter.
    """
    groups: list[tuple[Statement, list[Row]]] = []
    latest: dict[str, int] = {}  # statement -> its latest group
    reached: dict[object, int] = {}  # rows -> the latest group that touches them
    for name, row in writes:
        statement = statements[name]
        rows = (statement.table, row[0]) if statement.own_rows else statement.table
        at = latest.get(name, -1)
        if at < 0 or at < reached.get(rows, -1):
            latest[name] = at = len(groups)
            groups.append((statement, []))
        groups[at][1].append(row)
        reached[rows] = at
    return [(statement, merged(statement, rows)) for statement, rows in groups]


def merged(statement: Statement, rows: list[Row]) -> list[Row]:
    """The rows of one statement with none that meets another: PostgreSQL refuses to upsert a row twice."""
    if not statement.merge or len(rows) == 1:
        return rows
    key = statement.key
    if statement.merge == "last":
        return list({row[:key]: row for row in rows}.values())
    if statement.merge == "max":
        greatest: dict[Row, Row] = {}
        for row in rows:
            known = greatest.get(row[:key])
            if known is None or row[key] >= known[key]:
                greatest[row[:key]] = row
        return list(greatest.values())
    sums: dict[Row, int] = {}
    for row in rows:
        sums[row[:key]] = sums.get(row[:key], 0) + row[key]
    return [(*where, n) for where, n in sums.items()]
