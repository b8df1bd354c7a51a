"""Webhooks in, and rates out: HTTP in the hub's own loop. The storefront's API is still to come."""

from pawline.web.ingress import application
from pawline.web.serving import serving

__all__ = ["application", "serving"]
