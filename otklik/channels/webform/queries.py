"""What is selected of forms and of requests that came by them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet

from otklik.accounts.policies import can
from otklik.channels.models import Connection
from otklik.channels.webform import config
from otklik.channels.webform.config import FormConfig
from otklik.channels.webform.models import FormRequest, Post, WebForm
from otklik.channels.webform.places import Places, places_of, requests_on, said_on, said_since
from otklik.contacts.models import Contact
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import NotFound
from otklik.tickets.actions.sending import undo_window
from otklik.tickets.models import Attachment, Message, MessageKind, Ticket

MOST_MESSAGES: Final = 200


@dataclass(frozen=True, slots=True)
class OpenForm:
    """A form with its settings."""

    form: WebForm
    settings: FormConfig
    enabled: bool


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a private link is for: the contact who posted the request, and the ids by which messages name him.

    Whoever asks on the ticket later is somebody else, unless the poster left no address to be recognised by.
    """

    contact: Contact
    ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Opened:
    """A request as its private link shows it.

    ``home`` is the ticket it is on now: its own, or the one that was taken into. ``holder`` is the contact who posted
    it. ``proven``: the link came by mail to the address that was named.
    ``held_back``: the conversation went on by another way, and what was said there is not for the holder of an unproven
    link.
    """

    request: FormRequest
    home: Ticket
    holder: Holder
    messages: tuple[Message, ...]
    own: frozenset[int]
    proven: bool
    held_back: bool


def visible_to(actor: Actor | None) -> QuerySet[WebForm]:
    """Return the forms whose settings an actor may see: all with the right to change settings, else none."""
    if actor is None or not can(actor, "settings.edit"):
        return WebForm.objects.none()
    return WebForm.objects.select_related("channel", "channel__team").order_by("id")


def open_form(key: str = "") -> OpenForm:
    """Return the form with this key, or the oldest one; raises ``NotFound`` when there is none or it is off."""
    rows = WebForm.objects.select_related("channel", "channel__team").order_by("id")
    rows = rows.filter(key=key) if key else rows.filter(channel__enabled=True)
    form = rows.first()
    if form is None or not form.channel.enabled:
        raise NotFound
    return with_settings(form)


def with_settings(form: WebForm) -> OpenForm:
    """Return a form with its settings."""
    stored = Connection.objects.filter(channel_id=form.channel_id).values_list("config", flat=True).first()
    return OpenForm(form, config.read(stored), form.channel.enabled)


def open_request(token: str) -> Opened:
    """Return a request by one of its two private links, or raise ``NotFound``.

    Only what was said on this request is shown, and only to its poster: answers to others, what people of other
    organisations wrote, and, for an unproven link, everything after the first word that came by another way are left
    out. Where it was merged into another ticket or words were split from it, his words and the answers to him there are
    shown too, since it came there. An answer that can still be taken back is not there yet.
    """
    rows = FormRequest.objects.select_related("form__channel", "ticket__status", "ticket__channel", "ticket__requester")
    request = rows.filter(Q(token=token) | Q(mail_token=token)).first() if token else None
    if request is None:
        raise NotFound
    return _opened(request, proven=request.mail_token == token, until=now() - undo_window())


def shows(message: Message) -> bool:
    """Tell whether the poster of some request reads this answer on his page, once it cannot be taken back any more."""
    for request in requests_on(message.ticket_id):
        opened = _opened(request, proven=False, until=message.created_at)
        if any(row.pk == message.pk for row in opened.messages):
            return True
    return False


def _opened(request: FormRequest, *, proven: bool, until: datetime) -> Opened:
    own = frozenset(Post.objects.filter(request=request).values_list("message_id", flat=True)[:MOST_MESSAGES])
    holder = holder_of(request, request.ticket.requester)
    places = places_of(request, own)
    messages = _messages(request, places, own, holder, until)
    strangers = [row for row in messages if row.kind == MessageKind.INCOMING and row.pk not in own]
    foreign = _foreign(strangers, holder)
    posted = _posted([row.pk for row in strangers if _place(row) != request.ticket_id])
    shown: list[Message] = []
    held_back = False
    for message in messages:
        if message.kind == MessageKind.INCOMING and message.pk not in own and not proven:
            if message.pk in posted:
                continue
            held_back = True
            break
        if message.kind == MessageKind.REPLY and not _is_for(message, request, holder):
            continue
        if message.pk not in foreign:
            shown.append(message)
    home = request.ticket
    if places.home != home.pk:
        home = Ticket.objects.select_related("status", "channel", "requester").get(pk=places.home)
    return Opened(request, home, holder, tuple(shown), own, proven, held_back)


def _posted(message_ids: list[int]) -> set[int]:
    """Return which of these were posted to another request, by a link that proves as little."""
    if not message_ids:
        return set()
    return set(Post.objects.filter(message__in=message_ids).values_list("message_id", flat=True))


def holder_of(request: FormRequest, requester: Contact) -> Holder:
    """Return who posted a request, whoever its ticket's ``requester`` is now; he may have become another contact."""
    posts = Post.objects.filter(request=request).order_by("id")
    author_id = posts.values_list("message__author_id", flat=True).first()
    ids = {author_id} if author_id is not None else set()
    poster = None if author_id in {None, requester.pk} else Contact.objects.filter(pk=author_id).first()
    while poster is not None and poster.merged_into is not None and poster.merged_into.pk not in ids:
        poster = poster.merged_into
        ids.add(poster.pk)
    if poster is None or not (request.email or poster.organization_id not in {None, requester.organization_id}):
        poster = requester
    return Holder(poster, frozenset({poster.pk, *ids}))


def _foreign(messages: list[Message], holder: Holder) -> set[int]:
    """Return which of these were written by people of other organisations than the poster's."""
    authors = {message.author_id for message in messages if message.author_id is not None} - holder.ids
    if not authors:
        return set()
    people = Contact.objects.filter(pk__in=authors, organization__isnull=False)
    strange = set(people.exclude(organization=holder.contact.organization_id).values_list("pk", flat=True))
    return {message.pk for message in messages if message.author_id in strange}


def _messages(
    request: FormRequest, places: Places, own: frozenset[int], holder: Holder, until: datetime
) -> list[Message]:
    here = said_on(request.ticket_id) | said_since(places, holder.ids) | Q(pk__in=own)
    spoken = Q(kind=MessageKind.INCOMING) | Q(kind=MessageKind.REPLY, created_at__lte=until)
    rows = Message.objects.filter(here & spoken).select_related("ticket").prefetch_related("attachments")
    return list(rows.order_by("id")[:MOST_MESSAGES])


def _place(message: Message) -> int:
    """Return the number of the ticket a message was said on."""
    return message.origin_number or message.ticket_id


def _is_for(message: Message, request: FormRequest, holder: Holder) -> bool:
    """Tell whether an answer was given to the poster. One without recipients is for whoever holds the link; on a ticket
    that the request was taken to, for who asks there."""
    named = {person.get("contact_id") for person in message.recipients}
    if named:
        return not named.isdisjoint(holder.ids)
    return _place(message) == request.ticket_id or message.ticket.requester_id in holder.ids


def file_of(opened: Opened, token: str) -> Attachment:
    """Return a file of the messages that are shown, or raise ``NotFound``."""
    shown = [message.pk for message in opened.messages]
    file = Attachment.objects.select_related("blob").filter(token=token, message_id__in=shown).first()
    if file is None:
        raise NotFound
    return file


def request_of(ticket_id: int) -> FormRequest | None:
    """Return how a ticket came by a form, None for every other one."""
    return FormRequest.objects.select_related("form__channel").filter(ticket_id=ticket_id).first()
