"""Message ids, thread ids and the receiving server's verdicts, read from headers that are often not well formed."""

import re

from otklik.channels.email.parse.decode import one_line
from otklik.channels.email.parse.headers import Headers
from otklik.channels.email.parse.model import AuthResult
from otklik.channels.email.parse.problems import Problems

MAX_ID = 900
MAX_REFERENCES = 1000
MAX_VERDICTS = 50
_ID = re.compile(r"<([^<>\s]{1,998})>")
_LOOSE_ID = re.compile(r"[^<>\s,;]{1,400}@[^<>\s,;]{1,400}")
_BLANK_INSIDE = re.compile(r"<([^<>\s][^<>]{0,400}\s[^<>]{0,400}[^<>\s])>\Z")
_WORD = re.compile(r"([A-Za-z][\w-]{0,40})\s{0,5}=\s{0,5}([A-Za-z]{1,20})")
_PROPERTY = re.compile(
    r"(smtp\.mail(?:from)?|smtp\.helo|header\.(?:from|d|i))\s{0,5}=\s{0,5}\"?([^\s;\"]{1,300})", re.IGNORECASE
)


def ascii_value(raw: bytes | None) -> str:
    """Return a header that should be ASCII as one clean line; other bytes are replaced."""
    return one_line(raw.decode("utf-8", "replace")) if raw else ""


def find_ids(value: str) -> list[str]:
    """Return the ids of a value in brackets, in their order; ids without brackets only when there are none with."""
    found = [f"<{item}>" for item in _ID.findall(value) if len(item) <= MAX_ID]
    if found or not value:
        return found
    return [f"<{item}>" for item in _LOOSE_ID.findall(value) if len(item) <= MAX_ID]


def read_message_id(headers: Headers, problems: Problems) -> tuple[str | None, str]:
    """Return the message's own id in bracket form (or None) and the value as it stood there."""
    raw = headers.raw(b"message-id")
    if raw is None:
        problems.add("message_id_missing")
        return None, ""
    value = ascii_value(raw[:4000])
    ids = find_ids(value)
    if ids and ids[0] == value:
        return value, value
    problems.add("message_id_invalid")
    blanks = _BLANK_INSIDE.match(value)
    if blanks:
        return f"<{''.join(blanks[1].split())[:MAX_ID]}>", value[:1000]
    if ids:
        return ids[0], value[:1000]
    loose = "".join(value.split()).strip("<>")
    return (f"<{loose[:MAX_ID]}>" if loose else None), value[:1000]


def read_references(headers: Headers, name: bytes, problems: Problems) -> tuple[str, ...]:
    """Return the ids of References or In-Reply-To without repeats; of very many the first and the last."""
    ids: dict[str, None] = {}
    for raw in headers.all(name)[:20]:
        for item in find_ids(ascii_value(raw)):
            ids[item] = None
    if len(ids) <= MAX_REFERENCES:
        return tuple(ids)
    problems.add("too_many_references")
    ordered = list(ids)
    return (ordered[0], *ordered[-(MAX_REFERENCES - 1) :])


def read_verdicts(headers: Headers) -> tuple[AuthResult, ...]:
    """Read the Authentication-Results headers in their order; which of them counts is for the caller to decide.

    Only those of a server that the administrator named may be believed, and of those only the topmost: everybody can
    write such headers.
    """
    return tuple(_verdict(ascii_value(raw[:20_000])) for raw in headers.all(b"authentication-results")[:MAX_VERDICTS])


def _verdict(value: str) -> AuthResult:
    pieces = [piece.strip() for piece in _without_comments(value).split(";")]
    server = ""
    if pieces and "=" not in pieces[0]:
        server = pieces.pop(0).split(" ")[0].lower()
    results: dict[str, str] = {}
    from_domain = spf_domain = ""
    signers: list[str] = []
    for piece in pieces:
        found = _WORD.match(piece)
        if found is None:
            continue
        method, result = found[1].lower(), found[2].lower()
        properties = [(name.lower(), _domain(text)) for name, text in _PROPERTY.findall(piece)]
        if method == "dkim":
            if result == "pass" or "dkim" not in results:
                results["dkim"] = result
            if result == "pass":
                signers.extend(
                    text for name, text in properties if name in {"header.d", "header.i"} and text not in signers
                )
        elif method in {"spf", "dmarc"} and method not in results:
            results[method] = result
            for name, text in properties:
                if name == "header.from" and method == "dmarc":
                    from_domain = text
                elif name in {"smtp.mailfrom", "smtp.mail"} and method == "spf":
                    spf_domain = text
    return AuthResult(
        authserv_id=server,
        spf=results.get("spf", ""),
        dkim=results.get("dkim", ""),
        dmarc=results.get("dmarc", ""),
        from_domain=from_domain,
        spf_domain=spf_domain,
        dkim_domains=tuple(signers),
    )


def _domain(text: str) -> str:
    return text.rpartition("@")[2].strip("<>.").lower()


def _without_comments(value: str) -> str:
    """Take out comments and quoted strings' semicolons in one walk."""
    if "(" not in value and '"' not in value:
        return value
    out: list[str] = []
    depth, quoted = 0, False
    for char in value:
        if char == '"' and not depth:
            quoted = not quoted
        elif quoted and char == ";":
            continue
        elif char == "(" and not quoted:
            depth += 1
            continue
        elif char == ")" and depth and not quoted:
            depth -= 1
            continue
        if not depth:
            out.append(char)
    return "".join(out)
