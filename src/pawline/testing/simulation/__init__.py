"""A world with its own time: one seed is one whole story, the same every time it is told."""

from pawline.testing.simulation.loop import VirtualLoop, virtual_loop
from pawline.testing.simulation.world import World

__all__ = ["VirtualLoop", "World", "virtual_loop"]
