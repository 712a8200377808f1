"""Text and rich text of messages as safe HTML, deliveries in plain words, the row that escapes all it shows."""

import html

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from otklik.channels.email.events.outgoing import ConfirmationSent
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.events import record
from otklik.core.prepared import found_by
from otklik.core.shown import Moments
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import queries
from otklik.tickets.models import Ticket
from otklik.tickets.presenters.deliveries import present_deliveries
from otklik.tickets.presenters.row_html import escaped
from otklik.tickets.presenters.rows import COLUMNS, present_rows
from otklik.tickets.presenters.text import rich_html, text_html


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "The receipt was confirmed to eve@nowhere.example · <b>Otklik</b>"),
        ("ru", "Отправлено подтверждение для eve@nowhere.example · <b>Отклик</b>"),
    ],
)
def test_what_nobody_did_has_no_subject(company: People, language: str, line: str) -> None:
    ticket = company.ticket()
    with transaction.atomic():
        record(
            ConfirmationSent(subject_id=ticket.pk, delivery_id=1, recipient="eve@nowhere.example"), by=Actor.system()
        )
    company.anna.language = language
    company.anna.save(update_fields=["language"])
    assert line in desk_client(company.anna).get(f"/tickets/{ticket.pk}/").content.decode()


def test_lines_and_paragraphs() -> None:
    assert text_html("Раз\nдва\n\nтри\n \n\nчетыре") == "<p>Раз<br>два</p><p>три</p><p>четыре</p>"
    assert text_html("  \n ") == ""


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("см. https://a.example/x?y=1.", 'href="https://a.example/x?y=1"'),
        ("(www.a.example/страница)", 'href="https://www.a.example/страница"'),
        ("http://a.example/#t, и далее", 'href="http://a.example/#t"'),
    ],
)
def test_addresses_become_links_that_tell_nothing(text: str, link: str) -> None:
    html = text_html(text)
    assert link in html
    assert 'rel="noopener noreferrer nofollow"' in html


@pytest.mark.parametrize("text", ["javascript:alert(1)", "data:text/html,x", "foo@www", "ftp://a.example/x"])
def test_other_schemes_stay_text(text: str) -> None:
    assert "<a " not in text_html(text)


@given(st.text(alphabet=st.sampled_from("<>\"'& абв\n/:.htpsw(\u2028\u0000"), max_size=120))
def test_text_never_opens_a_tag_of_its_own(text: str) -> None:
    html = text_html(text)
    for piece in ("<p>", "</p>", "<br>", "</a>"):
        html = html.replace(piece, "")
    while (start := html.find("<a ")) >= 0:
        html = html[:start] + html[html.index(">", start) + 1 :]
    assert "<" not in html
    assert ">" not in html


def test_rich_text_keeps_form_and_drops_the_rest() -> None:
    html = rich_html(
        '<p onclick="x()" style="color:red">Да <strong>так</strong></p><script>x()</script><iframe src="//x"></iframe>'
        '<a href="javascript:x()">раз</a><a href="https://a.example">два</a>'
        '<img src="https://track.example/p.png"><img src="/attachments/AbCdEfGhIjKlMnOp/a.png" alt="таблица">'
    )
    assert "<strong>так</strong>" in html
    for piece in ("script", "onclick", "style=", "iframe", "javascript", "track.example"):
        assert piece not in html
    assert 'href="https://a.example"' in html
    assert 'src="/attachments/AbCdEfGhIjKlMnOp/a.png"' in html


def test_deliveries_are_told_by_state_and_trouble_by_recipient() -> None:
    lines = present_deliveries(
        [
            {"recipient": "a@x.example", "state": "sent"},
            {"recipient": "b@x.example", "state": "sent"},
            {"recipient": "c@x.example", "state": "bounced", "error": "Такого ящика нет", "id": 7},
            {"recipient": "d@x.example", "state": "queued", "error": "Сервер занят", "next_at": now().isoformat()},
        ],
        Moments(now()),
    )
    assert [line["words"] for line in lines] == [
        "Отправлено: a@x.example, b@x.example", "Ждёт отправки: d@x.example", "Вернулось от c@x.example",
    ]  # fmt: skip
    assert (lines[2]["bad"], lines[2]["detail"], lines[2]["id"]) == (True, "Такого ящика нет", 7)
    assert lines[1]["detail"].startswith("Сервер занят. Следующая попытка в ")
    assert present_deliveries([], Moments(now())) == []


@given(st.lists(st.text(alphabet=st.sampled_from("<>\"'& а\x1f\x00"), max_size=8), min_size=1, max_size=6))
def test_many_texts_are_escaped_as_each_alone(texts: list[str]) -> None:
    assert escaped(texts) == [html.escape(text) for text in texts]


def test_row_escapes_whatever_came_from_outside(company: People) -> None:
    nasty = '"><script>x()</script>'
    ticket = company.ticket(nasty, tags=["<b>"])
    Ticket.objects.filter(pk=ticket.pk).update(preview=nasty, last_author_name=nasty, last_author_kind="user")
    company.clara.name = nasty
    company.clara.save(update_fields=["name"])
    found = queries.visible_to(company.actor(company.anna)).values_list(*COLUMNS)
    rows = present_rows(found_by(found), query='?q="><x>')
    assert "<script>" not in rows.html
    assert "<b><" not in rows.html
    assert "<x>" not in rows.html
    assert rows.html.count("&lt;script&gt;") >= 4
