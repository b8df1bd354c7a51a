"""How every flow asks people to answer a survey: by their own link, in a message of ours, and not too often."""

from __future__ import annotations

from pawline.flows.telling import tell
from pawline.model import Medium, Message, Purpose, Sent, Skipped
from pawline.ports import Code, Invitation, Rejected, Surveys
from pawline.runtime import use

URL = "url"
"""The value of a message that is the link."""


async def invite(invitation: Invitation, message: Message) -> Sent | Skipped:
    """The message goes out with their own link in it, as `url`; the link is made once it may.

    Who was asked, or answered, lately is not, whichever tool that was. Raises ValueError where the tool is to send it
    by itself: it does not ask who was, and where the message is for something else than surveys.
    """
    if invitation.medium is not Medium.WEB or message.purpose is not Purpose.SURVEYS:
        raise ValueError("people are invited by a message of ours, for surveys, and the tool makes the link")

    async def link() -> dict[str, str]:
        made = await use(Surveys).invite(invitation)
        if not made.url:
            raise Rejected("the survey tool makes no link of their own", Code.UNSUPPORTED)
        return {URL: made.url}

    return await tell(message, link)
