"""How the customers' mail programs dress a message: signature below it, the answered letter quoted, each in its own
way."""

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from otklik.demo.company import NAME, Client

ZONE: Final = ZoneInfo("Europe/Moscow")
MAILBOX: Final = "support@demo.otklik.test"
_MONTHS: Final = (
    "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября",
    "декабря",
)  # fmt: skip
_SHORT: Final = ("янв.", "февр.", "мар.", "апр.", "мая", "июн.", "июл.", "авг.", "сент.", "окт.", "нояб.", "дек.")
_DAYS: Final = ("Понедельник", "Вторник", "Среда", "Четверг", "Пятница", "Суббота", "Воскресенье")
_TWO: Final = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
PROGRAMS: Final = {
    "gmail": "",
    "yandex": "Yamail [ http://yandex.ru ] 5.0",
    "mailru": "Mail.Ru Mailer 1.0",
    "outlook": "Microsoft Outlook 16.0",
    "apple": "iPhone Mail (22D72)",
    "thunderbird": "Mozilla Thunderbird",
    "bare": "",
}


@dataclass(frozen=True, slots=True)
class Answered:
    """The letter that is answered."""

    at: datetime
    author: str
    text: str
    subject: str


def program_of(rng: random.Random, client: Client) -> str:
    """Return the program a person writes with."""
    if client.about in {"bank", "factory", "mall", "food"}:
        return rng.choice(("outlook", "outlook", "thunderbird", "gmail"))
    return rng.choice(("gmail", "yandex", "mailru", "apple", "apple", "outlook", "bare"))


def dress(text: str, client: Client, program: str, organization: str, answered: Answered | None, *, first: bool) -> str:
    """Return the whole text of a mail: what was written, the signature, and the quoted letter."""
    parts = [text]
    if client.formal and (first or program == "outlook"):
        parts.append("\n\n" + _signature(client, organization))
    elif program == "apple":
        parts.append("\n\nSent from my iPhone" if client.about == "foreign" else "\n\nОтправлено с iPhone")
    elif program == "mailru" and first:
        parts.append(f"\n\n--\n{client.contact.name}")
    if answered is not None and program != "bare":
        parts.append("\n\n" + _quote(program, answered, english=client.about == "foreign"))
    return "".join(parts)


def _signature(client: Client, organization: str) -> str:
    phone = client.contact.phone
    shown = f"+7 ({phone[2:5]}) {phone[5:8]}-{phone[8:10]}-{phone[10:12]}" if phone else ""
    lines = [client.contact.name, client.contact.position, organization, f"тел. {shown}" if shown else ""]
    return "С уважением,\n" + "\n".join(line for line in lines if line)


def _quote(program: str, answered: Answered, *, english: bool) -> str:
    at = answered.at.astimezone(ZONE)
    who = f"{answered.author} · {NAME}"
    quoted = "\n".join(f"> {line}".rstrip() for line in answered.text.split("\n"))
    if english:
        return f"On {at:%a, %b} {at.day}, {at.year} at {at:%I:%M %p} {who} <{MAILBOX}> wrote:\n\n{quoted}"
    month = _MONTHS[at.month - 1]
    match program:
        case "gmail":
            day = f"{_TWO[at.weekday()]}, {at.day} {_SHORT[at.month - 1]} {at.year} г."
            return f"{day} в {at:%H:%M}, {who} <{MAILBOX}>:\n\n{quoted}"
        case "yandex":
            return f'{at:%d.%m.%Y}, {at:%H:%M}, "{who}" <{MAILBOX}>:\n\n{quoted}'
        case "mailru":
            day = f"{_DAYS[at.weekday()]}, {at.day} {month} {at.year}, {at:%H:%M}"
            return f"{day} +03:00 от {who} <{MAILBOX}>:\n\n{answered.text}"
        case "apple":
            return f"> {at.day} {month} {at.year} г., в {at:%H:%M}, {who} <{MAILBOX}> написал(а):\n>\n{quoted}"
        case "thunderbird":
            return f"{at:%d.%m.%Y} {at:%H:%M}, {who} пишет:\n{quoted}"
    return (
        f"-----Исходное сообщение-----\nОт: {who} <{MAILBOX}>\nОтправлено: {at.day} {month} {at.year} г. {at:%H:%M}\n"
        f"Тема: {answered.subject}\nКому: {MAILBOX}\n\n{answered.text}"
    )
