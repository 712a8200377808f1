"""What the public pages show, worded for customers."""

from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from otklik.channels.webform.queries import Opened, OpenForm
from otklik.core import shown
from otklik.core.clock import now
from otklik.tickets.models import Attachment, Category, Message, MessageKind
from otklik.tickets.presenters.text import rich_html, text_html
from otklik.tickets.presenters.thread import PICTURES, removed_words

OFF, REQUIRED = "off", "required"
_STATES: Final = {
    Category.NEW: (pgettext_lazy("request", "Received"), "chip--accent"),
    Category.OPEN: (pgettext_lazy("request", "In work"), "chip--accent"),
    Category.PENDING: (pgettext_lazy("request", "We wait for your answer"), "chip--warn"),
    Category.ON_HOLD: (pgettext_lazy("request", "In work"), "chip--accent"),
    Category.SOLVED: (pgettext_lazy("request", "Solved"), "chip--good"),
    Category.CLOSED: (pgettext_lazy("request", "Closed"), ""),
}


def present_form(opened: OpenForm, values: dict[str, str], errors: dict[str, str]) -> dict[str, Any]:
    """Return the form with what was entered before and what is wrong with it."""
    settings = opened.settings
    kept = {name: values.get(name, "") for name in ("name", "email", "phone", "subject", "text", "consent")}
    either = {settings.email, settings.phone}.isdisjoint({OFF, REQUIRED})
    return {
        "title": settings.title or _("New request"),
        "intro": settings.intro or _("Tell us what has happened. You will get a number and a link at once."),
        "consent": settings.consent,
        "words_language": opened.form.channel.language,
        "values": kept,
        "errors": errors,
        "asks_email": settings.email != OFF,
        "asks_phone": settings.phone != OFF,
        "asks_subject": settings.subject != OFF,
        "takes_files": settings.files,
        "needs_email": settings.email == REQUIRED or settings.phone == OFF,
        "needs_phone": settings.phone == REQUIRED or settings.email == OFF,
        "needs_subject": settings.subject == REQUIRED,
        "either": either,
        "form_error": next((text for name, text in errors.items() if name not in {*kept, "files"}), ""),
    }


def again_at(at: datetime) -> str:
    """Say when there is room again."""
    moment = shown.local(at)
    same_day = moment.date() == shown.local(now()).date()
    when = f"{moment:%H:%M}" if same_day else f"{moment:%d.%m, %H:%M}"
    text = _("Too many requests came lately. Your text is kept on this page: please send it again after %(time)s.")
    return text % {"time": when}


def present_request(opened: Opened, held: OpenForm, token: str) -> dict[str, Any]:
    """Return the private page of a request: its state, what was said, how it goes on."""
    ticket, at = opened.request.ticket, now()
    state, chip = _STATES[Category(opened.home.category)]
    closed = opened.home.category == Category.CLOSED and opened.home.shelf is None
    return {
        "number": ticket.pk,
        "subject": ticket.subject,
        "state": state,
        "chip": chip,
        "closed": closed,
        "is_new": opened.home.category == Category.NEW and len(opened.messages) == 1,
        "thanks": held.settings.thanks,
        "words_language": opened.request.form.channel.language,
        "messages": [_message(message, opened, token, at) for message in opened.messages],
        "held_back": opened.held_back,
        "by_mail": bool(opened.request.email),
        "proven": opened.proven,
        "takes_files": held.settings.files,
    }


def _message(message: Message, opened: Opened, token: str, at: datetime) -> dict[str, Any]:
    ours = message.kind == MessageKind.REPLY
    # the poster learns no name from us: he may have named somebody else's address
    author = message.author_name
    if message.pk in opened.own or (not ours and message.author_id in opened.holder.ids):
        author = pgettext("author", "You")
    return {
        "id": f"m{message.pk}",
        "ours": ours,
        "author": author,
        "initials": shown.initials(author) if ours else "",
        "time": shown.moment(message.created_at, at),
        "exact": shown.exact(message.created_at),
        "body": _answer(message.body_html, token)
        if ours and message.body_html
        else text_html(message.visible_text or message.body_text),
        "files": [_file(file, token) for file in message.attachments.all() if not (ours and file.inline)],
    }


def _answer(html: str, token: str) -> SafeString:
    """Return an answer with its pictures pointing at the private page's own files."""
    return mark_safe(rich_html(html).replace('src="/attachments/', f'src="/portal/r/{quote(token)}/files/'))


def _file(file: Attachment, token: str) -> dict[str, Any]:
    return {
        "name": file.name,
        "size": shown.file_size(file.size),
        "url": f"/portal/r/{quote(token)}/files/{file.token}/{quote(file.name, safe='')}",
        "picture": file.content_type.lower() in PICTURES and file.removed_at is None,
        "removed": removed_words(file),
    }
