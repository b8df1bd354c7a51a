"""Paths in settings: below the place."""

from __future__ import annotations


def check_below(what: str, path: str) -> None:
    """Raises ValueError for a path that leads out of the place."""
    parts = path.split("/")
    if not all(parts) or {".", ".."} & set(parts) or "\0" in path:
        raise ValueError(f"{what} is a path below `place`, such as outbox/stock-*.csv, without .. in it")
