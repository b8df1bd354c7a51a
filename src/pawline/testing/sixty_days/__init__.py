"""Sixty days of a shop as its systems export them, from a seed, with disagreements planted: what an X-ray must find."""

from pawline.testing.sixty_days.fates import NEAR, PLANTED
from pawline.testing.sixty_days.writing import Planted, options, write

__all__ = ["NEAR", "PLANTED", "Planted", "options", "write"]
