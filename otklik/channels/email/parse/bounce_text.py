"""Bounces in prose: who did not get the mail and why, from the wordings of servers that send no delivery status.

Read line by line up to the copy of our own mail. An address counts when its line is little more than the address, or
when the line speaks of failure; the lines that follow, up to the next address, tell the reason.
"""

import re
from functools import cached_property

from otklik.channels.email.parse import bounce_words as words
from otklik.channels.email.parse.model import BounceRecipient

MAX_TEXT = 64 * 1024
MAX_LINES = 600
MAX_RECIPIENTS = 200

STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
SMTP_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[ \-#:]|\Z)")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_EXPANDED = re.compile(r"(?:generated|expanded) from:? <?(" + _ADDRESS.pattern + ")", re.IGNORECASE)
_NOT_THEM = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|mdaemon|microsoftexchange[0-9a-f]*)@", re.IGNORECASE)


def human_part(text: str) -> tuple[str, str]:
    """Split a bounce's text into what the server says and the copy of the returned mail."""
    place = 0
    for number, line in enumerate(text[:MAX_TEXT].split("\n")):
        if number >= MAX_LINES:
            break
        if words.COPY.match(line[:300]) and number:
            return text[:place], text[place : place + MAX_TEXT * 4]
        place += len(line) + 1
    return text[:place], ""


def find_status(reason: str, default: str = "") -> str:
    """Return the enhanced status that a reason names, or that its SMTP code or its words mean."""
    found = STATUS.search(reason[:2000])
    worded = next((status for status, pattern in words.MEANINGS if pattern.search(reason[:2000])), "")
    if found and found[0] not in {"5.0.0", "4.0.0"}:
        return found[0]
    code = SMTP_CODE.search(reason[:2000])
    if worded:
        return worded if not (code and code[1][0] == "4") else "4" + worded[1:]
    if found:
        return found[0]
    return f"{code[1][0]}.0.0" if code else default


def action_for(status: str, text: str) -> str:
    """Tell a delay from a failure by the status and the words around it."""
    delayed = bool(words.DELAY.search(text[:MAX_TEXT]))
    if status.startswith("5"):
        return "failed"
    if delayed and not words.GAVE_UP.search(text[:MAX_TEXT]):
        return "delayed"
    if status.startswith("4") and delayed:
        return "delayed"
    return "failed"


class Said:
    """What the server says as a whole; looked through once, however many recipients there are."""

    def __init__(self, text: str) -> None:
        self.text = text[:MAX_TEXT]
        self.lines = self.text.split("\n")[:MAX_LINES]

    @cached_property
    def status(self) -> str:
        """The first status that the text names or means."""
        return find_status(self.text)

    @cached_property
    def telling_line(self) -> str:
        """The line that says why, for recipients beside whose address nothing stands."""
        line = next((line for line in self.lines if find_status(line)), "")
        return " ".join(line.split())[:500]

    @cached_property
    def delayed(self) -> bool:
        """Whether the words speak of a delay and not of giving up."""
        return action_for("", self.text) == "delayed"

    @cached_property
    def speaks_of_delay(self) -> bool:
        """Whether a delay is named at all."""
        return bool(words.DELAY.search(self.text))

    def recipient(self, address: str, beside: str) -> BounceRecipient:
        """Judge one recipient by the words beside his address, else by the whole text."""
        reason = " ".join(beside.split())[:500]
        status = find_status(reason)
        if not status:
            status = self.status or find_status(self.telling_line)
            reason = self.telling_line or reason or " ".join(self.text[:2000].split())[:500]
        if status.startswith("5"):
            action = "failed"
        elif words.DELAY.search(reason):
            action = action_for(status, reason)
        else:
            action = "delayed" if self.delayed or (status.startswith("4") and self.speaks_of_delay) else "failed"
        first = _EXPANDED.search(reason)
        return BounceRecipient(
            address=first[1].lower() if first else address,
            status=status or ("4.0.0" if action == "delayed" else "5.0.0"),
            action=action,
            reason=reason,
            final_address=address,
        )


def scan(text: str, ours: set[str], failed: list[str]) -> list[BounceRecipient]:
    """Read the recipients out of the server's words; ``failed`` are those that a header names already."""
    said = Said(text)
    beside: dict[str, list[str]] = {address: [] for address in failed[:MAX_RECIPIENTS]}
    current = ""
    for line in said.lines:
        bare = line.strip()[:1000]
        if not bare or _header_line(line):
            continue
        found = [item.lower() for item in _ADDRESS.findall(bare) if not _NOT_THEM.match(item)]
        named = [item for item in found if item not in ours]
        fresh = next((item for item in named if item in beside or (not failed and _counts(bare, item))), "")
        if fresh and (fresh in beside or len(beside) < MAX_RECIPIENTS):
            current = fresh
            beside.setdefault(fresh, [])
            bare = _without(bare, fresh)
        if current and bare and sum(map(len, beside[current])) < 500:
            beside[current].append(bare)
    return [said.recipient(address, " ".join(lines)) for address, lines in beside.items()]


def _without(line: str, address: str) -> str:
    place = line.lower().find(address)
    return (line[:place] + line[place + len(address) :]).strip(" <>:()[]-\t,;\"'") if place >= 0 else line


def _header_line(line: str) -> bool:
    found = words.HEADER_LINE.match(line)
    return found is not None and line[found.end() : found.end() + 1] == ":"


def _counts(line: str, address: str) -> bool:
    rest = len(line) - len(address)
    return (
        rest <= 12
        or (rest <= 40 and line.lower().startswith(address))
        or bool(words.FAILURE.search(line))
        or bool(SMTP_CODE.search(line) or STATUS.search(line))
    )
