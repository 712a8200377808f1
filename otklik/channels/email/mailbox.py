"""What a mailbox is set to: one typed reading of ``Connection.config`` and its sealed secret, for every part of mail.

``Connection.config`` holds the plain settings, ``Connection.secret`` one sealed JSON object with the passwords. Nobody
else reads or writes the two.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from otklik.channels.email.oauth import MICROSOFT, OAuth
from otklik.core import secrets

TLS, STARTTLS, PLAIN = "tls", "starttls", "none"
SECURITIES = (TLS, STARTTLS, PLAIN)
KEEP, SEEN, MOVE, DELETE = "keep", "seen", "move", "delete"
AFTER_IMPORT = (KEEP, SEEN, MOVE, DELETE)
BY_IMAP, BY_SMTP = "imap", "smtp"
FROM_CHANNEL, FROM_AGENT = "channel", "agent"
BY_PASSWORD, BY_OAUTH = "password", "oauth2"
_SCHEMES = {"smtp": (PLAIN, 25), "smtp+starttls": (STARTTLS, 587), "smtps": (TLS, 465)}


class BadUrl(ValueError):
    """``OTKLIK_SMTP_URL`` cannot be understood; the text says how it should look and holds no password."""


class HasSettings(Protocol):
    """What is read here: a ``channels.Connection`` row."""

    config: Any
    secret: str


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server and how to sign in there; no password is part of its representation."""

    host: str
    port: int
    security: str = TLS
    user: str = ""
    password: str = field(default="", repr=False)
    oauth: OAuth | None = None

    @property
    def name(self) -> str:
        """Return ``host:port``, as people are told."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class MailboxConfig:
    """The settings of one mailbox; without ``imap`` mail arrives by our own receiver, without ``smtp`` it leaves by the
    server of the installation (``OTKLIK_SMTP_URL``)."""

    imap: Server | None = None
    smtp: Server | None = None
    folder: str = "INBOX"
    after_import: str = KEEP
    move_to: str = ""
    delete_after_days: int = 30
    trusted_authserv: tuple[str, ...] = ()
    confirmation: bool = False
    confirmation_subject: str = ""  # empty for the built-in words
    confirmation_text: str = ""
    quote_history: bool = False
    from_name: str = FROM_AGENT
    oauth: OAuth | None = None

    @property
    def auth(self) -> str:
        """Return how the mailbox signs in at its own servers."""
        return BY_OAUTH if self.oauth else BY_PASSWORD


def _oauth(config: Mapping[str, Any], passwords: Mapping[str, str]) -> OAuth | None:
    data = config.get("oauth")
    if not isinstance(data, dict):
        return None
    return OAuth(
        provider=str(data.get("provider") or ""),
        client_id=str(data.get("client_id") or ""),
        token_url=str(data.get("token_url") or ""),
        authorize_url=str(data.get("authorize_url") or ""),
        scope=str(data.get("scope") or ""),
        client_secret=passwords.get("oauth_secret", ""),
        refresh_token=passwords.get("oauth_refresh", ""),
        tenant=str(data.get("tenant") or ""),
    )


def _server(
    config: Mapping[str, Any], kind: str, passwords: Mapping[str, str], oauth: OAuth | None = None
) -> Server | None:
    data = config.get(kind)
    if not isinstance(data, dict) or not data.get("host"):
        return None
    return Server(
        host=str(data["host"]),
        port=int(data.get("port") or 0),
        security=str(data.get("security") or TLS),
        user=str(data.get("user") or ""),
        password="" if oauth else passwords.get(kind, ""),
        oauth=oauth,
    )


def read(connection: HasSettings | None) -> MailboxConfig:
    """Return the settings of a connection; defaults stand for what is absent, and for no connection at all."""
    if connection is None:
        return MailboxConfig()
    config = connection.config or {}
    passwords = json.loads(secrets.unseal(connection.secret)) if connection.secret else {}
    default, oauth = MailboxConfig(), _oauth(config, passwords)
    return MailboxConfig(
        imap=_server(config, "imap", passwords, oauth),
        smtp=_server(config, "smtp", passwords, oauth),
        oauth=oauth,
        folder=str(config.get("folder") or default.folder),
        after_import=str(config.get("after_import") or default.after_import),
        move_to=str(config.get("move_to") or ""),
        delete_after_days=int(config.get("delete_after_days") or default.delete_after_days),
        trusted_authserv=tuple(config.get("trusted_authserv") or ()),
        confirmation=bool(config.get("confirmation")),
        confirmation_subject=str(config.get("confirmation_subject") or ""),
        confirmation_text=str(config.get("confirmation_text") or ""),
        quote_history=bool(config.get("quote_history")),
        from_name=str(config.get("from_name") or default.from_name),
    )


def dump(settings: MailboxConfig) -> tuple[dict[str, Any], str]:
    """Return ``(config, secret)`` as a connection keeps them: the passwords sealed, everything else plain."""
    config: dict[str, Any] = {
        "folder": settings.folder,
        "after_import": settings.after_import,
        "move_to": settings.move_to,
        "delete_after_days": settings.delete_after_days,
        "trusted_authserv": list(settings.trusted_authserv),
        "confirmation": settings.confirmation,
        "confirmation_subject": settings.confirmation_subject,
        "confirmation_text": settings.confirmation_text,
        "quote_history": settings.quote_history,
        "from_name": settings.from_name,
    }
    passwords = {}
    for kind, server in (("imap", settings.imap), ("smtp", settings.smtp)):
        if server is None:
            continue
        config[kind] = {"host": server.host, "port": server.port, "security": server.security, "user": server.user}
        if server.password:
            passwords[kind] = server.password
    if oauth := settings.oauth:
        config["oauth"] = {
            "provider": oauth.provider, "client_id": oauth.client_id, "token_url": oauth.token_url,
            "authorize_url": oauth.authorize_url, "scope": oauth.scope,
        }  # fmt: skip
        if oauth.tenant:
            config["oauth"]["tenant"] = oauth.tenant
        passwords |= {
            key: value
            for key, value in (("oauth_secret", oauth.client_secret), ("oauth_refresh", oauth.refresh_token))
            if value
        }
    return config, secrets.seal(json.dumps(passwords)) if passwords else ""


def keep_passwords(new: MailboxConfig, old: MailboxConfig) -> MailboxConfig:
    """Return the new settings with the old password of each server whose password field was left empty.

    A password goes along only to the same host with the same user: a changed server never receives an old secret. The
    secrets of OAuth2 stay only with the same provider, client and address; where only the directory of Microsoft has
    changed, the secret of the client stays and the consent, which was another directory's, goes.
    """

    def kept(fresh: Server | None, known: Server | None) -> Server | None:
        if fresh is None or fresh.password or known is None:
            return fresh
        same = (fresh.host, fresh.user) == (known.host, known.user)
        return replace(fresh, password=known.password) if same else fresh

    oauth = _kept_oauth(new.oauth, old.oauth)
    imap, smtp = kept(new.imap, old.imap), kept(new.smtp, old.smtp)
    if oauth is not None:
        imap, smtp = (server and replace(server, password="", oauth=oauth) for server in (imap, smtp))
    return replace(new, imap=imap, smtp=smtp, oauth=oauth)


def _kept_oauth(fresh: OAuth | None, known: OAuth | None) -> OAuth | None:
    if fresh is None or known is None or fresh.client_id != known.client_id:
        return fresh
    same = fresh.endpoint == known.endpoint
    if not same and not fresh.provider == known.provider == MICROSOFT:
        return fresh
    return replace(
        fresh,
        client_secret=fresh.client_secret or known.client_secret,
        refresh_token=fresh.refresh_token or (known.refresh_token if same else ""),
    )


def parse_url(url: str) -> Server | None:
    """Read ``OTKLIK_SMTP_URL``; nothing for an empty text. Raises ``BadUrl``."""
    if not url.strip():
        return None
    try:
        parts = urlsplit(url.strip())
        security, port = _SCHEMES[parts.scheme.lower()]
        host, port = parts.hostname or "", parts.port or port
    except (ValueError, KeyError) as error:
        raise BadUrl(
            "OTKLIK_SMTP_URL must look like smtps://user:password@host:465, smtp+starttls://… or smtp://…"
        ) from error
    if not host or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise BadUrl("OTKLIK_SMTP_URL must name a host and nothing after the port.")
    return Server(host, port, security, unquote(parts.username or ""), unquote(parts.password or ""))
