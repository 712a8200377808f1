"""The list of senders from whom nothing is taken in: what spam taught, and what is entered by hand."""

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.accounts import policies as rights
from otklik.contacts.actions import change_contact
from otklik.contacts.domains import company_domain
from otklik.contacts.queries import contacts_by_address
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.errors import Forbidden, Invalid
from otklik.core.events import record
from otklik.core.text import normal_address
from otklik.tickets import events
from otklik.tickets.models import Channel, SpamDomain

_LONGEST = 320


def add_spam_sender(text: str, *, by: Actor) -> tuple[SpamDomain, bool]:
    """Take nothing in any more from a mail domain or an address; return its row and whether it is new.

    Records ``spam_sender.added``. Raises ``Invalid`` for what is neither, for a domain that many people share, for our
    own; ``Forbidden`` without the right.
    """
    _allowed(by)
    sender = _clean(text)
    with transaction.atomic():
        facts = {"added_at": now(), "added_by": by.name[:200]}
        row, made = SpamDomain.objects.get_or_create(domain=sender, defaults=facts)
        if made:
            record(events.SpamSenderAdded(subject_id=row.pk, domain=sender.rpartition("@")[2]), by=by)
    forget("spam domains")
    return row, made


def remove_spam_sender(sender_id: int, *, by: Actor) -> bool:
    """Take mail from there again; of an address its person is no longer blocked. False when it was not on the list.

    Records ``spam_sender.removed``.
    """
    _allowed(by)
    with transaction.atomic():
        row = SpamDomain.objects.select_for_update().filter(pk=sender_id).first()
        if row is None:
            return False
        person = contacts_by_address([row.domain]).get(row.domain) if "@" in row.domain else None
        if person is not None and person.is_blocked and rights.can(by, "contacts.edit"):
            change_contact(person, is_blocked=False, by=by)
        domain = "" if row.is_erased else row.domain.rpartition("@")[2]
        record(events.SpamSenderRemoved(subject_id=row.pk, domain=domain), by=by)
        row.delete()
    forget("spam domains")
    return True


def _allowed(by: Actor) -> None:
    if not rights.can(by, "tickets.spam"):
        raise Forbidden(_("You have no right to do this."))


def _clean(text: str) -> str:
    line = text.strip().casefold().removeprefix("@")
    name, at, domain = line.rpartition("@")
    sane = domain.isprintable() and "." in domain.strip(".") and not any(char.isspace() for char in line)
    if not sane or (at and not name) or len(line) > _LONGEST:
        raise Invalid(_("Enter an address or a mail domain."), field="sender")
    sender = normal_address(line) if at else line.strip(".")
    if not at and not company_domain(f"x@{sender}"):
        raise Invalid(_("Many people share this mail domain: block the address instead."), field="sender")
    ours = [address.casefold() for address in Channel.objects.exclude(address="").values_list("address", flat=True)]
    if sender in ours or sender in {address.rpartition("@")[2] for address in ours}:
        raise Invalid(_("This is a mailbox of our own."), field="sender")
    return sender
