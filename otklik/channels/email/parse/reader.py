"""Reads one mail from its raw bytes into a ``ParsedMail``; whatever the bytes are, it returns one.

Each stage is fenced by itself: when one of them fails, the others still give what they found, and the problem is named.
"""

import string
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from otklik.channels.email.parse import bounce, classify, identity
from otklik.channels.email.parse.addresses import normal_address, read_addresses
from otklik.channels.email.parse.bodies import Bodies, combine
from otklik.channels.email.parse.content import Collector
from otklik.channels.email.parse.dates import read_date
from otklik.channels.email.parse.decode import Decoder, one_line
from otklik.channels.email.parse.filenames import clean_name
from otklik.channels.email.parse.headers import Headers, normal_line_ends, skip_garbage
from otklik.channels.email.parse.mime import Node, TreeReader
from otklik.channels.email.parse.model import AttachedMessage, Bounce, Mailbox, ParsedMail, Part
from otklik.channels.email.parse.problems import Problems
from otklik.channels.email.parse.units import Content
from otklik.channels.email.parse.words import decode_words

MAX_SUBJECT = 2000
MAX_ATTACHED_READ = 20
_RUSSIAN = bytes((*range(0xC0, 0x100), 0xA8, 0xB8))  # in windows-1251, where counting is cheap
_LATIN = string.ascii_letters.encode()
_SAMPLED = (b"subject", b"from", b"to", b"cc", b"reply-to", b"sender")


def parse(raw: bytes) -> ParsedMail:
    """Return everything that can be understood of a mail. Never raises: the worst mail yields problems and text."""
    problems = Problems()
    try:
        return _Reader(normal_line_ends(bytes(raw)), problems).read()
    except (Exception, RecursionError, MemoryError):
        problems.add("parser_error")
        text = bytes(raw[:20_000]).decode("utf-8", "replace").replace("\0", "").replace("\r\n", "\n")
        return ParsedMail(body_text=text, problems=problems.result())


class _Reader:
    def __init__(self, raw: bytes, problems: Problems) -> None:
        self.raw = raw
        self.problems = problems
        self.root: Node | None = None
        self.decoder = Decoder(problems, self._samples)

    def _samples(self) -> Iterable[bytes]:
        """All bytes of the mail that no declaration explains: raw headers and texts that are not UTF-8."""
        if self.root is None:
            return
        for name in _SAMPLED:
            for value in self.root.headers.all(name)[:5]:
                if not value.isascii() and not _is_utf8(value):
                    yield value
        for leaf in self.root.walk()[:50]:
            if leaf.kind.startswith("text/") and leaf.disposition[0] != "attachment":
                data = leaf.data(self.problems)[:32_768]
                if not data.isascii() and not _is_utf8(data):
                    yield data

    def guarded[T](self, stage: Callable[[], T], fallback: T) -> T:
        """Run one stage; a failure costs only what the stage would have given."""
        try:
            return stage()
        except (Exception, RecursionError):
            self.problems.add("parser_error")
            return fallback

    def read(self) -> ParsedMail:
        start = skip_garbage(self.raw, self.problems)
        tree = TreeReader(self.problems, self.decoder)
        self.root = root = tree.entity(self.raw, start, len(self.raw))
        headers = root.headers
        collector = Collector(tree, self.decoder, self.problems)
        self.guarded(lambda: collector.walk(root), None)
        content = collector.content
        self.guarded(lambda: self._name_messages(content), None)
        bodies = self.guarded(lambda: combine(content, self.problems), Bodies(self._plain_text(content), "", ()))
        subject = self.guarded(lambda: self._subject(headers), "")
        from_all = self._addresses(headers, b"from")
        sender = from_all[0] if from_all else None
        return_path = self.guarded(lambda: _return_path(headers), None)
        signs = self.guarded(
            lambda: classify.read_signs(headers, sender, subject, return_path), classify.Signs(False, False, (), None)
        )
        to = self._addresses(headers, b"to")
        own = {box.address.lower() for box in to}
        reported = self.guarded(
            lambda: bounce.read_bounce(
                self.raw, headers, sender, subject, bodies.text, content, return_path, own, self.problems
            ),
            None,
        )
        self._note(content)
        heads = replace(self._heads(headers, from_all, to), subject=subject, return_path=return_path)
        return self._mail(heads, headers, content, bodies, signs, reported)

    def _heads(self, headers: Headers, from_all: tuple[Mailbox, ...], to: tuple[Mailbox, ...]) -> ParsedMail:
        """Who wrote to whom, in which thread, and what the servers on the way say."""
        reply_to = self._addresses(headers, b"reply-to")
        message_id, message_id_raw = identity.read_message_id(headers, self.problems)
        in_reply_to = identity.read_references(headers, b"in-reply-to", self.problems)
        if not from_all:
            self.problems.add("from_missing")
        multi = len(from_all) > 1 or len(set(headers.all(b"from"))) > 1
        if multi:
            self.problems.add("multiple_from")
        envelope = (b"delivered-to", b"envelope-to", b"x-envelope-to", b"x-forwarded-to")
        return ParsedMail(
            from_=from_all[0] if from_all else None,
            to=to,
            cc=self._addresses(headers, b"cc"),
            reply_to=reply_to[0] if reply_to else None,
            date=self.guarded(lambda: self._date(headers), None),
            message_id=message_id,
            in_reply_to=in_reply_to[0] if in_reply_to else None,
            references=identity.read_references(headers, b"references", self.problems),
            sender=next(iter(self._addresses(headers, b"sender")), None),
            from_all=from_all,
            multi_from=multi,
            reply_to_all=reply_to,
            original_from=next(iter(self._addresses(headers, b"x-original-from")), None),
            resent_from=next(iter(self._addresses(headers, b"resent-from")), None),
            delivered_to=_plain_addresses(headers, *envelope),
            x_original_to=_plain_addresses(headers, b"x-original-to"),
            message_id_raw=message_id_raw,
            in_reply_to_all=in_reply_to,
            thread_index=identity.ascii_value(headers.raw(b"thread-index"))[:1000],
            thread_topic=self._words(headers.raw(b"thread-topic"))[:MAX_SUBJECT],
            received=headers.count(b"received"),
            auth=self.guarded(lambda: identity.read_verdicts(headers), ()),
            loop_ids=tuple(identity.ascii_value(item)[:200] for item in headers.all(b"x-otklik-loop")[:20]),
        )

    def _mail(
        self,
        heads: ParsedMail,
        headers: Headers,
        content: Content,
        bodies: Bodies,
        signs: classify.Signs,
        reported: Bounce | None,
    ) -> ParsedMail:
        """Add what the mail says and what kind of mail it is."""
        kind, kind_signs = _kind(content, signs, reported)
        return replace(
            heads,
            body_text=bodies.text,
            body_html=bodies.html,
            attachments=bodies.attachments,
            auto_reply=kind in {"auto", "receipt", "complaint"} or signs.auto,
            list=signs.list,
            bounce=reported,
            kind=kind,
            kind_signs=kind_signs,
            spam=signs.spam,
            quiet=signs.quiet or kind != "normal",
            reported_id=bounce.reported_id(content) if content.reports else None,
            language=_language(headers, bodies.text or heads.subject),
            signed=content.signed,
            encrypted=content.encrypted,
            calendar=content.calendar,
            tnef=content.tnef,
            charset_declared=one_line(content.charset_declared)[:100],
            charset_used=content.charset_used,
            problems=self.problems.result(),
        )

    def _note(self, content: Content) -> None:
        if content.signed:
            self.problems.add(f"signed_{content.signed}")
        if content.encrypted:
            self.problems.add(f"encrypted_{content.encrypted}")

    def _words(self, raw: bytes | None) -> str:
        return one_line(decode_words(self.decoder.header(raw), self.decoder)) if raw else ""

    def _subject(self, headers: Headers) -> str:
        raw = headers.raw(b"subject")
        return self._words(raw[: MAX_SUBJECT * 16])[:MAX_SUBJECT] if raw else ""

    def _boxes(self, raw: bytes) -> tuple[Mailbox, ...]:
        try:
            return read_addresses(raw, self.decoder)
        except (Exception, RecursionError):  # hostile input finds every hole
            self.problems.add("parser_error")
            return ()

    def _addresses(self, headers: Headers, name: bytes) -> tuple[Mailbox, ...]:
        boxes: dict[tuple[str, str], Mailbox] = {}
        for raw in headers.all(name)[:50]:
            for box in self._boxes(raw):
                if len(boxes) >= 1000:
                    self.problems.add("too_many_addresses")
                    break
                boxes.setdefault((box.address.lower(), box.name if name == b"from" else ""), box)
        return tuple(boxes.values())

    def _date(self, headers: Headers) -> datetime | None:
        raw = headers.raw(b"date")
        if raw is None:
            self.problems.add("date_missing")
            return None
        moment = read_date(self.decoder.header(raw[:400]))
        if moment is None:
            self.problems.add("date_invalid")
        return moment

    def _plain_text(self, content: Content) -> str:
        return "\n".join(unit.text for unit in content.units if unit.text)

    def _name_messages(self, content: Content) -> None:
        """Give attached messages the name of their subject, and what their heads say."""
        for read, (number, node) in enumerate(content.messages.items()):
            if read >= MAX_ATTACHED_READ:
                break
            part = content.files[number]
            inner = read_attached(part.data)
            name = part.name
            if not node.filename and inner.subject:
                name = clean_name(inner.subject.replace("/", "_").replace("\\", "_")[:300] + ".eml", part.name)
            content.files[number] = Part(name, part.content_type, part.data, False, part.cid, part.location, inner)


def read_attached(data: bytes) -> AttachedMessage:
    """Read the head and the text of a message that hangs on another; its own attachments stay inside."""
    reader = _Reader(normal_line_ends(data), Problems())
    tree = TreeReader(reader.problems, reader.decoder)
    reader.root = root = tree.entity(reader.raw, skip_garbage(reader.raw), len(reader.raw))
    collector = Collector(tree, reader.decoder, reader.problems)
    reader.guarded(lambda: collector.walk(root), None)
    bodies = combine(collector.content, reader.problems)
    return AttachedMessage(
        from_=next(iter(reader._addresses(root.headers, b"from")), None),
        to=reader._addresses(root.headers, b"to")[:50],
        subject=reader._subject(root.headers),
        date=reader.guarded(lambda: reader._date(root.headers), None),
        message_id=identity.read_message_id(root.headers, reader.problems)[0],
        body_text=bodies.text,
        body_html=bodies.html,
    )


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _return_path(headers: Headers) -> str | None:
    """The envelope sender as the last server wrote it: an address, empty for ``<>``, None when nothing is known."""
    raw = headers.raw(b"return-path")
    if raw is None:
        return None
    value = identity.ascii_value(raw)[:500]
    return "" if value.replace(" ", "") in {"<>", ""} else normal_address(value) or None


def _plain_addresses(headers: Headers, *names: bytes) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in names:
        for raw in headers.all(name)[:50]:
            for item in identity.ascii_value(raw[:4000]).split(","):
                address = normal_address(item)
                if address:
                    found[address] = None
    return tuple(found)


def _kind(content: Content, signs: classify.Signs, reported: Bounce | None) -> tuple[str, tuple[str, ...]]:
    if reported is not None:
        return "bounce", ("bounce", *signs.signs)
    kinds = {node.kind for node in content.reports}
    if any("disposition-notification" in kind for kind in kinds) or content.report_type == "disposition-notification":
        return "receipt", ("disposition-notification", *signs.signs)
    if "message/feedback-report" in kinds or content.report_type == "feedback-report":
        return "complaint", ("feedback-report", *signs.signs)
    return ("auto" if signs.auto else "normal"), signs.signs


def _language(headers: Headers, text: str) -> str:
    """A hint: what the mail declares, else Russian or English by the letters."""
    declared = identity.ascii_value(headers.raw(b"content-language"))[:20].lower()
    sample = text[:800].encode("cp1251", "ignore")
    cyrillic = len(sample) - len(sample.translate(None, _RUSSIAN))
    latin = len(sample) - len(sample.translate(None, _LATIN))
    if cyrillic + latin < 4:
        return declared[:2] if declared[:2] in {"ru", "en"} else ""
    return "ru" if cyrillic * 3 >= latin else "en"
