"""What browsers send to the public pages: read strictly, within limits, told back field by field."""

from collections.abc import Iterable
from typing import Any, Final, cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from otklik.channels.webform.actions import ALL_BYTES, Start, Upload, Words, give_start, read_start
from otklik.core.clock import now
from otklik.core.errors import Invalid, TooLarge

TRAP: Final = "website"
"""A field that people do not see: what fills it in is a program."""
_MOST_READ: Final = 8 * ALL_BYTES
"""A longer body is not read at all; up to here the files are dropped as they come, so that the text is kept."""
_TOO_LARGE: Final = gettext_lazy("The files may have at most 30 MB together.")


class _Quota(FileUploadHandler):
    """Lets files through until they are too large together, and drops the rest without keeping it."""

    passed = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass a piece on to the handlers that keep it."""
        self.passed += len(raw_data)
        if self.passed > ALL_BYTES:
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to those that keep it."""


def read(request: HttpRequest, fields: Iterable[str], into: dict[str, str]) -> None:
    """Put what was sent into ``into``, by field; all of ``fields`` are there. Files past the limit are not kept.

    Raises ``TooLarge`` before the body is read when it is announced as far too long or of unknown length, and
    ``Invalid`` for what cannot be read or a field there is not.
    """
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdigit() or int(length) > _MOST_READ:
        raise TooLarge(_TOO_LARGE)
    request.upload_handlers.insert(0, _Quota(request))
    try:
        data = request.POST.dict()
        files = set(request.FILES)
    except (MultiPartParserError, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent) as error:
        raise Invalid(_("What was sent cannot be read. Please send it once more.")) from error
    known = {*fields, "start", TRAP, "csrfmiddlewaretoken"}
    into.update({key: str(data.get(key, "")) for key in known})
    if data.get("files") == "":  # a browser where no file was chosen
        del data["files"]
    if unknown := sorted((set(data) - known) | (files - {"files"})):
        raise Invalid(_("There is no field “%(field)s”.") % {"field": unknown[0][:40]}, field=unknown[0][:40])


def uploads(request: HttpRequest) -> list[Upload]:
    """Return the files that came along; an empty choice is none. Raises ``TooLarge`` when some were dropped."""
    if any(isinstance(handler, _Quota) and handler.passed > ALL_BYTES for handler in request.upload_handlers):
        raise TooLarge(_TOO_LARGE)
    return [
        Upload(cast(Any, file.file), file.name or "", file.content_type or "", file.size or 0)
        for file in request.FILES.getlist("files")
        if file.name and file.size
    ]


def check_start(place: str, values: dict[str, str]) -> Start:
    """Return the signed start of the page, or raise ``Invalid``: not ours, old, quick, or the trap is filled."""
    at = now()
    start = read_start(place, values["start"])
    if start is None or start.too_old(at):
        raise Invalid(_("The page stood open for too long. Please press “Send” once more."))
    if values[TRAP].strip():
        raise Invalid(_("A field that must stay empty was filled in. Please press “Send” once more."))
    if start.too_quick(at):
        raise Invalid(_("That was very quick. Please press “Send” once more."))
    return start


def start_for(place: str, values: dict[str, str]) -> str:
    """Return the start of a page that is given out: the one it was just sent with while that is good, else a new one.

    So a page that came back too quickly is not too quick again when “Send” is pressed once more.
    """
    given, at = values.get("start", ""), now()
    start = read_start(place, given)
    return given if start is not None and not start.too_old(at) else give_start(place, at)


def words(request: HttpRequest, start: Start, values: dict[str, str], *, files: bool) -> Words:
    """Return what was entered, ready for the action. Raises ``Invalid`` for files where none are taken."""
    came = uploads(request)
    if came and not files:
        raise Invalid(_("This form takes no files."), field="files")
    return Words(
        text=values["text"],
        nonce=start.nonce,
        peer=str(request.META.get("REMOTE_ADDR") or ""),
        name=values.get("name", ""),
        email=values.get("email", ""),
        phone=values.get("phone", ""),
        subject=values.get("subject", ""),
        language=(get_language() or "ru")[:2],
        files=came,
    )


def absolute(request: HttpRequest, path: str) -> str:
    """Return an address of ours as it is written into a mail: by the configured base, else as it was asked for."""
    return f"{settings.BASE_URL}{path}" if settings.BASE_URL else request.build_absolute_uri(path)
