"""The register of senders: from the settings, for flows to ask, and compared with what accounts send by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pawline.hub.settings import HubRefused
from pawline.ports import How, Marketing, PortError, Sender, Senders
from pawline.runtime import Binding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pawline.hub.connecting import Sends
    from pawline.hub.settings import MessageSettings, Settings

ACCOUNT: Final = "pawline/register"


class Register:
    """See `Senders`. `senders` by message; what is not among them is asked of the marketing tool."""

    def __init__(self, senders: Mapping[str, Sender]) -> None:
        self.senders: Final = senders

    async def of(self, message: str) -> Sender:
        return self.senders.get(message) or Sender(message=message)


def register_of(settings: Settings, bindings: Iterable[Binding]) -> Binding:
    """The register as an account. Raises HubRefused for an asked sender that no account of Marketing is."""
    tools = {one.account for one in bindings if one.port is Marketing}
    senders = {one.name: Sender(message=one.name, how=one.how, account=one.sender) for one in settings.messages}
    for n, one in enumerate(settings.messages):
        if one.how is How.ASKED and one.sender and one.sender not in tools:
            raise HubRefused(
                f"`messages[{n}]`: {one.name} is asked of {one.sender}, which is no account that plays Marketing:"
                f' name one of {", ".join(sorted(tools)) or "none yet"}, or say how = "itself"'
            )
    return Binding(ACCOUNT, Senders, Register(senders))


class Compared(NamedTuple):
    """What the register and the accounts contradict each other in, and who could not be asked, in sentences."""

    wrong: list[str]
    unknown: list[str]


async def compared(settings: Settings, sends: Mapping[str, Sends]) -> Compared:
    """The register beside what the accounts send by themselves now; `sends` by account."""
    register = {one.name: one for one in settings.messages}
    by: dict[str, list[str]] = {}
    told = Compared([], [])
    for account, asks in sorted(sends.items()):
        try:
            found = await asks()
        except PortError as problem:
            told.unknown.append(f"{account} does not say what it sends by itself: {problem.text}")
            continue
        for message in found:
            by.setdefault(message, []).append(account)
        silent = [name for name, one in register.items() if (one.how, one.sender) == (How.ITSELF, account)]
        told.wrong.extend(
            f"{name}: {account} is to send it by itself and does not: switch it on there"
            for name in silent if name not in found
        )  # fmt: skip
    for message, accounts in sorted(by.items()):
        one = register.get(message)
        senders = [f"{account} by itself" for account in accounts]
        if one is None or one.how is not How.ITSELF or one.sender not in accounts:
            senders.append(_named(one))
        if len(senders) > 1:
            told.wrong.append(f"{message} has {len(senders)} senders, {' and '.join(senders)}: leave one")
    return told


def _named(one: MessageSettings | None) -> str:
    """Whom the register says."""
    if one is None or one.how is How.ASKED:
        return f"{(one and one.sender) or 'the marketing tool'}, asked by us"
    return f"{one.sender} by itself" if one.how is How.ITSELF else "nobody, by the register"
