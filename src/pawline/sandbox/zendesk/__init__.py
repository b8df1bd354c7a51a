"""Zendesk, pretended well: tickets and who writes in them, keys, collisions, exports, limits, signed webhooks."""
