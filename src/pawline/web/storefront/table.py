"""All that the Storefront API serves."""

from __future__ import annotations

from typing import Final

from pawline.web.storefront.operations import OPERATIONS, Operation
from pawline.web.storefront.people import PEOPLE

SERVED: Final[tuple[Operation, ...]] = (*OPERATIONS, *PEOPLE)
"""Its operations, in the order in which they are documented."""
