"""The words that servers use in bounces, English and Russian: patterns, one alternative a line, all bounded."""

import re


def _any(lines: str, start: str = "") -> re.Pattern[str]:
    alternatives = "|".join(line.strip() for line in lines.strip().split("\n"))
    return re.compile(f"{start}(?:{alternatives})", re.IGNORECASE)


# Addresses and names that mail daemons write under.
DAEMON = _any(
    r"""mailer[-_]?daemon
    postmaster
    mail[-_.]?daemon
    mdaemon
    mail[-_]?delivery
    microsoftexchange[0-9a-f]{8,}"""
)
DAEMON_NAME = _any(
    r"""mail(?:er)?[ -]?(?:delivery|daemon)
    delivery (?:sub)?system
    система доставки
    почтовый робот"""
)
# Together with a daemon or an empty return path these words make a bounce.
BOUNCED = _any(
    r"""undeliver
    delivery (?:status notification|fail|has failed|notification|report|problem|error|delayed|incomplete)
    mail delivery
    fail(?:ure|ed)? (?:notice|delivery)
    returned (?:mail|message|to sender)
    mail (?:failure|system error|could not)
    could ?(?:n't|not) be delivered
    (?:message|mail|email) (?:was )?(?:not|could not be|blocked|rejected)
    non-?deliver
    not deliver
    delayed
    warning:\s
    unable to deliver
    wasn't able to deliver
    permanent (?:fatal )?error
    user unknown
    this is the mail system at
    qmail-send
    address not found
    mailbox unavailable
    recipient address rejected
    не ?достав
    недоставл
    невозможно достав
    ошибка (?:при )?достав
    возвра(?:щен|т)\w{0,5} (?:письм|сообщен|почт)
    отложен\w{0,3} доставк
    задерж\w{1,6} доставк
    не удалось (?:отправить|достав)
    доставка .{0,40}не удалась
    не может быть доставлен"""
)
# Where the copy of our own mail begins.
COPY = _any(
    r"""this is a copy of (?:the|your) message
    below this line is a copy
    below the next line is a copy
    (?:the )?original message (?:follows|headers|attached|header)
    original message\b[\s:-]*\Z
    message headers? follows?
    (?:start of )?returned (?:message|mail)
    your (?:original )?message (?:follows|reads|is below)
    copy of (?:the )?message
    unsent message below
    included is a copy
    the body of the message
    forwarded message
    (?:исходное|оригинальное|ваше исходное) (?:сообщение|письмо)
    (?:текст|заголовки|копия) (?:исходного|вашего|оригинального)?\s?(?:сообщения|письма)""",
    start=r"[->\s*_=]{0,60}",
)
# A line with an address and one of these names a recipient who did not get the mail.
FAILURE = _any(
    r"""fail|reject|refus|unknown|undeliver|no such|invalid|disabled
    not (?:exist|found|deliver|be delivered|reach|available|recogni)
    n't (?:be )?(?:deliver|found|exist|reach)
    quota|mailbox|unrout|unable|denied|blocked|bounce|inactive|expired|rcpt to|recipient|error
    не (?:существ|найден|достав|удал|обнаруж)
    недоставл|неизвест|переполн|отклон|заблокир|отказ|получател|адрес"""
)
DELAY = _any(
    r"""delayed
    will (?:be )?(?:retried|retry|continue|keep trying|try again)
    still (?:being|trying|attempting)
    has not been delivered yet
    not yet been delivered
    warning message only
    do not need to resend
    temporar(?:y|ily) (?:error|failure|deferred|problem)
    задерж
    отложен
    попыт\w{1,3} (?:будут|доставки будут)
    продолж\w{1,6} попыт
    пока не (?:было )?достав
    повторн\w{1,4} попыт
    повторим"""
)
GAVE_UP = _any(
    r"""permanent
    giving up
    has failed
    could not be delivered
    retry (?:time|timeout) (?:not reached|exceeded)
    expired
    постоянн
    недоставл
    не (?:было |может быть |удалось )?доставлен
    не удалось достав"""
)
# What the words mean as an enhanced status; the first that is found counts.
MEANINGS = (
    (
        "5.1.1",
        _any(
            r"""user (?:is )?unknown
            unknown (?:user|recipient|local)
            no such (?:user|mailbox|recipient|person|account)
            does(?: not|n't) exist
            not found
            mailbox unavailable
            invalid (?:mailbox|recipient)
            user not known
            recipient (?:is )?unknown
            not listed
            doesn't have an? .{0,60}account
            wasn't found
            couldn't be found
            recipient address rejected
            no mailbox
            account (?:is )?(?:disabled|inactive)
            не существует
            не найден
            неизвестн\w{1,4} (?:пользоват|получат)
            такого пользователя нет
            нет такого (?:пользователя|адреса|ящика)"""
        ),
    ),
    (
        "5.2.2",
        _any(
            r"""(?:over|exceed\w{0,3}|out of)\s\w{0,10}\s?(?:quota|storage|space)
            quota (?:exceeded|full)
            mailbox (?:is )?full
            over ?quota
            exceeds allowed size
            переполнен
            превышена? квота"""
        ),
    ),
    (
        "5.1.2",
        _any(
            r"""host (?:or domain )?(?:name )?not found
            unrouteable
            domain (?:not found|does not exist)
            no mx
            unknown host
            домен не"""
        ),
    ),
    ("5.3.4", _any("too (?:large|big)\nsize (?:limit|exceed)\nслишком большо")),
    ("5.7.1", _any("spam\nblocked\nblacklist\npolicy\ndenied\nspf\ndmarc\nспам\nзаблокирован")),
)
HEADER_LINE = _any(
    "from\nreply-to\nmessage-id\nreturn-path\nsender\ndate\nsubject\nreceived\nотправитель\nот\nтема\nдата",
    start=r"\s{0,4}",
)
