"""What is known of the big providers: their servers, and what to do when one refuses the sign-in."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from otklik.channels.email.mailbox import STARTTLS, TLS, MailboxConfig, Server
from otklik.channels.email.oauth import MICROSOFT, OAuth


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider: where its mailboxes live, and the way to a password that works.

    ``exchangers`` end the names of the servers that take mail for the domains of companies it hosts; ``need`` says in a
    line what has to be at hand.
    """

    key: str
    name: Any
    need: Any
    domains: tuple[str, ...]
    hosts: tuple[str, ...]
    exchangers: tuple[str, ...]
    imap: tuple[str, int, str]
    smtp: tuple[str, int, str]
    title: Any
    why: Any
    steps: tuple[Any, ...]


PROVIDERS: Final = (
    Provider(
        "yandex",
        _("Yandex 360"),
        _("IMAP switched on in the settings of the mailbox, and an app password from Yandex ID"),
        ("yandex.ru", "yandex.com", "ya.ru", "yandex.by", "yandex.kz", "narod.ru"),
        ("yandex.ru", "yandex.com", "yandex.net"),
        ("yandex.net", "yandex.ru"),
        ("imap.yandex.ru", 993, TLS),
        ("smtp.yandex.ru", 465, TLS),
        _("It looks as if an app password is needed"),
        _("Yandex 360 does not take the ordinary password of the mailbox in other programs. Make a separate one:"),
        (
            _("Open the settings of the mailbox → “E-mail clients” and switch IMAP on."),
            _("In Yandex ID → “App passwords” make a password for mail."),
            _("Put it below into the field “Password” and test again."),
        ),
    ),
    Provider(
        "mailru",
        _("Mail.ru"),
        _("A password for external apps with full access to mail, made in the security settings of the account"),
        ("mail.ru", "bk.ru", "inbox.ru", "list.ru", "internet.ru", "xmail.ru", "vk.com"),
        ("mail.ru",),
        ("mail.ru",),
        ("imap.mail.ru", 993, TLS),
        ("smtp.mail.ru", 465, TLS),
        _("It looks as if a password for external apps is needed"),
        _("Mail.ru does not take the ordinary password of the mailbox in other programs. Make a separate one:"),
        (
            _("Open the settings of the account → “Security” → “Passwords for external apps”."),
            _("Make a password with full access to mail."),
            _("Put it below into the field “Password” and test again."),
        ),
    ),
    Provider(
        "google",
        _("Google"),
        _("Two-step verification switched on in the account, and an app password"),
        ("gmail.com", "googlemail.com"),
        ("gmail.com", "google.com", "googlemail.com"),
        ("google.com", "googlemail.com"),
        ("imap.gmail.com", 993, TLS),
        ("smtp.gmail.com", 465, TLS),
        _("It looks as if an app password is needed"),
        _("Google does not take the ordinary password in other programs. Make a separate one:"),
        (
            _("Switch two-step verification on in the Google account."),
            _("Open “App passwords” and make a password for Otklik."),
            _("Put it below into the field “Password” and test again."),
        ),
    ),
    Provider(
        "microsoft",
        _("Microsoft 365"),
        _("A web application registered in Microsoft Entra ID: there is no way in by password"),
        ("outlook.com", "hotmail.com", "live.com"),
        ("office365.com", "outlook.com", "office.com"),
        ("mail.protection.outlook.com", "mx.microsoft"),
        ("outlook.office365.com", 993, TLS),
        ("smtp.office365.com", 587, STARTTLS),
        _("Microsoft 365 takes no password here"),
        _("Microsoft has switched off reading mail by password. Otklik signs in through Microsoft itself:"),
        (
            _("In Microsoft Entra ID register a web application with the address to return to that stands below."),
            _("Give it the delegated permissions IMAP.AccessAsUser.All, SMTP.Send and offline_access, and a secret."),
            _("Choose the provider’s own sign-in, enter tenant, client ID and secret, save, and sign in there."),
        ),
    ),
)  # fmt: skip


def by_key(key: str) -> Provider | None:
    """Return the provider of this key."""
    return next((one for one in PROVIDERS if one.key == key), None)


def by_host(host: str) -> Provider | None:
    """Return the provider whose server this is."""
    return next((one for one in PROVIDERS if _ends(host, one.hosts)), None)


def by_address(address: str) -> Provider | None:
    """Return the provider of a free mailbox by its domain."""
    domain = address.lower().rpartition("@")[2]
    return next((one for one in PROVIDERS if domain in one.domains), None)


def by_exchangers(exchangers: Iterable[str]) -> Provider | None:
    """Return the provider that hosts a domain, by the first of the servers that take its mail which is known."""
    for host in exchangers:
        found = next((one for one in PROVIDERS if _ends(host, one.exchangers)), None)
        if found is not None:
            return found
    return None


def settings_for(provider: Provider, address: str) -> MailboxConfig:
    """Return the usual servers for an address, without a password; its own sign-in where it takes no password."""
    (host_in, port_in, way_in), (host_out, port_out, way_out) = provider.imap, provider.smtp
    access = OAuth(MICROSOFT, "") if provider.key == MICROSOFT else None
    return MailboxConfig(
        imap=Server(host_in, port_in, way_in, address),
        smtp=Server(host_out, port_out, way_out, address),
        oauth=access,
    )


def _ends(host: str, ends: tuple[str, ...]) -> bool:
    name = host.lower().rstrip(".")
    return any(name == end or name.endswith(f".{end}") for end in ends)
