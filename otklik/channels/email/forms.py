"""What the page of a mailbox sends: read strictly, told back field by field."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from django.utils.translation import gettext as _

from otklik.accounts.models import Team
from otklik.channels.email import mailbox, oauth, reach
from otklik.channels.email.actions.mailboxes import MailboxFacts
from otklik.channels.email.compose import clean_body
from otklik.channels.email.confirmation import unknown_places
from otklik.channels.email.header_values import BadAddress, clean_value, wire_address
from otklik.channels.email.mailbox import MailboxConfig, Server
from otklik.channels.email.oauth import OAuth
from otklik.core import http
from otklik.core.errors import DomainError, Invalid
from otklik.core.text import normal_address

FACTS: Final = frozenset({"address", "name", "team", "language"})
NEW_FIELDS: Final = FACTS | {"provider"}
FIELDS: Final = FACTS | {
    "version", "enabled", "from_name", "confirmation", "way_in", "imap_host", "imap_port", "imap_security", "imap_user",
    "imap_password", "folder", "after_import", "move_to", "delete_after_days", "trusted_authserv", "way_out",
    "smtp_host", "smtp_port", "smtp_security", "smtp_user", "smtp_password", "smtp_same", "then",
    "auth", "oauth_provider", "oauth_client_id", "oauth_client_secret", "oauth_token_url", "oauth_refresh_token",
    "oauth_authorize_url", "oauth_scope", "oauth_tenant",
    "confirmation_subject", "confirmation_text", "quote_history",
}  # fmt: skip
_HOST: Final = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\Z|\[?[0-9A-Fa-f:.]{2,45}\]?\Z")
_AUTHSERV: Final = re.compile(r"[A-Za-z0-9._-]{1,253}\Z")
_HTTPS: Final = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?/[!-~]*\Z")
_TENANT: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\Z")
_SCOPE: Final = re.compile(r"[ -~]*\Z")
_LONGEST_WORDS: Final = 5000
_DAYS: Final = (1, 3650)


class Reader:
    """Reads the values of one form and gathers what is wrong with them."""

    def __init__(self, data: Mapping[str, Any], allowed: frozenset[str]):
        self.values = {key: str(data.get(key, "")) for key in allowed}
        self.errors: list[tuple[str, str]] = []
        if unknown := set(data) - allowed - {"csrfmiddlewaretoken"}:
            raise Invalid(_("There is no field “%(field)s”.") % {"field": min(unknown)[:40]}, field=min(unknown)[:40])

    def text(self, key: str, limit: int = 200) -> str:
        """Return one clean line."""
        value = clean_value(self.values[key])
        if len(value) > limit:
            self.fail(key, _("This is too long."))
        return value[:limit]

    def flag(self, key: str) -> bool:
        """Return whether a switch is on."""
        return self.values[key] in {"on", "true", "1"}

    def choice(self, key: str, allowed: tuple[str, ...], default: str) -> str:
        """Return one of the allowed values."""
        value = self.values[key] or default
        if value not in allowed:
            self.fail(key, _("Choose one of the list."))
            return default
        return value

    def number(self, key: str, least: int, most: int, default: int) -> int:
        """Return a whole number within limits."""
        value = self.values[key].strip()
        if not value:
            return default
        if not (value.isascii() and value.isdigit() and least <= int(value[:9]) <= most and len(value) < 9):
            self.fail(key, _("Enter a number from %(least)s to %(most)s.") % {"least": least, "most": most})
            return default
        return int(value)

    def fail(self, key: str, text: str) -> None:
        """Note what is wrong with a field."""
        self.errors.append((key, text))

    def done(self) -> None:
        """Raise ``Invalid`` with everything that is wrong, if anything is."""
        if self.errors:
            raise Invalid(self.errors[0][1], errors=self.errors)


def read_facts(reader: Reader) -> MailboxFacts:
    """Return address, name, team and language."""
    address, name = normal_address(reader.text("address", 320)), reader.text("name", 120)
    try:
        wire_address(address)
    except BadAddress:
        reader.fail("address", _("This is not an e-mail address."))
    if "+" in address.partition("@")[0]:
        reader.fail("address", _("Enter the address without a plus part: Otklik adds its own."))
    team = None
    if chosen := reader.values["team"].strip():
        team = (
            Team.objects.filter(pk=int(chosen)).first()
            if chosen.isascii() and chosen.isdigit() and len(chosen) < 18
            else None
        )
        if team is None:
            reader.fail("team", _("There is no such team."))
    return MailboxFacts(address, name or address, team, reader.choice("language", ("ru", "en"), "ru"))


def read_settings(reader: Reader, old: MailboxConfig) -> MailboxConfig:
    """Return the settings of the servers; an empty password stands for the one that is kept.

    May ask a name server where their names lead, so never inside a transaction.
    """
    imap = _server(reader, "imap", 993) if reader.choice("way_in", ("imap", "smtp"), "imap") == "imap" else None
    smtp = _server(reader, "smtp", 465) if reader.choice("way_out", ("own", "common"), "common") == "own" else None
    after = reader.choice("after_import", mailbox.AFTER_IMPORT, mailbox.KEEP)
    move_to = reader.text("move_to", 255)
    if after == mailbox.MOVE and not move_to:
        reader.fail("move_to", _("Enter the folder to move to."))
    trusted = [part for part in re.split(r"[\s,;]+", reader.values["trusted_authserv"].strip()) if part]
    if any(not _AUTHSERV.match(part) for part in trusted) or len(trusted) > 20:
        reader.fail("trusted_authserv", _("Enter names of servers, such as mx.yandex.ru."))
    settings = MailboxConfig(
        imap=imap, smtp=smtp, oauth=_oauth(reader),
        folder=reader.text("folder", 255) or "INBOX", after_import=after, move_to=move_to,
        delete_after_days=reader.number("delete_after_days", *_DAYS, 30), trusted_authserv=tuple(trusted),
        confirmation=reader.flag("confirmation"), quote_history=reader.flag("quote_history"),
        confirmation_subject=_words(reader, "confirmation_subject", reader.text("confirmation_subject", 200)),
        confirmation_text=_words(reader, "confirmation_text", clean_body(reader.values["confirmation_text"])),
        from_name=reader.choice("from_name", (mailbox.FROM_AGENT, mailbox.FROM_CHANNEL), mailbox.FROM_AGENT),
    )  # fmt: skip
    kept = mailbox.keep_passwords(settings, old)
    if kept.oauth is None and reader.flag("smtp_same") and kept.smtp is not None and kept.imap is not None:
        same = replace(kept.smtp, user=kept.imap.user, password=kept.imap.password)
        kept = replace(kept, smtp=same)
    return kept


def _words(reader: Reader, key: str, words: str) -> str:
    """Return the words of a confirmation; a place that there is not, or too long a text, is refused."""
    words = words.replace("\r\n", "\n").strip()
    if len(words) > _LONGEST_WORDS:
        reader.fail(key, _("This is too long."))
    if unknown := unknown_places(words):
        reader.fail(key, _("There is no place “{%(name)s}”: only {number} and {mailbox}.") % {"name": unknown[0][:40]})
    return words


def _oauth(reader: Reader) -> OAuth | None:
    if reader.choice("auth", (mailbox.BY_PASSWORD, mailbox.BY_OAUTH), mailbox.BY_PASSWORD) != mailbox.BY_OAUTH:
        return None
    provider = reader.choice("oauth_provider", oauth.PROVIDERS, oauth.GOOGLE)
    client_id = reader.text("oauth_client_id", 300)
    if not client_id:
        reader.fail("oauth_client_id", _("Enter the client ID that the provider gave you."))
    url, page, scope = _other_provider(reader) if provider == oauth.OTHER else ("", "", "")
    found = {}
    for key in ("oauth_client_secret", "oauth_refresh_token"):
        found[key] = reader.values[key].strip()
        if len(found[key]) > 4000 or any(not "!" <= letter <= "~" for letter in found[key]):
            reader.fail(key, _("This holds characters that cannot be used."))
            found[key] = ""
    return OAuth(
        provider, client_id, url, page, scope, found["oauth_client_secret"], found["oauth_refresh_token"],
        tenant=_tenant(reader) if provider == oauth.MICROSOFT else "",
    )  # fmt: skip


def _tenant(reader: Reader) -> str:
    """Return the directory at Microsoft: its identifier or a domain of it, nothing for any directory."""
    tenant = reader.text("oauth_tenant", 253).lower()
    if tenant and not _TENANT.match(tenant):
        reader.fail("oauth_tenant", _("Enter the ID of the directory or its domain, such as company.onmicrosoft.com."))
        return ""
    return tenant


def _other_provider(reader: Reader) -> tuple[str, str, str]:
    """Return where tokens are had, the page of consent (it may be left out) and the rights asked for there."""
    found = {key: reader.text(key, 500) for key in ("oauth_token_url", "oauth_authorize_url", "oauth_scope")}
    for key in ("oauth_token_url", "oauth_authorize_url"):
        if (found[key] or key == "oauth_token_url") and not _HTTPS.match(found[key]):
            reader.fail(key, _("Enter an address that begins with https://."))
    if _HTTPS.match(found["oauth_token_url"]) and (trouble := _not_asked(found["oauth_token_url"])):
        reader.fail("oauth_token_url", trouble)
    if not _SCOPE.match(found["oauth_scope"]):
        reader.fail("oauth_scope", _("This holds characters that cannot be used."))
    return found["oauth_token_url"], found["oauth_authorize_url"], found["oauth_scope"]


def _not_asked(url: str) -> str:
    """Return why an address is never asked, as far as the resolver knows in a moment; nothing when it may be."""
    try:
        http.check_url(url, timeout=reach.LOOKUP_SECONDS)
    except http.HttpError:
        return ""  # not to be found now
    except DomainError as error:
        return str(error.message)
    return ""


def _server(reader: Reader, kind: str, port: int) -> Server:
    host, port = reader.text(f"{kind}_host", 253).strip("[]"), reader.number(f"{kind}_port", 1, 65535, port)
    if not host:
        reader.fail(f"{kind}_host", _("Enter the server."))
    elif not _HOST.match(host):
        reader.fail(f"{kind}_host", _("This is not the name of a server."))
    elif reach.is_refused(host, port):
        reader.fail(f"{kind}_host", _("This address is not allowed for a mail server."))
    password = reader.values[f"{kind}_password"]
    if len(password) > 500 or any(not letter.isprintable() for letter in password):
        reader.fail(f"{kind}_password", _("The password holds characters that cannot be used."))
        password = ""
    user = reader.text(f"{kind}_user", 320)
    if kind == "imap" and not user:
        reader.fail("imap_user", _("Enter the user name; it is usually the address."))
    return Server(
        host.lower(), port, reader.choice(f"{kind}_security", mailbox.SECURITIES, mailbox.TLS), user, password,
    )  # fmt: skip


def values_of(facts: MailboxFacts, settings: MailboxConfig, *, enabled: bool, version: int) -> dict[str, Any]:
    """Return what the page shows: everything but the passwords, of which it only tells whether there is one."""
    imap, smtp = settings.imap, settings.smtp
    values: dict[str, Any] = {
        "address": facts.address, "name": facts.name, "team": str(facts.team.pk) if facts.team else "",
        "language": facts.language, "version": version, "enabled": enabled, "from_name": settings.from_name,
        "confirmation": settings.confirmation, "confirmation_subject": settings.confirmation_subject,
        "confirmation_text": settings.confirmation_text, "quote_history": settings.quote_history,
        "way_in": "imap" if imap else "smtp", "folder": settings.folder,
        "after_import": settings.after_import, "move_to": settings.move_to,
        "delete_after_days": settings.delete_after_days, "trusted_authserv": ", ".join(settings.trusted_authserv),
        "way_out": "own" if smtp else "common",
        "smtp_same": bool(imap and smtp and (imap.user, imap.password) == (smtp.user, smtp.password)),
    }  # fmt: skip
    access = settings.oauth or OAuth(oauth.GOOGLE, "")
    values |= {
        "auth": settings.auth, "oauth_provider": access.provider, "oauth_client_id": access.client_id,
        "oauth_token_url": access.token_url, "oauth_authorize_url": access.authorize_url,
        "oauth_scope": access.scope, "oauth_tenant": access.tenant, "oauth_secret_kept": bool(access.client_secret),
        "oauth_refresh_kept": bool(access.refresh_token),
    }  # fmt: skip
    for kind, server, port in (("imap", imap, 993), ("smtp", smtp, 465)):
        values |= {
            f"{kind}_host": server.host if server else "", f"{kind}_port": server.port if server else port,
            f"{kind}_security": server.security if server else mailbox.TLS,
            f"{kind}_user": server.user if server else "", f"{kind}_kept": bool(server and server.password),
        }  # fmt: skip
    return values
