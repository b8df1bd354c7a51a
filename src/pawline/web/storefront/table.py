"""All that the Storefront API serves: what is bought, what comes after it, and whose it is."""

from __future__ import annotations

from typing import Final

from pawline.web.storefront.operations import OPERATIONS, Operation
from pawline.web.storefront.people import PEOPLE
from pawline.web.storefront.returning import RETURNS

SERVED: Final[tuple[Operation, ...]] = (*OPERATIONS, *RETURNS, *PEOPLE)
"""Its operations, in the order in which they are documented."""
