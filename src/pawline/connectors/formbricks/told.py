"""What Formbricks answers, as far as it is read.

By its own source: `docs/api-v2-reference/openapi.yml`, `packages/types` and the routes below `apps/web`, as it was
on 2026-08-22.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar

import msgspec

from pawline.kit import plain

T = TypeVar("T")
_RECALL: Final = re.compile(r"#recall:[^#/]{1,200}/fallback:([^#]{0,200})#")
"""Where a question repeats an earlier answer, and what it says without one: `packages/surveys/src/lib/recall.ts`."""


class Data(msgspec.Struct, Generic[T], frozen=True):
    """How every answer comes."""

    data: T


class ToldResponse(msgspec.Struct, frozen=True, rename="camel"):
    """What somebody answered, as far as they came. Hidden fields stand among the answers, by their names.

    `contact_attributes` are what Formbricks knew of them then.
    """

    id: str
    survey_id: str
    created_at: datetime
    updated_at: datetime
    finished: bool
    data: dict[str, Any]
    contact_attributes: dict[str, Any] | None = None


class ToldQuestion(msgspec.Struct, frozen=True):
    """A question. Its words and those of its choices are by language, `default` among them; `range` is a rating's."""

    id: str
    type: str
    headline: Any = None
    range: Any = None
    choices: Any = None
    rows: Any = None
    columns: Any = None

    @property
    def asked(self) -> str | None:
        """Its words, as people see them."""
        return plain(_RECALL.sub(r"\1", words)) or None if (words := _default(self.headline)) else None

    @property
    def labels(self) -> Mapping[str, str]:
        """Of its choices, in whichever language they were chosen: what each is by default."""
        found = dict[str, str]()
        for group in (self.choices, self.rows, self.columns):
            for one in group if isinstance(group, list) else ():
                said = one.get("label") if isinstance(one, dict) else None
                if isinstance(said, dict) and (default := _default(said)):
                    found |= {label: plain(default) for label in said.values() if isinstance(label, str)}
        return found


class ToldSurvey(msgspec.Struct, frozen=True, rename="camel"):
    """A survey. Older versions have an environment, and no workspace; newer ones say both."""

    id: str
    status: str
    type: str
    workspace_id: str | None = None
    environment_id: str | None = None
    questions: tuple[Any, ...] = ()
    hidden_fields: Any = None
    single_use: Any = None
    archived_at: Any = None

    @property
    def asks(self) -> dict[str, ToldQuestion]:
        """Its questions by their ids, in order. One that cannot be read keeps no other back."""
        found = dict[str, ToldQuestion]()
        for one in self.questions:
            try:
                question = msgspec.convert(one, ToldQuestion)
            except msgspec.ValidationError:
                continue
            found[question.id] = question
        return found

    @property
    def hidden(self) -> frozenset[str]:
        """Names of what a link or a page may say beside the answers."""
        names = self.hidden_fields.get("fieldIds") if isinstance(self.hidden_fields, dict) else None
        return frozenset(one for one in names if isinstance(one, str)) if isinstance(names, list) else frozenset()

    @property
    def once(self) -> bool:
        """Whether only links of one's own open it."""
        return isinstance(self.single_use, dict) and self.single_use.get("enabled") is True

    def of(self, workspace: str) -> bool:
        """Whether it is this workspace's, by its id or by the one that it had as an environment."""
        return workspace in (self.workspace_id, self.environment_id)


class ToldWebhook(msgspec.Struct, frozen=True, rename="camel"):
    """A webhook; `secret` is there when it is made, and in older versions later too."""

    id: str
    url: str
    triggers: tuple[str, ...]
    survey_ids: tuple[str, ...]
    name: str | None = None
    source: str = "user"
    secret: str | None = None
    workspace_id: str | None = None
    environment_id: str | None = None


def iso(at: datetime) -> str:
    """As Formbricks asks for times, to the millisecond, as it writes them."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _default(said: object) -> str:
    found = said.get("default") if isinstance(said, dict) else said
    return found if isinstance(found, str) else ""
