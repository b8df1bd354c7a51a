"""WooCommerce, pretended: orders, their refunds by a gateway, stock, and webhooks that are sent once."""
