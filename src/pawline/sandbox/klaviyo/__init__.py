"""Klaviyo, pretended: profiles, events, who may be written to, and flows that send by themselves."""
