"""Mails made to hurt: too large to keep as files, so they are made here when a test wants them."""

import base64
from collections.abc import Callable

HEAD = (
    b"From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\nMessage-ID: <a@b.example>\r\n"
    b"Date: Mon, 1 Jun 2026 12:00:00 +0300\r\n"
)
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
DAEMON = HEAD.replace(b"a@b.example\r\nTo", b"mailer-daemon@x.example\r\nTo").replace(
    b"Subject: x", b"Subject: undelivered"
)
TNEF_START = bytes.fromhex("789f3e220100")
CMS_START = bytes.fromhex("308006092a864886f70d010702a080308006092a864886f70d010701a0802480")


def nested(count: int) -> bytes:
    levels = (b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(count))
    return HEAD + b"".join(levels) + b"Content-Type: text/plain\r\n\r\ndeep text\r\n"


def html(body: bytes) -> bytes:
    return HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + body


def header(name: bytes, value: bytes) -> bytes:
    return HEAD + name + b": " + value + b"\r\n\r\nbody\r\n"


def coded(coding: bytes, body: bytes) -> bytes:
    return HEAD + b"Content-Transfer-Encoding: " + coding + b"\r\n\r\n" + body


def rich(body: bytes, *, packed: bool = False) -> bytes:
    """A winmail.dat whose only text is RTF, stored as it is or given in compressed form."""
    head = (len(body) + 12).to_bytes(4, "little") + (5_000_000).to_bytes(4, "little")
    packet = head + (b"LZFu" if packed else b"MELA") + bytes(4) + body
    props = (1).to_bytes(4, "little") + bytes.fromhex("02010910") + (1).to_bytes(4, "little")
    props += len(packet).to_bytes(4, "little") + packet + bytes(-len(packet) % 4)
    attribute = b"\x01" + bytes.fromhex("03900600") + len(props).to_bytes(4, "little") + props + b"\0\0"
    return HEAD + b"Content-Type: application/ms-tnef\r\n\r\n" + TNEF_START + attribute


# Each makes a mail of about the given size in bytes.
MAILS: dict[str, Callable[[int], bytes]] = {
    "nested multiparts": lambda size: nested(size // 60),
    "nested multiparts of one boundary": lambda size: (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * (size // 52)
    ),
    "nested messages": lambda size: (
        HEAD + b"Content-Type: message/rfc822\r\n\r\n" * (size // 34) + b"Subject: s\r\n\r\nx"
    ),
    "very many parts": lambda size: MIXED + b"--b\r\n\r\nx\r\n" * (size // 10) + b"--b--",
    "very many attached messages": lambda size: (
        MIXED + b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: s\r\n\r\nx\r\n" * (size // 55)
    ),
    "lines that are almost boundaries": lambda size: MIXED + b"--bx\r\n" * (size // 6),
    "blank lines": lambda size: HEAD + b"\r\n" * (size // 2),
    "blanks": lambda size: HEAD + b"\r\n" + b" " * size,
    "one long line": lambda size: HEAD + b"\r\n" + b"x" * size,
    "deep HTML": lambda size: html(b"<div>" * (size // 5) + b"text"),
    "deep HTML tables": lambda size: html(b"<table><tr><td>" * (size // 15) + b"text"),
    "open brackets in HTML": lambda size: html(b"<" * size),
    "open scripts in HTML": lambda size: html(b"<script>" * (size // 8)),
    "open comments in HTML": lambda size: html(b"<!--" * (size // 4)),
    "entities in HTML": lambda size: html(b"&#x41;" * (size // 6)),
    "attributes in HTML": lambda size: html(b"<p " + b"a=b " * (size // 4) + b">"),
    "pictures in HTML": lambda size: (
        MIXED
        + b"--b\r\nContent-Type: text/html\r\n\r\n"
        + b'<img src="cid:x">' * (size // 17)
        + b"\r\n--b\r\nContent-Type: image/png\r\nContent-ID: <x>\r\n\r\nx\r\n--b--"
    ),
    "one long header": lambda size: header(b"X-Long", b"a" * size),
    "one folded header": lambda size: header(b"X-Long", b"a\r\n" + b" b\r\n" * (size // 4) + b" c"),
    "very many headers": lambda size: HEAD + b"X-H: y\r\n" * (size // 8) + b"\r\nbody",
    "lines without colon": lambda size: HEAD + b"garbage line\r\n" * (size // 14) + b"Cc: y@z.example\r\n\r\nbody",
    "lines before the headers": lambda size: b"From x\r\n" * (size // 8) + HEAD + b"\r\nbody",
    "very many addresses": lambda size: header(b"Cc", b", ".join(b"u%d@x.example" % n for n in range(size // 15))),
    "very many address headers": lambda size: HEAD + b"Cc: u@x.example\r\n" * (size // 17) + b"\r\nbody",
    "quotes in an address": lambda size: header(b"Cc", b'"' * size),
    "escaped quotes in an address": lambda size: header(b"Cc", b'"\\' * (size // 2)),
    "brackets in an address": lambda size: header(b"Cc", b"<" * size + b"a@b.example>"),
    "pairs of brackets in an address": lambda size: header(b"Cc", b"<a" * (size // 2) + b">"),
    "comments in an address": lambda size: header(b"Cc", b"(" * (size // 2) + b")" * (size // 2)),
    "colons in an address": lambda size: header(b"Cc", b"a:" * (size // 2)),
    "signs in an address": lambda size: header(b"Cc", b"a@" * (size // 2)),
    "an address of brackets in a word": lambda size: header(
        b"Cc", b"=?utf-8?b?" + base64.b64encode(b"<" * (size * 3 // 4)) + b"?="
    ),
    "very many references": lambda size: header(
        b"References", b" ".join(b"<u%d@x.example>" % n for n in range(size // 18))
    ),
    "brackets in references": lambda size: header(b"References", b"<" * size),
    "an endless reference": lambda size: header(b"References", b"<" + b"a" * size),
    "very many words": lambda size: header(b"Thread-Topic", b"=?utf-8?q?x?= " * (size // 14)),
    "halves of words": lambda size: header(b"Thread-Topic", b"=?a?q?" * (size // 6)),
    "starts of words": lambda size: header(b"Thread-Topic", b"=?" * (size // 2) + b"?="),
    "very many parameters": lambda size: (
        HEAD + b"Content-Type: text/plain; " + b"a=b; " * (size // 5) + b"\r\n\r\nbody"
    ),
    "quotes in a parameter": lambda size: (
        HEAD + b'Content-Type: text/plain; name="' + b'\\"' * (size // 2) + b"\r\n\r\nbody"
    ),
    "pieces of a parameter": lambda size: (
        HEAD
        + b"Content-Type: text/plain; "
        + b"".join(b"name*%d*=%%41; " % n for n in range(size // 16))
        + b"\r\n\r\nbody"
    ),
    "comments in verdicts": lambda size: header(
        b"Authentication-Results", b"x; " + b"(" * (size // 2) + b"spf=pass; " * (size // 20)
    ),
    "base64 with padding everywhere": lambda size: coded(b"base64", b"QQ==\r\n" * (size // 6)),
    "base64 of padding only": lambda size: coded(b"base64", b"=" * size),
    "broken quoted-printable": lambda size: coded(b"quoted-printable", b"=D0=\r\n" * (size // 6)),
    "flowed quotes": lambda size: HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"> x \r\n" * (size // 6),
    "undeclared windows-1251": lambda size: HEAD + b"\r\n" + "привет мир ".encode("cp1251") * (size // 11),
    "doubled encoding": lambda size: HEAD + b"\r\n" + "привет мир ".encode().decode("latin-1").encode() * (size // 38),
    "escapes of ISO-2022-JP": lambda size: (
        HEAD + b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" + b"\x1b$B" * (size // 3) + b"-!"
    ),
    "failures in a bounce": lambda size: (
        DAEMON + b"\r\n" + b"".join(b"u%d@mail.example failed\r\n" % n for n in range(size // 26))
    ),
    "words of a bounce": lambda size: DAEMON + b"\r\n" + b"undeliver delayed host " * (size // 23),
    "fields of a delivery report": lambda size: (
        HEAD + b"Content-Type: multipart/report; boundary=b; report-type=delivery-status\r\n\r\n"
        b"--b\r\n\r\nx\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        + b"Final-Recipient: rfc822; a@b.example\r\nStatus: 5.1.1\r\n\r\n" * (size // 55)
        + b"--b--"
    ),
    "lines of a calendar": lambda size: (
        HEAD + b"Content-Type: text/calendar\r\n\r\nBEGIN:VEVENT\r\n" + b'X:"a":b\r\n' * (size // 9)
    ),
    "objects of winmail.dat": lambda size: (
        HEAD
        + b"Content-Type: application/ms-tnef\r\n\r\n"
        + TNEF_START
        + b"\x01\x06\x90\x08\x00\x00\x00\x00\x00\x00\x00" * (size // 11)
    ),
    "pieces of an S/MIME content": lambda size: (
        HEAD + b"Content-Type: application/pkcs7-mime\r\n\r\n" + CMS_START + b"\x04\x01x" * (size // 3)
    ),
    "groups of RTF in winmail.dat": lambda size: rich(b"{\\rtf1" + b"{" * (size // 2) + b"x" * (size // 2)),
    "fonts of RTF in winmail.dat": lambda size: rich(b"{\\rtf1{\\fonttbl" + b"\\f1\\fcharset204 " * (size // 17)),
    "HTML in RTF in winmail.dat": lambda size: rich(b"{\\rtf1\\fromhtml1" + b"{\\*\\htmltag <p>}x" * (size // 18)),
    "repeats in compressed RTF": lambda size: rich(
        b"\0{\\rtf1 x"
        + b"".join(b"\x01" + ((207 + n * 7) % 4096 << 4 | 15).to_bytes(2) + b"{}x\\par" for n in range(size // 10)),
        packed=True,
    ),
    "uuencoded files": lambda size: HEAD + b"\r\n" + b"begin 644 a\n#86)C\n`\nend\n" * (size // 25),
    "uuencoded files that break off": lambda size: HEAD + b"\r\n" + b"begin 644 a\n" * (size // 12) + b"end\n",
    "NUL bytes": lambda size: HEAD + b"\r\n" + b"\0" * size,
    "every byte": lambda size: bytes(range(256)) * (size // 256),
    "PGP marks": lambda size: HEAD + b"\r\n" + b"-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\n" * (size // 38),
    "metas in HTML": lambda size: html(b"<meta " * (size // 6) + b"\xff"),
}
