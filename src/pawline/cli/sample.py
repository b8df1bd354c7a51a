"""What `pawline init` writes: settings, a first flow of one's own, its rehearsal, and an event to send."""

from __future__ import annotations

from typing import Final

_SETTINGS = """\
# Pawline's settings. Paths and modules are found from this folder. All keys: `docs/how-to/operate.md`.
shops = ["{shop}"]
store = "sqlite:///pawline.db"        # or postgresql://…; the variable PAWLINE_STORE overrules it
key_file = "pawline.key"              # the variable PAWLINE_KEY overrules it; keep a copy elsewhere
flows = ["welcome"]                   # modules that define flows

[[accounts]]
use = "welcome:connect"               # a function that returns a list of Bindings

[retention]
payloads = 30                         # days that the payloads of ended runs are kept
facts = 60                            # days in which the same event counts once; 60 at least

# [alarms]                            # who is told when something is wrong: `docs/how-to/be-told-of-alarms.md`
"""

_FLOW = '''\
"""A first flow: welcome a newcomer, once, whatever happens to the hub meanwhile."""

import logging
from typing import Protocol

from pawline.model import Event
from pawline.ports import EffectKind, Operation, Settle
from pawline.runtime import Binding, flow, reached, use


class NewcomerJoined(Event, tag="newcomer.joined@1"):
    """Somebody joined."""

    newcomer: str
    pet: str

    @property
    def subject(self) -> str:
        """The newcomer."""
        return self.newcomer


class Greeter(Protocol):
    """Says hello."""

    async def greet(self, newcomer: str, pet: str) -> str: ...


@flow(on=NewcomerJoined)
async def welcome(joined: NewcomerJoined) -> str:
    """A newcomer is welcomed once."""
    said = await use(Greeter).greet(joined.newcomer, joined.pet)
    await reached("welcomed")
    return said


class LogGreeter:
    """Greets in the hub's log: put a real connector here."""

    async def greet(self, newcomer: str, pet: str) -> str:
        logging.getLogger("welcome").info("welcome, %s and %s", newcomer, pet)
        return f"welcome, {newcomer} and {pet}"


def connect() -> list[Binding]:
    """Who plays which port, and what may be done when the outcome of a call is unknown: greeting twice does no harm."""
    greet = Operation(settle=Settle.REPEAT, kind=EffectKind.MESSAGE)
    return [Binding("log/local", Greeter, LogGreeter(), {"greet": greet})]
'''

_TEST = '''\
"""The flow, rehearsed: the same driver, a fake in place of the connector, no store."""

import asyncio

from pawline.runtime import rehearsing

from welcome import Greeter, LogGreeter, NewcomerJoined, welcome


def test_a_newcomer_is_welcomed() -> None:
    async def rehearsal() -> None:
        with rehearsing({Greeter: LogGreeter()}) as what:
            assert await welcome(NewcomerJoined(newcomer="Ada", pet="Momo")) == "welcome, Ada and Momo"
        assert what.steps == ["Greeter.greet"]
        assert what.milestones == ["welcomed"]

    asyncio.run(rehearsal())
'''

_SAMPLE = """\
{"type": "newcomer.joined@1", "data": {"newcomer": "Ada", "pet": "Momo"}}
"""

FILES: Final = {
    "pawline.toml": _SETTINGS,
    "welcome.py": _FLOW,
    "test_welcome.py": _TEST,
    "sample.json": _SAMPLE,
    ".gitignore": "pawline.key\npawline.db*\n",
}
