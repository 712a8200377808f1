"""A mailbox's own words: the confirmation's text with its places, and the quote below an answer."""

from typing import Any

import pytest

from otklik.channels.email import mailbox, standing
from otklik.channels.email.confirmation import unknown_places
from otklik.channels.email.mailbox import MailboxConfig, dump
from otklik.channels.email.models import Outgoing
from otklik.channels.email.tests.mails import arrive, mail
from otklik.channels.models import Connection
from otklik.core.cached import forget
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.models import Ticket

pytestmark = pytest.mark.django_db


def set_up(company: People, **settings: Any) -> None:
    config, secret = dump(MailboxConfig(**settings))
    Connection.objects.update_or_create(channel=company.mailbox, defaults={"config": config, "secret": secret})
    forget()


def come(company: People, text: str = "Витрина & зал <b>не</b> холодит.") -> Ticket:
    (row,) = arrive(mail(text=text), channel=company.mailbox, **{"from": "clara@berezka.example"})
    assert row.ticket is not None
    return row.ticket


def test_a_confirmation_in_the_words_of_the_mailbox(company: People) -> None:
    set_up(
        company, confirmation=True, confirmation_subject="Заявка {number} принята",
        confirmation_text="Здравствуйте! Номер {number}.\n{mailbox} {other}",
    )  # fmt: skip
    assert standing.rules()[company.mailbox.pk].confirmation_text
    ticket = come(company, "{number} {mailbox}")
    sent = Outgoing.objects.get(kind="confirmation")
    assert sent.subject.startswith(f"Заявка {ticket.pk} принята [")
    assert sent.text.split("\n") == [f"Здравствуйте! Номер {ticket.pk}.", f"{company.mailbox.name} {{other}}", ""]
    assert unknown_places("{number} {mailbox} {subject}") == ["subject"]


def test_an_unknown_place_is_refused_with_its_field(company: People) -> None:
    form = {
        "address": company.mailbox.address, "name": "П", "language": "ru", "way_in": "smtp", "way_out": "common",
        "confirmation_text": "{subject}", "confirmation_subject": "Заявка {number}", "quote_history": "on",
    }  # fmt: skip
    admin, url = desk_client(company.admin), f"/settings/mailboxes/{company.mailbox.pk}/"
    answer = admin.post(url, form)
    assert answer.status_code == 422
    assert 'id="confirmation-text-error"' in answer.content.decode()
    assert admin.post(url, form | {"confirmation_text": "Принято: {number}"}).status_code == 302
    kept = mailbox.read(Connection.objects.get(channel=company.mailbox))
    assert (kept.confirmation_text, kept.quote_history) == ("Принято: {number}", True)


def test_the_answered_mail_is_quoted_and_nothing_else(company: People) -> None:
    set_up(company, quote_history=True)
    ticket = come(company)
    anna = company.actor(company.anna)
    actions.add_note(ticket, body_text="тайная заметка", by=anna)
    actions.reply(ticket, body_text="Выезжаем.", by=anna)
    sent = Outgoing.objects.get(kind="reply")
    assert "> Витрина & зал <b>не</b> холодит." in sent.text
    assert "Клара Ким пишет:" in sent.text
    assert "Витрина &amp; зал &lt;b&gt;не&lt;/b&gt; холодит." in sent.html
    assert "тайная" not in sent.text + sent.html
    set_up(company)
    actions.reply(ticket, body_text="Выехали.", by=anna)
    later = Outgoing.objects.filter(kind="reply").latest("pk")
    assert "Витрина" not in later.text + later.html
