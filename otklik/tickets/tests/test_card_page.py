"""The card: who sees it, what it costs, what it shows, and the sandbox of mails and files."""

import html
import re
from importlib import import_module
from io import BytesIO

import pytest

from otklik.accounts import actions as accounts
from otklik.accounts.queries import actor_for
from otklik.core.actor import Actor
from otklik.core.blocks import blocks_of
from otklik.core.panels import panels
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.testing.tools import assert_statements, desk_client
from otklik.tickets import actions
from otklik.tickets.models import Attachment, Message, Ticket

PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


def _upload(company: People, name: str, content_type: str, body: bytes) -> Attachment:
    return actions.upload(
        BytesIO(body), name=name, content_type=content_type, size=len(body), by=company.actor(company.anna)
    )


def _with_html(ticket: Ticket, html: str) -> Message:
    message = ticket.messages.get(kind="incoming")
    Message.objects.filter(pk=message.pk).update(body_html=html)
    return message


def test_card_shows_conversation_properties_and_history(company: People) -> None:
    earlier = company.ticket("Прежняя беда")
    ticket = company.ticket(foreign_refs=[("sd", "SD-5", "https://sd.example/5")], tags=["холод"])
    anna = company.actor(company.anna)
    actions.add_note(ticket, body_text="Только для своих", by=anna)
    actions.reply(ticket, body_html="<p>Едем <strong>завтра</strong></p>", status="pending", by=anna)
    browser = desk_client(company.anna)
    page = browser.get(f"/tickets/{ticket.pk}/?folder=open").content.decode()
    assert "Добрый день! Витрина с утра не держит температуру." in page
    assert "заметка, клиент её не видит" in page
    assert "Едем <strong>завтра</strong>" in page
    assert 'href="https://sd.example/5"' in page
    assert "Изменён статус" in page
    assert 'class="thread"' in page
    panel = browser.get(f"/panels/tickets.history/{ticket.pk}/").content.decode()
    assert f"/tickets/{earlier.pk}/" in panel


def test_a_long_conversation_is_shown_step_by_step_to_its_beginning(
    company: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = import_module("otklik.tickets.views.card")  # the package gives the view under this name
    monkeypatch.setattr(card, "NEWEST", 2)
    monkeypatch.setattr(card, "MOST", 4)
    ticket, anna = company.ticket(), company.actor(company.anna)
    for number in range(1, 6):
        actions.add_note(ticket, body_text=f"Записка № {number}", by=anna)
    actions.change_status(ticket, status="pending", by=anna)
    browser, base = desk_client(company.anna), f"/tickets/{ticket.pk}/"

    def shown(query: str) -> tuple[list[int], str]:
        page = browser.get(f"{base}{query}").content.decode()
        notes = [number for number in range(1, 6) if f"Записка № {number}" in page]
        assert "Изменён статус" in page, "the newest event is there, however many there were before"
        earlier = re.search(r'thread__earlier"><a [^>]*href="([^"]+)"', page)
        return notes, html.unescape(earlier[1]) if earlier else ""

    assert shown("?folder=open") == ([4, 5], f"{base}?folder=open&earlier=1")
    assert shown("?folder=open&earlier=1") == ([2, 3, 4, 5], f"{base}?folder=open&earlier=2")
    assert shown("?earlier=2") == ([1, 2, 3, 4, 5], "")
    for nonsense in ("x", "-1", "999", "٢"):
        assert shown(f"?earlier={nonsense}")[0] == [4, 5]
    assert "Записка № 2" in browser.get(f"{base}?parts=1&earlier=1").content.decode()


def _of_other_rooms() -> int:
    """Return what other rooms add: one statement for each panel that is not lazy, one for the deliveries."""
    foreign = [panel for panel in panels if panel.page == "ticket.card" and not panel.lazy]
    return len(foreign) + bool(blocks_of("message").get("deliveries"))


def test_card_costs_six_statements_whatever_it_holds(company: People) -> None:
    ticket = company.ticket()
    anna = company.actor(company.anna)
    browser = desk_client(company.anna)
    browser.get(f"/tickets/{ticket.pk}/")
    with assert_statements(6 + _of_other_rooms()):
        browser.get(f"/tickets/{ticket.pk}/")
    for number in range(6):
        actions.add_note(ticket, body_text=f"Заметка {number}", by=anna)
        file = _upload(company, f"{number}.txt", "text/plain", b"text")
        actions.reply(ticket, body_text=f"Ответ {number}", attachments=[file.pk], by=anna)
    browser.get(f"/tickets/{ticket.pk}/")
    with assert_statements(6 + _of_other_rooms()):
        browser.get(f"/tickets/{ticket.pk}/")


def test_stranger_gets_404_for_everything_of_a_ticket(company: People) -> None:
    set_value("agents_see", "teams", by=Actor.system())
    ticket = company.ticket(team=company.field)
    message = _with_html(ticket, "<p>x</p>")
    file = _upload(company, "a.png", "image/png", PICTURE)
    Attachment.objects.filter(pk=file.pk).update(message=message, ticket=ticket)
    browser = desk_client(company.boris)
    base = f"/tickets/{ticket.pk}/"
    for address in (base, f"{base}?parts=1", f"{base}next/", f"{base}assignment/", f"/messages/{message.pk}/frame/",
                    f"/attachments/{file.token}/a.png", f"/panels/tickets.history/{ticket.pk}/"):  # fmt: skip
        assert browser.get(address).status_code == 404, address
    for noun in ("replies", "notes", "assignment", "status", "snooze", "tags", "properties", "references", "people"):
        assert browser.post(f"{base}{noun}/", {"status": "solved"}).status_code == 404, noun
    assert browser.delete(f"{base}references/1/").status_code == 404
    assert browser.delete(f"{base}people/{company.clara.pk}/").status_code == 404


@pytest.mark.parametrize("number", [0, 999999, 2**63, 10**30])
def test_no_such_ticket_is_404(company: People, number: int) -> None:
    assert desk_client(company.anna).get(f"/tickets/{number}/").status_code == 404


def test_observer_reads_and_has_nothing_to_press(company: People) -> None:
    ticket = company.ticket()
    browser = desk_client(company.observer)
    page = browser.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "Добрый день!" in page
    for piece in ("ok-composer", "status-menu", "snooze-menu", 'id="prop-team"'):
        assert piece not in page
    assert browser.post(f"/tickets/{ticket.pk}/notes/", {"note_text": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("held", "modes"),
    [(("tickets.note",), ["note"]), (("tickets.reply",), ["reply", "incoming"]), (("tickets.edit",), [])],
)
def test_role_of_ones_own_is_named_and_shown_only_what_it_allows(
    company: People, held: tuple[str, ...], modes: list[str]
) -> None:
    by, ticket = actor_for(company.admin), company.ticket()
    role = accounts.add_role(name="Приёмщик", base="agent", rights=["tickets.view", *held], by=by)
    accounts.change_user(company.anna, by=by, role=f"role-{role.pk}")
    shown = desk_client(company.anna).get(f"/tickets/{ticket.pk}/").text
    assert re.findall(r'name="mode" value="(\w+)"', shown) == modes
    assert "/contacts/" not in shown
    assert "Приёмщик</small>" in shown
    everything = desk_client(company.boris).get(f"/tickets/{ticket.pk}/").text
    assert re.findall(r'name="mode" value="(\w+)"', everything) == ["reply", "note", "incoming"]
    assert f"/contacts/{ticket.requester_id}/" in everything


def test_parts_hold_no_frame_of_the_page(company: People) -> None:
    ticket = company.ticket()
    part = desk_client(company.anna).get(f"/tickets/{ticket.pk}/?parts=1").content.decode()
    assert "<html" not in part
    for piece in ("ticket-head", "thread-items", "ticket-properties", "ticket-people", "composer-who", "side-panels"):
        assert f'id="{piece}"' in part


def test_text_of_a_mail_is_shown_as_text(company: People) -> None:
    ticket = company.ticket(body_text="<script>alert(1)</script>\n\nСмотрите https://a.example/?x=1&y=<b>.")
    page = desk_client(company.anna).get(f"/tickets/{ticket.pk}/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'href="https://a.example/?x=1&amp;y="' in page


@pytest.mark.parametrize(
    ("name", "content_type", "inline"),
    [
        ("фото.png", "image/png", True),
        ("schema.svg", "image/svg+xml", False),
        ("page.html", "text/html", False),
        ('a"; filename=evil.exe', "application/x-msdownload", False),
    ],
)
def test_files_are_given_so_that_they_run_nothing(company: People, name: str, content_type: str, inline: bool) -> None:
    file = _upload(company, name, content_type, PICTURE)
    answer = desk_client(company.anna).get(f"/attachments/{file.token}/x")
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("inline;" if inline else "attachment;")
    assert '"' not in disposition
    assert answer.headers["Content-Type"] == ("image/png" if inline else "application/octet-stream")
    assert b"".join(answer.streaming_content) == PICTURE  # type: ignore[attr-defined]


def test_unsent_file_is_its_uploaders_alone(company: People) -> None:
    file = _upload(company, "a.txt", "text/plain", b"x")
    assert desk_client(company.anna).get(f"/attachments/{file.token}/a.txt").status_code == 200
    assert desk_client(company.boris).get(f"/attachments/{file.token}/a.txt").status_code == 404
    assert desk_client().get(f"/attachments/{file.token}/a.txt").status_code == 302
