"""The Storefront API over HTTP."""

from pawline.web.storefront.serving import PREFIX, storefront_app

__all__ = ["PREFIX", "storefront_app"]
