"""Looks a whole file through before anything is written: what each line would do, as if those above it were taken over.

A look writes nothing but what it found. It knows the people of the file and those it met in the lines above, so that
two lines about one new person are told as one new and one changed. Cut off, it begins anew: that costs seconds.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from otklik.contacts.actions.lines import Facts, cleaned, differences, facts_of, fresh_addresses, old_and_new
from otklik.contacts.models import Contact, ContactAddress, ContactImport, ImportLine, ImportState, Outcome
from otklik.contacts.spreadsheets import Draft, read_line
from otklik.core.errors import Conflict, DomainError, Invalid
from otklik.core.text import normal_address

SLICE: Final = 200
_SUMS: Final = {
    Outcome.ADDED: "will_add", Outcome.CHANGED: "will_change", Outcome.SAME: "will_keep",
    Outcome.REFUSED: "will_refuse",
}  # fmt: skip


def look_through(import_id: int, version: int, *, alive: Callable[[], object] = lambda: None) -> int:
    """Find out what every line of an import would do; return how many lines were looked at.

    Ends at once when the import has begun, was dropped, or its columns were chosen anew (another ``version``).
    """
    row = _held(import_id, version)
    if row is None:
        return 0
    people, after, sums = _People(row.key), -1, dict.fromkeys(_SUMS.values(), 0)
    looked = 0
    while lines := list(ImportLine.objects.filter(owner=row, place__gt=after).order_by("place")[:SLICE]):
        with translation.override(row.language):
            people.look(lines, row.columns)
        for line in lines:
            sums[_SUMS[Outcome(line.outcome)]] += 1
        after, looked = lines[-1].place, looked + len(lines)
        if not _keep(row, lines, sums, after + 1):
            return looked
        alive()
    _keep(row, [], sums, row.total)  # the last lines may have been erased meanwhile
    return looked


def _held(import_id: int, version: int) -> ContactImport | None:
    drafts = ContactImport.objects.filter(state=ImportState.DRAFT, version=version)
    return drafts.filter(pk=import_id).first()


def _keep(row: ContactImport, lines: Sequence[ImportLine], sums: dict[str, int], looked: int) -> bool:
    with transaction.atomic():
        drafts = ContactImport.objects.filter(pk=row.pk, state=ImportState.DRAFT, version=row.version)
        if not drafts.update(looked=looked, **sums):
            return False
        ImportLine.objects.bulk_update(lines, ["outcome", "reason", "changes"])
    return True


@dataclass(slots=True)
class _People:
    """Everybody whom the lines so far speak of, by address and by phone."""

    key: str
    by_address: dict[str, Facts] = field(default_factory=dict)
    by_phone: dict[str, list[Facts]] = field(default_factory=dict)
    _known: dict[int, Facts] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)

    def look(self, lines: Iterable[ImportLine], columns: dict[str, int]) -> None:
        """Write into each line what it would do, in their order."""
        found: list[tuple[ImportLine, Draft]] = []
        for line in lines:
            line.outcome, line.reason, line.changes = Outcome.UNKNOWN, "", []
            try:
                found.append((line, cleaned(read_line(line.cells, columns), self.key)))
            except DomainError as error:
                _refuse(line, error)
        self._load([draft for _line, draft in found])
        for line, draft in found:
            try:
                self._look_at(line, draft)
            except DomainError as error:
                _refuse(line, error)

    def _load(self, drafts: Sequence[Draft]) -> None:
        """Read the contacts that the lines speak of and that were not read yet: two or three statements a slice."""
        addresses = {normal_address(address) for draft in drafts for address in draft.emails} - self._asked
        phones = {draft.phone for draft in drafts if draft.phone} - self._asked if self.key == "phone" else set()
        self._asked |= addresses | phones
        owners = dict(ContactAddress.objects.filter(address__in=addresses).values_list("address", "contact_id"))
        called = people_by_phone(phones)
        ids = {*owners.values(), *(pk for found in called.values() for pk in found)} - self._known.keys()
        rows = Contact.objects.filter(pk__in=ids).select_related("organization").prefetch_related("addresses")
        self._known |= {person.pk: facts_of(person) for person in rows}
        for address, pk in owners.items():
            self.by_address.setdefault(address, self._known[pk])
        for phone, found in called.items():
            self.by_phone.setdefault(phone, []).extend(self._known[pk] for pk in found)

    def _look_at(self, line: ImportLine, draft: Draft) -> None:
        facts = self._one_of(draft)
        if facts is None:
            self._add(line, draft)
            return
        changed = differences(draft, facts)
        self._check_free(draft, facts)
        line.outcome = Outcome.CHANGED if changed else Outcome.SAME
        line.changes = old_and_new(changed, facts)
        for name, value in changed.items():
            setattr(facts, name, value)
        self._remember(draft, facts)

    def _one_of(self, draft: Draft) -> Facts | None:
        if self.key == "phone":
            found = self.by_phone.get(draft.phone, [])
        else:
            named = (self.by_address.get(normal_address(address)) for address in draft.emails)
            found = list({id(facts): facts for facts in named if facts is not None}.values())
        if len(found) > 1:
            raise Invalid(_("Several people fit this line."), field=self.key)
        return found[0] if found else None

    def _check_free(self, draft: Draft, facts: Facts | None) -> None:
        for address in fresh_addresses(draft.emails, facts.addresses if facts is not None else ()):
            owner = self.by_address.get(normal_address(address))
            if owner is not None and owner is not facts:
                raise Conflict(_("Another contact has this address."))

    def _add(self, line: ImportLine, draft: Draft) -> None:
        if not draft.name and not draft.emails:
            raise Invalid(_("Enter a name or an address."), field="name")
        self._check_free(draft, None)
        name = draft.name or draft.emails[0].partition("@")[0]
        facts = Facts(name, draft.phone, draft.position, draft.note, draft.organization, list(draft.emails))
        line.outcome = Outcome.ADDED
        self._remember(draft, facts)

    def _remember(self, draft: Draft, facts: Facts) -> None:
        for address in draft.emails:
            self.by_address[normal_address(address)] = facts
        if draft.phone and self.key == "phone" and facts not in self.by_phone.setdefault(draft.phone, []):
            self.by_phone[draft.phone].append(facts)


def people_by_phone(phones: Iterable[str]) -> dict[str, list[int]]:
    """Return the ids of the contacts that have each of the phones: those who stand for themselves."""
    rows = Contact.objects.filter(phone__in=set(phones), merged_into__isnull=True, erased_at__isnull=True)
    found: dict[str, list[int]] = {}
    for pk, phone in rows.order_by("id").values_list("pk", "phone"):
        found.setdefault(phone, []).append(pk)
    return found


def _refuse(line: ImportLine, error: DomainError) -> None:
    line.outcome, line.reason, line.changes = Outcome.REFUSED, str(error.message)[:300], []
