"""Mail of people and alarms that looks like a report or an absence note: nobody answers it, and somebody sees it."""

from typing import Any

import pytest

from otklik.channels.email.models import Delivery
from otklik.channels.email.tests.mails import CLARA, arrive, mail
from otklik.core.clock import now
from otklik.testing.people import People
from otklik.tickets import actions

pytestmark = pytest.mark.django_db
POSTMASTER = "Postmaster <postmaster@client.example>"
PLANT = "Мониторинг <zabbix@client.example>"
UNKNOWN = "<before@client.example>"
PARCEL = "Здравствуйте, посылка с компрессором не доставлена, куда писать? Мой адрес zakaz@client.example"

SEEN: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("a postmaster who lost a parcel", {"sender": POSTMASTER, "subject": "Не доставлена", "text": PARCEL}, {}, True),
    ("failed recipients in a mail of a person", {"X_Failed_Recipients": "z@z.example"}, {}, False),
    ("an alarm of the null sender in its own thread",
     {"sender": PLANT, "subject": "Re: Авария", "In_Reply_To": UNKNOWN, "Auto_Submitted": "auto-generated"},
     {"from": ""}, True),
    ("leave in the subject of a person", {"subject": "Отпуск!", "In_Reply_To": UNKNOWN}, {}, True),
    ("a word of a machine in the subject", {"subject": "Auto: не работает привод", "In_Reply_To": UNKNOWN}, {}, True),
    ("the same through a list",
     {"subject": "Отпуск!", "In_Reply_To": UNKNOWN, "List_Id": "<l.x>", "List_Post": "<mailto:l@x>"}, {}, True),
    ("a form about leave",
     {"sender": "noreply@site.example", "subject": "Отпуск: заявка", "Precedence": "bulk"}, {}, True),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "envelope", "quiet"), SEEN, ids=[case[0] for case in SEEN])
def test_it_becomes_a_ticket_and_is_not_answered(
    name: str, given: dict[str, Any], envelope: dict[str, Any], quiet: bool
) -> None:
    """Suppress answers, keep the mail."""
    (row,) = arrive(mail(**given), **envelope)
    assert (row.state, row.reason) == ("ticket", ""), (name, row.steps)
    assert any(code == "automatic" for code, _facts, _at in row.steps) == quiet


UNSEEN: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("an absence note of Exchange",
     {"subject": "Автоматический ответ: Акт", "In_Reply_To": UNKNOWN, "Auto_Submitted": "auto-generated",
      "X_Auto_Response_Suppress": "All"}, {}),
    ("an absence note with a subject only", {"subject": "Автоответ: Акт", "X_Auto_Response_Suppress": "All"}, {}),
    ("an absence note of the null sender", {"subject": "Re: Акт", "In_Reply_To": UNKNOWN}, {"from": ""}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "envelope"), UNSEEN, ids=[case[0] for case in UNSEEN])
def test_what_answers_by_itself_opens_nothing(name: str, given: dict[str, Any], envelope: dict[str, Any]) -> None:
    """Answers of machines stay what they are."""
    (row,) = arrive(mail(**given), **envelope)
    assert (row.state, row.reason) == ("ignored", "auto_reply"), (name, row.steps)


WORDS = "Ваше письмо не доставлено.\n\nАдресат: clara@berezka.example\nПричина: почтовый ящик переполнен\n"


def test_a_report_in_prose_counts_for_mail_of_ours(company: People) -> None:
    """A postmaster names somebody we wrote to lately: a hint at that mail. The id of our mail comes back: a bounce."""
    actions.reply(company.ticket(), body_text="Выезжаем.", by=company.actor(company.anna))
    Delivery.objects.update(state="sent", sent_at=now(), run_at=None)
    (row,) = arrive(mail(POSTMASTER, subject="Письмо не доставлено", text=WORDS), channel=company.mailbox)
    assert (row.state, row.reason) == ("message", "bounce")
    assert (Delivery.objects.get().state, Delivery.objects.get().error_code) == ("sent", "reported")
    sent = Delivery.objects.get().outgoing.message_id
    back = (
        f"Your message could not be delivered.\n\n--- Below this line is a copy of the message.\n\nMessage-ID: {sent}\n"
    )
    (row,) = arrive(mail(POSTMASTER, subject="Undeliverable", text=back), channel=company.mailbox)
    assert (row.state, row.reason) == ("message", "bounce")
    assert Delivery.objects.get().state == "bounced"


def test_a_report_in_prose_about_nothing_of_ours_is_seen(company: People) -> None:
    """Nobody wrote to Clara: it may be a person. What a daemon says about others' mail stays unseen."""
    (seen,) = arrive(mail(POSTMASTER, subject="Письмо не доставлено", text=WORDS), channel=company.mailbox)
    assert (seen.state, seen.reason) == ("ticket", "")
    (unseen,) = arrive(mail("MAILER-DAEMON@mx.example", subject="Письмо не доставлено", text=WORDS))
    assert (unseen.state, unseen.reason) == ("ignored", "bounce")


def test_no_header_of_a_person_marks_a_mail_of_ours(company: People) -> None:
    """A stranger writes X-Failed-Recipients: the mail to Clara is not marked as bounced."""
    actions.reply(company.ticket(), body_text="Выезжаем.", by=company.actor(company.anna))
    Delivery.objects.update(state="sent", sent_at=now(), run_at=None)
    (row,) = arrive(mail("x@nowhere.example", X_Failed_Recipients=CLARA[11:-1]), channel=company.mailbox)
    assert (row.state, Delivery.objects.get().state) == ("ticket", "sent")
