"""What the keys of the search line mean for tickets: ``status: team: assignee: from: tag: org: channel: side:``.

Each key has English and Russian names, values are keys or names as people see them, or how these begin.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from otklik.accounts.models import User
from otklik.accounts.queries import teams
from otklik.accounts.queries import visible_to as users_visible_to
from otklik.contacts.models import Contact, ContactAddress, Organization
from otklik.contacts.queries import organizations_visible_to
from otklik.contacts.queries import visible_to as contacts_visible_to
from otklik.core.actor import Actor
from otklik.core.db.fields import begins_with
from otklik.core.text import normal_address, normal_form
from otklik.search.line import Part
from otklik.tickets.documents import channel_label, organization_label, requester_label, tag_label
from otklik.tickets.models import Category, Channel, Status, Tag, TicketTag
from otklik.tickets.queries.directories import statuses

MOST: Final = 200
"""People or companies whom one value may mean; a shorter beginning of a name says too little."""

FEW_TAGGED: Final = 2000
"""Tickets with a tag that are named by their numbers; with more of them, the newest ones hold a page of it."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one key with its values asks of a ticket. ``labels`` are words of documents that say the same, if any."""

    where: Q
    shown: str
    labels: tuple[str, ...] = ()


class UnknownValue(Exception):
    """A value means nothing to its key; ``message`` says so in words that may be shown."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Key:
    """A key: its names, the label of its chip, and how a value is read. ``single``: a ticket has one such value."""

    name: str
    aliases: tuple[str, ...]
    label: Any
    read: Callable[[Actor, str], Meaning]
    single: bool = True


def _fits(value: str, *names: str) -> int:
    """Tell how well a value names something: 2 by a whole name, 1 by its beginning, 0 not at all."""
    keys = [normal_form(name) for name in names]
    if value in keys:
        return 2
    return int(len(value) > 1 and any(key.startswith(value) for key in keys))


def _best[T](value: str, rows: Iterable[T], names: Callable[[T], Sequence[str]]) -> list[T]:
    """Return the rows a value names: those with just this name, else those whose name begins so."""
    wanted = normal_form(value)
    marked = [(row, _fits(wanted, *names(row))) for row in rows]
    most = max((mark for _row, mark in marked), default=0)
    return [row for row, mark in marked if mark == most and mark > 0]


ACTIVE: Final = frozenset({"active", "активные", "незакрытые"})
"""What is said after ``status:`` for all that is not closed; no status is called so."""


def _status(_actor: Actor, value: str) -> Meaning:
    if normal_form(value) in ACTIVE:
        return Meaning(Q(is_open=True), _("active"))
    found = _named_status(value, statuses()) or _named_status(value, Status.objects.all())  # added a moment ago
    if not found:
        raise UnknownValue(_("There is no status “%(value)s”.") % {"value": value})
    return Meaning(_one_of("status_id", [row.pk for row in found]), ", ".join(str(row) for row in found))


def _named_status(value: str, rows: Iterable[Status]) -> list[Status]:
    return _best(value, rows, lambda row: (row.key, row.name_ru, row.name_en))


def _category(_actor: Actor, value: str) -> Meaning:
    found = _best(value, Category, lambda row: (str(row.value), str(row.label)))
    if not found:
        raise UnknownValue(_("There is no category “%(value)s”.") % {"value": value})
    ids = [row.pk for row in statuses() if row.category in found]
    return Meaning(_one_of("status_id", ids), ", ".join(str(row.label) for row in found))


def _one_of(field: str, ids: Sequence[int]) -> Q:
    """Return the condition for any of some rows; for one alone an index also gives the order, which IN does not."""
    return Q(**{field: ids[0]}) if len(ids) == 1 else Q(**{f"{field}__in": ids})


_NOTHING: Final = frozenset({"none", "нет", "никто", "nobody", "без"})


def _team(_actor: Actor, value: str) -> Meaning:
    if normal_form(value) in _NOTHING:
        return Meaning(Q(team__isnull=True), _("none"))
    found = _best(value, teams(), lambda row: (row.name, str(row.pk)))
    if not found:
        raise UnknownValue(_("There is no team “%(value)s”.") % {"value": value})
    return Meaning(_one_of("team_id", [row.pk for row in found]), ", ".join(row.name for row in found))


def _assignee(actor: Actor, value: str) -> Meaning:
    wanted = normal_form(value)
    if wanted in {"me", "я"}:
        return Meaning(Q(assignee_id=actor.id or 0), actor.name)
    if wanted in _NOTHING:
        return Meaning(Q(assignee__isnull=True), _("nobody"))
    found = _best(value, users_visible_to(actor), _names_of_user)
    if not found:
        raise UnknownValue(_("There is no colleague “%(value)s”.") % {"value": value})
    return Meaning(_one_of("assignee_id", [row.pk for row in found]), ", ".join(row.name for row in found[:3]))


def _names_of_user(user: User) -> tuple[str, ...]:
    return (user.name, user.email, *user.name.split())


def _from(actor: Actor, value: str) -> Meaning:
    people = contacts_visible_to(actor)
    if "@" in value:
        key = normal_address(value)
        owners = ContactAddress.objects.filter(begins_with("address", key))
        found = list(people.filter(pk__in=owners.values("contact_id")).order_by("id")[:MOST])
    else:
        found = _by_name(people, value)
    if not found:
        raise UnknownValue(_("Nobody is called “%(value)s”.") % {"value": value})
    ids = [row.pk for row in found]
    return Meaning(_one_of("requester_id", ids), _several(found), tuple(requester_label(pk) for pk in ids))


def _org(actor: Actor, value: str) -> Meaning:
    found = _by_name(organizations_visible_to(actor), value)
    if not found:
        raise UnknownValue(_("There is no organisation “%(value)s”.") % {"value": value})
    ids = [row.pk for row in found]
    return Meaning(_one_of("organization_id", ids), _several(found), tuple(organization_label(pk) for pk in ids))


def _by_name(rows: Any, value: str) -> list[Any]:
    """Return those whose name begins with the value, else those with a word that does."""
    key = normal_form(value)[:100]
    if not key:
        return []
    found = list(rows.filter(begins_with("name_key", key)).order_by("name_key", "id")[:MOST])
    if not found:
        found = list(
            rows.filter(Q(name_key__contains=f" {key}") | Q(name_key__contains=f"«{key}")).order_by("id")[:MOST]
        )
    exact = [row for row in found if row.name_key == key]
    return exact or found


def _several(found: Sequence[Contact | Organization]) -> str:
    names = ", ".join(row.name for row in found[:2])
    return f"{names} +{len(found) - 2}" if len(found) > 2 else names


def _tag(_actor: Actor, value: str) -> Meaning:
    key = normal_form(value)[:40]
    found = list(Tag.objects.filter(name_key=key))
    if not found and len(key) > 1:
        found = list(Tag.objects.filter(begins_with("name_key", key)).order_by("name_key")[:MOST])
    if not found:
        raise UnknownValue(_("There is no tag “%(value)s”.") % {"value": value})
    ids = [row.pk for row in found]
    shown, labels = ", ".join(row.name for row in found[:3]), tuple(tag_label(pk) for pk in ids)
    return Meaning(_tagged(ids), shown, labels)


def _tagged(ids: list[int]) -> Q:
    """Return the condition for tickets with a tag: few are named one by one, of many the newest are asked in turn.

    To look for a rare tag ticket by ticket would read the whole table.
    """
    held = TicketTag.objects.filter(tag_id__in=ids)
    numbers = list(held.values_list("ticket_id", flat=True)[: FEW_TAGGED + 1])
    if len(numbers) <= FEW_TAGGED:
        return Q(pk__in=numbers)
    return Q(Exists(held.filter(ticket_id=OuterRef("pk"))))


def _channel(_actor: Actor, value: str) -> Meaning:
    found = _best(value, Channel.objects.all(), _names_of_channel)
    if not found:
        raise UnknownValue(_("There is no channel “%(value)s”.") % {"value": value})
    ids = [row.pk for row in found]
    return Meaning(
        _one_of("channel_id", ids), ", ".join(row.name for row in found[:3]), tuple(channel_label(pk) for pk in ids)
    )


_KINDS: Final = {
    "email": ("почта", "письмо", "mail"), "call": ("звонок", "телефон", "phone"), "visit": ("визит", "приём"),
    "web": ("форма", "сайт", "form"), "chat": ("чат",),
}  # fmt: skip


def _names_of_channel(channel: Channel) -> tuple[str, ...]:
    return (channel.name, channel.kind, channel.address, *_KINDS.get(channel.kind, ()))


_UNREAD: Final = ("unread", "непрочитанная", "непрочитанные", "новая", "новые")
_ANY: Final = ("any", "есть", "любая", "all")


def _side(actor: Actor, value: str) -> Meaning:
    if actor.kind == "contact":  # that others are asked is the house's own matter
        raise UnknownValue(_("There is no key “%(key)s”.") % {"key": "side"})
    wanted = normal_form(value)
    if _fits(wanted, *_UNREAD):
        return Meaning(Q(side_unread__gt=0), pgettext("side conversation", "unread"))
    if _fits(wanted, *_ANY):
        return Meaning(Q(side_count__gt=0), _("any"))
    raise UnknownValue(_("After “side:” comes “unread” or “any”, not “%(value)s”.") % {"value": value})


KEYS: Final[tuple[Key, ...]] = (
    Key("status", ("статус", "состояние"), gettext_lazy("Status"), _status),
    Key("category", ("категория",), gettext_lazy("Category"), _category),
    Key("team", ("команда", "группа"), gettext_lazy("Team"), _team),
    Key("assignee", ("исполнитель", "ответственный"), gettext_lazy("Assignee"), _assignee),
    Key("from", ("от", "заявитель", "requester"), gettext_lazy("From"), _from),
    Key("tag", ("метка", "тег"), gettext_lazy("Tag"), _tag, single=False),
    Key("org", ("орг", "организация", "компания", "organization"), gettext_lazy("Organisation"), _org),
    Key("channel", ("канал",), gettext_lazy("Channel"), _channel),
    Key("side", ("переписка", "сторонняя"), gettext_lazy("Side conversation"), _side),
)
_BY_NAME: Final = {name: key for key in KEYS for name in (key.name, *key.aliases)}


@dataclass(frozen=True, slots=True)
class Condition:
    """A part of the line with a key, understood."""

    part: Part
    key: Key
    where: Q
    shown: str
    labels: tuple[str, ...] = ()


def key_of(part: Part) -> Key | None:
    """Return the key a part names, in either language."""
    return _BY_NAME.get(part.key.replace("ё", "е"))


def read_condition(actor: Actor, part: Part) -> Condition:
    """Read a part with a key; raises ``UnknownValue`` in words for a key or a value that means nothing."""
    key = key_of(part)
    if key is None:
        raise UnknownValue(_("There is no key “%(key)s”.") % {"key": part.key})
    if not part.values:
        raise UnknownValue(_("Say a value after “%(key)s:”.") % {"key": part.key})
    meanings = [key.read(actor, value) for value in part.values]
    where, labels = Q(), tuple[str, ...]()
    for meaning in meanings:
        where |= meaning.where
        labels += meaning.labels
    if not all(meaning.labels for meaning in meanings) or part.negative:
        labels = ()
    shown = ", ".join(meaning.shown for meaning in meanings)
    return Condition(part, key, ~where if part.negative else where, shown, labels)
