"""From a stored mail to its end, as a story that can be read: ``STEPS``.

A group of mails is read in the parser child, judged by the steps on facts fetched in few statements, and written in one
transaction. When a group fails it is undone and each mail goes alone, so that a poisonous one stops only itself; what
fails three times is shown as failed. What waits for the disk, the store or the database waits as long as it must.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from django.db import DatabaseError, InterfaceError, OperationalError
from django.db.models import QuerySet

from otklik.channels.email.actions.finishing import LostClaim, write
from otklik.channels.email.actions.putting_off import fail, put_off, wait
from otklik.channels.email.ahead import Reader
from otklik.channels.email.backlog import Fresh
from otklik.channels.email.case import Case, Facts, Stop
from otklik.channels.email.files_ahead import prepare_all
from otklik.channels.email.gather import any_patterns, gather_senders, gather_threads, name_candidates
from otklik.channels.email.keys import thread_key
from otklik.channels.email.models import Inbound, InboundState
from otklik.channels.email.parse.model import Part
from otklik.channels.email.parse.sandbox import ParseFailed
from otklik.channels.email.reading import Reading
from otklik.channels.email.standing import channel_of
from otklik.channels.email.steps.brake_floods import brake_floods
from otklik.channels.email.steps.check_right import check_right
from otklik.channels.email.steps.choose_text import choose_text
from otklik.channels.email.steps.enter_door import enter_door
from otklik.channels.email.steps.find_side import find_side
from otklik.channels.email.steps.find_thread import find_thread
from otklik.channels.email.steps.gather_people import gather_people
from otklik.channels.email.steps.judge_sender import judge_sender
from otklik.channels.email.steps.name_author import name_author
from otklik.channels.email.steps.quiet_automatic import quiet_automatic
from otklik.channels.email.steps.refuse_unfetched import refuse_unfetched
from otklik.channels.email.steps.respect_blocks import respect_blocks
from otklik.channels.email.steps.stop_loops import stop_loops
from otklik.channels.email.steps.take_reports import take_reports
from otklik.channels.email.steps.unwrap_forward import unwrap_forward, weigh_forward
from otklik.channels.email.store import LEASE
from otklik.core.blobs import BlobAway, BlobMissing, Prepared, StorageFull
from otklik.core.claims import claim
from otklik.core.clock import now

log = logging.getLogger(__name__)

GROUP = 25
MOST_ERRORS = 3
SUSPECT = 5
MOST_DEATHS = 20
Innocent = BlobAway | StorageFull | OSError | LostClaim

type Step = Callable[[Case, Facts], Stop | None]

WHO: tuple[Step, ...] = (
    refuse_unfetched,
    name_author,
    stop_loops,
    judge_sender,
    respect_blocks,
    unwrap_forward,
)
WHERE: tuple[Step, ...] = (
    weigh_forward,
    take_reports,
    enter_door,
    find_side,
    find_thread,
    check_right,
    quiet_automatic,
    brake_floods,
    gather_people,
    choose_text,
)
STEPS: tuple[Step, ...] = WHO + WHERE


def due(ids: Sequence[int] | None = None) -> QuerySet[Inbound]:
    """Return the mails whose turn it is, oldest first; only those of ``ids`` when given."""
    rows = Inbound.objects.select_related("blob").filter(state=InboundState.WAITING)
    return (rows if ids is None else rows.filter(pk__in=ids)).order_by("run_at", "id")


def take(worker: str, ids: Sequence[int] | None = None, limit: int = GROUP) -> list[Inbound]:
    """Claim up to ``limit`` mails for ``worker``; oldest first.

    A mail that was in hand when the process died several times comes last and alone: it may be what kills it.
    """
    rows = claim(due(ids).filter(attempts__lte=SUSPECT), now(), LEASE, limit, worker)
    if not rows:
        rows = claim(due(ids), now(), LEASE, 1, worker)
    return sorted(rows, key=lambda row: row.pk)


@dataclass(frozen=True, slots=True)
class ReadMail:
    """A claimed mail that was read: what it says, or why it could not be read; its files are safe on the disk."""

    row: Inbound
    reading: Reading | Exception
    files: Sequence[Prepared] = ()


class GaveUp(Exception):
    """The process died again and again with this mail in hand."""

    code = "died"


def read(rows: Sequence[Inbound], reader: Reader, held: Mapping[int, Fresh] = MappingProxyType({})) -> list[ReadMail]:
    """Read the raw mails in the parser child and bring their files to the disk.

    Of those in memory still (``held``) some were read while they were stored. The order stays that of ``rows``.
    """
    raws: list[bytes] = []
    good: list[Inbound] = []
    result: dict[int, ReadMail] = {}
    for row in rows:
        try:
            if row.attempts > MOST_DEATHS:
                raise GaveUp
            fresh = held.get(row.pk)
            if fresh is not None and fresh.read is not None and (done := fresh.read.result()) is not None:
                result[row.pk] = ReadMail(row, done.reading, done.files)
                continue
            raws.append(row.raw.read() if fresh is None or fresh.raw is None else fresh.raw)
            good.append(row)
        except (BlobAway, BlobMissing, OSError, GaveUp) as error:
            result[row.pk] = ReadMail(row, error)
    result |= {mail.row.pk: mail for mail in _read_here(good, raws, reader)}
    return [result[row.pk] for row in rows]


def _read_here(rows: Sequence[Inbound], raws: Sequence[bytes], reader: Reader) -> list[ReadMail]:
    readings = list(reader(raws)) if raws else []
    try:
        files = prepare_all([part.data for reading in readings for part in parts_of(reading)])
    except (StorageFull, OSError) as error:
        return [ReadMail(row, error) for row in rows]
    result: list[ReadMail] = []
    place = 0
    for row, reading in zip(rows, readings, strict=True):
        count = len(parts_of(reading))
        result.append(ReadMail(row, reading, files[place : place + count]))
        place += count
    return result


def parts_of(reading: Reading | Exception) -> Sequence[Part]:
    """Return the files of a mail that could be read."""
    return () if isinstance(reading, Exception) else reading.mail.attachments


def settle(mails: Sequence[ReadMail]) -> list[int]:
    """Bring read mails to their ends; return the ids that are done or put off.

    Groups are cut before a mail that answers another one of its group, so that every mail meets what came before it.
    Raises what the database raises when it is away; the leases then bring the mails back.
    """
    done: list[int] = []
    cases: list[Case] = []
    for mail in mails:
        try:
            if isinstance(mail.reading, Exception):
                raise mail.reading
            cases.append(begin(mail.row, mail.reading, mail.files))
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            _alone_failed(mail.row, error)
            done.append(mail.row.pk)
    for group in cut(cases):
        _settle_group(group)
        done += [case.row.pk for case in group]
    return done


def begin(row: Inbound, reading: Reading, files: Sequence[Prepared]) -> Case:
    """Build the case of a mail and name what may lead to its request."""
    case = Case(row=row, channel=channel_of(row.channel_id), reading=reading, files=files)
    name_candidates(case, thread_key())
    return case


def cut(cases: Sequence[Case]) -> list[list[Case]]:
    """Split cases, in their order, so that no mail shares a group with one it answers or that answers it.

    Two mails that name the same number of the customer's own desk do not share one either.
    """
    groups: list[list[Case]] = []
    ids: set[str] = set()
    answered: set[str] = set()
    numbers: set[str] = set()
    for case in cases:
        own = case.row.mail_id
        named = words_with_digits(case) if any_patterns() else set()
        if not groups or len(groups[-1]) >= GROUP or ids & {*case.outer_ids} or own in answered or numbers & named:
            groups.append([])
            ids, answered, numbers = set(), set(), set()
        groups[-1].append(case)
        ids |= {own} - {""}
        answered |= {*case.outer_ids}
        numbers |= named
    return groups


def words_with_digits(case: Case) -> set[str]:
    """Return what in a subject could be a number of the customer's desk."""
    return {word.casefold() for word in case.mail.subject.split()[:50] if any(letter.isdigit() for letter in word)}


def judge(cases: Sequence[Case]) -> Facts:
    """Fetch the facts for cases and walk the steps with each."""
    facts = gather_senders(cases)
    for case in cases:
        walk(case, facts, WHO)
    going = [case for case in cases if case.stop is None]
    if going:
        gather_threads(going, facts)
    for case in going:
        walk(case, facts, WHERE)
    return facts


def walk(case: Case, facts: Facts, steps: Sequence[Step]) -> None:
    """Walk steps until one of them stops the way."""
    for step in steps:
        case.stop = step(case, facts)
        if case.stop is not None:
            return


def _settle_group(cases: list[Case]) -> None:
    try:
        write(cases, judge(cases))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if len(cases) == 1:
            _alone_failed(cases[0].row, error)
            return
        log.warning("a group of %d mails failed (%s); each goes alone", len(cases), type(error).__name__)
        for case in cases:
            _settle_group([begin(case.row, case.reading, case.files)])


def _alone_failed(row: Inbound, error: Exception) -> None:
    if isinstance(error, Innocent):
        log.warning("mail %d waits (%s)", row.pk, type(error).__name__)
    elif not isinstance(error, ParseFailed | BlobMissing | GaveUp):
        log.error("mail %d could not be taken in", row.pk, exc_info=error)
    failed(row, error)


def _code_of(error: Exception) -> str:
    reason = getattr(error, "reason", "") or getattr(error, "code", "")
    return reason if isinstance(reason, str) and reason else type(error).__name__


def failed(row: Inbound, error: Exception) -> None:
    """Put a mail off after an error, or end it as failed after the third.

    What is no fault of the mail (a full disk, a store that is away) is waited for and never counts.
    """
    code = "database" if isinstance(error, DatabaseError) else _code_of(error)
    if isinstance(error, Innocent):
        wait(row, code)
    elif isinstance(error, GaveUp) or errors_of(row) + 1 >= MOST_ERRORS:
        fail(row, code)
    else:
        put_off(row, code)


def wait_for_database(mails: Sequence[ReadMail]) -> None:
    """Put off what is still ours of a group that the database would not write; the attempt does not count.

    Raises what the database raises when it does not write this either; the leases then bring the mails back.
    """
    for mail in mails:
        if mail.row.worker:
            wait(mail.row, "database")


def errors_of(row: Inbound) -> int:
    """Return how often processing has ended in an error since the mail came or was asked for again."""
    codes = [code for code, _facts, _at in row.steps]
    since = len(codes) - codes[::-1].index("again") if "again" in codes else 0
    return codes[since:].count("retry")
