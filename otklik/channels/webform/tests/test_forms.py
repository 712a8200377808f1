"""Settings of forms: who may, what is refused, what is recorded."""

import pytest
from django.test import Client

from otklik.channels.webform import queries
from otklik.channels.webform.actions import FormFacts, add_form, change_form
from otklik.channels.webform.config import FormConfig, read
from otklik.channels.webform.models import WebForm
from otklik.channels.webform.tests.posting import form
from otklik.core.cached import forget
from otklik.core.errors import Conflict, Forbidden, Invalid, NotFound
from otklik.core.events import Event
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets.models import Ticket
from otklik.tickets.queries import spoken_channels

FACTS = FormFacts("Заявка с сайта", "site", None, "ru")


def test_an_administrator_adds_a_form(company: People) -> None:
    form = add_form(FACTS, FormConfig(title="Позовите мастера"), by=company.actor(company.admin))
    opened = queries.open_form("site")
    assert (opened.form, opened.settings.title) == (form, "Позовите мастера")
    assert queries.open_form() == opened
    assert Event.objects.filter(kind="channel.configured", subject_id=form.channel_id).count() == 1


def test_a_stranger_may_not(company: People) -> None:
    for user in (company.anna, company.vera, company.observer):
        with pytest.raises(Forbidden):
            add_form(FACTS, FormConfig(), by=company.actor(user))
        assert not queries.visible_to(company.actor(user)).exists()
    assert not WebForm.objects.exists()


def test_equal_values_change_nothing(company: People) -> None:
    admin = company.actor(company.admin)
    form = add_form(FACTS, FormConfig(), by=admin)
    before = Event.objects.count()
    change_form(form, FACTS, FormConfig(), enabled=True, by=admin)
    assert Event.objects.count() == before
    change_form(form, FACTS, FormConfig(), enabled=False, by=admin)
    assert Event.objects.count() == before + 1
    with pytest.raises(NotFound):
        queries.open_form("site")


@pytest.mark.parametrize(
    ("facts", "wanted", "field"),
    [
        (FormFacts("", "site", None, "ru"), FormConfig(), "name"),
        (FormFacts("А", "-bad", None, "ru"), FormConfig(), "key"),
        (FormFacts("А", "сайт", None, "ru"), FormConfig(), "key"),
        (FormFacts("А", "site", None, "ru"), FormConfig(email="off", phone="off"), "email"),
    ],
)
def test_bad_values_name_their_field(company: People, facts: FormFacts, wanted: FormConfig, field: str) -> None:
    with pytest.raises(Invalid) as error:
        add_form(facts, wanted, by=company.actor(company.admin))
    assert error.value.field == field


def test_a_key_is_taken_once(company: People) -> None:
    admin = company.actor(company.admin)
    add_form(FACTS, FormConfig(), by=admin)
    with pytest.raises(Conflict):
        add_form(FACTS, FormConfig(), by=admin)
    assert WebForm.objects.count() == 1


def test_two_administrators_at_one_form(company: People) -> None:
    admin = company.actor(company.admin)
    form = add_form(FACTS, FormConfig(), by=admin)
    change_form(form, FACTS, FormConfig(title="А"), enabled=True, version=1, by=admin)
    with pytest.raises(Conflict):
        change_form(form, FACTS, FormConfig(title="Б"), enabled=True, version=1, by=admin)
    assert queries.open_form("site").settings.title == "А"


def test_stored_nonsense_takes_defaults() -> None:
    assert read({"title": 5, "email": "maybe", "files": "yes", "more": 1}) == FormConfig()
    assert read(None) == FormConfig()


def test_the_pages(company: People) -> None:
    client = Client()
    client.force_login(company.admin)
    assert "Пока нет ни одной формы" in client.get("/settings/forms/").content.decode()
    values = {"name": "Сайт", "key": "site", "language": "ru", "enabled": "on", "files": "on", "confirmation": "on"}
    assert client.post("/settings/forms/new/", values | {"evil": "1"}).status_code == 422
    answer = client.post("/settings/forms/new/", values | {"key": "Bad key"})
    assert (answer.status_code, 'value="Сайт"' in answer.content.decode()) == (422, True)
    answer = client.post("/settings/forms/new/", values)
    form = WebForm.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/settings/forms/{form.pk}/")
    page = client.get(answer["Location"]).content.decode()
    assert "/portal/f/site/" in page
    old = {"version": "1", "title": "Новое"}
    assert client.post(answer["Location"], values | old).status_code == 302
    assert client.post(answer["Location"], values | old | {"title": "Старое"}).status_code == 409
    directory = client.get("/settings/connections/").content.decode()
    assert "Поддержка" in directory
    assert "Веб-форма" in directory
    assert f"/settings/forms/{form.pk}/" in directory
    client.force_login(company.vera)
    assert client.get("/settings/forms/").status_code == 404
    assert client.get(f"/settings/forms/{form.pk}/").status_code == 404


def test_nobody_records_words_as_if_they_had_been_posted(company: People) -> None:
    ours = form(company)
    forget()
    client = desk_client(company.anna)
    assert ours.channel not in spoken_channels()
    assert ours.channel.name not in client.get("/tickets/new/").content.decode()
    values = {
        "way": "record", "requester_name": "Пётр", "requester_phone": "+79210000000", "subject": "Витрина",
        "text": "Не холодит", "priority": "2", "channel": str(ours.channel_id),
    }  # fmt: skip
    assert client.post("/tickets/new/", values).status_code == 422
    ticket = company.ticket()
    said = {"incoming_text": "Звонила", "incoming_channel": str(ours.channel_id)}
    assert client.post(f"/tickets/{ticket.pk}/incoming/", said, headers={"HX-Request": "true"}).status_code == 422
    assert Ticket.objects.count() == 1
