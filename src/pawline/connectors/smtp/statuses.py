"""What a status code says (RFC 3463, RFC 7505, and IANA's registry of 2024-12-06), and whether the address is dead.

The words are ours, by the code: what a server wrote beside it may quote an address, and goes nowhere.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_CODE: Final = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})(?!\d)", re.ASCII)
_REPLY: Final = re.compile(r"\s*smtp\s*;\s*5\d\d[ -]+#?(5\.\d{1,3}\.\d{1,3})(?!\d)", re.ASCII | re.IGNORECASE)
LASTING: Final = frozenset({"1.1", "1.2", "1.3", "1.6", "1.10"})
"""Of class 5, what is said of the address itself. All else is of the day, of the letter, or of us.

Not among them: 1.0, 2.0 and 0.0, which say nothing; 1.4, an address of several; 1.7 and 1.8, which are about our own;
2.1, a mailbox that is switched off, which Gmail also says of one that gets too much at once (550-5.2.1 "at a rate that
prevents additional messages", ReceivingRatePerm); 2.2, one that is full; 4.4, a route that is wrong today; 7.x, a
policy, which is mostly about who sends.
"""
WORDS: Final = {
    "1.1": "there is no such mailbox",
    "1.2": "there is no such domain",
    "1.3": "it is no address",
    "1.4": "the address is more than one mailbox",
    "1.6": "the mailbox has moved, nobody says where to",
    "1.7": "the sender's address is not taken",
    "1.8": "the sender's domain is not taken",
    "1.10": "the domain takes no mail",
    "2.1": "the mailbox takes no mail now",
    "2.2": "the mailbox is full",
    "2.3": "the letter is too long",
    "4.7": "nobody took it in time",
    "7.1": "their server does not take it from us",
}
SUBJECTS: Final = {
    "0": "no reason is given", "1": "the address is not taken", "2": "the mailbox does not take it",
    "3": "their mail system does not take it", "4": "it could not be brought there", "5": "the servers did not agree",
    "6": "what is in it is not taken", "7": "their policy does not let it in",
}  # fmt: skip


class Status(NamedTuple):
    """One recipient's: `because` is a sentence without a word of theirs."""

    lasting: bool
    because: str


def status_of(text: str, diagnostic: str = "") -> Status:
    """By what a report says in `Status`. What is no code is a failure without a reason.

    Some servers write x.0.0 there, and what the other server replied into `Diagnostic-Code`: its code is taken then.
    """
    found = _CODE.match(text)
    if (found is None or (found[2], found[3]) == ("0", "0")) and (said := _REPLY.match(diagnostic)) is not None:
        found = _CODE.match(said[1])
    if found is None:
        return Status(False, SUBJECTS["0"])
    kind, subject, detail = found[1], str(int(found[2])), str(int(found[3]))
    code = f"{subject}.{detail}"
    because = WORDS.get(code) or SUBJECTS.get(subject, SUBJECTS["0"])
    return Status(kind == "5" and code in LASTING, f"{because} ({kind}.{code})")
