"""`pawline demo --checkout theirs`: the day of a shop whose checkout is its own, wired by hand and with Pawline."""

from pawline.cli.demo.adopted.days import HandDay, OurDay, both
from pawline.cli.demo.adopted.figures import Figures
from pawline.cli.demo.adopted.given import SHOWN, Given, given
from pawline.cli.demo.adopted.screen import columns, summary
from pawline.cli.demo.adopted.wiring import Wiring
from pawline.cli.demo.adopted.world import Size, World

__all__ = [
    "SHOWN", "Figures", "Given", "HandDay", "OurDay", "Size", "Wiring", "World", "both", "columns", "given", "summary",
]  # fmt: skip
