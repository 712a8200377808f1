"""The checks of the house find what they are for: each is given a small house with a planted fault."""

import ast
from pathlib import Path

import pytest

from scripts import borders, docs, messages, sizes

LAYERS = """
[[tool.importlinter.contracts]]
name = "layers"
type = "layers"
layers = ["otklik.config", "otklik.tickets", "otklik.contacts", "otklik.core"]
"""


def house(root: Path, **files: str) -> Path:
    """Build a repository; ``tickets__views`` stands for ``otklik/tickets/views.py``."""
    (root / "pyproject.toml").write_text(LAYERS)
    for name, text in files.items():
        path = root / "otklik" / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"tickets__views": "import smtplib"}, "opens the network"),
        ({"tickets__views": "from urllib import request"}, "opens the network"),
        ({"tickets__views": "import socket\nsocket.create_connection(('a', 1))"}, "sockets are for"),
        ({"tickets__views": "from datetime import datetime\ndatetime.now()"}, "reads the clock"),
        ({"tickets__views": "from django.utils.timezone import now"}, "reads the clock"),
        ({"tickets__views": "from django.db.models.signals import post_save"}, "no model signals"),
        ({"tickets__views": "from otklik.core.events import record"}, "only actions record events"),
        ({"tickets__views": "from otklik.contacts.forms import ContactForm"}, "is not a door of contacts"),
        ({"contacts__models": "models.ForeignKey('tickets.Ticket', models.CASCADE)"}, "points up"),
    ],
)
def test_borders_find_a_crossing(tmp_path, capsys, files, complaint):
    assert borders.main(house(tmp_path, **files)) == 1
    assert complaint in capsys.readouterr().out


def test_borders_let_the_doors_pass(tmp_path, capsys):
    files = {
        "channels__email__adapter": "import smtplib, socket\nsocket.socket()",
        "core__clock": "from datetime import datetime\ndatetime.now()",
        "tickets__actions__opening": "from otklik.core.events import record\nfrom otklik.contacts import queries",
        "tickets__models": "models.ForeignKey('contacts.Contact', models.CASCADE)",
    }
    assert borders.main(house(tmp_path, **files)) == 0, capsys.readouterr().out


def test_size_past_the_hard_budget_fails_until_it_is_allowed_with_a_reason(tmp_path, capsys):
    house(tmp_path, tickets__views="def long():\n" + "    pass\n" * 90)
    assert sizes.main(tmp_path) == 1
    assert "otklik/tickets/views.py:long: function of 91 lines" in capsys.readouterr().out
    (tmp_path / "sizes.allow").write_text("otklik/tickets/views.py:long\n")
    assert sizes.main(tmp_path) == 1
    (tmp_path / "sizes.allow").write_text("otklik/tickets/views.py:long  a table that cannot be split\n")
    assert sizes.main(tmp_path) == 0


def test_idle_allowance_fails(tmp_path, capsys):
    house(tmp_path, tickets__views="")
    (tmp_path / "sizes.allow").write_text("otklik/tickets/views.py  once it was long\n")
    assert sizes.main(tmp_path) == 1
    assert "needs no allowance" in capsys.readouterr().out


def test_docs_miss_a_variable_a_sister_a_link_and_a_status(tmp_path, capsys):
    house(tmp_path, config__settings='env_text("OTKLIK_NEW")', tickets__apps="")
    (tmp_path / "docs" / "adr").mkdir(parents=True)
    (tmp_path / "docs" / "settings.md").write_text("`OTKLIK_OLD`\n")
    (tmp_path / "docs" / "adr" / "0001-x.md").write_text("# 0001\n")
    (tmp_path / "README.md").write_text("[gone](docs/gone.md) [there](docs/settings.md#a) [out](https://example.org)\n")
    assert docs.main(tmp_path) == 1
    told = capsys.readouterr().out.splitlines()
    assert [line.split(" (")[0] for line in told] == [
        "docs/settings.md: OTKLIK_NEW is missing",
        "docs/settings.md: OTKLIK_OLD is read nowhere",
        "docs/settings.md: docs/settings.ru.md is missing",
        "README.md: the link to docs/gone.md leads nowhere",
        "docs/adr/0001-x.md: no line with the status",
        "otklik/tickets: a room has a README.md of ten lines: what, main words, traps",
    ]


def test_docs_miss_a_page_in_the_index_and_a_variable_in_one_language(tmp_path, capsys):
    house(tmp_path, config__settings='env_text("OTKLIK_NEW")')
    (tmp_path / "docs" / "adr").mkdir(parents=True)
    for name, text in (
        ("settings.md", "`OTKLIK_NEW`"), ("settings.ru.md", ""), ("day.md", ""), ("day.ru.md", ""),
        ("README.md", "[a](settings.md) [b](day.md#keys)"), ("README.ru.md", "[a](settings.ru.md)"),
    ):  # fmt: skip
        (tmp_path / "docs" / name).write_text(f"{text}\n")
    assert docs.main(tmp_path) == 1
    assert capsys.readouterr().out.splitlines() == [
        "docs/settings.ru.md: OTKLIK_NEW stands in one language only",
        "docs/README.ru.md: day.ru.md is missing",
    ]


def translated(identifier, string, **more):
    from babel.messages.catalog import Message

    return list(messages._faults(Message(identifier, string, **more)))


@pytest.mark.parametrize(
    ("identifier", "string", "fault"),
    [
        ("Reply", "", "not translated"),
        ("Sent to %(name)s", "Отправлено: %(nome)s", "placeholders differ"),
        ("{n} files", "файлы", "placeholders differ"),
        ("Ticket", "Тикет", "another word"),
        (("%(n)s file", "%(n)s files"), ("%(n)s файл", "%(n)s файла"), "not translated"),
    ],
)
def test_translation_faults_are_found(identifier, string, fault):
    assert any(fault in found for found in translated(identifier, string))


def test_sound_translations_pass():
    assert not translated("Sent to %(name)s", "Отправлено: %(name)s")
    assert not translated(("%(n)s file", "%(n)s files"), ("%(n)s файл", "%(n)s файла", "%(n)s файлов"))


def test_texts_of_templates_are_collected(tmp_path, monkeypatch):
    source = tmp_path / "page.html"
    source.write_text(
        """{% load i18n %}<p title="{% translate "It's here" %}">(\n  {{ _("Close") }}</p>\n"""
        """{% blocktranslate count n=rows|length %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}\n"""
        """{% translate "May" context "month" %}"""
    )
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    assert set(messages._texts(source)) == {
        (None, "It's here"),
        (None, "Close"),
        (None, ("%(n)s row", "%(n)s rows")),
        ("month", "May"),
    }


def test_hard_words_in_a_template_are_found():
    shown = ["Otklik", " 42 ", "Сохранить", "Save now"]
    assert list(messages._unknown(shown)) == ["Сохранить", "Save now"]


def test_functions_are_named_by_their_class():
    tree = ast.parse("class A:\n    def b(self):\n        pass\n")
    assert list(sizes._functions(tree, "")) == [("A.b", 2)]
