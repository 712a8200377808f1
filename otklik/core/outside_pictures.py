"""Pictures that somebody else's page or mail names: fetched by us, so that nobody learns who looks at them, or when.

What comes back is a picture by its own bytes, of a kind that browsers draw and that can run nothing; a server may say
of it what it wants. A redirect is followed a few times, each address checked like the first one.
"""

import time
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

from otklik.core.errors import DomainError
from otklik.core.http import HttpError, Response, request
from otklik.core.pictures import LARGEST, points

MAX_BYTES: Final = 8 * 1024 * 1024
SECONDS: Final = 8.0
HOPS: Final = 3
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_ACCEPT: Final = "image/webp,image/png,image/jpeg,image/gif"
_PLAIN: Final = "/%:@!$&'()*+,;=~-._?[]"


class NoPicture(Exception):
    """No picture that could be shown came from there."""


@dataclass(frozen=True, slots=True)
class OutsidePicture:
    """A picture and what it really is."""

    content_type: str
    body: bytes = field(repr=False)


def kind_of(data: bytes) -> str | None:
    """Return the type of a picture by its bytes when it is a PNG, JPEG, GIF or WebP of a size fit to be drawn."""
    size = points(data)
    if not size or size > LARGEST:
        return None
    if data.startswith(b"\x89PNG"):
        return "image/png"
    if data.startswith(b"GIF8"):
        return "image/gif"
    return "image/jpeg" if data.startswith(b"\xff\xd8") else "image/webp"


def fetch(url: str) -> OutsidePicture:
    """Fetch one picture within ``SECONDS`` and ``MAX_BYTES``. Raises ``NoPicture``. Never call it in a transaction."""
    try:
        answer = _ask(url)
    except (DomainError, ValueError) as error:
        raise NoPicture from error
    kind = kind_of(answer.body) if answer.ok else None
    if kind is None:
        raise NoPicture
    return OutsidePicture(kind, answer.body)


def _ask(url: str) -> Response:
    deadline = time.monotonic() + SECONDS
    for _ in range(HOPS + 1):
        left = deadline - time.monotonic()
        if left <= 0:
            break
        url = _in_ascii(url)
        answer = request("GET", url, headers={"Accept": _ACCEPT}, timeout=left, max_bytes=MAX_BYTES)
        target = answer.headers.get("location")
        if answer.status not in _MOVED or not target:
            return answer
        url = urljoin(url, target)
    raise HttpError("timeout")


def _in_ascii(url: str) -> str:
    """Write letters of other alphabets and blanks in path and query as a browser does."""
    parts = urlsplit(url.strip())
    return parts._replace(path=quote(parts.path, _PLAIN), query=quote(parts.query, _PLAIN), fragment="").geturl()
