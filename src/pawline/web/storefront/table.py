"""All operations of the Storefront API: those about buying, and what comes after it."""

from __future__ import annotations

from typing import Final

from pawline.web.storefront.operations import OPERATIONS as BUYING
from pawline.web.storefront.returning import RETURNS

OPERATIONS: Final = (*BUYING, *RETURNS)
"""In the order in which a shop uses them. What is served, and the document, are made from this."""
