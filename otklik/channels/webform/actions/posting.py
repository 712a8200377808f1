"""Taking what people post by a form, and what they add later on their private page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from otklik.channels.receipts import Receipt, confirm
from otklik.channels.webform.limits import (
    ALL_BYTES,
    FILE_BYTES,
    FILES,
    TEXT,
    Marks,
    check_room,
    marks_of,
    one_at_a_time,
)
from otklik.channels.webform.models import FormRequest, Post, WebForm
from otklik.channels.webform.places import line_of
from otklik.channels.webform.queries import Opened, OpenForm, holder_of
from otklik.contacts.actions import add_contact, clean_address, normal_phone
from otklik.contacts.models import Contact
from otklik.contacts.queries import contacts_by_address
from otklik.core.actor import Actor
from otklik.core.blobs import Prepared, put_blobs, store
from otklik.core.clock import now
from otklik.core.errors import Conflict, Invalid, NotFound, TooLarge
from otklik.core.filenames import clean_file_name
from otklik.core.text import normal_address, normal_form
from otklik.tickets.actions import Incoming, NewAttachment, receive
from otklik.tickets.actions.base import hold
from otklik.tickets.models import Category, Message, Ticket
from otklik.tickets.queries import active_channels
from otklik.tickets.queries.directories import spam_domains
from otklik.tickets.queries.unwelcome import is_unwelcome

_RACES = 3


class _Moved(Exception):
    """The ticket was merged or parted before its lock was ours."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the browser sent it; ``open`` is read from where it stands."""

    open: BinaryIO
    name: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Words:
    """What was entered: who the person says he is, what he says, where the page was sent from, and its nonce."""

    text: str
    nonce: str
    peer: str
    name: str = ""
    email: str = ""
    phone: str = ""
    subject: str = ""
    language: str = "ru"
    files: Sequence[Upload] = ()


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a post ended; ``again`` when the same page had been sent before."""

    request: FormRequest
    message_id: int
    again: bool = False


def post_request(opened: OpenForm, words: Words, *, link: str = "") -> Posted:
    """Open a ticket from what was posted, with its private links, and confirm it by mail where that is allowed.

    ``link`` is the address of private pages with ``{token}`` in it; without one nothing is confirmed. The same nonce
    twice is one ticket. The sender counts as not verified: a known address becomes the requester but gets nobody in.
    Records ``ticket.opened`` and ``message.received``. Raises ``Invalid`` naming the field, or without one for a sender
    from whom mail is not taken either, ``TooLarge`` for files and ``TooMany`` when a limit is reached; nothing is kept
    then.
    """
    _check_words(words)
    email = _own_address(words.email)
    phone = normal_phone(words.phone)
    marks = marks_of(words.peer, email or phone or words.name)
    if done := _posted(words.nonce):
        return done
    check_room(opened.form, marks, now())
    files = _store(words.files)
    for _attempt in range(_RACES):
        try:
            with transaction.atomic():
                return _open(opened, words, email, phone, marks, files, link)
        except (IntegrityError, Conflict):
            if done := _posted(words.nonce):
                return done
    raise Conflict


def continue_request(opened: Opened, words: Words) -> Posted:
    """Add to a request by its private link, on the ticket that it may have been merged into; on a closed one a new
    request is opened that names the old.

    The same nonce twice is one message. Records what ``receive`` records. Raises as ``post_request`` does.
    """
    _check_words(words)
    request = opened.request
    marks = marks_of(words.peer, f"request {request.pk}")
    if done := _posted(words.nonce):
        return done
    check_room(request.form, marks, now(), request)
    files = _store(words.files)
    for _attempt in range(_RACES):
        try:
            with transaction.atomic():
                return _continue(request, words, marks, files)
        except IntegrityError:
            if done := _posted(words.nonce):
                return done
            raise
        except _Moved:
            continue
    raise Conflict


def _posted(nonce: str) -> Posted | None:
    post = Post.objects.select_related("request").filter(nonce=nonce).first()
    return Posted(post.request, post.message_id, again=True) if post else None


def _check_words(words: Words) -> None:
    if not words.text.strip() and not words.files:
        raise Invalid(_("Write what has happened."), field="text")
    if len(words.text) > TEXT:
        raise Invalid(_("The text is longer than 20,000 characters."), field="text")
    if len(words.files) > FILES:
        raise TooLarge(_("At most 10 files can be sent at once."))
    if any(file.size > FILE_BYTES for file in words.files):
        raise TooLarge(_("A file may have at most 15 MB."))
    if sum(file.size for file in words.files) > ALL_BYTES:
        raise TooLarge(_("The files may have at most 30 MB together."))


def _own_address(address: str) -> str:
    if not address.strip():
        return ""
    shown = clean_address(address)
    ours = {channel.address for channel in active_channels() if channel.address}
    if normal_address(shown) in ours:
        raise Invalid(_("This is our own address. Enter yours."), field="email")
    return shown


def _store(files: Sequence[Upload]) -> list[tuple[Upload, Prepared]]:
    """Make the files durable before the transaction begins; what no row takes is swept after a day."""
    return [(file, store(file.open)) for file in files]


def _attachments(files: Sequence[tuple[Upload, Prepared]]) -> list[NewAttachment]:
    blobs = put_blobs([prepared for _file, prepared in files])
    return [
        NewAttachment(
            blob.pk,
            clean_file_name(file.name),
            file.content_type[:120] or "application/octet-stream",
            blob.size,
        )
        for (file, _prepared), blob in zip(files, blobs, strict=True)
    ]


def _open(
    opened: OpenForm,
    words: Words,
    email: str,
    phone: str,
    marks: Marks,
    files: Sequence[tuple[Upload, Prepared]],
    link: str,
) -> Posted:
    one_at_a_time(opened.form)
    check_room(opened.form, marks, now())
    author = _author(words.name, email, phone)
    _welcome(email, author)
    ticket, message = _receive(opened.form, words, author, files)
    request = FormRequest.objects.create(
        form=opened.form, ticket=ticket, name=_line(words.name, 200), email=email[:320], phone=phone, created_at=now()
    )
    _note(request, message, words, marks)
    if email and link and opened.settings.confirmation:
        address = link.replace("{token}", request.mail_token)
        confirm(Receipt(ticket, opened.form.channel.name, email, address, words.language))
    return Posted(request, message.pk)


def _welcome(email: str, author: Contact) -> None:
    """Refuse whom mail is not taken from either; the transaction takes a contact that was just made along."""
    if is_unwelcome(email, senders=spam_domains()[0], blocked=author.is_blocked):
        raise Invalid(_("This request cannot be taken here. Please call us."))


def _author(name: str, email: str, phone: str) -> Contact:
    """Return the contact behind an address, or the one of this name and phone; a new one when there is none."""
    if email:
        if known := contacts_by_address([normal_address(email)]).get(normal_address(email)):
            return known
        return add_contact(name=_line(name, 200), addresses=[email], phone=phone, by=Actor.system())
    key = normal_form(_line(name, 200))[:200]
    if key and (same := Contact.objects.filter(name_key=key, phone=phone, addresses__isnull=True).first()):
        return same
    return add_contact(name=_line(name, 200) or phone, phone=phone, by=Actor.system())


def _receive(
    form: WebForm,
    words: Words,
    author: Contact,
    files: Sequence[tuple[Upload, Prepared]],
    ticket: Ticket | None = None,
    previous: Ticket | None = None,
) -> tuple[Ticket, Message]:
    text = words.text.replace("\x00", "").replace("\r\n", "\n").strip()
    item = Incoming(
        author=author,
        channel=form.channel,
        at=now(),
        subject=_line(words.subject, 300) or (previous.subject if previous else ""),
        body_text=text,
        visible_text=text,
        ticket=ticket,
        previous=previous,
        attachments=_attachments(files),
        sender_checked=None,
        language=words.language,
    )
    received = receive([item])[0]
    return received.ticket, received.message


def _continue(request: FormRequest, words: Words, marks: Marks, files: Sequence[tuple[Upload, Prepared]]) -> Posted:
    one_at_a_time(request.form)
    check_room(request.form, marks, now(), request)
    line = line_of(request.ticket_id)
    hold(line)
    if line_of(request.ticket_id) != line:
        raise _Moved
    rows = Ticket.objects.select_related("status", "channel", "requester").in_bulk(line)
    if len(rows) < len(line):
        raise NotFound
    own, ticket = rows[line[0]], rows[line[-1]]
    author = holder_of(request, own.requester).contact
    _welcome(request.email, author)
    if ticket.category != Category.CLOSED or ticket.shelf is not None:  # out of the bin it comes for him
        _ticket, message = _receive(request.form, words, author, files, ticket=ticket)
        _note(request, message, words, marks)
        return Posted(request, message.pk)
    # the ticket it was merged into may bear a stranger's subject
    named = replace(words, subject=words.subject or own.subject)
    fresh, message = _receive(request.form, named, author, files, previous=ticket)
    following = FormRequest.objects.create(
        form=request.form, ticket=fresh, name=request.name, email=request.email, phone=request.phone, created_at=now()
    )
    _note(following, message, words, marks)
    return Posted(following, message.pk)


def _note(request: FormRequest, message: Message, words: Words, marks: Marks) -> None:
    Post.objects.create(
        form_id=request.form_id,
        request=request,
        message=message,
        nonce=words.nonce,
        source=marks.source,
        address_key=marks.address,
        created_at=now(),
    )


def _line(text: str, limit: int) -> str:
    """Return one line without control characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:limit]
