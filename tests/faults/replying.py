"""Replies that leave a desk while something happens to it, and what must hold of them afterwards."""

import contextlib
import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from otklik.channels.email.tests.sink import Sink, read_raw
from otklik.testing.looking import look
from otklik.testing.server import Desk, wait_until
from tests.faults.pouring import PATIENCE

_DECIDED = {201, 409}
_ON_ITS_WAY = ("queued", "sending", "uncertain")


@dataclass
class Replier:
    """A program that writes replies one after the other, each with a key until it hears that it was taken.

    When a process died in the middle, the key is held for a minute: the program goes on with the next reply, and of
    that one (``undecided``) nobody knows whether it was taken.
    """

    desk: Desk
    token: str
    name: str
    pause: float = 0.1
    texts: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    enough: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.ticket = look(self.desk, "SELECT max(id) FROM tickets_ticket")[0][0]
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        for number in count():
            if self.enough.wait(self.pause):
                return
            text = f"{self.name}, {number}."
            while (
                status := self._ask(text, f"{self.name}-{number}".encode("ascii", "ignore").decode())
            ) not in _DECIDED:
                time.sleep(0.05)
            (self.texts if status == 201 else self.undecided).append(text)

    def _ask(self, text: str, key: str) -> int:
        """Return the status of the answer, 0 when there was none."""
        headers = {
            "Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Idempotency-Key": f"r{key}",
        }  # fmt: skip
        body = json.dumps({"kind": "reply", "body_text": text}).encode()
        with contextlib.suppress(OSError, http.client.HTTPException):
            path = f"/api/v1/tickets/{self.ticket}/messages"
            answer = self.desk.request("POST", path, body=body, headers=headers, timeout=60)
            assert answer.status in {*_DECIDED, 503}, answer.text
            return answer.status
        return 0

    def stop(self) -> list[str]:
        """Bring the reply in hand home and return all texts that were taken."""
        self.enough.set()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive(), "the desk takes no more replies"
        return self.texts


def outbox(desk: Desk) -> dict[str, tuple[str, str, int, Any]]:
    """Return by the words of a reply the Message-ID, state, doubts and due time of its mail."""
    rows = look(
        desk,
        "SELECT m.body_text, o.message_id, d.state, d.doubts, d.run_at FROM email_delivery d"
        " JOIN email_outgoing o ON o.id = d.outgoing_id JOIN tickets_message m ON m.id = o.ticket_message_id"
        " WHERE m.kind = 'reply'",
    )
    return {_words(text): tuple(row) for text, *row in rows}


def assert_sent_once(
    desk: Desk, sink: Sink, texts: Sequence[str], *, undecided: Sequence[str] = (), all_of_them: bool, told: object = ""
) -> None:
    """Every reply is there once and reached the server of the mails once; more often only by as much as the outbox
    says that it was not certain. Of what was ``undecided`` all this is true if it is there.

    What was put off, or in hand when a process died, waits visibly; with ``all_of_them`` it is waited for.
    """
    if all_of_them:
        left = "run_at IS NOT NULL"
    else:  # what nobody has had in hand yet
        left = "state = 'queued' AND attempts = 0 AND run_at IS NOT NULL"
    statement = f"SELECT count(*) FROM email_delivery WHERE {left}"
    wait_until(lambda: set(texts) <= outbox(desk).keys(), timeout=PATIENCE, what=f"mails of all replies ({told})")
    wait_until(lambda: not look(desk, statement)[0][0], timeout=1200, what=f"the end of the outbox ({told})")
    kept = Counter(_words(text) for (text,) in look(desk, "SELECT body_text FROM tickets_message WHERE kind = 'reply'"))
    assert {text: kept[text] for text in texts} == dict.fromkeys(texts, 1), told
    assert not {text: kept[text] for text in undecided if kept[text] > 1}, told
    mails = outbox(desk)
    got = Counter(read_raw(mail.data).one("Message-ID") for mail in sink.taken if mail.answered)
    for text in (*texts, *(mails.keys() & set(undecided))):
        mail_id, state, doubts, run_at = mails[text]
        waits = run_at is not None and state in _ON_ITS_WAY
        most = 1 + doubts + (state == "sending")
        assert (0 if waits else 1) <= got[mail_id] <= most, (text, state, doubts, got[mail_id], told)


def _words(text: str) -> str:
    """Return the words by which we know a reply: its first sentence."""
    return text.partition(".")[0] + "."
