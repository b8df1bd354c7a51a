"""Tests of the hub, each with a vendor of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.hub.shop import VENDOR, Dispenser


@pytest.fixture
def vendor() -> Iterator[Dispenser]:
    VENDOR.append(Dispenser())
    yield VENDOR[-1]
    VENDOR.pop()
