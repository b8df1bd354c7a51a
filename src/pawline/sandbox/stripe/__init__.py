"""Stripe, pretended: its API, its events and its webhooks."""
