"""The first hour: who knows the printed word begins the desk, once; the checklist ends by itself."""

import pytest
from django.test import override_settings

from otklik.accounts.models import User
from otklik.channels.email.models import Inbound, Source
from otklik.channels.models import Connection
from otklik.core import settings_store
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, Invalid, NotFound
from otklik.core.leases import hold
from otklik.desk.app_settings import FIRST_STEPS
from otklik.desk.first import actions
from otklik.desk.first.steps import steps
from otklik.desk.first.tokens import setup_token
from otklik.desk.tasks import end_first_steps
from otklik.testing.people import People
from otklik.testing.tools import assert_statements, desk_client
from otklik.tickets.models import Ticket

FACTS = {
    "company": "Полюс", "name": "Анна Лебедева", "email": "anna@polus.example", "password": "снег идёт с утра",
    "language": "ru", "time_zone": "Asia/Omsk",
}  # fmt: skip


def begin(**other: str) -> User:
    return actions.begin_desk(**{"token": setup_token(), **FACTS, **other})


def test_the_printed_address_makes_the_first_administrator(db: None) -> None:
    browser = desk_client()
    address = f"/setup/{setup_token()}/"
    assert "Начать" in browser.get(address).content.decode()
    assert "Войти пока некому" in browser.get("/accounts/login/").content.decode()
    answer = browser.post(address, FACTS)
    assert answer.headers["Location"] == "/tickets/?folder=open"
    user = User.objects.get()
    assert (user.role, user.time_zone, user.name) == ("admin", "Asia/Omsk", "Анна Лебедева")
    assert user.check_password(FACTS["password"])

    page = browser.get("/tickets/?folder=open").content.decode()
    assert "· Полюс</title>" in page
    assert 'hx-get="/first-steps/"' in page
    assert browser.get(address).status_code == 404  # it opens nothing any more
    assert desk_client().post(address, FACTS | {"email": "dmitri@elsewhere.example"}).status_code == 404
    login = desk_client().get("/accounts/login/").content.decode()
    assert "Войти пока некому" not in login
    assert "Полюс" in login


@pytest.mark.parametrize("token", ["wrong", "токен", "%00"])
def test_a_stranger_cannot_take_the_desk(db: None, token: str) -> None:
    assert desk_client().get(f"/setup/{token}/").status_code == 404
    assert desk_client().post(f"/setup/{token}/", FACTS).status_code == 404
    with pytest.raises(NotFound):
        begin(token=token)
    assert not User.objects.exists()


@override_settings(SECRET_KEY="another installation")
def test_the_word_of_one_installation_is_not_that_of_another(db: None) -> None:
    other = setup_token()
    with override_settings(SECRET_KEY="this one"), pytest.raises(NotFound):
        begin(token=other)


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "anna"), ("password", "short"), ("name", " "), ("language", "tlh"), ("time_zone", "Mars/Crater"),
     ("company", "x" * 81)],
)  # fmt: skip
def test_each_wrong_field_is_named_and_nothing_is_made(db: None, field: str, value: str) -> None:
    with pytest.raises(Invalid) as raised:
        begin(**{field: value})
    assert [name for name, _text in raised.value.errors] == [field]
    assert not User.objects.exists()
    answer = desk_client().post(f"/setup/{setup_token()}/", FACTS | {field: value})
    assert answer.status_code == 422
    assert FACTS["password"] not in answer.content.decode()


def test_unknown_fields_are_refused(db: None) -> None:
    answer = desk_client().post(f"/setup/{setup_token()}/", FACTS | {"role": "admin"})
    assert answer.status_code == 422
    assert not User.objects.exists()


def test_two_at_once_make_one_administrator(db: None) -> None:
    with hold("desk.first", 60), pytest.raises(Conflict):
        begin()
    begin()
    with pytest.raises(NotFound):
        begin(email="boris@polus.example")
    assert User.objects.count() == 1


def test_the_sample_is_ones_own_request_and_only_the_first(db: None) -> None:
    user = begin()
    browser = desk_client(user)
    answer = browser.post("/first-steps/sample/")
    ticket = Ticket.objects.get()
    assert answer.headers["Location"] == f"/tickets/{ticket.pk}/"
    assert ticket.requester.addresses.get().address == FACTS["email"]
    assert ticket.subject.startswith("Пример")
    assert browser.post("/first-steps/sample/").status_code == 409
    assert Ticket.objects.count() == 1


def test_the_checklist_shows_what_is_left_and_costs_the_list_nothing(company: People) -> None:
    browser = desk_client(company.admin)
    assert "first-steps" not in browser.get("/tickets/").content.decode()
    settings_store.set_value(FIRST_STEPS, True, Actor.system())
    assert "/first-steps/" in browser.get("/tickets/").content.decode()
    assert "/first-steps/" not in desk_client(company.anna).get("/tickets/").content.decode()

    part = browser.get("/first-steps/").content.decode()
    assert part.count("checklist__done") == 1  # there are colleagues
    assert "Создать пример" in part
    company.ticket()
    with assert_statements(4):
        assert "/first-steps/" in browser.get("/tickets/").content.decode()
    part = browser.get("/first-steps/").content.decode()
    assert part.count("checklist__done") == 2
    assert "Создать пример" not in part

    answer = browser.post("/first-steps/away/", headers={"HX-Request": "true"})
    assert answer.content == b""
    assert browser.get("/first-steps/").content == b""
    for user in (company.anna, company.vera):
        with pytest.raises(NotFound):
            actions.put_steps_away(by=company.actor(user))
        with pytest.raises(NotFound):
            actions.make_sample(user=user, by=company.actor(user))


def test_the_checklist_ends_by_itself(company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    settings_store.set_value(FIRST_STEPS, True, Actor.system())
    Connection.objects.create(channel=company.mailbox, enabled=True, last_ok_at=now())
    assert [step.key for step in steps() if step.done] == ["mailbox", "people"]
    end_first_steps.func()
    assert settings_store.get(FIRST_STEPS)
    monkeypatch.setattr("otklik.desk.tasks.steps", lambda: [step for step in steps() if step.done])
    end_first_steps.func()
    assert not settings_store.get(FIRST_STEPS)


def test_a_mailbox_counts_once_it_answered_or_a_mail_came(company: People) -> None:
    def done() -> bool:
        return next(step.done for step in steps() if step.key == "mailbox")

    row = Connection.objects.create(channel=company.mailbox, enabled=True)
    assert not done()  # switched on, and nobody knows whether it works
    Connection.objects.filter(pk=row.pk).update(last_ok_at=now())
    assert done()
    Connection.objects.filter(pk=row.pk).update(enabled=False)
    assert not done()
    facts = {"channel": company.mailbox, "received_at": now(), "run_at": now(), "size": 1}
    Inbound.objects.create(source=Source.FILE, dedupe="old", **facts)
    assert not done()  # old mail from a file is no proof that new mail comes
    Inbound.objects.create(source=Source.SMTP, dedupe="new", **facts)
    assert done()
