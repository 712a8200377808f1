"""One answer to many linked tickets: each gets a message and mails of its own; all are taken back together.

The first answer and the plan for the others are written together. The others follow, each in a transaction of its own
in which the plan moves on; who began does them at once, and what he did not come to is done by a job.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.accounts.queries import actor_for
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import DomainError, NotFound
from otklik.core.jobs import keep_alive
from otklik.tickets.actions.replying import reply
from otklik.tickets.actions.sending import schedule_reply, send_reply
from otklik.tickets.models import Attachment, Message, ReplyPlan, ScheduledReply, Step, Ticket
from otklik.tickets.queries.access import visible_to

_OF_THE_FIRST: Final = frozenset({"seen", "to", "cc", "channel", "spent", "chosen"})
_PATIENCE: Final = timedelta(seconds=30)
"""How long the one who began has for himself: after that a job sees to it that the plan is ended."""
_KEPT: Final = timedelta(days=2)


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
    ticket: Ticket,
    others: Sequence[Ticket],
    *,
    held: bool = True,
    ends_draft: bool = True,
    also_seen: int | None = None,
    by: Actor,
    **words: Any,
) -> SentToMany:
    """Answer a ticket and, with the same words and files, others as well; one that refuses does not stop the rest.

    ``held`` keeps the mails for the setting's seconds, in which all can be taken back; ``ends_draft`` as in
    ``send_reply``, for ``ticket``: what is being written on the others stays. ``also_seen`` is the newest message of
    any ticket when the author began: one of the others on which somebody wrote after it refuses.
    """
    with transaction.atomic():
        plan = _plan(others, words, also_seen=also_seen, by=by, held=held)
        if held:
            message, step = send_reply(ticket, ends_draft=ends_draft, by=by, **words)
        else:
            message, step = reply(ticket, by=by, **words), None
        done, many = SentToMany(message, step), step
        if plan is not None and step is not None:
            data = {"steps": [step.pk], "plan": plan.pk, "ticket": ticket.pk}
            many = Step.objects.create(kind="many", user_id=by.id or 0, data=data, made_at=now(), until=step.until)
    if plan is not None:
        done.also, done.refused = _end(plan)
        done.step = many if done.also else step
    return done


def schedule_to_many(
    ticket: Ticket, others: Sequence[Ticket], *, also_seen: int | None = None, by: Actor, **words: Any
) -> ScheduledForMany:
    """Let one answer to many tickets wait for its time, each as an answer of its own that can be called off alone.

    One that refuses does not stop the rest. The draft on ``ticket`` ends; what is being written on the others stays.
    ``also_seen`` is as in ``send_to_many``.
    """
    with transaction.atomic():
        plan = _plan(others, words, also_seen=also_seen, by=by)
        done = ScheduledForMany(schedule_reply(ticket, by=by, **words))
    if plan is not None:
        done.also, done.refused = _end(plan)
    return done


def _plan(
    others: Sequence[Ticket], words: Mapping[str, Any], *, also_seen: int | None, by: Actor, held: bool = False
) -> ReplyPlan | None:
    """Write down what the others get, with files of their own, and the job that sees to it; nothing for no others."""
    from otklik.tickets.tasks import answer_many

    if not others:
        return None
    if by.kind != "user" or by.id is None:
        raise NotFound
    alike = {key: value for key, value in words.items() if key not in _OF_THE_FIRST | {"attachments", "body_html"}}
    if isinstance(alike.get("send_at"), datetime):
        alike["send_at"] = alike["send_at"].isoformat()
    items = []
    for other in others:
        files, html = _copies(words.get("attachments", ()), words.get("body_html", ""), by)
        items.append({"ticket": other.pk, "attachments": files, "body_html": html})
    facts = {"held": held, "seen": also_seen, "words": alike}
    plan = ReplyPlan.objects.create(user_id=by.id, words=facts, items=items, made_at=now())
    answer_many.using(run_after=now() + _PATIENCE).enqueue(plan.pk)
    return plan


def _end(plan: ReplyPlan) -> tuple[int, list[tuple[int, str]]]:
    """End a plan and tell how many got the answer, and who refused with what words."""
    go_on(plan.pk)
    plan.refresh_from_db()
    refused = [(row["ticket"], row["refused"]) for row in plan.results if row["refused"]]
    return len(plan.results) - len(refused), refused


def go_on(plan_id: int) -> int:
    """Answer the tickets that are left of a plan; return how many. Safe to call again after a crash, and twice."""
    done = 0
    while _answer_next(plan_id):
        done += 1
        keep_alive(120)
    return done


def _answer_next(plan_id: int) -> bool:
    with transaction.atomic():
        plan = ReplyPlan.objects.select_for_update(of=("self",)).select_related("user").filter(pk=plan_id).first()
        if plan is None or not plan.is_open:
            return False
        item = plan.items[len(plan.results)]
        result: dict[str, Any] = {"ticket": item["ticket"], "step": None, "refused": ""}
        try:
            with transaction.atomic():
                result["step"] = _answer(plan, item)
        except DomainError as error:
            result["refused"] = str(error.message)
            Attachment.objects.filter(pk__in=item["attachments"], message__isnull=True).delete()
        plan.results = [*plan.results, result]
        if len(plan.results) == len(plan.items):
            _close(plan)
        plan.save(update_fields=["results", "is_open", "words", "items"])
    return True


def _answer(plan: ReplyPlan, item: Mapping[str, Any]) -> int | None:
    """Answer one ticket as its author, in the rights that he has now; return the step that takes it back."""
    by = actor_for(plan.user)
    ticket = visible_to(by).select_related("status").filter(pk=item["ticket"]).first() if plan.user.is_active else None
    if ticket is None:
        raise NotFound(_("There is nothing here."))
    words = {**plan.words["words"], "attachments": item["attachments"], "seen": plan.words["seen"]}
    if item["body_html"]:
        words["body_html"] = item["body_html"]
    if "send_at" in words:
        words["send_at"] = datetime.fromisoformat(words["send_at"])
        schedule_reply(ticket, ends_draft=False, by=by, **words)
        return None
    if not plan.words["held"]:
        reply(ticket, by=by, **words)
        return None
    _message, step = send_reply(ticket, ends_draft=False, by=by, **words)
    return step.pk if step else None


def stop_plan(plan_id: int) -> list[int]:
    """End a plan where it is, inside the caller's transaction; return the steps of what was answered by then."""
    plan = ReplyPlan.objects.select_for_update(of=("self",)).filter(pk=plan_id).first()
    if plan is None:
        return []
    if plan.is_open:
        left = [file for item in plan.items[len(plan.results) :] for file in item["attachments"]]
        Attachment.objects.filter(pk__in=left, message__isnull=True).delete()
        _close(plan)
        plan.save(update_fields=["is_open", "words", "items"])
    return [row["step"] for row in plan.results if row["step"]]


def _close(plan: ReplyPlan) -> None:
    """Mark a locked plan as ended; its words stand in the messages, so here they go."""
    plan.is_open, plan.words, plan.items = False, {}, []


def forget_old_plans() -> int:
    """Delete plans that ended days ago; return how many."""
    return ReplyPlan.objects.filter(is_open=False, made_at__lt=now() - _KEPT).delete()[0]


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
