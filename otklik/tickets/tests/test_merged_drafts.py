"""What people were writing on a ticket goes along with a merge and comes back when the tickets are parted."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from otklik.accounts.models import User
from otklik.core.clock import now
from otklik.testing.people import People, people
from otklik.testing.tools import desk_client
from otklik.tickets.actions.drafting import forget_draft, note_mode, save_draft
from otklik.tickets.actions.merged_drafts import forget_drafts_aside
from otklik.tickets.actions.merging import merge, undo_merge
from otklik.tickets.actions.replying import add_note
from otklik.tickets.models import Draft, Merge, Ticket
from otklik.tickets.queries.writing import own_drafts


def _two(company: People) -> tuple[Ticket, Ticket]:
    return company.ticket("Витрина"), company.ticket("Та же витрина")


def _write(company: People, user: User, ticket: Ticket, text: str, mode: str = "reply", **more: Any) -> None:
    kept = Draft.objects.filter(ticket=ticket, user=user, mode=mode).first()
    version = kept.version if kept else 0
    save_draft(ticket, mode=mode, text=text, version=version, by=company.actor(user), **more)


def _held(company: People, user: User, ticket: Ticket) -> dict[str, str]:
    return {row.draft.mode: row.draft.text for row in own_drafts(company.actor(user), ticket)}


def test_drafts_of_everybody_go_over_and_back(company: People) -> None:
    target, source = _two(company)
    _write(company, company.anna, source, "<p>Выезжаем</p>", fields={"to": "clara@berezka.example"})
    _write(company, company.boris, source, "<p>Проверить склад</p>", mode="note")
    _write(company, company.boris, source, "<p>Звонила</p>", mode="incoming")
    note = add_note(source, body_text="Помню", by=company.actor(company.boris))
    _write(company, company.boris, source, "<p>Помню всё</p>", mode=note_mode(note))
    row, _step = merge(source, into=target, by=company.actor(company.vera))
    assert not Draft.objects.filter(ticket=source).exists()
    assert _held(company, company.anna, target) == {"reply": "<p>Выезжаем</p>"}
    assert _held(company, company.boris, target) == {"note": "<p>Проверить склад</p>", "incoming": "<p>Звонила</p>"}
    page = desk_client(company.anna).get(f"/tickets/{target.pk}/draft/").json()
    assert page["reply"]["fields"] == {"to": "clara@berezka.example"}
    for _again in range(2):
        undo_merge(Merge.objects.get(pk=row.pk), by=company.actor(company.vera))
        assert not Draft.objects.filter(ticket=target).exists()
        assert _held(company, company.anna, source) == {"reply": "<p>Выезжаем</p>"}
        assert Draft.objects.filter(ticket=source, user=company.boris).count() == 3


def test_whoever_has_one_on_both_keeps_both_texts(company: People) -> None:
    target, source = _two(company)
    _write(company, company.anna, source, "<p>Второй</p>")
    _write(company, company.anna, target, "Первый")
    row, _step = merge(source, into=target, by=company.actor(company.anna))
    text = _held(company, company.anna, target)["reply"]
    assert text.index("Первый") < text.index("Второй")
    assert _held(company, company.anna, source) == {}
    undo_merge(row, by=company.actor(company.anna))
    assert _held(company, company.anna, source) == {"reply": "<p>Второй</p>"}
    assert "Второй" not in _held(company, company.anna, target)["reply"]
    assert "Первый" in _held(company, company.anna, target)["reply"]


def test_joined_text_that_was_changed_stands_on_both(company: People) -> None:
    target, source = _two(company)
    _write(company, company.anna, source, "<p>Второй</p>")
    _write(company, company.anna, target, "<p>Первый</p>")
    row, _step = merge(source, into=target, by=company.actor(company.anna))
    _write(company, company.anna, target, "<p>Первый, потом второй</p>")
    undo_merge(row, by=company.actor(company.anna))
    assert _held(company, company.anna, target) == {"reply": "<p>Первый, потом второй</p>"}
    assert _held(company, company.anna, source) == {"reply": "<p>Второй</p>"}


def test_what_was_sent_or_emptied_meanwhile_stays_so(company: People) -> None:
    target, source = _two(company)
    _write(company, company.anna, source, "<p>Второй</p>")
    _write(company, company.anna, source, "<p>Моя заметка</p>", mode="note")
    _write(company, company.anna, target, "<p>Первый</p>")
    row, _step = merge(source, into=target, by=company.actor(company.anna))
    for mode in ("reply", "note"):
        forget_draft(target, mode=mode, by=company.actor(company.anna))
    undo_merge(row, by=company.actor(company.anna))
    assert not Draft.objects.exists()


def test_text_begun_on_the_merged_ticket_is_not_overwritten(company: People) -> None:
    target, source = _two(company)
    _write(company, company.anna, source, "<p>До</p>")
    row, _step = merge(source, into=target, by=company.actor(company.vera))
    _write(company, company.anna, source, "<p>После</p>")
    undo_merge(row, by=company.actor(company.vera))
    text = _held(company, company.anna, source)["reply"]
    assert "До" in text
    assert "После" in text


def test_stranger_sees_no_draft_that_is_not_his(company: People) -> None:
    target, source = _two(company)
    _write(company, company.anna, source, "<p>Моё</p>")
    merge(source, into=target, by=company.actor(company.boris))
    assert desk_client(company.boris).get(f"/tickets/{target.pk}/draft/").json() == {}
    assert desk_client(company.boris).get("/tickets/999999/draft/").status_code == 404


def test_text_put_aside_goes_after_a_month(company: People) -> None:
    target, source = _two(company)
    _write(company, company.anna, source, "<p>Второй</p>")
    _write(company, company.anna, target, "<p>Первый</p>")
    merge(source, into=target, by=company.actor(company.anna))
    assert forget_drafts_aside() == 0
    Draft.objects.filter(ticket=source).update(saved_at=now() - timedelta(days=31))
    assert forget_drafts_aside() == 1
    assert "Второй" in _held(company, company.anna, target)["reply"]


@pytest.mark.django_db(transaction=True)
def test_text_saved_while_tickets_are_merged_is_not_lost() -> None:
    company = people()
    target, source = _two(company)
    _write(company, company.anna, source, "<p>Раз</p>")
    gate = threading.Barrier(2)

    def run(act: Any) -> None:
        gate.wait()
        act()
        connections.close_all()

    acts = (
        lambda: merge(source, into=target, by=company.actor(company.vera)),
        lambda: save_draft(source, mode="reply", text="<p>Раз, два</p>", version=1, by=company.actor(company.anna)),
    )
    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "<p>Раз, два</p>" in set(Draft.objects.values_list("text", flat=True))
