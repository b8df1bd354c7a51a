"""Slack, pretended well: channels and their messages, who is in them, buttons that are clicked, scopes, limits."""
