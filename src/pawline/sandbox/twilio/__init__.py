"""Twilio, pretended: texts, what becomes of them, what people answer, and webhooks, at its paths and in its words."""
