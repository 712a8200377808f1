"""All data of a person: in one file, or nowhere any more. Told with mail, because mail keeps most of it."""

import io
import json
import zipfile
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.db import transaction

from otklik.channels.email.models import Delivery, Inbound
from otklik.channels.email.queries import sums
from otklik.channels.email.tests.mails import arrive, support
from otklik.contacts import actions
from otklik.contacts.actions import erasing
from otklik.contacts.actions.personal import erase_contact, export_contact
from otklik.contacts.dossiers import Subject
from otklik.contacts.models import Contact, DataExport, Erasure
from otklik.contacts.personal_tasks import forget_old_exports
from otklik.core.cached import forget
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.core.events import Event, dispatch_batch
from otklik.core.jobs import run_due_jobs
from otklik.search.actions import read_pending
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions as tickets
from otklik.tickets.actions.erasing import erase_unwelcome
from otklik.tickets.actions.shelving import mark_spam
from otklik.tickets.actions.spam_list import add_spam_sender, remove_spam_sender
from otklik.tickets.models import SpamDomain, Ticket

NAME, SECOND = "Канарейкин Зиновий", "Зиновий К."
ADDRESS, OTHER = "kanareikin@zinovy.example", "zina-second@home.example"
PHONE, TEXT = "+78125550099", "неповторимослово"
MARKS = (NAME, "канарейкин", ADDRESS, OTHER, "zinovy.example", PHONE, TEXT)


def _mail(sender: str, subject: str, text: str, *, copy: str = "", file: str = TEXT, times: int = 3) -> bytes:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = sender, "support@demo.otklik.test", subject
    letter["Message-ID"] = f"<{abs(hash((sender, subject, text)))}@mailer.example>"
    if copy:
        letter["Cc"] = copy
    letter.set_content(text)
    data = f"{file} ".encode() * times
    letter.add_attachment(data, maintype="application", subtype="octet-stream", filename=f"{file}.bin")
    return letter.as_bytes()


@pytest.fixture
def zinovy(company: People) -> Contact:
    """A customer with two contacts that are one person, mails, answers, notes, a part in a ticket of Clara's."""
    support()
    anna = company.actor(company.anna)
    first, alone = arrive(
        _mail(f"{NAME} <{ADDRESS}>", f"{TEXT} сломалось", f"Звоните {PHONE}. {TEXT}", times=6000),
        _mail(f"{SECOND} <{OTHER}>", "Ещё", f"{TEXT} второе"),
    )
    assert first.ticket is not None
    assert alone.ticket is not None
    person, second = first.ticket.requester, alone.ticket.requester
    actions.change_contact(person, phone=PHONE, note=f"{NAME}: {TEXT}", by=anna)
    actions.mark_bounced(ADDRESS, reason=f"550 {ADDRESS} unknown", by=anna)
    actions.merge_contacts(second, into=person, by=anna)
    tickets.reply(first.ticket, body_html=f"<p>Здравствуйте, {NAME}! {TEXT}</p>", by=anna)
    tickets.add_note(first.ticket, body_html=f"<p>{NAME} просит на {PHONE}</p>", by=anna)
    tickets.edit_properties(first.ticket, subject=f"{TEXT}: {NAME}", by=anna)
    (shared,) = arrive(
        _mail("Клара <clara@berezka.example>", "Общая", "Со мной коллега", copy=f"{NAME} <{ADDRESS}>", file="её")
    )
    assert shared.ticket is not None
    tickets.add_person(shared.ticket, address=ADDRESS, by=anna)
    tickets.reply(shared.ticket, body_html=f"<p>Клара, передайте: {NAME}</p>", by=anna)
    (junk,) = arrive(_mail(f"{NAME} <{ADDRESS}>", "Купите", "Дёшево"))
    assert junk.ticket is not None
    mark_spam(junk.ticket, learn="address", by=company.actor(company.vera))
    add_spam_sender(OTHER, by=company.actor(company.vera))
    with transaction.atomic():
        dispatch_batch(200)
    read_pending()
    return Contact.objects.get(pk=person.pk)


def _found() -> list[str]:
    """Return where any of the marks stands: every column of every table, every file of the store."""
    places = []
    for model in apps.get_models(include_auto_created=True):
        for row in model._base_manager.all():
            for field in model._meta.concrete_fields:
                value: Any = getattr(row, field.attname)
                text = bytes(value).decode(errors="ignore") if isinstance(value, bytes | memoryview) else str(value)
                if mark := _mark(text):
                    places.append(f"{model._meta.label}.{field.name} {row.pk}: {mark}")
    files = [path for path in Path(settings.BLOB_DIR).rglob("*") if path.is_file()]
    return places + [str(path) for path in files if _mark(path.read_bytes().decode(errors="ignore"))]


def _mark(text: str) -> str:
    low = text.casefold()
    return next((mark for mark in MARKS if mark.casefold() in low), "")


def _erase(zinovy: Contact, company: People) -> Erasure:
    row = erase_contact(zinovy, typed=NAME, by=company.actor(company.vera))
    run_due_jobs(20, "test")
    with transaction.atomic():
        dispatch_batch(200)
    read_pending()
    row.refresh_from_db()
    return row


def test_nothing_of_an_erased_person_is_found_anywhere(zinovy: Contact, company: People) -> None:
    export_contact(zinovy, by=company.actor(company.vera))
    run_due_jobs(20, "test")
    assert _found()
    before = (sums(Inbound.objects.all()), Event.objects.count(), Ticket.objects.count(), Delivery.objects.count())
    row = _erase(zinovy, company)
    assert row.done_at is not None
    assert _found() == [], "\n".join(_found())
    assert (sums(Inbound.objects.all()), Ticket.objects.count(), Delivery.objects.count()) == (before[0], *before[2:])
    assert Event.objects.count() > before[1]
    number = Ticket.objects.filter(requester=zinovy).values_list("pk", flat=True)[0]
    browser = desk_client(company.anna)
    assert "Удалённый контакт" in browser.get(f"/tickets/{number}/").content.decode()
    assert f"/tickets/{number}/" not in browser.get("/search/", {"q": TEXT}).content.decode()
    assert browser.get(f"/contacts/{zinovy.pk}/").status_code == 200


def test_the_others_keep_what_is_theirs(zinovy: Contact, company: People) -> None:
    _erase(zinovy, company)
    ticket = Ticket.objects.get(requester=company.clara)
    said = [message.visible_text or message.body_text for message in ticket.messages.order_by("pk")]
    assert "Со мной коллега" in said[0]
    assert "Клара, передайте: Удалённый контакт" in said[-1]
    assert ticket.messages.order_by("pk")[0].attachments.count() == 1


def test_spam_of_an_erased_person_still_opens_nothing(zinovy: Contact, company: People) -> None:
    _erase(zinovy, company)
    forget()
    for address in (ADDRESS.upper(), OTHER):
        (again,) = arrive(_mail(f"{NAME} <{address}>", "Снова", "Я вернулся"))
        assert again.ticket is None, address
    (other,) = arrive(_mail("Другой <other@elsewhere.example>", "Вопрос", "Здравствуйте"))
    assert other.ticket is not None
    vera = company.actor(company.vera)
    page = desk_client(company.vera).get("/settings/spam/").content.decode()
    assert page.count("<b>Стёртый адрес</b>") == 2
    assert "erased:" not in page
    assert erase_unwelcome(Subject((zinovy.pk,), (ADDRESS, OTHER)), 0, 10).after is None  # a second time finds nothing
    for row in SpamDomain.objects.all():
        assert remove_spam_sender(row.pk, by=vera)
    (again,) = arrive(_mail(f"{NAME} <{OTHER}>", "И снова", "Пишу"))
    assert again.ticket is not None
    assert again.ticket.requester_id != zinovy.pk


def test_marks_outlive_a_change_of_the_key(zinovy: Contact, company: People, settings: Any) -> None:
    _erase(zinovy, company)
    forget()
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 8
    (again,) = arrive(_mail(f"{NAME} <{OTHER}>", "Снова", "Я вернулся"))
    assert again.ticket is None


def test_a_job_that_was_killed_goes_on_where_it_stopped(
    zinovy: Contact, company: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "SLICE", 1)
    row = erasing.blank_contact(zinovy, typed=NAME, by=company.actor(company.vera))
    total = 0
    for _attempt in range(40):
        left = iter([None])

        def killed() -> None:
            if next(left, 1) is not None:  # noqa: B023 - used up within this turn
                raise RuntimeError("killed")

        try:
            total += erasing.go_on_erasing(row.pk, alive=killed)
            break
        except RuntimeError:
            continue
    row.refresh_from_db()
    assert row.done_at is not None
    assert erasing.go_on_erasing(row.pk) == 0
    with transaction.atomic():
        dispatch_batch(200)
    read_pending()
    assert _found() == []


def test_who_may_and_what_is_typed(zinovy: Contact, company: People) -> None:
    for stranger in (company.actor(company.anna), company.contact_actor(company.dmitri)):
        with pytest.raises(Forbidden):
            erase_contact(zinovy, typed=NAME, by=stranger)
        with pytest.raises(Forbidden):
            export_contact(zinovy, by=stranger)
    with pytest.raises(Invalid) as caught:
        erase_contact(zinovy, typed="Кто-то", by=company.actor(company.vera))
    assert caught.value.errors[0][0] == "typed"
    row = _erase(zinovy, company)
    assert erase_contact(zinovy, typed="", by=company.actor(company.vera)).pk == row.pk
    assert Event.objects.filter(kind="contact.erased").count() == 1
    fresh = Contact.objects.get(pk=zinovy.pk)
    with pytest.raises(Conflict):
        actions.change_contact(fresh, name="Снова", by=company.actor(company.anna))
    with pytest.raises(Conflict):
        actions.merge_contacts(fresh, into=company.clara, by=company.actor(company.anna))
    with pytest.raises(Conflict):
        export_contact(fresh, by=company.actor(company.vera))


def test_the_file_holds_all_and_only_for_a_day(zinovy: Contact, company: People) -> None:
    vera = company.actor(company.vera)
    row = export_contact(zinovy, by=vera)
    assert export_contact(zinovy, by=vera).pk == row.pk
    run_due_jobs(20, "test")
    assert Event.objects.filter(kind="contact.exported").count() == 1
    browser = desk_client(company.vera)
    place = f"/contacts/{zinovy.pk}/export/{row.pk}.zip"
    assert place in browser.get(f"/contacts/{zinovy.pk}/").content.decode()
    answer = browser.get(place)
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    data = json.loads(archive.read("data.json"))
    assert {fact["name"] for fact in data["contact"]} == {NAME, SECOND}
    assert TEXT in json.dumps(data["tickets"], ensure_ascii=False)
    assert "просит на" not in json.dumps(data, ensure_ascii=False)
    names = archive.namelist()
    assert all(name in names for entry in data["tickets"] for name in entry["files"])
    assert sum(name.endswith(".eml") for name in names) == 3
    assert {row["address"] for row in data["spam_senders"]} == {ADDRESS, OTHER}
    assert NAME in archive.read("index.html").decode()
    assert desk_client(company.anna).get(place).status_code == 404
    row.refresh_from_db()
    with time_machine.travel(row.until, tick=False):
        assert desk_client(company.vera).get(place).status_code in {302, 404}
    DataExport.objects.update(until=row.made_at)
    forget_old_exports.func()
    assert not DataExport.objects.exists()


def test_pages(zinovy: Contact, company: People) -> None:
    browser = desk_client(company.vera)
    place = f"/contacts/{zinovy.pk}/erase/"
    assert NAME in browser.get(place).content.decode()
    assert browser.post(place, {"typed": "нет"}).status_code == 422
    assert browser.post(place, {"typed": NAME, "shoe": 1}).status_code == 422
    assert desk_client(company.anna).get(place).status_code == 404
    assert desk_client(company.anna).post(f"/contacts/{zinovy.pk}/export/").status_code == 404
    assert browser.post(f"/contacts/{zinovy.pk}/export/").status_code == 302
    assert browser.post(place, {"typed": NAME.upper()}).status_code == 302
    assert Erasure.objects.count() == 1
    assert browser.get(place).status_code == 302
