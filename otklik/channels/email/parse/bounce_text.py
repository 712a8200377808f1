"""Bounces in prose: who did not get the mail and why, from the wordings of servers that send no delivery status.

Read line by line up to the copy of our own mail. An address counts when its line is little more than the address, or
when the line speaks of failure; the lines that follow, up to the next address, tell the reason.
"""

import re

from otklik.channels.email.parse.model import BounceRecipient

MAX_TEXT = 64 * 1024
MAX_LINES = 600
MAX_RECIPIENTS = 200

STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
SMTP_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[ \-#:]|\Z)")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_COPY = re.compile(
    r"[->\s*_=]{0,60}(?:this is a copy of (?:the|your) message|below this line is a copy|below the next line is a copy"
    r"|(?:the )?original message (?:follows|headers|attached|header)|original message\b[\s:-]*\Z|message header follows"
    r"|(?:start of )?returned (?:message|mail)|your (?:original )?message (?:follows|reads|is below)|copy of (?:the )?message"
    r"|message headers follow|unsent message below|included is a copy|the body of the message|forwarded message"
    r"|(?:исходное|оригинальное|ваше исходное) (?:сообщение|письмо)|(?:текст|заголовки|копия) (?:исходного|вашего|оригинального)?\s?"
    r"(?:сообщения|письма))",
    re.IGNORECASE,
)
_FAILURE = re.compile(
    r"fail|reject|refus|unknown|not (?:exist|found|deliver|be delivered|reach|available|recogni)|undeliver|no such|invalid|disabled"
    r"|quota|mailbox|unrout|unable|denied|blocked|bounce|inactive|expired|rcpt to|recipient|error|не (?:существ|найден|достав|удал|обнаруж)"
    r"|недоставл|неизвест|переполн|отклон|заблокир|отказ|получател|адрес",
    re.IGNORECASE,
)
_DELAY = re.compile(
    r"delayed|will (?:be )?(?:retried|retry|continue|keep trying|try again)|still (?:being|trying|attempting)|has not been delivered yet"
    r"|warning message only|do not need to resend|not yet been delivered|temporar(?:y|ily) (?:error|failure|deferred|problem)"
    r"|задерж|отложен|попыт\w+ (?:будут|доставки будут)|продолж\w+ попыт|пока не (?:было )?достав|повторн\w+ попыт|повторим",
    re.IGNORECASE,
)
_GAVE_UP = re.compile(
    r"permanent|giving up|has failed|could not be delivered|retry (?:time|timeout) (?:not reached|exceeded)|expired|постоянн|недоставл"
    r"|не (?:было |может быть |удалось )?доставлен|не удалось достав",
    re.IGNORECASE,
)
_WORDED = (
    ("5.1.1", re.compile(r"user (?:is )?unknown|unknown (?:user|recipient|local)|no such (?:user|mailbox|recipient|person|account)|does(?: not|n't) exist"
                         r"|not found|mailbox unavailable|invalid (?:mailbox|recipient)|user not known|recipient address rejected"
                         r"|no mailbox|account (?:is )?(?:disabled|inactive)|не существует|не найден|неизвестн\w+ (?:пользоват|получат)|такого пользователя нет"
                         r"|нет такого (?:пользователя|адреса|ящика)", re.IGNORECASE)),
    ("5.2.2", re.compile(r"(?:over|exceed\w*|out of)\s\w{0,10}\s?(?:quota|storage|space)|quota (?:exceeded|full)|mailbox (?:is )?full|over ?quota|ящик переполнен"
                         r"|переполнен|превышена? квота", re.IGNORECASE)),
    ("5.1.2", re.compile(r"host (?:or domain )?(?:name )?not found|unrouteable|domain (?:not found|does not exist)|no mx|unknown host|домен не", re.IGNORECASE)),
    ("5.3.4", re.compile(r"too (?:large|big)|size (?:limit|exceed)|слишком большо", re.IGNORECASE)),
    ("5.7.1", re.compile(r"spam|blocked|blacklist|policy|denied|spf|dmarc|спам|заблокирован", re.IGNORECASE)),
)  # fmt: skip
_NOT_THEM = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|mdaemon|microsoftexchange[0-9a-f]*)@", re.IGNORECASE)
_HEADER_LINE = re.compile(r"\s{0,4}(?:from|reply-to|message-id|return-path|sender|date|subject|received|отправитель|от|тема|дата):", re.IGNORECASE)  # fmt: skip


def human_part(text: str) -> tuple[str, str]:
    """Split a bounce's text into what the server says and the copy of the returned mail."""
    place = 0
    for number, line in enumerate(text[:MAX_TEXT].split("\n")):
        if number >= MAX_LINES:
            break
        if _COPY.match(line[:300]) and number:
            return text[:place], text[place : place + MAX_TEXT * 4]
        place += len(line) + 1
    return text[:place], ""


def find_status(reason: str, default: str = "") -> str:
    """Return the enhanced status that a reason names, or that its SMTP code or its words mean."""
    found = STATUS.search(reason[:2000])
    worded = next((status for status, pattern in _WORDED if pattern.search(reason[:2000])), "")
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
    delayed = bool(_DELAY.search(text[:MAX_TEXT]))
    if status.startswith("5"):
        return "failed"
    if delayed and not _GAVE_UP.search(text[:MAX_TEXT]):
        return "delayed"
    if status.startswith("4") and delayed:
        return "delayed"
    return "failed"


def scan(text: str, ours: set[str], failed: list[str]) -> list[BounceRecipient]:
    """Read the recipients out of the server's words; ``failed`` are those that a header names already."""
    records: dict[str, list[str]] = {address: [] for address in failed[:MAX_RECIPIENTS]}
    current = ""
    for line in text.split("\n")[:MAX_LINES]:
        bare = line.strip()[:1000]
        if not bare or _HEADER_LINE.match(line):
            continue
        named = [
            item.lower() for item in _ADDRESS.findall(bare) if not _NOT_THEM.match(item) and item.lower() not in ours
        ]
        fresh = next((item for item in named if item in records or (not failed and _counts(bare, item))), "")
        if fresh and (fresh in records or len(records) < MAX_RECIPIENTS):
            current = fresh
            records.setdefault(fresh, [])
            bare = re.sub(re.escape(fresh), "", bare, count=1, flags=re.IGNORECASE).strip(" <>:()[]-\t,;\"'")
        if current and bare and sum(map(len, records[current])) < 500:
            records[current].append(bare)
    return [_recipient(address, " ".join(lines or [text[:2000]]), text) for address, lines in records.items()]


def _counts(line: str, address: str) -> bool:
    rest = len(line) - len(address)
    return rest <= 12 or (rest <= 40 and line.lower().startswith(address)) or bool(_FAILURE.search(line)) or bool(SMTP_CODE.search(line) or STATUS.search(line))


def _recipient(address: str, reason: str, text: str) -> BounceRecipient:
    reason = " ".join(reason.split())[:500]
    status = find_status(reason) or find_status(text)
    action = action_for(status, reason if _DELAY.search(reason) else text)
    if not status:
        status = "4.0.0" if action == "delayed" else "5.0.0"
    return BounceRecipient(address=address, status=status, action=action, reason=reason)
