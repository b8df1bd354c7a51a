"""Recharge, pretended well: its API, its limits and locks, its renewals, and its webhooks."""
