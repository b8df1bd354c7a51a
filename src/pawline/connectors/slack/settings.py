"""What a Slack account needs to be told."""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from pawline.kit import Secret

CHANNEL: Final = re.compile(r"[CG][A-Z0-9]{2,30}")
PERSON: Final = re.compile(r"[UW][A-Z0-9]{2,30}")
GROUP: Final = re.compile(r"S[A-Z0-9]{2,30}")
LONGEST: Final = 60
"""Characters of a name under which somebody answers."""
MOST: Final = 10
"""Groups at most: Slack says 20 times a minute who is in one."""

Detail = Literal["number", "title", "household"]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Slack app in one workspace, and the channel to which its cards go.

    `token` is the app's bot token. `channel` is the channel's id, not its name. `signing_secrets` are those that are
    live, two while one is changed; none, and no click is believed. `people` may answer, by the id of their user: the
    name is what the audit calls them. So may everybody in `groups`, by the id of the user group. `detail` is how much
    of a case is shown: its number and choices only, the title too, or the household's number as well. `unconfirmed`
    are choices that are taken without asking again. `url` is for tests only.

    Raises ValueError for what is no id, for a name that is none, and for too many groups.
    """

    token: Secret
    channel: str
    signing_secrets: tuple[Secret, ...] = ()
    people: dict[str, str] = {}
    groups: dict[str, str] = {}
    detail: Detail = "title"
    unconfirmed: tuple[str, ...] = ()
    url: str = "https://slack.com/api"

    def __post_init__(self) -> None:
        if not CHANNEL.fullmatch(self.channel):
            raise ValueError("`channel` is a channel's id, such as C024BE91L: see the end of its details in Slack")
        if len(self.groups) > MOST:
            raise ValueError(f"`groups` names {len(self.groups)}, and may name {MOST}: Slack is asked about each")
        for what, kind, named in (("people", PERSON, self.people), ("groups", GROUP, self.groups)):
            for one, name in named.items():
                if not kind.fullmatch(one):
                    raise ValueError(f"`{what}` names {one[:40]!r}, which is no id: copy it from the profile in Slack")
                if not name.strip() or len(name) > LONGEST or not name.isprintable():
                    raise ValueError(f"`{what}.{one}` is the name under which they answer, of {LONGEST} characters")
