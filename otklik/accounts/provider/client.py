"""Asks the provider: what it offers, its keys, the exchange of the code, and who a person is."""

import base64
import ipaddress
import json
import threading
import time
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_plus, urlencode, urlsplit

from otklik.accounts.provider.config import WELL_KNOWN, Provider
from otklik.accounts.provider.problems import ProviderError
from otklik.core import http
from otklik.core.addresses import AddressRefused
from otklik.core.errors import Invalid

SECONDS: Final = 6.0
KEPT: Final = 600.0
"""Seconds for which the description and the keys of a provider are believed."""
_LARGEST: Final = 256 * 1024
_FAILED: Final = 5.0  # seconds for which a provider that failed is not asked again
_lock = threading.Lock()
_slots = threading.BoundedSemaphore(4)  # a slow provider may hold no more threads of a process than these
_kept: dict[str, tuple[float, Any]] = {}
_failures: dict[str, tuple[float, ProviderError]] = {}


@dataclass(frozen=True, slots=True)
class Description:
    """What the provider says of itself."""

    issuer: str
    authorization: str
    token: str
    keys: str
    userinfo: str
    end: str
    basic: bool
    challenges: tuple[str, ...]


def describe(provider: Provider, *, fresh: bool = False) -> Description:
    """Return the provider's description, kept for ten minutes. Raises ``ProviderError``."""
    address = provider.issuer.rstrip("/") + WELL_KNOWN
    data = _kept_json(address, fresh=fresh)
    issuer = data.get("issuer")
    if not isinstance(issuer, str) or issuer.rstrip("/") != provider.issuer.rstrip("/"):
        raise ProviderError("issuer")
    methods = data.get("token_endpoint_auth_methods_supported")
    methods = methods if isinstance(methods, list) else ["client_secret_basic"]
    challenges = data.get("code_challenge_methods_supported")
    return Description(
        issuer=issuer,
        authorization=_address(data, "authorization_endpoint", provider),
        token=_address(data, "token_endpoint", provider),
        keys=_address(data, "jwks_uri", provider),
        userinfo=_address(data, "userinfo_endpoint", provider, needed=False),
        end=_address(data, "end_session_endpoint", provider, needed=False),
        basic="client_secret_post" not in methods,
        challenges=tuple(item for item in challenges if isinstance(item, str)) if isinstance(challenges, list) else (),
    )


def _address(data: dict[str, Any], name: str, provider: Provider, *, needed: bool = True) -> str:
    value = data.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or len(value) > 2000 or not all(32 < ord(letter) < 127 for letter in value):
        raise ProviderError("bad-answer")
    try:
        parts = urlsplit(value)
    except ValueError:
        raise ProviderError("bad-answer") from None
    if not parts.hostname or parts.username is not None:
        raise ProviderError("bad-answer")
    if parts.scheme != "https" and not (parts.scheme == "http" and provider.issuer.startswith("http://")):
        raise ProviderError("insecure")
    return value


def keys_of(description: Description, *, fresh: bool = False) -> list[dict[str, Any]]:
    """Return the provider's public keys. Raises ``ProviderError``."""
    found = _kept_json(description.keys, fresh=fresh).get("keys")
    if not isinstance(found, list):
        raise ProviderError("keys")
    return [key for key in found[:100] if isinstance(key, dict)]


def exchange(provider: Provider, description: Description, *, code: str, verifier: str, back: str) -> dict[str, Any]:
    """Give the code back and return what the provider hands out for it. Raises ``ProviderError``."""
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if description.basic:
        pair = f"{quote_plus(provider.client)}:{quote_plus(provider.secret)}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    else:
        fields |= {"client_id": provider.client, "client_secret": provider.secret}
    answer = _ask("POST", description.token, headers=headers, body=urlencode(fields).encode())
    data = _json(answer)
    if not answer.ok:
        raise ProviderError("client" if data.get("error") in {"invalid_client", "unauthorized_client"} else "code")
    return data


def userinfo(description: Description, token: str) -> dict[str, Any]:
    """Return what the provider tells of the person. Raises ``ProviderError``."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    answer = _ask("GET", description.userinfo, headers=headers)
    if not answer.ok:
        raise ProviderError("bad-answer")
    return _json(answer)


def _kept_json(url: str, *, fresh: bool) -> dict[str, Any]:
    with _lock:
        held = _kept.get(url)
    if held is not None and not fresh and time.monotonic() < held[0]:
        data: dict[str, Any] = held[1]
        return data
    failed = _failures.get(url)
    if failed is not None and not fresh and time.monotonic() < failed[0]:
        raise ProviderError(failed[1].reason, failed[1].message)
    try:
        answer = _ask("GET", url, headers={"Accept": "application/json"})
        if not answer.ok:
            raise ProviderError("bad-answer")
        data = _json(answer)
    except ProviderError as error:
        _remember(_failures, url, (time.monotonic() + _FAILED, error))
        raise
    _remember(_kept, url, (time.monotonic() + KEPT, data))
    return data


def _remember[T](store: dict[str, T], url: str, value: T) -> None:
    with _lock:
        if len(store) > 20:
            store.clear()
        store[url] = value


def forget() -> None:
    """Drop what is kept: the settings changed."""
    with _lock:
        _kept.clear()
        _failures.clear()


def _ask(method: str, url: str, **more: Any) -> http.Response:
    if not _slots.acquire(timeout=1):
        raise ProviderError("http", http.HttpError("timeout").message)
    try:
        if url.startswith("http://"):
            _only_inner(url)
        return http.request(method, url, timeout=SECONDS, max_bytes=_LARGEST, **more)
    except AddressRefused as error:
        raise ProviderError("address") from error
    except http.HttpError as error:
        raise ProviderError("http", error.message) from error
    except (Invalid, ValueError) as error:  # an address or a token that cannot be sent
        raise ProviderError("bad-answer") from error
    finally:
        _slots.release()


def _only_inner(url: str) -> None:
    """Refuse an address without TLS outside the inner networks that the operator has allowed."""
    parts = urlsplit(url)
    inner = http.allowed_networks()
    for address in http.resolve(parts.hostname or "", parts.port or 80, SECONDS):
        number = ipaddress.ip_address(address)
        if not any(number in network for network in inner if network.version == number.version):
            raise ProviderError("insecure")


def _json(answer: http.Response) -> dict[str, Any]:
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):
        raise ProviderError("bad-answer") from None
    if not isinstance(data, dict):
        raise ProviderError("bad-answer")
    return data
