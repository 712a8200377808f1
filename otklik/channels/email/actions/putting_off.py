"""What becomes of a mail that cannot be taken in now: another attempt, a wait that does not count, or failure."""

from django.db import transaction

from otklik.channels.email.events.inbound import IntakeFailed
from otklik.channels.email.models import Inbound, InboundState
from otklik.channels.email.parse.addresses import read_addresses
from otklik.channels.email.parse.decode import Decoder
from otklik.channels.email.parse.problems import Problems
from otklik.channels.email.parse.words import decode_words
from otklik.core.actor import Actor
from otklik.core.claims import back_off, finish
from otklik.core.clock import now
from otklik.core.events import record
from otklik.core.text import normal_address

_SYSTEM = Actor.system()
MOST_STEPS = 100
LONGEST_WAIT = 500.0  # seconds; with its spread of a fifth a pause is never longer than ten minutes


def fail(row: Inbound, code: str) -> None:
    """End a mail as failed: it stays in the ledger with its reason and can be processed again."""
    at = now()
    steps = [*row.steps, ["failed", {"error": code, "attempts": row.attempts}, at.isoformat()]]
    with transaction.atomic():
        if finish(
            row, state=InboundState.FAILED, reason="error", last_error=code[:60], steps=steps, finished_at=at,
            worker="", **_headers_shown(row),
        ):  # fmt: skip
            record(IntakeFailed(subject_id=row.pk, error=code[:60]), by=_SYSTEM)


def _headers_shown(row: Inbound) -> dict[str, str]:
    """Return sender and subject as people read them, for a mail that the parser could not read."""
    decoder = Decoder(Problems())
    if "=?" not in row.subject and "<" not in row.from_address:
        return {}
    shown = {"subject": decode_words(row.subject, decoder)[:300]}
    if senders := read_addresses(row.from_address.encode(), decoder, 1):
        shown |= {"from_address": normal_address(senders[0].address)[:320], "from_name": senders[0].name[:200]}
    return shown


def put_off(row: Inbound, code: str) -> None:
    """Let a mail that failed wait a little before the next attempt; the attempt stands in its way."""
    at = now()
    steps = [*row.steps, ["retry", {"error": code[:60]}, at.isoformat()]]
    finish(row, run_at=at + back_off(row.attempts, cap=600), last_error=code[:60], steps=steps[-MOST_STEPS:], worker="")


def wait(row: Inbound, code: str) -> None:
    """Let a mail wait for what is no fault of its own; the attempt is given back, however often that happens.

    Waits that follow each other are one step with their number, from which the pause grows.
    """
    at, before, count = now(), row.steps, 1
    if before and before[-1][0] == "waited":
        *before, (_code, facts, _at) = before
        count += int(facts["count"])
    finish(
        row,
        run_at=at + back_off(count, cap=LONGEST_WAIT),
        attempts=max(row.attempts - 1, 0),
        last_error=code[:60],
        steps=[*before, ["waited", {"error": code[:60], "count": count}, at.isoformat()]],
        worker="",
    )
