"""Side conversations: who may, what goes along, what the customer never sees, moving, ending, printing, finding."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Barrier
from typing import Any

import pytest
from django.db import connections, transaction
from django.test import Client

from otklik.accounts.actions import create_token
from otklik.contacts.dossiers import Subject
from otklik.contacts.queries import contacts_by_address
from otklik.core.clock import now
from otklik.core.errors import Forbidden, Invalid, NotFound
from otklik.core.events import timeline
from otklik.testing.people import People, people
from otklik.tickets import actions, queries
from otklik.tickets.actions.erasing import erase_own, erase_sides
from otklik.tickets.actions.merging import merge, split_message, undo_merge
from otklik.tickets.actions.side_answers import (
    SideIncoming,
    close_side,
    quote_side,
    read_side,
    receive_side,
    reopen_side,
    side_to_note,
)
from otklik.tickets.actions.sides import Letter, SideSent, open_side, write_side
from otklik.tickets.actions.stepping import undo_step
from otklik.tickets.documents import of_tickets
from otklik.tickets.dossier import collect
from otklik.tickets.models import Attachment, Draft, Message, SideConversation, SidePerson, Ticket
from otklik.tickets.queries.sides import get_side, side_messages, sides_visible_to

pytestmark = pytest.mark.django_db
PAVEL = "pavel@parts.example"
SECRET = "Закупка двенадцать тысяч"


def begin(company: People, ticket: Ticket | None = None, **words: Any) -> SideSent:
    """Let Anna write to Pavel of the parts supplier."""
    letter = words.pop("letter", Letter(body_text="Есть компрессор?"))
    values = {"subject": "Компрессор", "to": [PAVEL], "by": company.actor(company.anna)} | words
    return open_side(ticket or company.ticket(), letter, **values)


def answer(side: SideConversation, text: str = SECRET, **more: Any) -> Message:
    """Let Pavel answer."""
    author = contacts_by_address([PAVEL])[PAVEL]
    item = SideIncoming(side=side, author=author, channel=side.ticket.channel, at=now(), body_text=text, **more)
    with transaction.atomic():
        return receive_side(item)


def test_only_what_is_chosen_goes_along(company: People) -> None:
    anna = company.actor(company.anna)
    ticket = company.ticket()
    first = ticket.messages.get()
    file = actions.upload(BytesIO(b"jpg"), name="шильдик.jpg", content_type="image/jpeg", size=3, by=anna)
    note = actions.add_note(ticket, body_text="Клиент капризный", attachments=[file.pk], by=anna)
    plain = begin(company, ticket, subject="[#1001] Компрессор [#7]")
    assert plain.side.subject == "Компрессор"
    assert "Витрина" not in plain.message.body_html
    chosen = begin(company, ticket, letter=Letter(body_text="Смотрите", forward=[first.pk], files=[file.pk]))
    assert "держит температуру" in chosen.message.body_html
    assert "капризный" not in chosen.message.body_html
    assert "berezka.example" not in chosen.message.body_html
    assert [row.name for row in chosen.message.attachments.all()] == ["шильдик.jpg"]
    assert Attachment.objects.get(pk=file.pk).message_id == note.pk
    assert chosen.message.attachments.get().blob_id == file.blob_id
    other = company.ticket("Другая")
    for letter in (Letter(forward=[other.messages.get().pk]), Letter(body_text="x", files=[file.pk + 999])):
        with pytest.raises(Invalid):
            begin(company, ticket, letter=letter)
    with pytest.raises(Invalid):
        begin(company, other, letter=Letter(body_text="x", files=[file.pk]))
    ticket.refresh_from_db()
    assert (ticket.message_count, ticket.side_count, ticket.side_unread) == (2, 2, None)


@pytest.mark.parametrize("to", [["clara@berezka.example"], ["support@desk.example"], ["никто"], [], ["  "]])
def test_not_to_the_customer_nor_to_ourselves(company: People, to: list[str]) -> None:
    with pytest.raises(Invalid):
        begin(company, to=to)
    assert not SideConversation.objects.exists()
    sent = begin(company)
    with pytest.raises(Invalid):
        write_side(sent.side, Letter(body_text="x"), cc=["clara@berezka.example"], by=company.actor(company.anna))
    with pytest.raises(Invalid):
        begin(company, letter=Letter())


def test_who_may(company: People) -> None:
    sent = begin(company)
    stranger, clara = company.actor(company.technician), company.contact_actor(company.clara)
    observer = company.actor(company.observer)
    for actor, refusal in ((stranger, NotFound), (clara, (NotFound, Forbidden)), (observer, Forbidden)):
        for act in (
            lambda by: open_side(sent.side.ticket, Letter(body_text="x"), subject="x", to=[PAVEL], by=by),
            lambda by: write_side(sent.side, Letter(body_text="x"), by=by),
            lambda by: close_side(sent.side, by=by),
            lambda by: read_side(sent.side, by=by),
            lambda by: side_to_note(sent.message, by=by),
            lambda by: quote_side(sent.message, by=by),
        ):
            with pytest.raises(refusal):
                act(actor)
    assert not sides_visible_to(clara).exists()
    assert not sides_visible_to(None).exists()
    assert not side_messages(clara).exists()
    assert not sides_visible_to(stranger).exists()
    assert get_side(observer, sent.side.ticket_id, sent.side.pk) == sent.side
    with pytest.raises(NotFound):
        get_side(company.actor(company.anna), sent.side.ticket_id + 1, sent.side.pk)


def test_an_answer_is_unread_and_moves_nothing_else(company: People) -> None:
    anna = company.actor(company.anna)
    ticket = company.ticket()
    actions.change_status(ticket, status="solved", by=anna)
    sent = begin(company, ticket)
    close_side(sent.side, by=anna)
    assert not close_side(sent.side, by=anna)
    answer(sent.side, "Я в отпуске", quiet=True)
    ticket.refresh_from_db()
    assert (ticket.side_unread, SideConversation.objects.get().is_open) == (None, False)
    answer(sent.side)
    ticket.refresh_from_db()
    side = SideConversation.objects.get()
    assert (ticket.category, ticket.awaits_us, ticket.side_unread, side.is_open) == ("solved", True, 1, True)
    assert SECRET not in ticket.preview
    assert read_side(side, by=anna)
    assert not read_side(side, by=anna)
    ticket.refresh_from_db()
    assert ticket.side_unread is None
    close_side(side, by=anna)
    assert reopen_side(side, by=anna)
    assert not reopen_side(side, by=anna)
    kinds = [event.kind for event in timeline(1, ticket.pk)]
    assert kinds.count("side.received") == 2
    assert (kinds.count("side.read"), kinds.count("side.closed"), kinds.count("side.reopened")) == (1, 2, 2)
    assert all(event.event.describe() for event in timeline(1, ticket.pk))


def test_the_customer_sees_nothing_by_any_way(company: People) -> None:
    anna, clara = company.actor(company.anna), company.contact_actor(company.clara)
    sent = begin(company)
    ticket = sent.side.ticket
    letter = answer(sent.side)
    file = Attachment.objects.create(
        message=letter, ticket=ticket, blob=_blob(anna), name="счёт.pdf", content_type="", size=1, created_at=now()
    )
    assert {row.kind for row in queries.messages_visible_to(clara)} == {"incoming"}
    assert {row.kind for row in queries.messages_on(clara, ticket)} == {"incoming"}
    assert [row.side_id for row in queries.messages_of(anna, ticket)] == [None]
    with pytest.raises(NotFound):
        queries.get_attachment(clara, file.token)
    assert queries.get_attachment(anna, file.token) == file
    subject = Subject(ids=(company.clara.pk,), addresses=("clara@berezka.example",))
    assert SECRET not in str([piece.facts for piece in collect(subject)])
    mine = Subject(ids=(letter.author_id or 0,), addresses=(PAVEL,))
    told = str([piece.facts for piece in collect(mine)])
    assert SECRET in told
    assert "Витрина" not in told
    scopes = {draft.text: draft.scope for draft in of_tickets([ticket.pk]) if draft.kind == "message"}
    assert scopes[SECRET] == "note"


def _blob(by: Any) -> Any:
    return actions.upload(BytesIO(b"x"), name="x", content_type="", size=1, by=by).blob


def test_what_comes_back_into_the_ticket(company: People) -> None:
    anna = company.actor(company.anna)
    sent = begin(company)
    letter = answer(sent.side)
    Attachment.objects.create(
        message=letter, ticket=sent.side.ticket, blob=_blob(anna), name="счёт.pdf", content_type="", size=1,
        created_at=now(),
    )  # fmt: skip
    note = side_to_note(letter, by=anna)
    assert side_to_note(letter, by=anna) == note
    assert (note.kind, note.side_id, [file.name for file in note.attachments.all()]) == ("note", None, ["счёт.pdf"])
    assert SECRET in note.body_text
    quote_side(letter, by=anna)
    quote_side(letter, by=anna)
    draft = Draft.objects.get(mode="reply")
    assert draft.text.count(SECRET) == 1
    assert "pavel" not in draft.text
    assert len(draft.attachments) == 1
    actions.reply(sent.side.ticket, body_html=draft.text, attachments=draft.attachments, by=anna)
    with pytest.raises(Invalid):
        side_to_note(note, by=anna)


def test_taking_back_keeps_the_words(company: People) -> None:
    anna, boris = company.actor(company.anna), company.actor(company.boris)
    sent = begin(company, hold=True)
    assert sent.step is not None
    with pytest.raises(NotFound):
        undo_step(sent.step, by=boris)
    assert undo_step(sent.step, by=anna).number == sent.side.ticket_id
    undo_step(sent.step, by=anna)
    side = SideConversation.objects.get()
    assert (side.message_count, Draft.objects.get().text) == (0, "<p>Есть компрессор?</p>")
    assert close_side(side, by=anna)
    assert not SideConversation.objects.exists()
    assert not Draft.objects.exists()
    assert Ticket.objects.get(pk=sent.side.ticket_id).side_count is None


def test_merge_and_split_carry_them_along(company: People) -> None:
    anna = company.actor(company.anna)
    source, target = company.ticket("Первая"), company.ticket("Вторая")
    sent = begin(company, source)
    answer(sent.side)
    row, _step = merge(source, into=target, by=anna)
    target.refresh_from_db()
    side = SideConversation.objects.get()
    assert (side.ticket_id, side.origin_number, target.side_count, target.side_unread) == (target.pk, source.pk, 1, 1)
    assert target.message_count == 2
    answer(sent.side, "Ещё")  # the caller still holds the conversation as it was before the merge
    assert set(Message.objects.filter(side=side).values_list("ticket", flat=True)) == {target.pk}
    undo_merge(row, by=anna)
    source.refresh_from_db()
    target.refresh_from_db()
    assert (source.side_count, target.side_count, source.message_count) == (1, None, 1)
    assert Message.objects.filter(side=side, ticket=source).count() == 3
    more = actions.add_incoming(source, body_text="И холодильник тоже", by=anna)
    begin(company, source, letter=Letter(body_text="О нём", forward=[more.pk]), subject="Холодильник")
    fresh = split_message(more, by=anna)
    assert [one.subject for one in SideConversation.objects.filter(ticket=fresh)] == ["Холодильник"]
    assert Message.objects.filter(ticket=fresh, side__isnull=False).count() == 1


def test_erasing_a_person_takes_him_out(company: People) -> None:
    sent = begin(company)
    letter = answer(sent.side)
    pavel = Subject(ids=(letter.author_id or 0,), addresses=(PAVEL,), names=("pavel",), stand_in="Удалён")
    assert erase_sides(pavel, 0, 50).after == sent.side.pk
    letter.refresh_from_db()
    side = SideConversation.objects.get()
    assert (letter.body_text, letter.author_name) == ("", "Удалён")
    assert "pavel" not in str(side.people) + side.preview + side.last_author_name
    assert not SidePerson.objects.exclude(address_key__startswith="erased").exists()
    assert sent.side.ticket.messages.filter(kind="incoming").get().body_text
    clara = Subject(ids=(company.clara.pk,), addresses=("clara@berezka.example",), names=("Клара",), stand_in="Удалена")
    erase_own(clara, 0, 50)
    side.refresh_from_db()
    assert (side.subject, side.preview) == ("", "")
    assert not Message.objects.exclude(body_text="").exists()


def test_pages(company: People, client: Client) -> None:
    sent = begin(company)
    answer(sent.side)
    ticket = sent.side.ticket
    client.force_login(company.anna)
    url = f"/tickets/{ticket.pk}/side/{sent.side.pk}/"
    card = client.get(f"/tickets/{ticket.pk}/").content.decode()
    assert url in card
    assert "side-answer" in card
    assert SECRET in card.split("side-answer", 1)[1]
    rows = client.get("/tickets/?folder=open").content.decode()
    assert "chip--accent" in rows
    page = client.get(url)
    assert SECRET in page.content.decode()
    assert Ticket.objects.get(pk=ticket.pk).side_unread == 1
    assert SECRET in client.get(f"{url}?parts=1").content.decode()
    client.post(f"{url}seen/", headers={"HX-Request": "true"})
    assert Ticket.objects.get(pk=ticket.pk).side_unread is None
    form = client.get(f"/tickets/{ticket.pk}/side/").content.decode()
    assert 'name="forward"' in form
    made = client.post(
        f"/tickets/{ticket.pk}/side/",
        {"to": "lab@parts.example, two@parts.example", "subject": "Плата", "body": "Чините?", "hold_ticket": "1"},
        headers={"HX-Request": "true"},
    )
    fresh = SideConversation.objects.latest("pk")
    assert (made.status_code, made["HX-Redirect"]) == (204, f"/tickets/{ticket.pk}/side/{fresh.pk}/")
    assert "/tickets/undo/" in made["HX-Trigger"]
    assert [person["address"] for person in fresh.people] == ["lab@parts.example", "two@parts.example"]
    assert Ticket.objects.get(pk=ticket.pk).category == "on_hold"
    refused = client.post(url, {"body": "x", "unknown": "1"}, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    letter = Message.objects.filter(kind="side_in").get()
    assert client.post(f"/side-letters/{letter.pk}/quote/", headers={"HX-Request": "true"}).status_code == 204
    assert client.post(f"/side-letters/{letter.pk}/note/", headers={"HX-Request": "true"}).status_code == 204
    paper = client.get(f"/tickets/{ticket.pk}/print/").content.decode()
    assert SECRET not in paper
    assert SECRET in client.get(f"/tickets/{ticket.pk}/print/?sides=1").content.decode()
    client.force_login(company.technician)
    assert client.get(url).status_code == 404
    client.force_login(company.observer)
    assert SECRET in client.get(url).content.decode()
    assert client.post(url, {"body": "x"}, headers={"HX-Request": "true"}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once(transactional_db: None) -> None:
    company = people()
    sent = begin(company)
    author = contacts_by_address([PAVEL])[PAVEL]
    barrier = Barrier(2)

    def run(text: str) -> None:
        item = SideIncoming(side=sent.side, author=author, channel=company.mailbox, at=now(), body_text=text)
        barrier.wait()
        try:
            with transaction.atomic():
                receive_side(item)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, ("Раз", "Два")))
    side = SideConversation.objects.get()
    assert (side.message_count, Message.objects.filter(kind="side_in").count()) == (3, 2)
    assert Ticket.objects.get(pk=side.ticket_id).side_unread == 1


def test_api(company: People) -> None:
    _row, plain = create_token(company.anna, name="t", scopes=[], by=company.actor(company.anna))
    api = Client(headers={"authorization": f"Bearer {plain}"})
    ticket = company.ticket()
    base = f"/api/v1/tickets/{ticket.pk}/side-conversations"
    body = {"subject": "Компрессор", "to": [PAVEL], "body_text": "Есть?", "forward": [ticket.messages.get().pk]}
    made = api.post(base, body, content_type="application/json", headers={"idempotency-key": "k1"})
    again = api.post(base, body, content_type="application/json", headers={"idempotency-key": "k1"})
    assert (made.status_code, again.json()["id"], SideConversation.objects.count()) == (201, made.json()["id"], 1)
    assert made.json()["message"]["kind"] == "side_out"
    assert made.json()["message"]["deliveries"][0]["recipient"] == PAVEL
    one = f"{base}/{made.json()['id']}"
    answer(SideConversation.objects.get())
    assert [row["unread"] for row in api.get(base).json()["items"]] == [True]
    letters = api.get(f"{one}/messages").json()["items"]
    assert [row["kind"] for row in letters] == ["side_out", "side_in"]
    assert [row["kind"] for row in api.get(f"/api/v1/tickets/{ticket.pk}/messages").json()["items"]] == ["incoming"]
    assert api.patch(one, {"open": False}, content_type="application/json").json()["open"] is False
    more = api.post(f"{one}/messages", {"body_text": "Берём"}, content_type="application/json")
    assert (more.status_code, api.get(one).json()["open"]) == (201, True)
    note = api.post(f"/api/v1/side-letters/{letters[1]['id']}/note", content_type="application/json")
    assert (note.status_code, note.json()["kind"]) == (201, "note")
    wrong = api.post(f"{one}/messages", {"body_text": "x", "what": 1}, content_type="application/json")
    customer = api.post(base, body | {"to": ["clara@berezka.example"]}, content_type="application/json")
    assert (wrong.status_code, customer.status_code) == (422, 422)
    assert customer.json()["errors"][0]["field"] == "to"
    assert api.get(f"{base}/999").status_code == 404
