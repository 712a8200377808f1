"""From the tree to what a person reads: bodies in their order, files with their names, notes about the rest.

Content-Disposition alone decides nothing: an inline PDF is a file, a picture that the HTML names belongs to it, a
signature or a delivery report is none of both. A mail may have several texts one after another; all are kept.
"""

import re

from otklik.channels.email.parse import calendars, smime, tnef, uu
from otklik.channels.email.parse.decode import Decoder, one_line
from otklik.channels.email.parse.filenames import clean_name, extension_for, type_for
from otklik.channels.email.parse.mime import Node, TreeReader
from otklik.channels.email.parse.model import Part
from otklik.channels.email.parse.problems import Problems
from otklik.channels.email.parse.transfer import unflow
from otklik.channels.email.parse.units import Content, Unit, as_html

MAX_TEXT = 5 * 1024 * 1024
MAX_BODIES = 200
_BODY_TYPES = set("text/plain text/html text/enriched text/x-markdown text/markdown application/xhtml+xml text".split())
_HTML_TYPES = {"text/html", "application/xhtml+xml"}
_SIGNATURES = {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
_REPORT_TYPES = {
    f"message/{name}"
    for name in (
        "delivery-status global-delivery-status disposition-notification global-disposition-notification "
        "feedback-report"
    ).split()
}
_RETURNED = set(
    "message/rfc822 message/global message/rfc822-headers text/rfc822-headers message/global-headers".split()
)
_MESSAGE = {"message/rfc822", "message/global", "message/news"}
_TNEF = {"application/ms-tnef", "application/vnd.ms-tnef"}
_PKCS7 = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
_PGP_MESSAGE = re.compile(r"^-----BEGIN PGP MESSAGE-----\s*$", re.MULTILINE)
_PGP_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"


class Collector:
    """Walks the tree of one mail and fills a ``Content``."""

    def __init__(self, reader: TreeReader, decoder: Decoder, problems: Problems) -> None:
        self.reader = reader
        self.decoder = decoder
        self.problems = problems
        self.content = Content()

    def walk(self, node: Node, parent: str = "", depth: int = 0) -> None:
        """Take in one entity and all below it."""
        if not node.children:
            self._leaf(node, parent, depth)
            return
        kind = node.kind
        if kind == "multipart/alternative":
            self._alternative(node, depth)
        elif kind == "multipart/signed":
            self._signed(node, depth)
        elif kind == "multipart/encrypted":
            self.content.encrypted = "pgp"
            self._file(node.children[-1], "encrypted.asc")
        elif kind == "multipart/report":
            self._report(node, depth)
        else:
            for child in node.children:
                self.walk(child, kind, depth + 1)

    def _alternative(self, node: Node, depth: int) -> None:
        """The same said twice: keep the first plain text and the last HTML, and every file of each branch."""
        plain: list[Unit] = []
        rich: list[Unit] = []
        outer = self.content.units
        for child in node.children:
            if child.kind in {"text/x-amp-html", "text/watch-html"}:
                continue
            self.content.units = []
            self.walk(child, node.kind, depth + 1)
            units = self.content.units
            if any(unit.html is not None for unit in units):
                rich = units
            elif units and not any((unit.text or "").strip() for unit in plain):
                plain = units
        self.content.units = outer
        if rich and plain:
            text = "\n\n".join(unit.text or "" for unit in plain)
            outer.append(Unit(text, "\n".join(map(as_html, rich))))
        else:
            outer.extend(rich or plain)

    def _signed(self, node: Node, depth: int) -> None:
        protocol = node.params.get("protocol", "") + " ".join(child.kind for child in node.children[1:])
        self.content.signed = "pgp" if "pgp" in protocol.lower() else "smime"
        for number, child in enumerate(node.children):
            if number == 0 or child.kind not in _SIGNATURES:
                self.walk(child, node.kind, depth + 1)

    def _report(self, node: Node, depth: int) -> None:
        """The parts of a report are facts, not files; only its first part is text for people."""
        self.content.report_type = node.params.get("report-type", "").lower()
        known = any(child.kind in _REPORT_TYPES for child in node.children)
        for number, child in enumerate(node.children):
            if child.kind in _REPORT_TYPES:
                self.content.reports.append(child)
            elif number and known and child.kind in _RETURNED:
                self.content.returned.append(child)
            else:
                self.walk(child, node.kind, depth + 1)

    def _leaf(self, node: Node, parent: str, depth: int) -> None:
        kind = node.kind
        if self._is_body(node, parent):
            self._body(node)
        elif kind in _SIGNATURES:
            self.content.signed = self.content.signed or ("pgp" if "pgp" in kind else "smime")
        elif kind in _TNEF or node.filename.lower() == "winmail.dat":
            self._tnef(node)
        elif kind in _PKCS7 or node.filename.lower() == "smime.p7m":
            self._pkcs7(node, depth)
        elif kind in {"text/calendar", "application/ics"}:
            self._calendar(node)
        elif kind in _REPORT_TYPES:
            self.content.reports.append(node)
        elif kind in {"text/rfc822-headers", "message/rfc822-headers"}:
            self.content.returned.append(node)
        elif kind in _MESSAGE:
            self.content.messages[len(self.content.files)] = node
            self._file(node, "")
        elif kind == "application/pgp-encrypted":
            self.content.encrypted = "pgp"
        elif kind.startswith("multipart/") or (kind == "application/applefile" and parent == "multipart/appledouble"):
            return  # a multipart that holds nothing; the Finder's half of a Macintosh file
        else:
            self._file(node, "", loose=parent in {"multipart/related", "multipart/mixed", "multipart/alternative"})

    def _is_body(self, node: Node, parent: str) -> bool:
        if node.kind not in _BODY_TYPES or node.disposition[0] == "attachment":
            return False
        if len(self.content.units) >= MAX_BODIES:
            return False
        if not node.filename or parent == "multipart/alternative":
            return True
        return not node.disposition[0] and not self.content.units and parent != "multipart/mixed"

    def _body(self, node: Node) -> None:
        data = node.data(self.problems)
        if len(data) > MAX_TEXT:
            self.problems.add("text_too_long")
            self._file(node, "message.html" if node.kind in _HTML_TYPES else "message.txt")
            data = data[: data.rfind(b"\n", MAX_TEXT // 2, MAX_TEXT) + 1 or MAX_TEXT]
        is_html = node.kind in _HTML_TYPES
        declared = node.params.get("charset", "")
        text = self.decoder.text(data, declared, html=is_html)
        if not self.content.units or not self.content.charset_used:
            self.content.charset_declared, self.content.charset_used = declared, self.decoder.used
        if is_html or text[:200].lstrip().lower().startswith(("<!doctype html", "<html")):
            self.content.units.append(Unit(html=text))
            return
        text, packed = uu.take_files(text)
        for name, content in packed:
            self._packed(name, content, type_for(name))
        if node.params.get("format", "").lower() == "flowed":
            text = unflow(text, delete_space=node.params.get("delsp", "").lower() == "yes")
        text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
        if _PGP_SIGNED in text:
            self.content.signed = "pgp"
            text = _without_armor(text)
        elif _PGP_MESSAGE.search(text):
            self.content.encrypted = "pgp"
        self.content.units.append(Unit(text=text))

    def _file(self, node: Node, fallback: str, *, loose: bool = False) -> None:
        kind, number = node.kind, len(self.content.files) + 1
        if not fallback:
            base = {"image": "image", "audio": "audio", "video": "video"}.get(
                kind.split("/", maxsplit=1)[0], "attachment"
            )
            fallback = f"{base}-{number}.{extension_for(kind)}"
        cid = node.headers.raw(b"content-id")
        location = node.headers.raw(b"content-location")
        if loose and cid and not node.disposition[0] and kind.startswith("image/"):
            self.content.loose_images.add(len(self.content.files))
        self.content.files.append(
            Part(
                name=clean_name(node.filename, fallback),
                content_type=kind,
                data=node.data(self.problems),
                cid=one_line(self.decoder.header(cid)).strip(" <>")[:300] if cid else "",
                location=one_line(self.decoder.header(location))[:1000] if location else "",
            )
        )

    def _tnef(self, node: Node) -> None:
        self.content.tnef = True
        unpacked = tnef.unpack(node.data(self.problems))
        if unpacked is None or not (unpacked.files or unpacked.text or unpacked.html):
            self.problems.add("tnef_unreadable")
            self._file(node, "winmail.dat")
            return
        self.problems.add("tnef_unpacked")
        if not any((unit.text or unit.html or "").strip() for unit in self.content.units):
            html, text = self._any_text(unpacked.html), self._any_text(unpacked.text)
            if html or text:
                self.content.units.append(Unit(text or None, html or None))
        for name, data, cid in unpacked.files:
            self._packed(self._any_text(name), data, cid=one_line(self._any_text(cid)).strip(" <>")[:300])

    def _packed(self, name: str, data: bytes, kind: str = "application/octet-stream", cid: str = "") -> None:
        """Keep a file that came inside another part."""
        number = len(self.content.files) + 1
        self.content.files.append(Part(clean_name(name, f"attachment-{number}.bin"), kind, data, cid=cid))

    def _any_text(self, value: bytes | str) -> str:
        data = value.encode("utf-8", "replace") if isinstance(value, str) else value
        return self.decoder.text(data[:MAX_TEXT]).replace("\r\n", "\n") if data else ""

    def _pkcs7(self, node: Node, depth: int) -> None:
        data = node.data(self.problems)
        inner = None if depth > 10 or smime.is_enveloped(data) else smime.signed_content(data)
        if inner is not None and b":" in inner[:2000]:
            self.content.signed = "smime"
            self.walk(self.reader.entity(inner, 0, len(inner), depth + 1), "multipart/signed", depth + 1)
            return
        said = node.params.get("smime-type", "").lower()
        if said.startswith("signed"):
            self.content.signed = "smime"
        elif smime.is_enveloped(data) or not said.startswith(("certs", "compressed")):
            self.content.encrypted = "smime"
        self._file(node, "smime.p7m")

    def _calendar(self, node: Node) -> None:
        text = self.decoder.text(node.data(self.problems)[: 512 * 1024], node.params.get("charset", ""))
        if self.content.calendar is None:
            self.content.calendar = calendars.read_calendar(text, node.params.get("method", ""))
        data = node.data(self.problems)
        if not any(part.data == data for part in self.content.files):
            self._file(node, "invite.ics")


def _without_armor(text: str) -> str:
    """Show a clear-signed text without what belongs to the signature."""
    before, _, rest = text.partition(_PGP_SIGNED)
    _, blank, body = rest.partition("\n\n")
    if not blank:
        return text
    body, _, behind = body.partition("\n-----BEGIN PGP SIGNATURE-----")
    after = behind.partition("-----END PGP SIGNATURE-----")[2] if behind else ""
    lines = [line.removeprefix("- ") for line in body.split("\n")]
    return "\n".join(piece for piece in (before.rstrip(), "\n".join(lines), after.strip()) if piece)
