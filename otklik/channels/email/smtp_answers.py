"""What a mail server's answer means to us: may it work later, never, or does nobody know. Pure."""

import re

_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")


class SendError(Exception):
    """A mail did not go out: ``code`` names the reason, ``response`` keeps the server's own words, cleaned."""

    def __init__(self, code: str, response: str = "", *, server_down: bool = False):
        super().__init__(code)
        self.code = code
        self.response = response
        # every other mail for this server would meet the same
        self.server_down = server_down


class Passing(SendError):
    """It may work later."""


class Refused(SendError):
    """The server said no for good."""


class Doubt(SendError):
    """Everything was sent and no answer came: the mail may or may not have been taken."""


def plain_response(code: int, text: bytes | str) -> str:
    """Return a server's answer as one bounded line of printable text."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    flat = " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())
    return (f"{code} {flat}" if code > 0 else flat)[:500]


def refusal_code(code: int, text: bytes | str) -> str:
    """Name the reason of a refusal after its enhanced status, else its plain code."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    found = _ENHANCED.search(words)
    status = found.group(2, 3) if found else ("", "")
    if status in {("1", "1"), ("1", "10"), ("1", "2"), ("1", "3"), ("4", "4"), ("1", "6")}:
        return "unknown_recipient"
    if status == ("2", "2") or code == 552 and status != ("3", "4"):
        return "mailbox_full"
    if status in {("3", "4"), ("2", "3")} or code == 552:
        return "too_large"
    if status[0] == "7" or code == 554:
        return "policy"
    if status == ("2", "1"):
        return "mailbox_disabled"
    return "unknown_recipient" if code in {550, 551, 553} and not found else "refused"
