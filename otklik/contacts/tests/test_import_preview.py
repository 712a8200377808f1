"""What a file would do, told before anything is written, and the refused lines on their way back."""

import csv
import io
import threading

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from otklik.contacts import actions
from otklik.contacts.actions import importing, looking
from otklik.contacts.actions.beginning import begin_import, choose_columns, start_import
from otklik.contacts.actions.erasing import forget_lines, subject_of
from otklik.contacts.models import Contact, ContactImport, ImportLine, ImportState, Outcome
from otklik.contacts.tasks import forget_drafts
from otklik.core.clock import now
from otklik.core.jobs import run_due_jobs
from otklik.testing.people import People
from otklik.testing.tools import assert_statements, desk_client


def _chosen(company: People, text: str, *, look: bool = True) -> ContactImport:
    anna = company.actor(company.anna)
    table = importing.read_file(text.encode(), by=anna)
    row = begin_import(table, file_name="люди.csv", language="ru", by=anna)
    if look:
        run_due_jobs(10, "test")
        row.refresh_from_db()
    return row


def _lines(row: ContactImport) -> list[tuple[str, list[list[str]]]]:
    return [(line.reason or line.outcome, line.changes) for line in ImportLine.objects.filter(owner=row)]


def _sums(row: ContactImport) -> tuple[int, ...]:
    return row.will_add, row.will_change, row.will_keep, row.will_refuse


def test_old_and_new_values_of_every_update(company: People) -> None:
    clara = company.clara
    actions.change_contact(clara, position="кассир", phone="+78125550001", by=company.actor(company.anna))
    text = (
        "Имя;Почта;Телефон;Компания;Должность\n"
        "Клара Лисова;clara@berezka.example, clara2@berezka.example;8 812 555-00-02;Ромашка;\n"
    )
    row = _chosen(company, text)
    assert _sums(row) == (0, 1, 0, 0)
    assert _lines(row) == [
        ("changed", [
            ["name", "Клара Миронова", "Клара Лисова"], ["phone", "+78125550001", "+78125550002"],
            ["organization", "Берёзка", "Ромашка"],
            ["addresses", "clara@berezka.example", "clara@berezka.example, clara2@berezka.example"],
        ]),
    ]  # fmt: skip
    clara.refresh_from_db()
    assert clara.name == "Клара Миронова"
    page = desk_client(company.anna).get(f"/contacts/import/{row.pk}/?show=changed").content.decode()
    assert "Клара Миронова" in page
    assert "+78125550002" in page
    assert "import__old" in page


def test_lines_about_one_new_person_are_one_new_and_one_changed(company: People) -> None:
    text = (
        "Имя;Почта;Телефон\nНина Новая;nina@new.example;\n;nina@new.example;8 812 555-00-07\n"
        "Нина Новая;nina@new.example;+78125550007\nДругая;nina@new.example clara@berezka.example;\n"
    )
    row = _chosen(company, text)
    assert _sums(row) == (1, 1, 1, 1)
    start_import(row, by=company.actor(company.anna))
    run_due_jobs(10, "test")
    row.refresh_from_db()
    assert (row.added, row.changed, row.same, row.refused) == (1, 1, 1, 1)


def test_an_address_of_another_is_told_before(company: People) -> None:
    actions.change_contact(company.dmitri, phone="+78125550009", by=company.actor(company.anna))
    text = (
        "Имя;Почта;Телефон\n;clara@berezka.example;+78125550009\nЕщё;clara@berezka.example;+78125550010\n"
        ";;+78125550011\n"
    )
    row = _chosen(company, text, look=False)
    choose_columns(row, columns={"name": 0, "email": 1, "phone": 2}, key="phone", by=company.actor(company.anna))
    run_due_jobs(10, "test")
    row.refresh_from_db()
    assert _sums(row) == (0, 0, 0, 3)
    told = [line for line, _changes in _lines(row)]
    start_import(row, by=company.actor(company.anna))
    run_due_jobs(10, "test")
    assert [line for line, _changes in _lines(row)] == told


@pytest.mark.heavy
def test_what_was_told_is_what_happens(company: People) -> None:
    parts = [f"Человек {n};p{n % 700}@many.example;8 812 {5550000 + n % 500}" for n in range(1000)]
    row = _chosen(company, "\n".join(["Имя;Почта;Телефон", *parts, "плохой;адрес;1"]))
    told = _sums(row)
    assert sum(told) == row.total == row.looked
    start_import(row, by=company.actor(company.anna))
    run_due_jobs(10, "test")
    row.refresh_from_db()
    assert (row.added, row.changed, row.same, row.refused) == told


def test_a_look_asks_little_of_the_database(company: People) -> None:
    parts = [f"Человек {n};p{n}@many.example" for n in range(200)]
    row = _chosen(company, "\n".join(["Имя;Почта", *parts]), look=False)
    with assert_statements(12):
        assert looking.look_through(row.pk, row.version) == 200


def test_columns_chosen_meanwhile_end_the_look(company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "SLICE", 1)
    row = _chosen(company, "Имя;Почта\nНина;nina@new.example\nЯна;yana@new.example\n", look=False)
    anna = company.actor(company.anna)

    def chosen_anew() -> None:
        choose_columns(ContactImport.objects.get(pk=row.pk), columns={"email": 1}, key="email", by=anna)

    assert looking.look_through(row.pk, row.version, alive=chosen_anew) == 2
    row.refresh_from_db()
    assert (row.version, row.looked, row.will_add) == (2, 0, 0)
    run_due_jobs(10, "test")
    row.refresh_from_db()
    assert (row.looked, row.will_add) == (2, 2)
    assert looking.look_through(row.pk, 1) == 0


@pytest.mark.django_db(transaction=True)
def test_two_looks_at_once_tell_the_same(company: People) -> None:
    parts = [f"Человек {n};p{n % 300}@many.example" for n in range(500)]
    row = _chosen(company, "\n".join(["Имя;Почта", *parts]), look=False)

    def look() -> None:
        try:
            looking.look_through(row.pk, row.version)
        finally:
            connection.close()

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    row.refresh_from_db()
    assert (row.looked, _sums(row)) == (500, (300, 200, 0, 0))


def test_refused_lines_come_back_as_they_were(company: People) -> None:
    text = "Имя;Почта;Телефон\n=1+1;;+7 812 555-00-07\nНина;плохой;\nЯна;yana@new.example;\n"
    row = _chosen(company, text)
    start_import(row, by=company.actor(company.anna))
    run_due_jobs(10, "test")
    told = desk_client(company.anna).get(f"/contacts/import/{row.pk}/refused.csv").content.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(told, newline=""), delimiter=";"))
    assert lines[0] == ["Имя", "Почта", "Телефон", "Строка файла", "Почему отклонена"]
    assert [line[:4] for line in lines[1:]] == [["'=1+1", "", "'+7 812 555-00-07", "2"], ["Нина", "плохой", "", "3"]]
    assert all(line[4] for line in lines[1:])
    again = _chosen(company, told.replace("плохой", "nina@new.example").replace("'=1+1;;", "'=1+1;one@new.example;"))
    assert again.columns == {"name": 0, "email": 1, "phone": 2}
    assert ImportLine.objects.filter(owner=again).first().cells[:3] == ["=1+1", "one@new.example", "+7 812 555-00-07"]  # type: ignore[union-attr]
    start_import(again, by=company.actor(company.anna))
    run_due_jobs(10, "test")
    assert Contact.objects.get(name="=1+1").phone == "+78125550007"


def test_refused_lines_are_forgotten_after_a_month(company: People) -> None:
    row = _chosen(company, "Имя;Почта\nНина;плохой\n")
    waiting = _chosen(company, "Имя;Почта\nНина;плохой\n")
    start_import(row, by=company.actor(company.anna))
    run_due_jobs(10, "test")
    moment = now().timestamp()
    with time_machine.travel(moment + 20 * 86400, tick=False):
        forget_drafts.call()
    assert not ContactImport.objects.filter(pk=waiting.pk).exists()
    assert ImportLine.objects.filter(owner=row).count() == 1
    with time_machine.travel(moment + 31 * 86400, tick=False):
        forget_drafts.call()
    assert not ImportLine.objects.exists()
    row.refresh_from_db()
    assert (row.state, row.refused) == (ImportState.DONE, 1)


def test_an_erased_person_leaves_the_lines_of_files(company: People) -> None:
    clara = company.clara
    actions.change_contact(clara, phone="+78125550001", by=company.actor(company.anna))
    text = (
        "Имя;Почта;Телефон;Заметка\n;CLARA@berezka.example;;\nКлара Миронова;;;\n;;8 (812) 555-00-01;\n"
        "Яна;yana@new.example;;звонить через: Клара Миронова\n"
    )
    row = _chosen(company, text)
    assert forget_lines(subject_of(clara), 0, 100) is not None
    left = ImportLine.objects.get(owner=row)
    assert left.cells == ["Яна", "yana@new.example", "", "звонить через: Удалённый контакт"]
    start_import(row, by=company.actor(company.anna))
    run_due_jobs(10, "test")
    row.refresh_from_db()
    assert (row.state, row.added, row.refused) == (ImportState.DONE, 1, 0)


def test_pages_by_outcome(company: People) -> None:
    browser = desk_client(company.anna)
    parts = [f"Человек {n};p{n}@many.example" for n in range(60)]
    upload = SimpleUploadedFile("люди.csv", "\n".join(["Имя;Почта", *parts, "Плохой;нет"]).encode())
    place = browser.post("/contacts/import/", {"file": upload}).headers["Location"]
    run_due_jobs(10, "test")
    first = browser.get(f"{place}?show=added").content.decode()
    assert "p49@many.example" in first
    assert "p50@many.example" not in first
    assert "p50@many.example" in browser.get(f"{place}?show=added&after=49").content.decode()
    refused = browser.get(f"{place}?show=refused").content.decode()
    assert "p0@many.example" not in refused
    assert "не адрес электронной почты" in refused
    assert "Загрузить 60 строк" in refused
    assert browser.get(f"{place}?show=shoe&after=x").status_code == 200
    assert Outcome.UNKNOWN not in {line.outcome for line in ImportLine.objects.all()}
