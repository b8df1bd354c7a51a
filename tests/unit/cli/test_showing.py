"""What programs read of a command is whole, whatever interrupts its writing."""

from __future__ import annotations

import json
import subprocess
import sys

CHILD = """
import signal
from pawline.cli import showing
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
showing.json(["\u00e9" * 60] * 60_000)
signal.setitimer(signal.ITIMER_REAL, 0)
"""


def test_a_long_answer_is_whole_though_signals_come_and_the_output_has_no_buffer() -> None:
    done = subprocess.run([sys.executable, "-u", "-c", CHILD], check=True, capture_output=True)
    assert len(json.loads(done.stdout)) == 60_000
