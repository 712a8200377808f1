"""Drafts of letters to third parties and of notes that are changed: one's own, on the right ticket, gone when done."""

import json

import pytest

from otklik.core.errors import Forbidden, Invalid, NotFound
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.actions.drafting import note_mode, save_draft, side_mode
from otklik.tickets.actions.rewriting import edit_note, remove_note
from otklik.tickets.actions.saving import save_reply
from otklik.tickets.actions.sides import Letter, open_side, write_side
from otklik.tickets.models import Draft


def test_letters_to_third_parties_are_kept_with_their_fields(company: People) -> None:
    ticket, client = company.ticket(), desk_client(company.anna)
    url, fields = f"/tickets/{ticket.pk}/draft/", {"to": "parts@supplier.example", "forward": ["7"]}
    words = {"mode": "side", "text": "<p>Есть ли</p>", "fields": json.dumps(fields), "version": 0}
    assert client.post(url, words).json() == {"version": 1}
    assert client.get(f"{url}?mode=side").json()["side"]["fields"] == fields
    assert client.get(url).json() == {}  # the composer asks for its own two
    assert "Есть ли" in client.get(f"/tickets/{ticket.pk}/side/").content.decode()
    anna = company.actor(company.anna)
    sent = open_side(ticket, Letter(body_text="Есть ли"), subject="Деталь", to=["parts@supplier.example"], by=anna)
    assert not Draft.objects.exists()
    mode = side_mode(sent.side)
    assert save_draft(ticket, mode=mode, text="Ещё", by=anna) == 1
    assert "Ещё" in client.get(f"/tickets/{ticket.pk}/side/{sent.side.pk}/").content.decode()
    write_side(sent.side, Letter(body_text="Ещё"), by=anna)
    assert not Draft.objects.exists()


def test_drafts_stand_only_where_one_may_write(company: People) -> None:
    ticket, other, anna = company.ticket(), company.ticket("Другая"), company.actor(company.anna)
    note = actions.add_note(ticket, body_text="Код 1234", by=anna)
    side = open_side(ticket, Letter(body_text="x"), subject="y", to=["parts@supplier.example"], by=anna).side
    for mode in (note_mode(note), side_mode(side)):
        with pytest.raises(NotFound):
            save_draft(other, mode=mode, text="x", by=anna)
        with pytest.raises(NotFound):
            save_draft(ticket, mode=mode, text="x", by=company.actor(company.technician))
        with pytest.raises(Forbidden):
            save_draft(ticket, mode=mode, text="x", by=company.actor(company.observer))
    with pytest.raises(NotFound):  # somebody else's note
        save_draft(ticket, mode=note_mode(note), text="x", by=company.actor(company.boris))
    for mode in ("new", "s", "nзз", "x1", "n0", "s-1"):
        with pytest.raises(Invalid):
            save_draft(ticket, mode=mode, text="x", by=anna)


def test_changes_of_a_note_are_kept_until_it_is_saved_or_taken_away(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    note = actions.add_note(ticket, body_text="Код 1234", by=anna)
    client = desk_client(company.anna)
    assert f'data-draft-mode="{note_mode(note)}"' in client.get(f"/messages/{note.pk}/note/").content.decode()
    save_draft(ticket, mode=note_mode(note), text="<p>Код 43</p>", by=anna)
    edit_note(note, body_text="Код 4321", by=anna)
    assert not Draft.objects.exists()
    save_draft(ticket, mode=note_mode(note), text="<p>Код</p>", by=anna)
    remove_note(note, by=anna)
    assert not Draft.objects.exists()


def test_saved_replies_greet_whom_the_letter_goes_to(company: People) -> None:
    text = "{{ requester.first_name }}, {{ organization.name }}: № {{ ticket.number }}, {{ ticket.subject }}"
    row = save_reply(None, title="Запрос", body_text=text, by=company.actor(company.anna))
    ticket, client = company.ticket(), desk_client(company.anna)
    own = client.get(f"/tickets/{ticket.pk}/saved-replies/{row.pk}/").json()["text"]
    assert own.startswith("Клара, ")
    other = client.get(f"/tickets/{ticket.pk}/saved-replies/{row.pk}/?to=dmitri@elsewhere.example").json()["text"]
    assert other == f"Дмитрий, : № {ticket.pk}, {ticket.subject}"
    unknown = client.get(f"/tickets/{ticket.pk}/saved-replies/{row.pk}/?to=parts@supplier.example").json()["text"]
    assert "Клара" not in unknown
    first = client.get(f"/saved-replies/filled/{row.pk}/?to=clara@berezka.example&subject=Договор").json()["text"]
    assert first == "Клара, Берёзка: № {{ ticket.number }}, Договор"
    named = client.get(f"/saved-replies/filled/{row.pk}/?name=Роман Петров").json()["text"]
    assert named.startswith("Роман, ")
    assert desk_client(company.boris).get(f"/saved-replies/filled/{row.pk}/").status_code == 404
