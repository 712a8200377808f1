"""Mail that pours into a desk while something happens to it, and what must hold of it afterwards."""

import json
import smtplib
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bench.mailset import Mail
from otklik.testing.looking import look
from otklik.testing.server import Desk, wait_until

PATIENCE = 240  # seconds: a desk that is started anew on a busy machine is slow, one that is stuck never goes on
ENDED = {"ticket", "message"}


@dataclass
class Sender:
    """Sends mails one after the other in a thread of its own, each until it is accepted."""

    desk: Desk
    mails: Iterator[Mail]
    accepted: list[str] = field(default_factory=list)
    repeats: int = 0
    refusals: list[int] = field(default_factory=list)  # what the receiver answered where it took nothing
    longest: float = 0.0  # seconds that a mail had to wait until it was accepted
    enough: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        for mail in self.mails:
            began = time.monotonic()
            while not self._is_accepted(mail):
                self.repeats += 1
                time.sleep(0.02)  # as a mail server pauses before it tries again
            self.longest = max(self.longest, time.monotonic() - began)
            self.accepted.append(mail.message_id)
            if self.enough.is_set():
                return

    def _is_accepted(self, mail: Mail) -> bool:
        try:
            self.desk.send_mail(mail.raw, sender=mail.sender, to=mail.to)
        except smtplib.SMTPRecipientsRefused as error:
            self.refusals += [code for code, _words in error.recipients.values()]
        except smtplib.SMTPResponseException as error:
            self.refusals.append(error.smtp_code)
        except (OSError, smtplib.SMTPException):
            pass  # nobody is there, or he hung up
        else:
            return True
        return False

    def wait_for(self, more: int) -> None:
        """Wait until so many more mails are accepted."""
        target = len(self.accepted) + more
        try:
            wait_until(lambda: len(self.accepted) >= target, timeout=PATIENCE, what=f"accepting mail {target}")
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{self.desk.log()[-4000:]}") from None

    def wait_for_refusals(self, more: int) -> None:
        """Wait until the receiver has refused so many more attempts."""
        target = len(self.refusals) + more
        wait_until(lambda: len(self.refusals) >= target, timeout=PATIENCE, what=f"refusal {target}")

    def stop(self) -> None:
        self.enough.set()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive(), "the desk takes no more mail"


def ledger(desk: Desk) -> dict:
    return json.loads(desk.cli("mail", "ledger", "--json").stdout)


def highest(desk: Desk, table: str) -> int:
    return look(desk, f"SELECT max(id) FROM {table}")[0][0] or 0


def waiting(desk: Desk) -> int:
    return look(desk, "SELECT count(*) FROM email_inbound WHERE state = 'waiting'")[0][0]


def incoming_after(desk: Desk, message: int) -> int:
    return look(desk, f"SELECT count(*) FROM tickets_message WHERE id > {message} AND kind = 'incoming'")[0][0]


def processes(desk: Desk) -> dict[str, int]:
    """Return the processes that do the work of a desk, by their names; helpers of theirs come and go."""
    return {name: pid for pid, name in desk.family().items() if name.startswith("otklik-")}


@dataclass
class Pouring:
    """Several senders at once, and what the desk held before them."""

    desk: Desk
    senders: list[Sender]
    before: int = field(init=False)
    known: int = field(init=False)

    @classmethod
    def begin(cls, desk: Desk, loads: Iterable[Iterator[Mail]]) -> "Pouring":
        """Remember what is there and let a sender bring each of the loads."""
        pouring = cls(desk, [])
        pouring.before = highest(desk, "tickets_message")
        pouring.known = highest(desk, "email_inbound")
        pouring.senders += [Sender(desk, load) for load in loads]
        return pouring

    def wait_for(self, more: int) -> None:
        """Wait until each sender has had so many more mails accepted."""
        for sender in self.senders:
            sender.wait_for(more)

    def wait_for_refusals(self, more: int) -> None:
        """Wait until each sender was refused so many more times."""
        for sender in self.senders:
            sender.wait_for_refusals(more)

    def assert_exactly_once(self, told: object = "") -> list[str]:
        """End the senders; what they were told 250 for is there once and whole, and the sums of the ledger add up.

        Returns the Message-IDs of what was accepted.
        """
        for sender in self.senders:
            sender.stop()
        desk, accepted = self.desk, [mail_id for sender in self.senders for mail_id in sender.accepted]
        wait_until(lambda: not waiting(desk), timeout=PATIENCE, what=f"the end of the work ({told})")
        said = ledger(desk)
        sums = said["sums"]
        assert sums["waiting"] == 0
        assert sums["received"] == sum(sums[state] for state in sums if state not in {"received", "duplicates"})
        items = [item for item in said["items"] if item["id"] > self.known]
        assert Counter(item["message_id"] for item in items) == Counter(accepted), told
        assert {item["state"] for item in items} <= ENDED, told
        assert len({item["message"] for item in items}) == len(items), told
        assert incoming_after(desk, self.before) == len(items), told
        return accepted
