"""What mutations say when they will not: `userErrors`, and which of them make an attempt a failed one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pawline.sandbox.shopify.paging import View


class Wrong(Exception):
    """Ends a mutation with one user error: nothing was changed."""

    def __init__(self, text: str, *field: str, code: str | None = None) -> None:
        super().__init__(text)
        self.text, self.field, self.code = text, list(field) or None, code

    def view(self) -> View:
        """As the payload has it."""
        return {"field": self.field, "message": self.text, "code": self.code}
