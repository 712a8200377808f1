"""One answer to many linked tickets: each gets a message and mails of its own; all are taken back together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import transaction

from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import DomainError
from otklik.tickets.actions.replying import reply
from otklik.tickets.actions.sending import schedule_reply, send_reply
from otklik.tickets.models import Attachment, Message, ScheduledReply, Step, Ticket

_OF_THE_FIRST: Final = frozenset({"seen", "to", "cc", "channel", "spent", "chosen"})


@dataclass(slots=True)
class SentToMany:
    """What became of the answers: how many went, the step that takes all back, and who refused with what words."""

    message: Message
    step: Step | None
    also: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class ScheduledForMany:
    """What became of answers that wait: the first of them, how many more, and who refused with what words."""

    row: ScheduledReply
    also: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def send_to_many(
    ticket: Ticket, others: Sequence[Ticket], *, held: bool = True, ends_draft: bool = True, by: Actor, **words: Any
) -> SentToMany:
    """Answer a ticket and, with the same words and files, others as well; one that refuses does not stop the rest.

    ``held`` keeps the mails for the setting's seconds, in which all can be taken back; ``ends_draft`` as in
    ``send_reply``, for ``ticket``: what is being written on the others stays.
    """

    def send(one: Ticket, *, ends: bool, **said: Any) -> tuple[Message, Step | None]:
        if held:
            return send_reply(one, ends_draft=ends, by=by, **said)
        return reply(one, by=by, **said), None

    copies = _copies_for(others, words, by)
    message, step = send(ticket, ends=ends_draft, **words)
    done, steps = SentToMany(message, step), [step.pk] if step else []
    for other in others:
        try:
            _message, further = send(other, ends=False, **_alike(words, copies[other.pk]))
        except DomainError as error:
            _refuse(done.refused, other, error, copies[other.pk])
            continue
        done.also += 1
        steps += [further.pk] if further else []
    if step is not None and done.also:
        data = {"steps": steps, "ticket": ticket.pk}
        done.step = Step.objects.create(kind="many", user_id=by.id or 0, data=data, made_at=now(), until=step.until)
    return done


def schedule_to_many(ticket: Ticket, others: Sequence[Ticket], *, by: Actor, **words: Any) -> ScheduledForMany:
    """Let one answer to many tickets wait for its time, each as an answer of its own that can be called off alone.

    One that refuses does not stop the rest. The draft on ``ticket`` ends; what is being written on the others stays.
    """
    copies = _copies_for(others, words, by)
    done = ScheduledForMany(schedule_reply(ticket, by=by, **words))
    for other in others:
        try:
            schedule_reply(other, ends_draft=False, by=by, **_alike(words, copies[other.pk]))
        except DomainError as error:
            _refuse(done.refused, other, error, copies[other.pk])
            continue
        done.also += 1
    return done


def _copies_for(others: Sequence[Ticket], words: Mapping[str, Any], by: Actor) -> dict[int, tuple[list[int], str]]:
    with transaction.atomic():
        return {other.pk: _copies(words.get("attachments", ()), words.get("body_html", ""), by) for other in others}


def _alike(words: Mapping[str, Any], copies: tuple[list[int], str]) -> dict[str, Any]:
    """Return the same words for another ticket: with files of its own, to the people of that one."""
    files, html = copies
    alike = {key: value for key, value in words.items() if key not in _OF_THE_FIRST}
    return alike | {"attachments": files} | ({"body_html": html} if html else {})


def _refuse(refused: list[tuple[int, str]], other: Ticket, error: DomainError, copies: tuple[list[int], str]) -> None:
    refused.append((other.pk, str(error.message)))
    Attachment.objects.filter(pk__in=copies[0], message__isnull=True).delete()


def _copies(attachment_ids: Sequence[int], html: str, by: Actor) -> tuple[list[int], str]:
    """Return files of one's own again, over the same bytes, and the text with its pictures pointing at them."""
    found: list[int] = []
    for row in Attachment.objects.filter(pk__in=attachment_ids, message__isnull=True, uploaded_by_id=by.id):
        old = row.token
        copy = Attachment.objects.create(
            blob_id=row.blob_id, name=row.name, content_type=row.content_type, size=row.size, uploaded_by_id=by.id,
            created_at=now(),
        )  # fmt: skip
        html = html.replace(f"/attachments/{old}/", f"/attachments/{copy.token}/")
        found.append(copy.pk)
    return found, html
