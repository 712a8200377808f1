"""What mail adds to a ticket's card: messages that are held, and hints about the customer's last mail."""

from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.accounts.policies import can
from otklik.channels.email import ledger_words as words
from otklik.channels.email.facts import CANCELLED, INVITATION
from otklik.channels.email.models import EmailFact, Inbound, SenderState
from otklik.channels.email.outbox.servers import ways_out
from otklik.channels.email.problem_words import worth_telling
from otklik.channels.email.queries import held_on
from otklik.core import shown
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.panels import Panel, register_panel
from otklik.core.prepared import Prepared
from otklik.core.text import normal_address
from otklik.tickets.models import Ticket
from otklik.tickets.queries import card, default_channel


def held_context(actor: Actor, ticket: Ticket) -> dict[str, Any] | None:
    """Return the mails held on a ticket; nothing to show when there is none."""
    rows = held_on(ticket, actor)
    if not rows:
        return None
    return {"mails": [_held(row) for row in rows], "may_act": can(actor, "mail.process"), "here": _card_url(ticket)}


def _card_url(ticket: Ticket) -> str:
    return reverse("tickets:card", args=[ticket.pk])


def _held(row: Inbound) -> dict[str, Any]:
    text = next((facts.get("text", "") for code, facts, _at in reversed(row.steps) if code == "ended"), "")
    claimed = next((facts.get("address", "") for code, facts, _at in reversed(row.steps) if code == "author"), "")
    return {
        "id": row.pk,
        "sender": row.from_name or row.from_address,
        "address": row.from_address,
        "claimed": _("in the name of %(address)s") % {"address": claimed} if claimed else "",
        "subject": row.subject,
        "time": shown.moment(row.received_at, now()),
        "exact": shown.exact(row.received_at),
        "reason": words.reason(row.reason),
        "why": str(words.EXPLAINED.get(row.reason, "")),
        "text": text,
        "forged": row.reason == "sender_failed",
        "url": reverse("email:mail", args=[row.pk]),
    }


def facts_context(actor: Actor, ticket: Ticket) -> dict[str, Any] | None:
    """Return what should be known before answering the last mail, and what the last mails say of themselves."""
    facts = _last_facts(ticket.pk)
    if not facts:
        return None
    may, at = can(actor, "mail.ledger"), now()
    mails = [_mail(fact, at, ledger=may) for fact in facts]
    return {"hints": _hints(facts[0]), "last": mails[0], "earlier": mails[1:]}


MAILS_SHOWN: Final = 10
_last_facts: Final = Prepared(
    lambda ticket_id: (
        EmailFact.objects.filter(message__ticket_id=ticket_id, message__kind="incoming")
        .select_related("message")
        .order_by("-message_id")[:MAILS_SHOWN]
    )
)


def _mail(fact: EmailFact, at: datetime, *, ledger: bool) -> dict[str, Any]:
    """Return the address lines of a mail, and its technical facts."""
    checks = [f"{name} {fact.auth[name]}" for name in ("spf", "dkim", "dmarc") if fact.auth.get(name)]
    return {
        "time": shown.moment(fact.message.created_at, at),
        "exact": shown.exact(fact.message.created_at),
        "lines": [
            {"label": label, "people": _people(boxes)}
            for label, boxes in ((_("From"), [fact.sender]), (_("To"), fact.to), (_("Copy"), fact.cc))
            if any(boxes)
        ],
        "verdict": str(SenderState(fact.sender_state).label),
        "forged": fact.sender_state == SenderState.FAILED,
        "checks": ", ".join(checks) + (f" ({fact.auth['server']})" if checks and fact.auth.get("server") else ""),
        "mail_id": fact.mail_id,
        "in_reply_to": fact.in_reply_to,
        "way": reverse("email:mail", args=[fact.inbound_id]) if ledger and fact.inbound_id else "",
    }


def _people(boxes: list[dict[str, str]]) -> str:
    """Return people as a line, the first ten of them."""
    named = [
        f"{box.get('name')} <{box.get('address')}>" if box.get("name") else str(box.get("address", "")) for box in boxes
    ]
    return ", ".join(named[:10]) + (" …" if len(named) > 10 else "")


def _hints(fact: EmailFact) -> list[str]:
    hints: list[str] = []
    sender = normal_address(str(fact.sender.get("address", "")))
    others = [box["address"] for box in fact.reply_to if normal_address(box["address"]) != sender]
    if others and sender:
        hints.append(
            _("Answers are asked for to another address: %(address)s. The answer goes to %(sender)s.")
            % {"address": others[0], "sender": fact.sender.get("address", "")}
        )
    if fact.sender_state == SenderState.FAILED:
        hints.append(_("The receiving server says that the sender is forged."))
    if fact.auto_reply:
        hints.append(_("The last mail is automatic."))
    if event := fact.headers.get(INVITATION):
        hints.append(_("Invitation: %(event)s") % {"event": event})
    if event := fact.headers.get(CANCELLED):
        hints.append(_("The invitation is cancelled: %(event)s") % {"event": event})
    return hints + worth_telling(fact.problems)


def sending_context(actor: Actor, ticket: Ticket) -> dict[str, Any] | None:
    """Return why an answer could not leave now; nothing when it could, or when the actor answers nobody."""
    if not can(actor, "tickets.reply"):
        return None
    channel = ticket.channel if ticket.channel.kind == "email" and ticket.channel.address else default_channel("email")
    trouble = ways_out().trouble_of(channel.pk if channel else None)
    if not trouble:
        return None
    return {"trouble": trouble, "url": reverse("email:mailboxes") if can(actor, "settings.edit") else ""}


register_panel(
    Panel(
        key="email.sending",
        title=gettext_lazy("Sending"),
        page="ticket.card",
        slot="main",
        order=900,  # the last thing above the composer
        template="email/panels/sending.html",
        hot=True,  # it stands on every card until a server is set
        context=sending_context,
    )
)
register_panel(
    Panel(
        key="email.held",
        title=gettext_lazy("Held messages"),
        page="ticket.card",
        slot="main",
        order=10,
        template="email/panels/held.html",
        context=held_context,
    )
)
register_panel(
    Panel(
        key="email.facts",
        title=gettext_lazy("Mails"),
        page="ticket.card",
        slot="side",
        order=90,
        lazy=True,  # it costs the card neither a statement nor time
        template="email/panels/facts.html",
        context=facts_context,
        load=card,
    )
)
