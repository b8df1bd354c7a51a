"""Webhooks in, storefront and checkout API out."""
