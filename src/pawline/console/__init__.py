"""Server-rendered pages for the people who work with the hub."""

from pawline.console.site import pages

__all__ = ["pages"]
