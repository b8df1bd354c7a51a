"""Shopify, pretended well: its Admin API, its tokens and limits, and its webhooks."""
