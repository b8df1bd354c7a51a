"""Order exports of other systems, read into the model's orders: for the demo, an import, an X-ray."""

from pawline.kit.exports.olist import read_olist
from pawline.kit.exports.shopify import read_shopify
from pawline.kit.exports.table import BadRow, Exported, WrongExport, opened, read_orders

__all__ = ["BadRow", "Exported", "WrongExport", "opened", "read_olist", "read_orders", "read_shopify"]
