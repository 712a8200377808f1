"""Signing in to mail servers with OAuth2: a kept refresh token buys short access tokens, which are kept in memory only.

Works with every provider that speaks RFC 6749; the addresses of the big ones are known here, those of any other are
set with the mailbox. Requests go through the guarded client, so nothing set by an administrator leads to inner
addresses.
"""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlencode

from otklik.core import http
from otklik.core.errors import DomainError

GOOGLE, MICROSOFT, YANDEX, MAILRU, OTHER = "google", "microsoft", "yandex", "mailru", "other"
PROVIDERS: Final = (YANDEX, MAILRU, GOOGLE, MICROSOFT, OTHER)
_ANY_TENANT: Final = "/common/"
_EARLY = 60.0  # seconds before its end at which a token counts as spent
_LEAST, _MOST = 60.0, 86_400.0


class OAuthError(Exception):
    """No access token: ``code`` is ``oauth_refused`` (sign in anew) or ``oauth_unreachable`` (try later)."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = "".join(letter if letter.isprintable() else " " for letter in detail)[:200]


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a provider asks its user, where it sells tokens, and what for."""

    authorize: str
    token: str
    scope: str


KNOWN: Final = {
    GOOGLE: Endpoints(
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        "https://mail.google.com/",
    ),
    MICROSOFT: Endpoints(
        "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
        "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access",
    ),
    YANDEX: Endpoints("https://oauth.yandex.ru/authorize", "https://oauth.yandex.ru/token", "mail:imap_full mail:smtp"),
    MAILRU: Endpoints("https://o2.mail.ru/login", "https://o2.mail.ru/token", "mail.imap"),
}


@dataclass(frozen=True, slots=True)
class OAuth:
    """How a mailbox signs in at its provider; no secret is part of its representation.

    The three addresses and words are those of a provider that is not known here; ``authorize_url`` may be empty, then
    a refresh token has to be entered by hand. ``tenant`` is the directory of Microsoft that the application belongs to,
    as an application of a single organization is known nowhere else.
    """

    provider: str
    client_id: str
    token_url: str = ""
    authorize_url: str = ""
    scope: str = ""
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    tenant: str = ""

    @property
    def endpoints(self) -> Endpoints:
        """Return the addresses of the provider and what is asked of it."""
        known = KNOWN.get(self.provider)
        if known is None:
            return Endpoints(self.authorize_url, self.token_url, self.scope)
        if not self.tenant:
            return known
        authorize, token = (url.replace(_ANY_TENANT, f"/{self.tenant}/", 1) for url in (known.authorize, known.token))
        return replace(known, authorize=authorize, token=token)

    @property
    def endpoint(self) -> str:
        """Return where tokens are bought."""
        return self.endpoints.token


_lock = threading.Lock()
_kept: dict[str, tuple[float, str]] = {}
_followed: dict[str, str] = {}
rotated: list[Callable[[str, str], None]] = []
"""Called with an old and a new refresh token when a provider replaces one, to keep it."""


def access_token(oauth: OAuth) -> str:
    """Return an access token that is good for a minute at least; raises ``OAuthError``. Never inside a transaction."""
    refresh = _newest(oauth.refresh_token)
    key = _key(oauth)
    with _lock:
        until, token = _kept.get(key, (0.0, ""))
    if time.monotonic() < until:
        return token
    if not refresh:
        raise OAuthError("oauth_refused", "no consent yet")
    answer = _ask(oauth, {"grant_type": "refresh_token", "refresh_token": refresh, **_scope(oauth)})
    token = str(answer["access_token"])
    with _lock:
        _kept[key] = (time.monotonic() + _lifetime(answer), token)
    fresh = answer.get("refresh_token")
    if isinstance(fresh, str) and fresh and fresh != refresh:
        with _lock:
            _followed[_digest(oauth.refresh_token)] = fresh
        for keep in rotated:
            keep(refresh, fresh)
    return token


def forget(oauth: OAuth) -> None:
    """Drop the kept access token: the mail server did not take it."""
    with _lock:
        _kept.pop(_key(oauth), None)


def exchange(oauth: OAuth, code: str, redirect_uri: str) -> str:
    """Return the refresh token for the code that a provider gave after the consent; raises ``OAuthError``."""
    answer = _ask(oauth, {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri})
    refresh = answer.get("refresh_token")
    if not isinstance(refresh, str) or not refresh:
        raise OAuthError("oauth_refused", "the provider gave no refresh token")
    return refresh


def consent_url(oauth: OAuth, *, address: str, state: str, redirect_uri: str) -> str:
    """Return where the owner of the mailbox allows the access; nothing while the provider's page is not known."""
    provider = oauth.endpoints
    if not provider.authorize or not oauth.client_id:
        return ""
    asked = {
        "client_id": oauth.client_id, "response_type": "code", "redirect_uri": redirect_uri, "scope": provider.scope,
        "state": state, "login_hint": address, "access_type": "offline", "prompt": "consent",
    }  # fmt: skip
    known = {key: value for key, value in asked.items() if value}
    return f"{provider.authorize}{'&' if '?' in provider.authorize else '?'}{urlencode(known)}"


def xoauth2(user: str, token: str) -> str:
    """Return the words of the SASL mechanism XOAUTH2."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def _ask(oauth: OAuth, asked: Mapping[str, str]) -> dict[str, Any]:
    form = {**asked, "client_id": oauth.client_id}
    if oauth.client_secret:
        form["client_secret"] = oauth.client_secret
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        answer = http.request(
            "POST", oauth.endpoint, headers=headers, body=urlencode(form).encode(), timeout=15, max_bytes=65_536
        )
    except DomainError as error:
        raise OAuthError("oauth_unreachable", str(error.message)) from error
    told = _read(answer.body)
    if answer.status in {400, 401, 403}:
        raise OAuthError("oauth_refused", str(told.get("error_description") or told.get("error") or answer.status))
    if not answer.ok or not isinstance(told.get("access_token"), str):
        raise OAuthError("oauth_unreachable", str(answer.status))
    return told


def _read(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _lifetime(answer: Mapping[str, Any]) -> float:
    told = answer.get("expires_in")
    seconds = float(told) if isinstance(told, int | float) or (isinstance(told, str) and told.isdigit()) else 300.0
    return min(max(seconds - _EARLY, _LEAST), _MOST)


def _scope(oauth: OAuth) -> dict[str, str]:
    return {"scope": KNOWN[MICROSOFT].scope} if oauth.provider == MICROSOFT else {}


def _newest(refresh: str) -> str:
    """Follow the replacements of a refresh token that this process knows of."""
    with _lock:
        return _followed.get(_digest(refresh), refresh)


def _key(oauth: OAuth) -> str:
    return _digest(f"{oauth.endpoint} {oauth.client_id} {oauth.refresh_token}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
