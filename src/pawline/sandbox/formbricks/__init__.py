"""Formbricks, pretended: surveys, responses that grow answer by answer, and signed webhooks."""
