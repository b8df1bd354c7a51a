"""The reference of the Storefront API is what is served."""

from tests.docs.storefront_page import page
from tests.house.tree import ROOT


def test_the_page_is_what_is_served() -> None:
    written = (ROOT / "docs/reference/storefront.md").read_text("utf-8")
    assert written == page(), "run: python -m tests.docs.storefront_page > docs/reference/storefront.md"
