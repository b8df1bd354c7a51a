"""Webhooks in, rates and the storefront out: HTTP in the hub's own loop."""

from pawline.web.ingress import application
from pawline.web.serving import serving

__all__ = ["application", "serving"]
