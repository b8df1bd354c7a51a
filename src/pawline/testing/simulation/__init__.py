"""A world with its own time: one seed is one whole story, the same every time it is told."""

from pawline.testing.simulation.loop import VirtualLoop
from pawline.testing.simulation.world import World

__all__ = ["VirtualLoop", "World"]
