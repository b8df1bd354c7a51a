"""`pawline demo`: the day at Shopify, Recharge, Klaviyo, EasyPost, Zendesk and a files-only ERP."""

from pawline.cli.demo.own.wiring import OwnWiring
from pawline.cli.demo.own.world import OwnWorld

__all__ = ["OwnWiring", "OwnWorld"]
