"""Tells a line of a signature from a line of news: names, posts, companies, phones and addresses, word by word.

A signature is folded only where each of its lines looks like one. "Ключ у охраны" below a name is news.
"""

import re
from typing import Final

from .lines import MAX_MARKER_LINE

LONGEST: Final = 110
_MOST_NAMES: Final = 7

_COMPANY: Final = "ооо|ао|зао|пао|ип|оао|гк|тд|llc|ltd|inc|gmbh"
_CONTACT: Final = re.compile(
    r"@|https?:|www\.|\d(?:[\s()-]{0,3}\d){6}|\b\d{6},"
    r"|\b(?:тел|телефон|моб|сот|факс|доб|phone|tel|mob|mobile|cell|fax|e-?mail|почта|сайт|адрес|skype|telegram|whatsapp"
    rf"|viber|icq|ул|пр-т|просп|пер|наб|оф|{_COMPANY})\b",
    re.IGNORECASE,
)
_URL: Final = re.compile(r"@|://|[\w-]\.[a-z]{2,10}(?:/|$)", re.IGNORECASE)
# Words that begin small in signatures.
_CONTACT_WORDS: Final = re.compile(
    "тел|телефон|моб|мобильный|сот|раб|рабочий|факс|доб|эл|адрес|почта|сайт|email|e-mail|mail|mailto|mob|mobile|phone|tel"
    "|fax|cell|web|site|skype|telegram|whatsapp|viber|icq|г|ул|пр|пр-т|просп|пер|наб|д|дом|оф|офис|стр|корп|к|обл|т|м|ф|р"
    "|t|m|p|e|w|st|ext"
)
_POST_WORDS: Final = re.compile(
    "(?:директор|менеджер|инженер|специалист|бухгалтер|начальник|руковод|заведу|управляющ|администратор|секретар|технолог"
    "|товаровед|механик|логист|юрист|экономист|диспетчер|координатор|помощник|ассистент|заместител|главн|ведущ|старш"
    "|генеральн|коммерческ|техническ|исполнительн|финансов|регионал|отдел|служб|департамент|групп|компани|снабжен|закуп"
    "|сервисн|поддержк|эксплуатаци|обслуживани|развити|системн|производств|manager|engineer|director|specialist"
    "|accountant|assistant|officer|department|support|service)[a-zа-я-]{0,8}|зам|продаж|продажам|гл|head|team|lead|sales"
    "|(?:завод|фабрик|комбинат|магазин|супермаркет|ресторан|гостиниц|аптек|предприяти|филиал)[а-я]{0,3}|кафе|сеть"
    "|торговый|торговая"
)
_LITTLE_WORDS: Final = re.compile("по|и|с|работе|клиентами|клиентам|ваш|ваша|of|and|the|for|at|your|von|de|der")
_ORDER: Final = re.compile(r"(?:йте|ите|ьте)(?:сь)?\Z")
_EDGES: Final = " \t.,;:|/\\()[]<>«»\"'*_-–—•+№#&"


def is_signature_line(text: str, *, names: bool) -> bool:
    """Tell whether each word of a line belongs into a signature; a mere name does only where ``names`` are awaited."""
    if len(text) > min(LONGEST, MAX_MARKER_LINE) or text.endswith(("?", "!")):
        return False
    contact = is_contact(text)
    posts = count = 0
    for token in text.split():
        word = token.strip(_EDGES)
        if not word or _URL.search(token):
            continue
        count += 1
        small = word.lower()
        if any(map(str.isdigit, word)):
            if not contact:
                return False
        elif _POST_WORDS.fullmatch(small):
            posts += 1
        elif _ORDER.search(small) or not (word[0].isupper() or _is_small_word(small)):
            return False
    if contact or posts or not count:
        return True
    return names and count <= _MOST_NAMES and not (count > 1 and text.isupper())


def is_contact(text: str) -> bool:
    """Tell whether a line names a phone, an address, a site or a company."""
    return bool(_CONTACT.search(text[:MAX_MARKER_LINE]))


def _is_small_word(small: str) -> bool:
    return bool(_CONTACT_WORDS.fullmatch(small) or _LITTLE_WORDS.fullmatch(small))
