"""What people do on the card: each noun with its good case, its repeat, its race and what it refuses."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from otklik.accounts.models import User
from otklik.core.clock import now
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets.models import Attachment, Message, Ticket

PART = {"HX-Request": "true"}


def _post(user: User, ticket: Ticket, noun: str, data: dict[str, object]) -> HttpResponse:
    return desk_client(user).post(f"/tickets/{ticket.pk}/{noun}/", data, headers=PART)  # type: ignore[return-value]


def _fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def test_reply_with_file_and_status_is_one_message(company: People) -> None:
    ticket = company.ticket()
    sent = desk_client(company.anna).post(
        "/attachments/", {"file": SimpleUploadedFile("акт.pdf", b"%PDF-1", "application/pdf")}, headers=PART
    )
    assert sent.status_code == 201
    file = sent.json()
    assert file["name"] == "акт.pdf"
    answer = _post(
        company.anna, ticket, "replies",
        {"mode": "reply", "reply_format": "html", "reply_text": "<p>Едем</p><script>x()</script>",
         "attachments": [file["id"]], "status": "pending"},
    )  # fmt: skip
    assert answer.status_code == 204
    assert json.loads(answer.headers["HX-Trigger"])["ticket-changed"] == {"number": ticket.pk}
    message = Message.objects.get(ticket=ticket, kind="reply")
    assert "script" not in message.body_html
    assert message.attachments.count() == 1
    assert _fresh(ticket).status.key == "pending"


def test_note_is_never_a_reply(company: People) -> None:
    ticket = company.ticket()
    answer = _post(
        company.anna, ticket, "notes", {"mode": "note", "note_text": "Для своих", "reply_text": "Черновик ответа"}
    )
    assert answer.status_code == 204
    said = Message.objects.filter(ticket=ticket).exclude(kind="incoming").get()
    assert (said.kind, said.visible_text) == ("note", "Для своих")


def test_empty_reply_is_refused_in_words(company: People) -> None:
    answer = _post(company.anna, company.ticket(), "replies", {"reply_text": "  "})
    assert answer.status_code == 422
    assert answer.json()["message"] == "Сначала напишите текст."  # type: ignore[attr-defined]


def test_file_of_another_person_does_not_go_along(company: People) -> None:
    ticket = company.ticket()
    desk_client(company.boris).post("/attachments/", {"file": SimpleUploadedFile("b.txt", b"b")}, headers=PART)
    foreign = Attachment.objects.get()
    answer = _post(company.anna, ticket, "replies", {"reply_text": "Вот", "attachments": [foreign.pk]})
    assert answer.status_code == 422
    assert not Message.objects.filter(ticket=ticket, kind="reply").exists()


@pytest.mark.parametrize("noun", ["replies", "notes", "status", "tags", "assignment", "people", "references", "snooze"])
def test_unknown_fields_are_refused(company: People, noun: str) -> None:
    ticket = company.ticket()
    answer = _post(company.anna, ticket, noun, {"colour": "red"})
    assert answer.status_code == 422
    assert _fresh(ticket).version == ticket.version


def test_plain_form_without_script_goes_back_to_the_card(company: People) -> None:
    ticket = company.ticket()
    answer = desk_client(company.anna).post(f"/tickets/{ticket.pk}/replies/", {"reply_text": "Ответ", "status": "open"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/tickets/{ticket.pk}/"
    assert Message.objects.filter(ticket=ticket, kind="reply").count() == 1


def test_second_close_changes_nothing(company: People) -> None:
    ticket = company.ticket()
    first = _post(company.anna, ticket, "status", {"status": "solved"})
    again = _post(company.anna, ticket, "status", {"status": "solved"})
    assert "toast" in json.loads(first.headers["HX-Trigger"])
    assert "toast" not in json.loads(again.headers["HX-Trigger"])
    assert _fresh(ticket).version == ticket.version + 1


def test_unknown_status_is_told(company: People) -> None:
    answer = _post(company.anna, company.ticket(), "status", {"status": "exploded"})
    assert answer.status_code == 422
    assert answer.headers["HX-Reswap"] == "none"
    assert json.loads(answer.headers["HX-Trigger"])["toast"]["bad"] is True


def test_assignment_to_colleague_team_and_nobody(company: People) -> None:
    ticket = company.ticket()
    _post(company.anna, ticket, "assignment", {"assignee": company.boris.pk})
    _post(company.anna, ticket, "assignment", {"team": company.field.pk})
    assert (_fresh(ticket).assignee, _fresh(ticket).team) == (company.boris, company.field)
    _post(company.anna, ticket, "assignment", {"assignee": ""})
    assert _fresh(ticket).assignee is None
    assert _post(company.anna, ticket, "assignment", {"assignee": company.observer.pk}).status_code == 422


def test_snooze_and_take_back(company: People) -> None:
    ticket = company.ticket()
    until = now() + timedelta(days=2)
    assert _post(company.anna, ticket, "snooze", {"until": until.isoformat()}).status_code == 204
    assert _fresh(ticket).snoozed_until == until
    assert _post(company.anna, ticket, "snooze", {}).status_code == 204
    assert _fresh(ticket).snoozed_until is None
    for bad in ("yesterday", "2020-01-01T10:00", "9999-12-31T23:59"):
        assert _post(company.anna, ticket, "snooze", {"until": bad}).status_code == 422


def test_race_on_properties_shows_the_fresh_section(company: People) -> None:
    ticket = company.ticket()
    form = {"priority": 4, "version": ticket.version}
    assert _post(company.anna, ticket, "properties", form).status_code == 204
    answer = _post(company.boris, ticket, "properties", {"priority": 1, "version": ticket.version})
    assert answer.status_code == 409
    section = answer.content.decode()
    assert 'id="ticket-properties"' in section
    assert "Срочный" in section
    assert "тем временем изменил" in section
    assert _fresh(ticket).priority == 4


def test_tags_references_and_people(company: People) -> None:
    ticket = company.ticket()
    _post(company.anna, ticket, "tags", {"tags": "холод, Срочно,  холод"})
    assert _fresh(ticket).tags_shown == ["холод", "Срочно"]
    _post(company.anna, ticket, "references", {"number": "RP77", "system": "sd", "url": ""})
    _post(company.anna, ticket, "references", {"number": "RP78", "system": "", "url": "https://sd.example/78"})
    assert list(ticket.references.values_list("number", flat=True).order_by("id")) == ["RP77", "RP78"]
    browser = desk_client(company.anna)
    first = ticket.references.order_by("id")[0].pk
    assert browser.delete(f"/tickets/{ticket.pk}/references/{first}/").status_code == 302
    assert ticket.references.count() == 1
    _post(company.anna, ticket, "people", {"address": "dmitri@elsewhere.example"})
    assert [person["name"] for person in _fresh(ticket).people] == ["Дмитрий Чужой"]
    browser.delete(f"/tickets/{ticket.pk}/people/{company.dmitri.pk}/")
    assert _fresh(ticket).people == []


def test_technician_may_answer_his_own_but_not_edit(company: People) -> None:
    ticket = company.ticket(assignee=company.technician)
    assert _post(company.technician, ticket, "replies", {"reply_text": "Буду в 10"}).status_code == 204
    assert _post(company.technician, ticket, "tags", {"tags": "x"}).status_code == 404
    assert _post(company.technician, ticket, "assignment", {"assignee": ""}).status_code == 404


def test_new_ticket_by_hand(company: People) -> None:
    browser = desk_client(company.anna)
    assert browser.get("/tickets/new/").status_code == 200
    form = {
        "requester_email": "clara@berezka.example", "subject": "Звонила Клара", "text": "Просит приехать",
        "channel": company.mailbox.pk, "priority": "3", "tags": "звонок",
    }  # fmt: skip
    answer = browser.post("/tickets/new/", form)
    assert answer.status_code == 302
    ticket = Ticket.objects.latest("id")
    assert (ticket.subject, ticket.requester, ticket.priority) == ("Звонила Клара", company.clara, 3)
    refused = browser.post("/tickets/new/", form | {"subject": "", "text": ""})
    assert refused.status_code == 422
    assert "Укажите тему." in refused.content.decode()
    assert desk_client(company.observer).get("/tickets/new/").status_code == 404


def test_suggestions_come_from_visible_people(company: People) -> None:
    answer = desk_client(company.anna).get("/tickets/new/people/?q=кла")
    assert answer.json()["items"] == [{"value": "clara@berezka.example", "label": "Клара Миронова · Берёзка"}]
    assert desk_client(company.technician).get("/tickets/new/people/?q=кла").status_code == 404
