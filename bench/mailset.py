"""A deterministic set of mails as a service company gets them: the load for ``make bench`` and for tests.

Of every 20 mails 6 are replies and 14 open a request (``replies=0.3``). Besides, every fourth mail is koi8-r and the
others are utf-8; base64, quoted-printable and 8bit take turns; every fifth has text and HTML; every tenth carries a
file of 100,000 bytes. The same seed always gives the same bytes; another ``run`` gives other Message-IDs, so that a
set can be sent twice.

A reply comes from the person who may write it: it answers a :class:`Thread`, which is either a mail of an earlier phase
or a ticket that the desk names (``--threads``, one JSON object a line). Without threads the replies answer mails of the
same set that lie at least ``DISTANCE`` mails back.

    python -m bench.mailset --out DIR --count 1000 --to support@demo.otklik.test [--two-phase]
"""

import argparse
import base64
import json
import quopri
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

from bench import phrases

CUSTOMERS = 500
DISTANCE = 50
ATTACHMENT_SIZE = 100_000
START = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
type Encoding = Literal["base64", "quoted-printable", "8bit"]
ENCODINGS: tuple[Encoding, ...] = ("base64", "quoted-printable", "8bit")


@dataclass(frozen=True)
class Thread:
    """What a reply needs to know: whose it is, what it answers, and where it goes if not to the usual address."""

    address: str
    name: str
    subject: str
    message_id: str
    to: str = ""


@dataclass(frozen=True)
class Mail:
    """One mail of the set, with what a test or a measurement wants to hold against the result."""

    index: int
    raw: bytes
    sender: str
    name: str
    to: str
    subject: str
    message_id: str
    in_reply_to: str | None
    charset: str
    encoding: Encoding
    has_html: bool
    has_attachment: bool

    @property
    def thread(self) -> Thread:
        """The thread that this mail opens or continues, for a reply of the same person."""
        return Thread(self.sender, self.name, self.subject, self.message_id)


def mails(
    count: int,
    *,
    to: str = "support@demo.otklik.test",
    seed: str = "otklik",
    run: str = "a",
    replies: float = 0.3,
    threads: Sequence[Thread] = (),
) -> Iterator[Mail]:
    """Yield ``count`` mails; ``replies`` is the share that answers ``threads``, or earlier mails of this set."""
    own: list[Thread] = []
    for index in range(count):
        rng = random.Random(f"{seed}/{index}")
        answerable = threads or own[: max(0, len(own) - DISTANCE)]
        # 7 and 20 have no common divisor, so the replies spread evenly over all other properties.
        is_reply = bool(answerable) and (index * 7) % 20 < round(replies * 20)
        mail = _mail(index, rng, to, f"{seed}.{run}", rng.choice(answerable) if is_reply else None)
        own.append(mail.thread)
        yield mail


def two_phases(count: int, *, to: str = "support@demo.otklik.test", run: str = "a") -> tuple[list[Mail], list[Mail]]:
    """Return the mails that open requests, and the mix whose replies answer them; send the first to its end first."""
    openings = list(mails(count, to=to, seed="openings", run=run, replies=0))
    return openings, list(mails(count, to=to, seed="mix", run=run, threads=[mail.thread for mail in openings]))


def _mail(index: int, rng: random.Random, to: str, run: str, thread: Thread | None) -> Mail:
    charset = "koi8-r" if index % 4 == 3 else "utf-8"
    encoding = ENCODINGS[index % 3]
    has_html, has_attachment = index % 5 == 1, index % 10 == 4
    if thread:
        name, sender, to = thread.name, thread.address, thread.to or to
        subject = thread.subject if thread.subject.startswith("Re: ") else f"Re: {thread.subject}"
    else:
        name, sender = customer(rng.randrange(CUSTOMERS))
        subject = f"{rng.choice(phrases.THINGS).capitalize()} {rng.choice(phrases.FAULTS)}"
    text = _text(rng, name, reply_to=thread)
    message_id = f"<m{index}.{run}@customers.test>"
    headers = [
        ("From", f"{_header(name, charset)} <{sender}>"),
        ("To", to),
        ("Subject", _header(subject, charset)),
        ("Date", format_datetime(START + timedelta(minutes=index))),
        ("Message-ID", message_id),
    ]
    if thread:
        headers += [("In-Reply-To", thread.message_id), ("References", thread.message_id)]
    headers.append(("MIME-Version", "1.0"))
    content = _part(text, charset, encoding, "plain")
    if has_html:
        html = "<html><body>" + "".join(f"<p>{line}</p>" for line in text.split("\n")) + "</body></html>\n"
        content = _multipart("alternative", f"alt-{index}", [content, _part(html, charset, encoding, "html")])
    if has_attachment:
        content = _multipart("mixed", f"mix-{index}", [content, _file(index, rng)])
    raw = "".join(f"{key}: {value}\r\n" for key, value in headers).encode("ascii") + content
    return Mail(
        index, raw, sender, name, to, subject, message_id, thread.message_id if thread else None, charset, encoding,
        has_html, has_attachment,
    )  # fmt: skip


def customer(number: int) -> tuple[str, str]:
    """Return the name and the address of one of the set's customers."""
    first = phrases.FIRST_NAMES[number % len(phrases.FIRST_NAMES)]
    last = phrases.LAST_NAMES[number % len(phrases.LAST_NAMES)]
    return f"{first} {last}", f"client{number}@customers.test"


def _text(rng: random.Random, name: str, *, reply_to: Thread | None) -> str:
    lines = [rng.choice(phrases.GREETINGS), ""]
    if reply_to:
        lines += rng.sample(phrases.ANSWERS, rng.randint(1, 3))
    else:
        lines.append(
            f"{rng.choice(phrases.THINGS).capitalize()} {rng.choice(phrases.PLACES)} {rng.choice(phrases.FAULTS)}."
        )
    lines += rng.sample(phrases.DETAILS, rng.randint(4, 12))
    lines += ["", rng.choice(phrases.CLOSINGS), name]
    if reply_to:
        lines += ["", "> " + reply_to.subject, "> " + rng.choice(phrases.DETAILS)]
    return "\n".join(lines) + "\n"


def _header(text: str, charset: str) -> str:
    return Header(text, charset, maxlinelen=76).encode(linesep="\r\n")


def _part(text: str, charset: str, encoding: Encoding, subtype: str) -> bytes:
    body = text.encode(charset)
    if encoding == "base64":
        body = base64.encodebytes(body)
    elif encoding == "quoted-printable":
        body = quopri.encodestring(body)
    head = f"Content-Type: text/{subtype}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode("ascii") + body.replace(b"\n", b"\r\n")


def _file(index: int, rng: random.Random) -> bytes:
    head = (
        f'Content-Type: application/octet-stream; name="log{index}.bin"\r\n'
        "Content-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="log{index}.bin"\r\n\r\n'
    )
    return head.encode("ascii") + base64.encodebytes(rng.randbytes(ATTACHMENT_SIZE)).replace(b"\n", b"\r\n")


def _multipart(subtype: str, boundary: str, parts: list[bytes]) -> bytes:
    mark = b"--" + boundary.encode("ascii")
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode("ascii")
    return head + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def write(folder: Path, chosen: Sequence[Mail]) -> None:
    """Write the mails as ``00000.eml`` … and ``manifest.json``, which says what each of them is."""
    folder.mkdir(parents=True, exist_ok=True)
    for mail in chosen:
        (folder / f"{mail.index:05}.eml").write_bytes(mail.raw)
    manifest = [{**asdict(mail), "raw": f"{mail.index:05}.eml"} for mail in chosen]
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")


def main() -> None:
    """Write a set to a folder."""
    parser = argparse.ArgumentParser(prog="python -m bench.mailset", description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--to", default="support@demo.otklik.test")
    parser.add_argument("--seed", default="otklik")
    parser.add_argument("--run", default="a", help="goes into the Message-IDs, so that a set can be sent twice")
    parser.add_argument("--replies", type=float, default=0.3, help="share of replies, 0 for none")
    parser.add_argument("--threads", type=Path, help="JSON lines with address, name, subject, message_id and to")
    parser.add_argument(
        "--two-phase", action="store_true", help="write 1-openings and 2-mix, whose replies answer them"
    )
    options = parser.parse_args()
    if options.two_phase:
        openings, mix = two_phases(options.count, to=options.to, run=options.run)
        write(options.out / "1-openings", openings)
        write(options.out / "2-mix", mix)
        return
    lines = options.threads.read_text(encoding="utf-8").splitlines() if options.threads else []
    threads = [Thread(**json.loads(line)) for line in lines if line.strip()]
    chosen = mails(
        options.count, to=options.to, seed=options.seed, run=options.run, replies=options.replies, threads=threads
    )
    write(options.out, list(chosen))


if __name__ == "__main__":
    main()
