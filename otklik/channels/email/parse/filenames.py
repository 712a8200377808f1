"""Names of files from outside: read like any name, harmless for whoever saves the file.

Such a name is shown and offered for download; it never becomes a path on our side.
"""

import re
import unicodedata

from otklik.channels.email.parse.decode import one_line

MAX_BYTES = 180
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]"
)
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:[ .]|\Z)", re.IGNORECASE
)
# The usual extension, then the types that have it.
_TYPES = """
    pdf: application/pdf
    zip: application/zip application/x-zip-compressed
    gz: application/gzip
    json: application/json
    xml: application/xml text/xml
    txt: text/plain
    html: text/html
    csv: text/csv
    ics: text/calendar application/ics
    vcf: text/vcard text/x-vcard
    rtf: text/rtf application/rtf
    doc: application/msword
    xls: application/vnd.ms-excel
    ppt: application/vnd.ms-powerpoint
    odt: application/vnd.oasis.opendocument.text
    docx: application/vnd.openxmlformats-officedocument.wordprocessingml.document
    xlsx: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
    pptx: application/vnd.openxmlformats-officedocument.presentationml.presentation
    jpg: image/jpeg image/jpg image/pjpeg
    png: image/png
    gif: image/gif
    webp: image/webp
    bmp: image/bmp
    tif: image/tiff
    svg: image/svg+xml
    heic: image/heic
    mp3: audio/mpeg
    ogg: audio/ogg
    wav: audio/wav audio/x-wav
    m4a: audio/mp4
    amr: audio/amr
    mp4: video/mp4
    mov: video/quicktime
    3gp: video/3gpp
    eml: message/rfc822 message/global
    p7m: application/pkcs7-mime application/x-pkcs7-mime
    asc: application/pgp-encrypted application/pgp-keys
    dat: application/ms-tnef
    msg: application/vnd.ms-outlook
"""
_EXTENSIONS = {
    kind: extension.strip()
    for extension, _, kinds in (line.partition(":") for line in _TYPES.strip().split("\n"))
    for kind in kinds.split()
}
_BY_EXTENSION = {
    extension.strip(): kinds.split()[0]
    for extension, _, kinds in (line.partition(":") for line in _TYPES.strip().split("\n"))
} | {"jpeg": "image/jpeg", "htm": "text/html", "tiff": "image/tiff", "log": "text/plain"}


def type_for(name: str) -> str:
    """Return the type that a name promises, for a file that came without one."""
    return _BY_EXTENSION.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def extension_for(content_type: str) -> str:
    """Return the usual extension of a type without its dot; ``bin`` when nothing is known."""
    return _EXTENSIONS.get(content_type, "txt" if content_type.startswith("text/") else "bin")


def clean_name(name: str, fallback: str) -> str:
    """Return a harmless single-line file name of at most 180 bytes; ``fallback`` when nothing is left."""
    if len(name) > 4096:
        name = name[:2048] + name[-2048:]
    name = unicodedata.normalize("NFC", one_line(_INVISIBLE.sub("", name)))
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
