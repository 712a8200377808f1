"""Drafts of whatever people write: private to their author, kept on the server until they are sent or emptied."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from otklik.accounts import policies as rights
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden, Invalid, NotFound
from otklik.tickets import policies
from otklik.tickets.actions.base import allowed
from otklik.tickets.models import Attachment, Draft, Message, SideConversation, Ticket

NEW_TICKET: Final = "new"
NEW_SIDE: Final = "side"
"""Modes beside ``reply``, ``note``, ``incoming``, ``s…`` (a side conversation) and ``n…`` (a note that is changed)."""
LONGEST: Final = 1_000_000
_MOST_FIELDS: Final = 40
_LONGEST_FIELD: Final = 4_000
_POLICIES: Final = {
    "reply": policies.can_reply, "note": policies.can_note, "incoming": policies.can_reply,
    NEW_SIDE: policies.can_reply,
}  # fmt: skip


def side_mode(side: SideConversation | None) -> str:
    """Return under which mode the author's text for a side conversation is kept among his drafts."""
    return NEW_SIDE if side is None else f"s{side.pk:x}"


def note_mode(message: Message) -> str:
    """Return under which mode the changes of one's own note are kept."""
    return f"n{message.pk:x}"


def save_draft(
    ticket: Ticket | None,
    *,
    mode: str,
    text: str,
    attachments: Sequence[int] = (),
    fields: Mapping[str, Any] | None = None,
    version: int = 0,
    by: Actor,
) -> int:
    """Keep what the actor has written so far; return the version to send with the next change.

    ``fields`` are what else was filled in, emptied or unticked, by name: texts or lists of texts; without them those
    that are kept stay.
    An empty draft is forgotten (version 0). ``version`` is the one the writer has seen, 0 for none. Writing the same
    again changes nothing. A draft is nobody else's business, so nothing is recorded. Raises ``Conflict`` with the
    present draft when another tab or machine wrote meanwhile, ``Invalid`` for an unknown mode or a text too long.
    """
    _check(ticket, mode, by)
    if len(text) > LONGEST:
        raise Invalid(_("The text is longer than a million characters."), field="text")
    facts = None if fields is None else _clean_fields(fields)
    with transaction.atomic():
        files = _own_files(attachments, by)
        rows = Draft.objects.select_for_update().filter(ticket=ticket, user_id=by.id or 0, mode=mode)
        draft = rows.first()
        kept = facts if facts is not None else draft.fields if draft else {}
        if facts is not None and draft is not None and "spent" in draft.fields:  # counted by us, not filled in
            kept = {"spent": draft.fields["spent"], **facts}
        if draft is not None and (draft.text, draft.attachments, draft.fields) == (text, files, kept):
            return draft.version
        if draft is not None and draft.version != version:
            raise Conflict(_("This draft was changed in another window."), current=draft)
        if not text.strip() and not files and not facts:
            rows.delete()
            return 0
        if draft is None:
            return _begin(ticket, mode, text, files, kept, by)
        draft.text, draft.attachments, draft.fields = text, files, kept
        draft.version, draft.saved_at = draft.version + 1, now()
        draft.save(update_fields=["text", "attachments", "fields", "version", "saved_at"])
        return draft.version


def _begin(
    ticket: Ticket | None, mode: str, text: str, files: list[int], fields: dict[str, Any], by: Actor
) -> int:  # fmt: skip
    """Write the first row; of two tabs that begin at once the second is told of the first."""
    key = {"ticket": ticket, "user_id": by.id, "mode": mode}
    try:
        with transaction.atomic():
            row = Draft.objects.create(**key, text=text, attachments=files, fields=fields, saved_at=now())
            return row.version
    except IntegrityError:
        current = Draft.objects.get(**key)
        raise Conflict(_("This draft was changed in another window."), current=current) from None


def forget_draft(ticket: Ticket | None, *, mode: str, by: Actor) -> bool:
    """Drop the actor's own draft, as when it was sent; return false when there was none."""
    return Draft.objects.filter(ticket=ticket, user_id=by.id or 0, mode=mode).delete()[0] > 0


def bring_back(
    ticket: Ticket | None,
    *,
    mode: str,
    text: str,
    attachments: Sequence[int],
    user_id: int,
    behind: bool = False,
    spent: int | None = None,
    fields: Mapping[str, Any] | None = None,
) -> None:
    """Put text that did not leave into its author's draft, before (or ``behind``) what he has begun there since.

    ``spent`` are the seconds he worked on it; ``fields`` of a form stand where he has begun nothing new.
    """
    draft = Draft.objects.select_for_update().filter(ticket=ticket, user_id=user_id, mode=mode).first()
    facts = dict(fields or {}) | ({"spent": str(spent)} if spent else {})
    if draft is None:
        Draft.objects.create(
            ticket=ticket, user_id=user_id, mode=mode, text=text, attachments=list(attachments), fields=facts,
            saved_at=now(),
        )  # fmt: skip
        return
    if draft.text != text:
        draft.text = f"{draft.text}{text}" if behind else f"{text}{draft.text}"
    draft.attachments = list(dict.fromkeys([*attachments, *draft.attachments]))
    draft.fields = facts | draft.fields
    draft.version, draft.saved_at = draft.version + 1, now()
    draft.save(update_fields=["text", "attachments", "fields", "version", "saved_at"])


def _check(ticket: Ticket | None, mode: str, by: Actor) -> None:
    if by.kind != "user":
        raise NotFound
    if ticket is None:
        if mode != NEW_TICKET:
            raise Invalid(_("There is no such draft."), field="mode")
        if not rights.can(by, "tickets.open"):
            raise Forbidden(_("You have no right to do this."))
    elif mode in _POLICIES:
        allowed(_POLICIES[mode], ticket, by)
    else:
        _check_place(ticket, mode, by)


def _check_place(ticket: Ticket, mode: str, by: Actor) -> None:
    """Refuse a draft of a side conversation or a note that is not of this ticket, or a note of somebody else."""
    kind, number = mode[:1], mode[1:]
    try:
        key = int(number, 16) if len(number) < 16 else 0
    except ValueError:
        key = 0
    if kind not in {"s", "n"} or key <= 0:
        raise Invalid(_("There is no such draft."), field="mode")
    allowed(policies.can_reply if kind == "s" else policies.can_note, ticket, by)
    if kind == "s":
        found = SideConversation.objects.filter(pk=key, ticket=ticket).exists()
    else:
        own = Message.objects.filter(ticket=ticket, kind="note", author_kind="user", author_id=by.id)
        found = own.filter(pk=key, removed_at__isnull=True).exists()
    if not found:
        raise NotFound


def _clean_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form holds; raises ``Invalid`` for what no form of ours holds."""
    if len(fields) > _MOST_FIELDS:
        raise Invalid(_("There are too many fields."), field="fields")
    found: dict[str, Any] = {}
    for name, value in fields.items():
        texts = value if isinstance(value, list) else [value]
        small = len(texts) <= 200 and all(isinstance(one, str) and len(one) <= _LONGEST_FIELD for one in texts)
        if not isinstance(name, str) or len(name) > 40 or not small:
            raise Invalid(_("A field is too long."), field="fields")
        found[name] = value
    return found


def _own_files(attachments: Sequence[int], by: Actor) -> list[int]:
    """Return those of the files that are the actor's own and not sent yet, in their order; they stay until the
    transaction ends."""
    wanted = list(dict.fromkeys(attachments))[:50]
    if not wanted:
        return []
    rows = Attachment.objects.filter(pk__in=wanted, message__isnull=True, uploaded_by_id=by.id)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",), no_key=True).order_by("pk")
    held = set(rows.values_list("pk", flat=True))
    return [pk for pk in wanted if pk in held]
