"""What Slack's errors mean: it answers 200, and says in the body that it was no success.

https://docs.slack.dev/reference/methods/chat.postMessage#errors and those of the other methods
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

import msgspec

from pawline.kit import Answer, retry_after
from pawline.ports import Code, Malformed, PortError, Rejected, Transient, Unauthorised

SOON: Final = timedelta(seconds=5)
"""Who is limited, and not told for how long, waits so long."""
STRANGE: Final = frozenset({
    "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type",
    "two_factor_setup_required",
})  # fmt: skip
FORBIDDEN: Final = frozenset({
    "missing_scope", "no_permission", "access_denied", "ekm_access_denied", "org_login_required",
    "enterprise_is_restricted", "team_access_not_granted", "restricted_action", "restricted_action_read_only_channel",
    "restricted_action_non_threadable_channel", "restricted_action_thread_only_channel",
})  # fmt: skip
BUSY: Final = frozenset({
    "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org", "update_failed",
    "external_channel_migrating",
})  # fmt: skip
"""Of `internal_error` and `fatal_error` Slack says that some of it may have happened."""
LIMITED: Final = frozenset({"ratelimited", "rate_limited", "accesslimited"})
AWAY: Final = {
    "not_in_channel": "the app is not in its channel: invite it there",
    "channel_not_found": "the app sees no such channel: correct `channel`, or invite the app to it",
    "is_archived": "the channel is archived: unarchive it, or name another one",
    "is_inactive": "the channel is frozen: have it thawed, or name another one",
}
"""What only people can mend, in Slack or in the settings."""
LOST: Final = {
    "message_not_found": Code.NOT_FOUND, "cant_update_message": Code.NOT_ALLOWED, "edit_window_closed": Code.TOO_LATE,
    "user_not_in_channel": Code.UNDELIVERABLE, "user_not_found": Code.UNDELIVERABLE, "no_such_subteam": Code.NOT_FOUND,
}  # fmt: skip
_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,60}")


class Said(msgspec.Struct, frozen=True):
    """How every answer begins."""

    ok: bool
    error: Any = None
    needed: Any = None


def problem(answer: Answer, method: str, *, ours: bool) -> PortError | None:
    """The error that an answer of 200 means, None where it is none.

    `ours`: it is about the account's own channel, so that what is wrong with it is for people to mend; else it is of
    something that is lost.
    """
    try:
        said = msgspec.json.decode(answer.body, type=Said)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as odd:
        return Malformed(f"{method} was answered, but not as promised ({type(odd).__name__})")
    if said.ok:
        return None
    word = _tidy(said.error)
    if not word:
        return Malformed(f"{method} was refused without a word")
    if word in LIMITED:
        wait = retry_after(answer.headers.get("retry-after")) or SOON
        return Transient(f"{method}: too many calls at once", Code.RATE_LIMITED, retry_after=wait)
    if word in BUSY:
        return Transient(f"{method}: Slack says {word}", Code.UNAVAILABLE)
    if word in STRANGE:
        return Unauthorised(f"Slack does not let this token in ({word})", Code.CREDENTIALS)
    if word in FORBIDDEN:
        scopes = f": add {needed} to the app's scopes" if (needed := _scopes(said.needed)) else ""
        return Unauthorised(f"the app may not do that ({word}){scopes}", Code.FORBIDDEN)
    if word in AWAY:
        return Unauthorised(AWAY[word], Code.FORBIDDEN) if ours else Rejected(AWAY[word], Code.GONE)
    return Rejected(f"{method}: Slack says {word}", LOST.get(word, Code.INVALID))


def _tidy(word: object) -> str:
    return word if isinstance(word, str) and _WORD.fullmatch(word) else ""


def _scopes(needed: object) -> str:
    names = needed.split(",") if isinstance(needed, str) else []
    return ", ".join(one for one in names if _WORD.fullmatch(one.replace(":", "_").replace(".", "_")))
