"""``otklik mail parse``: what is understood of a message. Needs neither database nor settings, and stores nothing."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from otklik.config.cli.setup import complain

_SHOWN = ("from", "to", "cc", "subject", "date", "message_id", "auto_reply", "list", "bounce", "forwarded", "problems")


def run(options: argparse.Namespace) -> int:
    """Print one JSON line (or a short sheet) for each message; 1 when a path cannot be read, after reading the rest."""
    code = 0
    for path in _messages(options.paths):
        try:
            raw = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        except OSError as error:
            complain(f"{path}: {error.strerror}")
            code = 1
            continue
        understood = understand(raw)
        if options.json:
            print(json.dumps(understood, ensure_ascii=False))
        else:
            _show(path, understood)
    return code


def _messages(paths: list[str]) -> Iterator[Path]:
    for given in map(Path, paths):
        if given.is_dir():
            yield from sorted(given.rglob("*.eml"))
        else:
            yield given


def understand(raw: bytes) -> dict[str, Any]:
    """Return the contract's object for one message."""
    from otklik.channels.email.parse.jsonline import forward_json, to_json
    from otklik.channels.email.reading import read_mail

    reading = read_mail(raw)
    forward = reading.forward
    return to_json(
        reading.mail,
        visible_text=reading.visible_reply or reading.visible_new,
        body_html=reading.body_html,
        forwarded=forward_json(forward.name, forward.address, forward.subject, forward.date) if forward else None,
    )


def _show(path: Path, understood: dict[str, Any]) -> None:
    print(f"{path}")
    for key in _SHOWN:
        if understood[key]:
            print(f"  {key + ':':<12} {json.dumps(understood[key], ensure_ascii=False)}")
    for part in understood["attachments"]:
        print(f"  attachment:  {part['name']} ({part['content_type']}, {part['size']} bytes)")
    print("  text:")
    for line in understood["visible_text"].splitlines():
        print(f"    {line}")
