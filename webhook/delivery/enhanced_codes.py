"""Whose fault a refusal is, by its enhanced status code (RFC 3463 and RFC 5248).

A code such as 5.1.1 follows the reply code: ``550 5.1.1 no such user``. Its first number repeats
that the refusal is permanent, the second names the subject (1 address, 2 mailbox, 3 mail system,
4 network, 5 protocol, 6 content, 7 policy), and the third the detail.
"""

import re
from enum import Enum

_TEMPORARY, _PERMANENT = 4, 5
_CODE = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?!\S)")


class Fault(Enum):
    """Whose fault it is that a mail was refused with 5xx."""

    RECIPIENT = "the recipient"
    MAIL = "this mail, such as its size"
    SERVER = "the server, or our right to use it"
    UNKNOWN = "not known"
    PASSING = "the server calls it temporary"


_SUBJECTS = {
    1: Fault.RECIPIENT,
    2: Fault.RECIPIENT,
    3: Fault.SERVER,
    6: Fault.MAIL,
    7: Fault.SERVER,
}
# Details that do not belong to their subject.
_DETAILS = {
    (1, 0): Fault.UNKNOWN,  # something about an address: servers say so of senders too
    (1, 7): Fault.SERVER,  # the sender's address is wrong
    (1, 8): Fault.SERVER,  # the sender's domain is wrong
    (2, 3): Fault.MAIL,  # the mail is too large for the mailbox
    (3, 4): Fault.MAIL,  # the mail is too large for the system
    (4, 3): Fault.SERVER,  # a directory server failed
    (4, 5): Fault.SERVER,  # congestion; Gmail: the daily limit is reached
    (7, 13): Fault.RECIPIENT,  # the account is disabled
    (7, 17): Fault.RECIPIENT,  # the mailbox has a new owner
    (7, 18): Fault.RECIPIENT,  # the domain has a new owner
}


def find_code(text: str) -> str:
    """Return the enhanced code at the beginning of a reply's text, or an empty string."""
    found = _CODE.match(text)
    return found[0] if found else ""


def fault_of(enhanced_code: str) -> Fault:
    """Return whose fault a 5xx with this enhanced code is. An empty code says nothing."""
    if not enhanced_code:
        return Fault.UNKNOWN
    kind, subject, detail = map(int, enhanced_code.split("."))
    if kind != _PERMANENT:
        return Fault.PASSING if kind == _TEMPORARY else Fault.UNKNOWN
    return _DETAILS.get((subject, detail)) or _SUBJECTS.get(subject, Fault.UNKNOWN)
