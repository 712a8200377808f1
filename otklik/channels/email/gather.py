"""What a group of mails needs from the database, in few statements: people, requests, ids, numbers, counts."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Final

from django.db import connection
from django.db.models import Count

from otklik.accounts.models import User
from otklik.channels.email.case import Case, Facts
from otklik.channels.email.doors import doors_of, resolve
from otklik.channels.email.fingerprint import normal_id
from otklik.channels.email.ids import (
    read_message_id,
    read_plus_address,
    read_side_address,
    read_side_message_id,
    subject_numbers,
)
from otklik.channels.email.models import Inbound, InboundState
from otklik.channels.email.reported import about_our_mail
from otklik.channels.email.standing import empty_facts
from otklik.contacts.domains import company_domain
from otklik.contacts.queries import contacts_by_address, organizations_by_domain
from otklik.core.cached import kept_for
from otklik.core.prepared import Prepared
from otklik.core.text import normal_address, normal_form
from otklik.tickets.models import ForeignReference, SideConversation, SidePerson, Ticket
from otklik.tickets.queries.directories import spam_senders_now
from otklik.tickets.queries.unwelcome import is_unwelcome

MOST_REFERENCES = 50
MOST_SIDES = 10


def name_candidates(case: Case, key: bytes) -> None:
    """Set what may lead to a request: numbers behind signed names and subject marks, and the ids of others' mails.

    A signed name of a side conversation is of another kind and leads to nothing else; whoever bears one is judged there
    alone.
    """
    mail = case.mail
    found: list[tuple[str, int]] = []
    envelope = case.row.envelope.get("to") or []
    recipients = [*envelope, *mail.delivered_to, *mail.x_original_to, *(box.address for box in (*mail.to, *mail.cc))]
    case.doors = doors_of(key, recipients[:100])
    plus = (read_plus_address(key, address) for address in recipients[:100])
    found += [("plus_address", number) for number in plus if number is not None]
    marked = (read_side_address(key, address) for address in recipients[:100] if "+s-" in address.lower())
    sides = [side for side in marked if side is not None]
    outer: list[str] = []
    answered = [*mail.in_reply_to_all, *([mail.in_reply_to] if mail.in_reply_to else []), *reversed(mail.references)]
    for value in answered[:MOST_REFERENCES]:
        ours = read_message_id(key, value)
        if ours is not None:
            found.append(("our_id", ours.ticket))
        elif (side := _side_of(key, value)) is not None:
            sides.append(side)
        elif plain := normal_id(value):
            outer.append(plain)
    if mail.bounce is not None and mail.bounce.original_message_id:
        ours = read_message_id(key, mail.bounce.original_message_id)
        if ours is not None:
            found.append(("reported_id", ours.ticket))
        elif (side := _side_of(key, mail.bounce.original_message_id)) is not None:
            sides.append(side)
    found += [("subject", number) for number in subject_numbers(mail.subject)]
    case.candidates = list(dict.fromkeys(found))
    case.outer_ids = list(dict.fromkeys(outer))
    case.sides = list(dict.fromkeys(sides))[:MOST_SIDES]


def _side_of(key: bytes, value: str) -> int | None:
    """Return the side conversation of a Message-ID; a glance at its first letters spares all other mail the digest."""
    return read_side_message_id(key, value) if value.lstrip(" <")[:2].lower() == "s-" else None


def gather_senders(cases: Sequence[Case]) -> Facts:
    """Fetch who the senders are: contacts, colleagues, owners of domains."""
    facts = empty_facts()
    addresses = {address for case in cases for address in _addresses(case, facts) if address}
    facts.contacts = contacts_by_address(addresses) if addresses else {}
    facts.looked_up = frozenset(addresses)
    if any(is_unwelcome(address, senders=facts.spam_domains) for address in addresses):
        facts.spam_domains = spam_senders_now()  # who was restored a moment ago is heard
    trusted = any(_may_be_trusted(case, facts) for case in cases)
    if trusted:
        users = User.objects.filter(email__in=addresses, is_active=True)
        facts.agents = {normal_address(user.email): user for user in users}
    domains = {company_domain(address) for address in addresses if address not in facts.contacts} - {""}
    if domains and (trusted or any_patterns()):
        # whose domain it is matters only to a verified sender, and where organisations number their requests
        facts.organizations = organizations_by_domain(domains)
    return facts


def gather_threads(cases: Sequence[Case], facts: Facts) -> None:
    """Fetch the requests that the mails may belong to, after it is known who wrote them."""
    numbers = {number for case in cases for _by, number in case.candidates}
    numbers |= _gather_ids(facts, cases)
    numbers |= _gather_references(facts, cases)
    if numbers:
        facts.tickets = {ticket.pk: ticket for ticket in _by_number(list(numbers))}
        _follow_merges(facts)
        _forget_missing(facts)
    if any(case.sides for case in cases):
        _gather_sides(facts, cases)
    if doors := {number for case in cases for number in case.doors}:
        facts.doors = resolve(doors)
    facts.reported = about_our_mail(cases, facts.now)
    _gather_counts(facts, cases)


_by_number: Final = Prepared(lambda numbers: Ticket.objects.filter(pk__in=numbers).select_related("channel"))


def _gather_sides(facts: Facts, cases: Sequence[Case]) -> None:
    """Fetch side conversations with those who take part: two statements, only for mail that bears their names."""
    wanted = {side for case in cases for side in case.sides}
    rows = SideConversation.objects.filter(pk__in=wanted).select_related("ticket", "ticket__channel")
    facts.sides = {side.pk: side for side in rows}
    people: dict[int, set[str]] = {}
    for side, address in SidePerson.objects.filter(side__in=facts.sides).values_list("side", "address_key"):
        people.setdefault(side, set()).add(address)
    facts.side_people = {side: frozenset(addresses) for side, addresses in people.items()}


def _addresses(case: Case, facts: Facts) -> Iterable[str]:
    mail = case.mail
    boxes = [mail.from_, mail.original_from]
    if mail.from_ is not None and normal_address(mail.from_.address) in facts.own_addresses:
        boxes.append(mail.reply_to)
    if _may_be_trusted(case, facts):
        boxes += [*mail.to[:50], *mail.cc[:50]]
    yield from (normal_address(box.address) for box in boxes if box is not None)
    yield normal_address(str(case.row.envelope.get("from") or "")) if mail.from_ is None else ""
    if case.reading.forward is not None:
        yield normal_address(case.reading.forward.address)


def _may_be_trusted(case: Case, facts: Facts) -> bool:
    """Tell whether any verdict on this mail could be believed; if not, colleagues and CC need not be looked up."""
    rule = facts.rules.get(case.channel.pk)
    return bool(rule and rule.trusted_authserv and case.mail.auth) or case.row.source in facts.trusted_sources


def any_patterns() -> bool:
    """Tell whether any organisation has templates of its own numbers."""
    return _patterns()[0]


@kept_for(5.0, "organization patterns")
def _patterns() -> tuple[bool]:
    # in a tuple, because nothing empty is kept, and "none" is the usual answer
    from otklik.contacts.models import Organization

    return (Organization.objects.exclude(reference_patterns=[]).exists(),)


_BY_ID = (
    "SELECT id, channel_id, mail_id, in_reply_to, ticket_id FROM {table} WHERE channel_id IN ({channels}) "
    "AND {column} IN ({values}) AND state IN ('ticket', 'message') "
    "AND ticket_id IS NOT NULL AND reason <> 'side'"  # a third party leads to no ticket
)
_NEWEST = (  # each half has an index; of one condition with OR, SQLite would read all mail of the channel
    "SELECT channel_id, mail_id, in_reply_to, ticket_id FROM ({answered} UNION ALL {answers}) AS found "
    "ORDER BY id DESC LIMIT 500"
)


def _marks(values: Collection[object]) -> str:
    return ", ".join(["%s"] * len(values)) or "NULL"


def _gather_ids(facts: Facts, cases: Sequence[Case]) -> set[int]:
    """Find the requests of mails that these answer, and of mails that answer these (which came before them)."""
    wanted = {outer for case in cases for outer in case.outer_ids}
    own = {case.row.mail_id for case in cases if case.row.mail_id}
    if not wanted and not own:
        return set()
    places = sorted({case.channel.pk for case in cases})
    # plain SQL: every mail asks this, and building it by the ORM costs more than the answer
    common = {"table": connection.ops.quote_name(Inbound._meta.db_table), "channels": _marks(places)}
    sql = _NEWEST.format(
        answered=_BY_ID.format(column="mail_id", values=_marks(wanted), **common),
        answers=_BY_ID.format(column="in_reply_to", values=_marks(own), **common),
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*places, *wanted, *places, *own])
        rows = cursor.fetchall()
    for channel, message_id, in_reply_to, ticket in rows:
        if message_id in wanted:
            facts.known_ids[(channel, message_id)] = ticket
        if in_reply_to in own:
            facts.children[(channel, in_reply_to)] = ticket
    return {*facts.known_ids.values(), *facts.children.values()}


def _gather_references(facts: Facts, cases: Sequence[Case]) -> set[int]:
    from otklik.channels.email.steps.find_thread import numbers_in
    from otklik.channels.email.steps.unwrap_forward import as_forwarded

    keys: dict[int, set[str]] = {}
    for case in [*cases, *(as_forwarded(case) for case in cases if case.forward_waits)]:
        organization, found = numbers_in(case, facts)
        if organization is not None and found:
            keys.setdefault(organization.pk, set()).update(normal_form(item.number)[:64] for item in found)
    if not keys:
        return set()
    rows = ForeignReference.objects.filter(
        organization_id__in=keys, number_key__in={key for found in keys.values() for key in found}
    ).order_by("ticket_id")
    facts.references = {(row.organization_id or 0, row.system, row.number_key): row.ticket_id for row in rows}
    return set(facts.references.values())


def _follow_merges(facts: Facts) -> None:
    """Let the number of a merged request stand for the one it was taken into, however often that happened."""
    for _again in range(10):
        merged = {number: row.merged_into_id for number, row in facts.tickets.items() if row.merged_into_id}
        if not merged:
            return
        rows = Ticket.objects.select_related("channel").in_bulk(list(merged.values()))
        facts.tickets |= {number: rows[into] for number, into in merged.items() if into in rows}


def _forget_missing(facts: Facts) -> None:
    """Drop what leads to requests that are not there."""
    facts.known_ids = {key: number for key, number in facts.known_ids.items() if number in facts.tickets}
    facts.children = {key: number for key, number in facts.children.items() if number in facts.tickets}
    facts.references = {key: number for key, number in facts.references.items() if number in facts.tickets}


def _confirms(case: Case, facts: Facts) -> bool:
    rule = facts.rules.get(case.channel.pk)
    return rule is not None and rule.confirmation


def _gather_counts(facts: Facts, cases: Sequence[Case]) -> None:
    """Count what known senders of possibly new requests sent in the last hour, by subject too.

    The counts only keep confirmations from being sent, so they are taken only where some are; whoever is new gets one
    a day anyway.
    """
    senders = {
        normal_address(case.mail.from_.address)
        for case in cases
        if case.mail.from_ is not None
        and not (case.candidates or case.outer_ids or case.sides)
        and _confirms(case, facts)
    } & set(facts.contacts)
    if not senders:
        return
    rows = (
        Inbound.objects.filter(from_address__in=senders, received_at__gt=facts.now - timedelta(hours=1))
        .exclude(state=InboundState.WAITING)
        .values_list("from_address", "subject")
        .annotate(count=Count("id"))
    )
    for address, subject, count in rows:
        facts.recent[address] = facts.recent.get(address, 0) + count
        facts.repeats[(address, subject)] = count
