"""People from a file: what each line does, by whom it is known again, and what a repeat, a crash and a race change."""

import csv
import io
import threading
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from otklik.accounts import actions as accounts
from otklik.accounts.models import CustomRole, User
from otklik.contacts.actions import importing
from otklik.contacts.actions.beginning import begin_import, choose_columns, start_import
from otklik.contacts.actions.looking import look_through
from otklik.contacts.models import (
    Contact,
    ContactAddress,
    ContactImport,
    ImportLine,
    ImportState,
    Organization,
    Outcome,
)
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.core.events import Event
from otklik.core.jobs import Job, run_due_jobs
from otklik.testing.people import People
from otklik.testing.tools import desk_client

FILE = """ФИО;Почта;Телефон;Компания;Должность
Нина Новая;nina@new.example;8 (812) 555-00-07;Новый клиент;директор
Клара Лисова;CLARA@berezka.example, clara2@berezka.example;;;главный инженер
;плохой адрес;;;
Без Почты;;8 (812) 555-00-09;;
Два Лица;clara@berezka.example nina@new.example;;;
=cmd|' /C calc'!A0;;;;
"""


def _chosen(company: People, data: bytes = FILE.encode("cp1251")) -> ContactImport:
    """Choose a file and have it looked through."""
    anna = company.actor(company.anna)
    row = begin_import(importing.read_file(data, by=anna), file_name="люди.csv", language="ru", by=anna)
    run_due_jobs(10, "test")
    row.refresh_from_db()
    return row


@pytest.fixture
def row(company: People) -> ContactImport:
    return _chosen(company)


def _clara(company: People) -> str:
    return ContactAddress.objects.get(contact=company.clara, is_primary=True).address


def _set_cell(row: ContactImport, place: int, text: str) -> None:
    """Write an address into a line, as if it had come so, and have the file looked through."""
    line = ImportLine.objects.get(owner=row, place=place)
    line.cells[1] = text
    line.save(update_fields=["cells"])
    look_through(row.pk, row.version)
    row.refresh_from_db()


def _refused(row: ContactImport) -> list[ImportLine]:
    return list(ImportLine.objects.filter(owner=row, outcome=Outcome.REFUSED).order_by("place"))


def _run(row: ContactImport, company: People) -> ContactImport:
    start_import(row, by=company.actor(company.anna))
    run_due_jobs(10, "test")
    row.refresh_from_db()
    return row


def test_nothing_is_written_before_the_start(row: ContactImport, company: People) -> None:
    assert row.columns == {"name": 0, "email": 1, "phone": 2, "organization": 3, "position": 4}
    assert (row.total, row.key, row.state) == (6, "email", ImportState.DRAFT)
    assert not Contact.objects.filter(name="Нина Новая").exists()
    html = desk_client(company.anna).get(f"/contacts/import/{row.pk}/").content.decode()
    assert "Нина Новая" in html
    assert "не адрес электронной почты" in html
    assert Contact.objects.count() == Contact.objects.exclude(name="Нина Новая").count()


def test_lines_are_taken_over_and_the_refused_say_why(row: ContactImport, company: People) -> None:
    _set_cell(row, 1, f"{_clara(company).upper()}, clara2@berezka.example")
    _set_cell(row, 4, f"{_clara(company)} nina@new.example")
    assert (row.will_add, row.will_change, row.will_keep, row.will_refuse) == (1, 1, 0, 4)
    _run(row, company)
    assert (row.state, row.done, row.added, row.changed, row.refused) == (ImportState.DONE, 6, 1, 1, 4)
    assert ImportLine.objects.filter(owner=row).count() == 4
    refused = _refused(row)
    assert [str(line) for line in refused] == ["4", "5", "6", "7"]
    assert "адрес" in refused[0].reason
    assert refused[2].reason == "Под эту строку подходит несколько человек."
    nina = Contact.objects.get(name="Нина Новая")
    assert (nina.phone, nina.position, str(nina.organization)) == ("+78125550007", "директор", "Новый клиент")
    company.clara.refresh_from_db()
    assert (company.clara.name, company.clara.position) == ("Клара Лисова", "главный инженер")
    assert company.clara.addresses.count() == 2
    assert Event.objects.filter(kind="contacts.imported").count() == 1


def test_the_same_file_again_changes_nothing(row: ContactImport, company: People) -> None:
    _run(row, company)
    again = _chosen(company, FILE.encode())
    assert (again.will_add, again.will_change, again.will_keep) == (0, 0, row.added + row.changed)
    _run(again, company)
    assert (again.added, again.changed) == (0, 0)
    assert again.same == row.added + row.changed
    assert Organization.objects.filter(name="Новый клиент").count() == 1


def test_known_again_by_phone(row: ContactImport, company: People) -> None:
    company.clara.phone = "+78125550009"
    company.clara.save(update_fields=["phone"])
    assert choose_columns(row, columns={"name": 0, "phone": 2}, key="phone", by=company.actor(company.anna))
    with pytest.raises(Conflict):
        start_import(row, by=company.actor(company.anna))
    run_due_jobs(10, "test")
    row.refresh_from_db()
    assert (row.will_add, row.will_change, row.will_refuse) == (1, 1, 4)
    assert not choose_columns(row, columns={"name": 0, "phone": 2}, key="phone", by=company.actor(company.anna))
    _run(row, company)
    company.clara.refresh_from_db()
    assert company.clara.name == "Без Почты"
    assert _refused(row)[0].reason == "Нет телефона: непонятно, кто это."


def test_a_slice_that_breaks_leaves_the_place_where_it_goes_on(
    row: ContactImport, company: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "SLICE", 2)
    taken = importing.take_line
    calls = iter(range(100))

    def breaks(*arguments: object, **named: object) -> str:
        if next(calls) == 3:
            raise RuntimeError("the power is gone")
        return taken(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(importing, "take_line", breaks)
    start_import(row, by=company.actor(company.anna))
    with pytest.raises(RuntimeError):
        importing.run_import(row.pk)
    row.refresh_from_db()
    assert (row.done, row.added + row.changed + row.same + row.refused) == (2, 2)
    assert importing.run_import(row.pk) == 4
    row.refresh_from_db()
    assert (row.state, row.done) == (ImportState.DONE, 6)
    assert Contact.objects.filter(name="Нина Новая").count() == 1
    assert importing.run_import(row.pk) == 0


def _block(company: People) -> None:
    accounts.block_user(company.boris, by=company.actor(company.admin))


def _take_the_right(company: People) -> None:
    role = CustomRole.objects.create(name="Без правки", base="agent", rights=["tickets.view"])
    User.objects.filter(pk=company.boris.pk).update(custom_role=role)


@pytest.mark.parametrize("lose", [_block, _take_the_right])
def test_who_loses_his_right_in_the_middle_brings_no_more(
    row: ContactImport, company: People, monkeypatch: pytest.MonkeyPatch, lose: Callable[[People], None]
) -> None:
    monkeypatch.setattr(importing, "SLICE", 2)
    ContactImport.objects.update(by_id=company.boris.pk, by_name=company.boris.name)
    start_import(row, by=company.actor(company.boris))
    assert importing.run_import(row.pk, alive=lambda: lose(company)) == 2
    row.refresh_from_db()
    assert (row.state, row.done, row.finished_at is not None) == (ImportState.STOPPED, 6, True)
    assert row.added + row.changed + row.same + row.refused == 6
    left = [line for line in _refused(row) if line.place >= 2]
    assert {line.reason for line in left} == {"Начавший импорт больше не может менять клиентов."}
    assert len(left) == 4
    assert importing.run_import(row.pk) == 0
    client = desk_client(company.anna)
    assert "Импорт остановлен" in client.get(reverse("contacts:import", args=[row.pk])).content.decode()
    assert "остановлен" in client.get(reverse("contacts:imports")).content.decode()


def test_a_second_start_is_told(row: ContactImport, company: People) -> None:
    start_import(row, by=company.actor(company.anna))
    with pytest.raises(Conflict):
        start_import(row, by=company.actor(company.boris))
    with pytest.raises(Conflict):
        importing.drop_import(row, by=company.actor(company.anna))
    with pytest.raises(Conflict):
        choose_columns(row, columns={"email": 1}, key="email", by=company.actor(company.anna))
    assert Job.objects.filter(task__contains="take_import").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_starts_at_once_begin_one(row: ContactImport, company: People) -> None:
    ends: list[str] = []

    def begin() -> None:
        try:
            start_import(row, by=company.actor(company.anna))
            ends.append("begun")
        except Conflict:
            ends.append("told")
        finally:
            connection.close()

    threads = [threading.Thread(target=begin) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(ends) == ["begun", "told"]


@pytest.mark.parametrize(
    ("columns", "key", "field"),
    [({"name": 0}, "email", "key"), ({"email": 9}, "email", "email"), ({"email": 1, "name": 1}, "email", "columns"),
     ({"email": 1, "shoe": 0}, "email", "shoe"), ({"email": 1}, "shoe", "key")],
)  # fmt: skip
def test_wrong_columns_name_the_field(
    row: ContactImport, company: People, columns: dict[str, int], key: str, field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        choose_columns(row, columns=columns, key=key, by=company.actor(company.anna))
    assert caught.value.errors[0][0] == field


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_the_refused_lines_is_a_formula(row: ContactImport, company: People, start: str) -> None:
    ImportLine.objects.filter(owner=row).update(outcome=Outcome.ADDED)
    for place, name, reason in ((2, f"{start};x", "адрес = плохой"), (3, "адрес = плохой", f"{start};x")):
        kept = ImportLine.objects.filter(owner=row, place=place)
        kept.update(outcome=Outcome.REFUSED, reason=reason, cells=[name, "", "", "", ""])
    told = desk_client(company.anna).get(f"/contacts/import/{row.pk}/refused.csv")
    assert told["Content-Type"].startswith("text/csv")
    cells = list(csv.reader(io.StringIO(told.content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert [[line[0], *line[5:]] for line in cells[1:]] == [
        [f"'{start};x", "4", "адрес = плохой"], ["адрес = плохой", "5", f"'{start};x"],
    ]  # fmt: skip


def test_who_may_not_edit_people_brings_none(company: People) -> None:
    with pytest.raises(Forbidden):
        importing.read_file(FILE.encode(), by=company.actor(company.technician))
    assert desk_client(company.technician).get("/contacts/import/").status_code == 404
    assert desk_client().get("/contacts/import/").status_code == 302


def test_pages(company: People) -> None:
    browser = desk_client(company.anna)
    upload = SimpleUploadedFile("люди.csv", FILE.encode("utf-8-sig"))
    place = browser.post("/contacts/import/", {"file": upload}).headers["Location"]
    assert 'hx-trigger="every 1s"' in browser.get(place).content.decode()
    run_due_jobs(10, "test")
    assert "Нина Новая" in browser.get(place).content.decode()
    assert browser.post(place, {"key": "email", "email": "1", "name": "0", "shoe": "1"}).status_code == 422
    assert browser.post(place, {"key": "email", "email": "1", "name": "0"}).headers["Location"] == place
    assert browser.post(f"{place}start/", {}).status_code == 409
    run_due_jobs(10, "test")
    assert browser.post(f"{place}start/", {}).headers["Location"] == place
    run_due_jobs(10, "test")
    html = browser.get(place).content.decode()
    assert "Новых людей" in html
    told = browser.get(f"{place}refused.csv").content.decode("utf-8-sig")
    assert told.startswith("ФИО;Почта;Телефон;Компания;Должность;Строка файла;Почему отклонена")
    assert browser.post("/contacts/import/", {"file": SimpleUploadedFile("x.csv", b"")}).status_code == 422
    assert browser.post("/contacts/import/", {}).status_code == 422
    assert browser.get("/contacts/import/99999999999999999999/").status_code == 404
