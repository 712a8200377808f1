"""Checks of what people enter about contacts and organisations: addresses, phones, domains, rights."""

import re
from collections.abc import Iterable, Sequence

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from otklik.accounts import policies
from otklik.contacts.domains import FREE_MAIL
from otklik.contacts.references import check_pattern
from otklik.contacts.sight import sees_everybody
from otklik.core.actor import Actor
from otklik.core.errors import Forbidden, Invalid
from otklik.core.text import normal_address

_DOMAIN = re.compile(r"(?=.{3,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}\Z")


def normal_phone(phone: str, region: str = "RU") -> str:
    """Return a phone number as ``+<country><number>``; raises ``Invalid`` for what is none."""
    if not phone.strip():
        return ""
    try:
        parsed = phonenumbers.parse(phone, region)
    except phonenumbers.NumberParseException as error:
        raise Invalid(_("This is not a phone number."), field="phone") from error
    if not phonenumbers.is_possible_number(parsed):
        raise Invalid(_("This is not a phone number."), field="phone")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def clean_address(address: str) -> str:
    """Return an address without blanks around it; raises ``Invalid`` when it is none."""
    shown = address.strip()
    try:
        validate_email(normal_address(shown))
    except ValidationError as error:
        raise Invalid(_("“%(address)s” is not an e-mail address.") % {"address": shown[:80]}, field="email") from error
    return shown


def check_edit(by: Actor) -> None:
    """Refuse an actor without the right to change contacts."""
    if not policies.can(by, "contacts.edit"):
        raise Forbidden(_("You have no right to do this."))


def check_import(by: Actor) -> None:
    """Refuse who may not change contacts or sees a part of them only: a file is held against everybody."""
    check_edit(by)
    if not sees_everybody(by):
        raise Forbidden(_("A file of people is compared with all customers, and you see only a part of them."))


def clean_domains(domains: Iterable[str]) -> list[str]:
    """Return mail domains in normal form, each once; raises ``Invalid`` for what is no domain or a provider's."""
    wanted: list[str] = []
    for raw in domains:
        text = raw.strip().lower().lstrip("@")
        if not text:
            continue
        domain = normal_address(f"x@{text}").partition("@")[2]
        if not _DOMAIN.match(domain):
            raise Invalid(_("“%(domain)s” is not a mail domain.") % {"domain": text[:80]}, field="domains")
        if domain in FREE_MAIL:
            message = _("“%(domain)s” belongs to a free-mail provider: strangers would join the organisation.")
            raise Invalid(message % {"domain": domain}, field="domains")
        if domain not in wanted:
            wanted.append(domain)
    return wanted


def clean_patterns(patterns: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Return reference patterns checked: a short linear template each (see ``contacts.references``)."""
    return [check_pattern(pattern) for pattern in patterns]
