"""Zigpoll, pretended: surveys, their answers, and webhooks that nobody signs."""
