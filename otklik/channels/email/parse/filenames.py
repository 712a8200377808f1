"""Names of files from outside: read like any name, harmless for whoever saves the file.

Such a name is shown and offered for download; it never becomes a path on our side.
"""

import re
import unicodedata

from otklik.channels.email.parse.decode import one_line

MAX_BYTES = 180
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]")  # fmt: skip
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:[ .]|\Z)", re.IGNORECASE
)
_EXTENSIONS = {
    "application/pdf": "pdf", "application/zip": "zip", "application/x-zip-compressed": "zip", "application/gzip": "gz",
    "application/json": "json", "application/xml": "xml", "text/xml": "xml", "text/plain": "txt", "text/html": "html",
    "text/csv": "csv", "text/calendar": "ics", "application/ics": "ics", "text/vcard": "vcf", "text/x-vcard": "vcf",
    "text/rtf": "rtf", "application/rtf": "rtf", "application/msword": "doc", "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt", "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "image/jpeg": "jpg", "image/jpg": "jpg", "image/pjpeg": "jpg", "image/png": "png", "image/gif": "gif",
    "image/webp": "webp", "image/bmp": "bmp", "image/tiff": "tif", "image/svg+xml": "svg", "image/heic": "heic",
    "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/wav": "wav", "audio/x-wav": "wav", "audio/mp4": "m4a", "audio/amr": "amr",
    "video/mp4": "mp4", "video/quicktime": "mov", "video/3gpp": "3gp", "message/rfc822": "eml", "message/global": "eml",
    "application/pkcs7-mime": "p7m", "application/x-pkcs7-mime": "p7m", "application/pgp-encrypted": "asc",
    "application/pgp-keys": "asc", "application/ms-tnef": "dat", "application/vnd.ms-outlook": "msg",
}  # fmt: skip


def extension_for(content_type: str) -> str:
    """Return the usual extension of a type without its dot; ``bin`` when nothing is known."""
    return _EXTENSIONS.get(content_type, "txt" if content_type.startswith("text/") else "bin")


def clean_name(name: str, fallback: str) -> str:
    """Return a harmless single-line file name of at most 180 bytes; ``fallback`` when nothing is left."""
    if len(name) > 4096:
        name = name[:2048] + name[-2048:]
    name = unicodedata.normalize("NFC", _INVISIBLE.sub("", one_line(name)))
    name = name.replace("\\", "/").rstrip("/ .").rsplit("/", 1)[-1]
    name = name.strip().lstrip(".").strip(" .")
    if not name:
        return fallback
    if _RESERVED.match(name):
        name = "_" + name
    return _short(name)


def _short(name: str) -> str:
    if len(name) * 4 <= MAX_BYTES or len(name.encode()) <= MAX_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > 20 or not stem:
        stem, dot, extension = name, "", ""
    room = MAX_BYTES - len((dot + extension).encode())
    stem = stem.encode()[:room].decode("utf-8", "ignore").rstrip(" .")
    return stem + dot + extension
