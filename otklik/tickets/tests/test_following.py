"""Who watches a ticket, and whom a note calls."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections
from django.test import Client

from otklik.accounts.models import User
from otklik.core.errors import Forbidden, Invalid, NotFound
from otklik.core.events import Event
from otklik.testing.people import People, people
from otklik.tickets import actions
from otklik.tickets.actions.following import follow, mentioned_in, unfollow
from otklik.tickets.models import Follower, Ticket
from otklik.tickets.queries import visible_to


def test_stranger_and_observer_cannot_follow_or_add(company: People) -> None:
    ticket = company.ticket()
    for stranger in (company.contact_actor(company.dmitri), company.actor(company.technician)):
        with pytest.raises(NotFound):
            follow(ticket, users=[company.anna], by=stranger)
    with pytest.raises(Forbidden):
        follow(ticket, users=[company.anna], by=company.actor(company.observer))
    with pytest.raises(Invalid):
        follow(ticket, users=[company.observer], by=company.actor(company.anna))
    assert not Follower.objects.exists()


def test_follower_sees_the_ticket_until_he_stops(company: People) -> None:
    ticket, gleb = company.ticket(), company.actor(company.technician)
    assert not visible_to(gleb).exists()
    assert follow(ticket, users=[company.technician], by=company.actor(company.anna))
    assert not follow(ticket, users=[company.technician], by=company.actor(company.anna))
    assert visible_to(gleb).get() == ticket
    assert ticket.followers_shown == [{"id": company.technician.pk, "name": company.technician.name}]
    assert unfollow(ticket, user_id=company.technician.pk, by=gleb)
    assert not visible_to(gleb).exists()
    assert not unfollow(ticket, user_id=company.technician.pk, by=company.actor(company.anna))


def test_mention_is_the_longest_name_and_no_address(company: People) -> None:
    User.objects.create_user("a2@desk.example", name="Анна", created_at=company.anna.created_at)
    from otklik.core.cached import forget

    forget("directories")
    assert mentioned_in("@Анна Лебедева, посмотри") == [company.anna]
    assert [user.name for user in mentioned_in("спросим @анна.")] == ["Анна"]
    assert mentioned_in("пишите на почта@Анна") == []
    assert mentioned_in("@Аннам и @Никому") == []


def test_note_that_calls_a_colleague_makes_him_follow(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    actions.add_note(ticket, body_html="<p><strong>@Глеб Рощин</strong> съезди, @Анна Лебедева</p>", by=anna)
    event = Event.objects.get(kind="note.mentioned")
    assert event.data["user_ids"] == [company.technician.pk]
    assert visible_to(company.actor(company.technician)).get() == ticket
    actions.add_note(ticket, body_text="@Глеб Рощин ещё раз", by=anna)
    assert Event.objects.filter(kind="note.mentioned").count() == 2
    assert Event.objects.filter(kind="ticket.followed").count() == 1
    actions.reply(ticket, body_text="@Борис Кручинин приедет", by=anna)
    assert Event.objects.filter(kind="note.mentioned").count() == 2


def test_menu_lets_follow_and_stop(company: People) -> None:
    ticket = company.ticket()
    client = Client(headers={"HX-Request": "true"})
    client.force_login(company.anna)
    url = f"/tickets/{ticket.pk}/followers/"
    assert company.boris.name in client.get(url).content.decode()
    assert client.post(url, {"user": company.boris.pk, "follows": "1"}).status_code == 204
    assert company.boris.name in client.get(f"/tickets/{ticket.pk}/").content.decode()
    assert client.get(f"/tickets/{ticket.pk}/mentionable/").json()["items"][0]["name"] == company.boris.name
    client.post(url, {"user": company.boris.pk, "follows": "0"})
    assert not Follower.objects.exists()
    assert client.post(url, {"user": "x"}).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_two_who_add_at_once_leave_each_follower_once() -> None:
    company = people()
    ticket, both = company.ticket(), Barrier(2)

    def add(user: User) -> None:
        try:
            both.wait(120)
            follow(Ticket.objects.get(pk=ticket.pk), users=[company.vera, user], by=company.actor(user))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add, (company.anna, company.boris)))
    ticket.refresh_from_db()
    assert {row["id"] for row in ticket.followers_shown or []} == {company.vera.pk, company.anna.pk, company.boris.pk}
    assert Follower.objects.count() == 3
