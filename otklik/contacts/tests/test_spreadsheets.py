"""Tables from elsewhere: every usual writing is read, and what is none is refused without hurting the desk."""

import io
import zipfile

import pytest
from openpyxl import Workbook

from otklik.contacts.spreadsheets import Draft, Unreadable, guess_columns, read_line, read_table

RUSSIAN = "ФИО;Почта;Телефон\nКлара Лис;clara@x.example;8 (812) 555-00-01\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_csv_in_the_usual_writings(encoding: str, separator: str) -> None:
    table = read_table(RUSSIAN.replace(";", separator).encode(encoding))
    assert table.header == ("ФИО", "Почта", "Телефон")
    assert table.rows == (("Клара Лис", "clara@x.example", "8 (812) 555-00-01"),)


def test_csv_with_quotes_blank_lines_and_short_lines() -> None:
    table = read_table('\n\nИмя;Заметка\n"Лис; Клара";"два\nряда"\n;\nБорис\n'.encode())
    assert table.rows == (("Лис; Клара", "два ряда"), ("Борис", ""))


def _xlsx(*lines: list[object]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for line in lines:
        book.active.append(line)
    book.save(file)
    return file.getvalue()


def test_xlsx() -> None:
    table = read_table(_xlsx(["ФИО", "Телефон"], ["Клара Лис", 78125550001], [None, None], ["Борис", 7.5]))
    assert table.rows == (("Клара Лис", "78125550001"), ("Борис", "7.5"))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"name;mail\n", "empty"),
        (b"PK\x03\x04 not a book", "damaged"),
        (b"a;b\n\x00;1\n", "damaged"),
        (b"a\n" + b"x\n" * 20_001, "rows"),
        (b";".join([b"x"] * 61) + b"\n" + b";".join([b"x"] * 61), "columns"),
    ],
)
def test_what_is_no_table(data: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_table(data)
    assert caught.value.code == code


@pytest.mark.heavy
def test_bomb_of_a_book_is_stopped_by_the_limits_of_its_process() -> None:
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(_xlsx(["a"], ["b"]))) as good,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bad,
    ):
        for item in good.namelist():
            if item == "xl/worksheets/sheet1.xml":
                with bad.open(item, "w", force_zip64=True) as sheet:
                    sheet.write(good.read(item).split(b"<sheetData>")[0] + b'<sheetData><row><c t="inlineStr"><is><t>')
                    for _ in range(900):
                        sheet.write(b"A" * 1_000_000)
            else:
                bad.writestr(item, good.read(item))
    with pytest.raises(Unreadable):
        read_table(file.getvalue())


def test_columns_are_guessed_once_each() -> None:
    assert guess_columns(["№", "Контактное лицо", "E-mail", "Моб. телефон", "Контрагент", "Должность"]) == {
        "name": 1, "email": 2, "phone": 3, "organization": 4, "position": 5,
    }  # fmt: skip
    assert guess_columns(["Name", "Company name", "Email address"]) == {"name": 0, "organization": 1, "email": 2}
    assert guess_columns(["", "???"]) == {}


def test_line() -> None:
    columns = {"name": 0, "email": 1, "phone": 9}
    assert read_line(["Клара", "a@x.example; b@x.example"], columns) == Draft("Клара", ("a@x.example", "b@x.example"))
