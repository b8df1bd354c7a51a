"""Pawline: the durable, event-driven integration hub of a pet shop."""

__version__ = "0.1.0"
