"""Reads the provider's confirmation of who somebody is, and believes it only when everything fits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from math import isfinite
from typing import Any, Final

import jwt

from otklik.accounts.provider.problems import ProviderError

_LEEWAY: Final = 60  # seconds that clocks may differ
_LONGEST: Final = 64 * 1024
_KINDS: Final = {
    "RS256": "RSA", "RS384": "RSA", "RS512": "RSA", "PS256": "RSA", "PS384": "RSA", "PS512": "RSA",
    "ES256": "EC", "ES384": "EC", "ES512": "EC", "EdDSA": "OKP",
}  # fmt: skip
"""Signatures that are believed, with the kind of their keys: none without a public key, and never ``none``."""
_SHORTEST_RSA: Final = 2048


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the provider says somebody is. ``values`` are those of the claim that roles come from."""

    issuer: str
    subject: str
    email: str = ""
    verified: bool = False
    name: str = ""
    values: tuple[str, ...] = ()


class UnknownKey(ProviderError):
    """The signature names a key that is not among those at hand: fresh ones may have it."""

    def __init__(self) -> None:
        super().__init__("keys")


def read_token(
    raw: object, keys: Sequence[Mapping[str, Any]], *, issuer: str, client: str, nonce: str, at: datetime
) -> dict[str, Any]:
    """Return the claims of an ID token that is signed, for us, for this sign-in and of this moment.

    Raises ``ProviderError``, and ``UnknownKey`` when other keys might help.
    """
    if not isinstance(raw, str) or len(raw) > _LONGEST:
        raise ProviderError("token")
    try:
        header = jwt.get_unverified_header(raw)
        algorithm = header.get("alg")
        kind = _KINDS.get(algorithm) if isinstance(algorithm, str) else None
        if kind is None or "crit" in header:
            raise ProviderError("token")
        key = _key(keys, kind, str(algorithm), header.get("kid"))
        options: Any = {f"verify_{claim}": False for claim in ("exp", "iat", "nbf", "aud", "iss", "sub", "jti")}
        claims: dict[str, Any] = jwt.decode(raw, key, algorithms=[str(algorithm)], options=options)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise ProviderError("token") from error
    _check(claims, issuer=issuer, client=client, nonce=nonce, at=at.timestamp())
    return claims


def _key(keys: Sequence[Mapping[str, Any]], kind: str, algorithm: str, kid: object) -> Any:
    fitting = [
        key for key in keys
        if key.get("kty") == kind and key.get("use", "sig") == "sig" and key.get("alg", algorithm) == algorithm
        and (kid is None or key.get("kid") == kid)
    ]  # fmt: skip
    if len(fitting) != 1:
        raise UnknownKey
    key = jwt.PyJWK(dict(fitting[0]), algorithm=algorithm).key
    if kind == "RSA" and key.key_size < _SHORTEST_RSA:
        raise ProviderError("keys")
    return key


def _check(claims: Mapping[str, Any], *, issuer: str, client: str, nonce: str, at: float) -> None:
    audience, subject = claims.get("aud"), claims.get("sub")
    for_us = audience == client or (isinstance(audience, list) and client in audience)
    party = claims.get("azp")
    if isinstance(audience, list) and len(audience) > 1 and party is None:
        for_us = False
    said = claims.get("nonce")
    fits = (
        claims.get("iss") == issuer and for_us and (party is None or party == client)
        and isinstance(subject, str) and 0 < len(subject) <= 255 and subject.isprintable()
        and isinstance(said, str) and compare_digest(said.encode(errors="replace"), nonce.encode())
    )  # fmt: skip
    times: list[Any] = [claims.get(name) for name in ("exp", "iat", "nbf")]
    ends, made, begins = times
    if not fits or not _is_time(ends) or not _is_time(made) or not (begins is None or _is_time(begins)):
        raise ProviderError("token")
    if ends < at - _LEEWAY or made > at + _LEEWAY or (begins is not None and begins > at + _LEEWAY):
        raise ProviderError("expired")


def _is_time(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and isfinite(value))


def identity_of(claims: Mapping[str, Any], more: Mapping[str, Any], *, issuer: str, claim: str) -> Identity:
    """Return who it is; ``more`` is what the provider told besides, worth nothing when it is of somebody else."""
    if more.get("sub") != claims["sub"]:
        more = {}
    email = _text(claims, "email") or _text(more, "email")
    source = claims if _text(claims, "email") else more
    name = _text(claims, "name") or _text(more, "name")
    if not name:
        name = " ".join(filter(None, (_text(claims, "given_name"), _text(claims, "family_name"))))
    return Identity(
        issuer=issuer, subject=claims["sub"], email=email, verified=source.get("email_verified") is True,
        name=name[:120], values=_values(claims, claim) or _values(more, claim),
    )  # fmt: skip


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or len(value) > 254 or "\x00" in value or not _is_text(value):
        return ""
    return value.strip()


def _is_text(value: str) -> bool:
    """Tell whether a string can be written down: JSON may hold halves of characters."""
    return value.encode(errors="replace").decode() == value


def _values(claims: Mapping[str, Any], claim: str) -> tuple[str, ...]:
    """Return the texts of a claim named as it is or by a path with dots, such as ``realm_access.roles``."""
    if not claim:
        return ()
    value: Any = claims.get(claim)
    if value is None:
        value = claims
        for part in claim.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    values = value if isinstance(value, list) else [value]
    return tuple(item for item in values[:1000] if isinstance(item, str))
