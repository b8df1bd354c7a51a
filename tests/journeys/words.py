"""What a person says at the command line, in a process of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path


async def pawline(config: Path, *words: str, env: Mapping[str, str]) -> str:
    """What `pawline` printed; it must have gone well."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pawline.cli", *words, "--config", str(config), env={**os.environ, **env},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    return said
