"""Two who write to one third party: what one has not seen in their talk is shown to him before his letter goes."""

import threading

import pytest
from django.db import connections, transaction
from django.http import HttpResponse
from django.test import Client

from otklik.accounts.actions import create_token
from otklik.accounts.models import User
from otklik.contacts.queries import contacts_by_address
from otklik.core.clock import now
from otklik.core.errors import NotFound
from otklik.testing.people import People, people
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.actions.side_answers import SideIncoming, receive_side
from otklik.tickets.actions.sides import Letter, open_side, write_side
from otklik.tickets.models import Message, SideConversation

pytestmark = pytest.mark.django_db
PAVEL = "pavel@parts.example"


def _begun(company: People) -> SideConversation:
    """Let Anna write to Pavel of the parts supplier."""
    letter = Letter(body_text="Есть компрессор?")
    return open_side(company.ticket(), letter, subject="Деталь", to=[PAVEL], by=company.actor(company.anna)).side


def _answered(side: SideConversation) -> Message:
    author = contacts_by_address([PAVEL])[PAVEL]
    item = SideIncoming(side=side, author=author, channel=side.ticket.channel, at=now(), body_text="Один <последний>")
    with transaction.atomic():
        return receive_side(item)


def _newest(side: SideConversation) -> int:
    return Message.objects.filter(side=side).latest("id").pk


def _post(user: User, side: SideConversation, *, part: bool = True, **form: object) -> HttpResponse:
    headers = {"HX-Request": "true"} if part else {}
    address = f"/tickets/{side.ticket_id}/side/{side.pk}/"
    return desk_client(user).post(address, form, headers=headers)  # type: ignore[return-value]


def test_letter_of_a_colleague_and_an_answer_are_shown_first(company: People) -> None:
    side = _begun(company)
    seen = _newest(side)
    write_side(side, Letter(body_text="Берём два"), by=company.actor(company.boris))
    _answered(side)
    count = Message.objects.count()
    refused = _post(company.anna, side, body="Берём три", cc="new@parts.example", seen=seen)
    told = refused.json()  # type: ignore[attr-defined]
    assert (refused.status_code, told["seen"], Message.objects.count()) == (409, _newest(side), count)
    for words in ("Берём два", "Один &lt;последний&gt;", company.boris.name, "письмо третьей стороне", "к письму"):
        assert words in told["html"]
    assert [person["address"] for person in SideConversation.objects.get().people] == [PAVEL]
    assert _post(company.anna, side, body="Берём три", seen=told["seen"]).status_code == 204
    assert Message.objects.count() == count + 1


def test_page_tells_what_it_shows(company: People) -> None:
    side = _begun(company)
    newest = _answered(side).pk
    page = desk_client(company.boris).get(f"/tickets/{side.ticket_id}/side/{side.pk}/").content.decode()
    assert f'name="seen" value="{newest}"' in page


def test_own_letters_other_talk_and_old_pages_stop_nothing(company: People) -> None:
    side, boris = _begun(company), company.actor(company.boris)
    seen = _newest(side)
    open_side(side.ticket, Letter(body_text="Другому"), subject="Плата", to=["lab@parts.example"], by=boris)
    actions.add_note(side.ticket, body_text="Заметка", by=boris)
    for _again in range(2):
        assert _post(company.anna, side, body="Ещё раз", seen=seen).status_code == 204
    assert _post(company.boris, side, body="Без номера").status_code == 204
    newest = Message.objects.filter(ticket=side.ticket, side__isnull=True).latest("id").pk
    reply = {"reply_text": "Клиенту", "seen": newest}
    answer = desk_client(company.vera).post(
        f"/tickets/{side.ticket_id}/replies/", reply, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 204


def test_without_script_the_page_keeps_the_letter(company: People) -> None:
    side = _begun(company)
    seen = _newest(side)
    _answered(side)
    page = _post(company.anna, side, part=False, body="Мой <текст>", format="text", cc="", seen=seen)
    text = page.content.decode()
    assert page.status_code == 409
    assert "Мой &lt;текст&gt;</textarea>" in text
    assert f'name="seen" value="{_newest(side)}"' in text
    assert _post(company.anna, side, part=False, body="Мой", seen=_newest(side)).status_code == 302


def test_strangers_and_what_makes_no_sense_are_refused(company: People) -> None:
    side = _begun(company)
    assert _post(company.technician, side, body="x", seen=1).status_code == 404
    assert _post(company.observer, side, body="x", seen=1).status_code == 403
    assert _post(company.anna, side, body="x", seen="x").status_code == 422
    with pytest.raises(NotFound):
        write_side(side, Letter(body_text="x"), seen=0, by=company.actor(company.technician))
    assert Message.objects.filter(side=side).count() == 1


def test_programs_hear_of_it_too(company: People) -> None:
    side = _begun(company)
    seen = _newest(side)
    came = _answered(side)
    _row, plain = create_token(company.anna, name="t", scopes=[], by=company.actor(company.anna))
    api = Client(headers={"authorization": f"Bearer {plain}"})
    address = f"/api/v1/tickets/{side.ticket_id}/side-conversations/{side.pk}/messages"
    late = api.post(address, {"body_text": "Берём", "seen": seen}, content_type="application/json")
    assert (late.status_code, [row["id"] for row in late.json()["current"]["messages"]]) == (409, [came.pk])
    sent = api.post(address, {"body_text": "Берём", "seen": came.pk}, content_type="application/json")
    assert sent.status_code == 201


@pytest.mark.django_db(transaction=True)
def test_two_who_write_at_once_do_not_cross(transactional_db: None) -> None:
    company = people()
    side = _begun(company)
    seen, both, ends = _newest(side), threading.Barrier(2), []

    def write(user: User) -> None:
        try:
            both.wait(10)
            write_side(side, Letter(body_text="Берём"), seen=seen, by=company.actor(user))
            ends.append("sent")
        except actions.Unseen as unseen:
            ends.append(unseen.messages[0].body_text)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(user,)) for user in (company.boris, company.vera)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(ends) == ["sent", "Берём"]
