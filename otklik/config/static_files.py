"""Static files under an address that changes with their content, so that no browser ever shows a stale one.

All files of one version lie below ``/static/<version>/``, the version being a hash of all of them: a script that
imports its neighbour by a relative address gets the neighbour of its own version, and nothing has to be rewritten,
collected or built. Such an answer holds for a year. A page that was loaded before an upgrade goes on asking for the
version it knows and gets today's file, for a minute only.
"""

import hashlib
import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware

_VERSION: Final = re.compile(r"v[0-9a-f]{12}/")


@cache
def version() -> str:
    """Return the version of the static files as they are when the process first asks; takes some 20 ms once."""
    files: dict[str, str] = {}
    for finder in finders.get_finders():
        for name, storage in finder.list([]):
            prefix = getattr(storage, "prefix", None) or ""
            files.setdefault(f"{prefix}/{name}", storage.path(name))
    whole = hashlib.blake2b(digest_size=6)
    for name, path in sorted(files.items()):
        with open(path, "rb") as file:
            body = file.read()
        whole.update(f"{name}\0{len(body)}\0".encode() + body)
    return f"v{whole.hexdigest()}"


class VersionedStorage(StaticFilesStorage):
    """Gives every static file its address below the version."""

    def url(self, name: str | None) -> str:
        """Return the address of a file."""
        return super().url(f"{version()}/{name or ''}")


class VersionedFiles(WhiteNoiseMiddleware):
    """Serves static files below their version, for a year, and without one, for a minute."""

    FOREVER = 365 * 24 * 60 * 60

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase], **given: Any) -> None:
        super().__init__(get_response, **given)

    def add_file_to_dictionary(self, url: str, path: str, stat_cache: Any = None) -> None:
        """Take a file in under both of its addresses."""
        super().add_file_to_dictionary(url, path, stat_cache)
        if url.startswith(self.static_prefix):
            versioned = f"{self.static_prefix}{version()}/{url.removeprefix(self.static_prefix)}"
            super().add_file_to_dictionary(versioned, path, stat_cache)

    def immutable_file_test(self, path: str, url: str) -> bool:
        """Whether what stands at this address never changes."""
        return url.startswith(f"{self.static_prefix}{version()}/")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve a file, or hand on."""
        file = self.files.get(request.path_info)
        if file is None and request.path_info.startswith(self.static_prefix):
            rest = request.path_info.removeprefix(self.static_prefix)
            if _VERSION.match(rest):  # another one: an upgrade, there or here
                file = self.files.get(self.static_prefix + rest.partition("/")[2])
        return self.get_response(request) if file is None else self.serve(file, request)
