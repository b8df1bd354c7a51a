"""Segment, pretended: a source that says yes to almost everything, and a destination that signs webhooks."""
