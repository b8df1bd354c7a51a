"""Hubs that died leave garbage: it is collected here, for CPython 3.11 must not close coroutines while it parses."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _garbage_is_collected() -> Iterator[None]:
    yield
    gc.collect()
