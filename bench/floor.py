"""The floor under the mail figure: what one process cannot avoid for each mail, written as plainly as possible.

Parse with the standard library, find the thread, write two rows in a durable commit, flush an attachment to a file. No
rights, no history, no safety, no quotes folded: nothing that does more can be faster on this machine.
"""

import os
import sqlite3
import time
from collections.abc import Sequence
from email import message_from_bytes
from email.message import Message
from pathlib import Path

from bench.mailset import Mail

_SCHEMA = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
CREATE TABLE ticket(id INTEGER PRIMARY KEY, subject TEXT, sender TEXT, at REAL);
CREATE TABLE message(id INTEGER PRIMARY KEY, ticket INTEGER, message_id TEXT UNIQUE, body TEXT, raw BLOB);
"""


def mails_per_second(mails: Sequence[Mail], folder: Path) -> float:
    """Return how many mails a second one process takes over this floor."""
    database = sqlite3.connect(folder / "floor.sqlite3", isolation_level=None)
    database.executescript(_SCHEMA)
    began = time.perf_counter()
    for number, mail in enumerate(mails):
        parsed = message_from_bytes(mail.raw)
        text = _read(parsed, folder / f"{number}.bin")
        database.execute("BEGIN IMMEDIATE")
        reference = str(parsed.get("In-Reply-To", ""))
        known = database.execute("SELECT ticket FROM message WHERE message_id=?", (reference,)).fetchone()
        ticket = known[0] if known else _open(database, str(parsed["Subject"]), str(parsed["From"]))
        database.execute(
            "INSERT INTO message(ticket, message_id, body, raw) VALUES (?, ?, ?, ?)",
            (ticket, str(parsed["Message-ID"]), text, mail.raw if len(mail.raw) < 65536 else None),
        )
        database.execute("COMMIT")
    seconds = time.perf_counter() - began
    database.close()
    return len(mails) / seconds


def _open(database: sqlite3.Connection, subject: str, sender: str) -> int:
    row = database.execute("INSERT INTO ticket(subject, sender, at) VALUES (?, ?, 0)", (subject, sender))
    return row.lastrowid or 0


def _read(parsed: Message, path: Path) -> str:
    text = ""
    for part in parsed.walk():
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes):
            continue
        if part.get_content_type() == "text/plain" and not text:
            text = content.decode(part.get_content_charset() or "utf-8", "replace")
        elif part.get_filename():
            with path.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
    return text
