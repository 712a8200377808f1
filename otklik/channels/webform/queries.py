"""What is selected of forms and of requests that came by them."""

from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet

from otklik.accounts.policies import can
from otklik.channels.models import Connection
from otklik.channels.webform import config
from otklik.channels.webform.config import FormConfig
from otklik.channels.webform.models import FormRequest, Post, WebForm
from otklik.contacts.models import Contact
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import NotFound
from otklik.tickets.actions.sending import undo_window
from otklik.tickets.models import Attachment, Message, MessageKind

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

    ``holder`` is the contact who posted it. ``proven``: the link came by mail to the address that was named.
    ``held_back``: the conversation went on by another way, and what was said there is not for the holder of an unproven
    link.
    """

    request: FormRequest
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
    out. An answer that can still be taken back is not there yet.
    """
    rows = FormRequest.objects.select_related("form__channel", "ticket__status", "ticket__channel", "ticket__requester")
    request = rows.filter(Q(token=token) | Q(mail_token=token)).first() if token else None
    if request is None:
        raise NotFound
    proven = request.mail_token == token
    own = frozenset(Post.objects.filter(request=request).values_list("message_id", flat=True)[:MOST_MESSAGES])
    holder = holder_of(request, request.ticket.requester)
    messages = _messages(request)
    foreign = _foreign([row for row in messages if row.kind == MessageKind.INCOMING and row.pk not in own], holder)
    shown: list[Message] = []
    held_back = False
    for message in messages:
        if message.kind == MessageKind.INCOMING and message.pk not in own and not proven:
            held_back = True
            break
        if message.kind == MessageKind.REPLY and not _is_for(message, holder):
            continue
        if message.pk not in foreign:
            shown.append(message)
    return Opened(request, holder, tuple(shown), own, proven, held_back)


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


def _messages(request: FormRequest) -> list[Message]:
    here = Q(ticket=request.ticket_id, origin_number__isnull=True) | Q(origin_number=request.ticket_id)
    spoken = Q(kind=MessageKind.INCOMING) | Q(kind=MessageKind.REPLY, created_at__lte=now() - undo_window())
    rows = Message.objects.filter(here & spoken).prefetch_related("attachments").order_by("id")
    return list(rows[:MOST_MESSAGES])


def _is_for(message: Message, holder: Holder) -> bool:
    """Tell whether an answer was given to the poster; one without recipients is for whoever holds the link."""
    named = {person.get("contact_id") for person in message.recipients}
    return not named or not named.isdisjoint(holder.ids)


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
