"""Saved replies: who sees and changes them, their placeholders, the pages and the API."""

import pytest
from django.test import Client

from otklik.accounts import actions as accounts
from otklik.channels.email.models import Outgoing
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.core.events import Event
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.actions.saving import bring_reply_back, fill, remove_reply, save_reply
from otklik.tickets.models import SavedReply
from otklik.tickets.queries.saved import find_saved, saved_visible_to


def test_own_team_and_everybody(company: People) -> None:
    anna, boris, vera = (company.actor(user) for user in (company.anna, company.boris, company.vera))
    gleb = company.actor(company.technician)
    save_reply(None, title="Моё", body_text="а", by=anna)
    team = save_reply(None, title="Группы", body_text="б", sharing="team", team=company.desk, by=anna)
    with pytest.raises(Forbidden):
        save_reply(None, title="Чужой группы", body_text="в", sharing="team", team=company.field, by=anna)
    with pytest.raises(Forbidden):
        save_reply(None, title="Всем", body_text="г", sharing="all", by=anna)
    save_reply(None, title="Всем", body_text="г", sharing="all", by=vera)
    seen = {who.name: {row.title for row in saved_visible_to(who)} for who in (anna, boris, vera, gleb)}
    assert list(seen.values()) == [{"Моё", "Группы", "Всем"}, {"Группы", "Всем"}, {"Группы", "Всем"}, {"Всем"}]
    assert not saved_visible_to(company.actor(company.observer)).exists()
    assert not saved_visible_to(company.contact_actor(company.dmitri)).exists()
    with pytest.raises(Forbidden):
        save_reply(team, title="Перехват", body_text="x", by=gleb)


def test_repeat_changes_nothing_and_old_version_is_refused(company: People) -> None:
    anna = company.actor(company.anna)
    row = save_reply(None, title="А", body_html="<p>Текст</p>", by=anna)
    count = Event.objects.count()
    assert save_reply(row, title="А", body_html="<p>Текст</p>", by=anna).version == 1
    assert Event.objects.count() == count
    assert save_reply(row, title="Б", body_html="<p>Текст</p>", version=1, by=anna).version == 2
    with pytest.raises(Conflict):
        save_reply(row, title="В", body_html="<p>Текст</p>", version=1, by=anna)
    step = remove_reply(row, by=anna)
    assert step is not None
    assert remove_reply(row, by=anna) is None
    assert not saved_visible_to(anna).exists()
    assert bring_reply_back(row.pk, by=anna)
    assert not bring_reply_back(row.pk, by=anna)


@pytest.mark.parametrize(
    "body",
    [
        "{% load static %}", "{% include 'x' %}", "{% debug %}", "{% for a in b %}{% endfor %}",
        "{{ requester.__class__ }}",
        "{{ settings.SECRET_KEY }}", "{{ requester.name|ljust:1000000 }}", "{% if ticket.token %}x{% endif %}",
        "{{ requester.name", "{% if %}",
    ],
)  # fmt: skip
def test_only_known_plain_placeholders_are_taken(company: People, body: str) -> None:
    anna = company.actor(company.anna)
    if body == "{{ requester.name":
        save_reply(None, title="x", body_text=body, by=anna)  # not closed: just text
        return
    with pytest.raises(Invalid) as refused:
        save_reply(None, title="x", body_text=body, by=anna)
    assert refused.value.field == "body"
    assert not SavedReply.objects.exists()


def test_placeholders_are_filled_and_escaped(company: People) -> None:
    anna, ticket = company.actor(company.anna), company.ticket("Тема <b>")
    company.clara.name = "Клара <script>alert(1)</script>"
    company.clara.save(update_fields=["name"])
    text = "{{ requester.first_name }}, заявка {{ ticket.number }}{% if team.name %} ({{ team.name }}){% endif %}"
    row = save_reply(None, title="А", body_text=f"{text}: {{{{ requester.name }}}}", by=anna)
    html = fill(row, ticket, by=anna)
    assert f"Клара, заявка {ticket.pk} (Диспетчерская)" in html
    assert "<script" not in html


def test_a_hostile_subject_is_markup_nowhere(company: People) -> None:
    """It is a text in the HTML of the mail and stands in the plain part as it was written (D-13)."""
    anna, subject = company.actor(company.anna), "<img src=x onerror=canary()> {{ 7|add:7 }} {% debug %}"
    ticket = company.ticket(subject)
    row = save_reply(None, title="А", body_html="<p>О чём: <b>{{ ticket.subject }}</b></p>", by=anna)
    filled = fill(row, ticket, by=anna)
    assert "<img" not in filled
    actions.reply(ticket, body_html=filled, by=anna)
    sent = Outgoing.objects.get(kind="reply")
    assert "<img src=x" not in sent.html
    assert "&lt;img src=x onerror=canary()&gt; {{ 7|add:7 }} {% debug %}" in sent.html
    assert f"О чём: {subject}" in sent.text


def test_a_script_is_no_link_in_a_saved_reply(company: People) -> None:
    anna = company.actor(company.anna)
    html = '<p><a href="javascript:canary()">раз</a> <a href="{{ ticket.subject }}">два</a></p>'
    filled = fill(save_reply(None, title="А", body_html=html, by=anna), company.ticket("javascript:canary()"), by=anna)
    assert "href" not in filled
    assert "раз" in filled


def test_composer_finds_and_fills_and_page_keeps(company: People) -> None:
    client = Client()
    client.force_login(company.anna)
    page = client.get("/saved-replies/new/")
    assert page.status_code == 200
    values = {"title": "Пропуск", "folder": "Выезд", "sharing": "own", "team": "", "version": "", "format": "text"}
    assert client.post("/saved-replies/new/", values | {"body": "{{ oops }}"}).status_code == 422
    assert (
        client.post("/saved-replies/new/", values | {"body": "{{ agent.name }}: закажите пропуск"}).status_code == 302
    )
    row = SavedReply.objects.get()
    assert "Пропуск" in client.get("/saved-replies/").content.decode()
    assert client.get(f"/saved-replies/{row.pk}/").status_code == 200
    assert [item["title"] for item in client.get("/saved-replies/offered/?q=закажите выезд").json()["items"]] == [
        "Пропуск"
    ]
    for words in ("ghjgecr", "ghjgecr dstpl"):  # typed with the other keyboard layout on
        assert len(client.get("/saved-replies/offered/", {"q": words}).json()["items"]) == 1
        assert "Пропуск" in client.get("/saved-replies/", {"q": words}).content.decode()
    assert client.get("/saved-replies/offered/?q=ytn nfrjuj").json()["items"] == []
    ticket = company.ticket()
    assert company.anna.name in client.get(f"/tickets/{ticket.pk}/saved-replies/{row.pk}/").json()["text"]
    boris = Client()
    boris.force_login(company.boris)
    assert boris.get(f"/tickets/{ticket.pk}/saved-replies/{row.pk}/").status_code == 404
    assert boris.get(f"/saved-replies/{row.pk}/").status_code == 404
    answer = client.delete(f"/saved-replies/{row.pk}/", headers={"HX-Request": "true"})
    assert "/tickets/undo/" in answer["HX-Trigger"]
    assert not find_saved(company.actor(company.anna), "").exists()


def test_api_keeps_changes_and_removes(company: People) -> None:
    anna = company.actor(company.anna)
    _row, token = accounts.create_token(company.anna, name="t", scopes=["read", "write"], by=anna)
    client = Client(headers={"authorization": f"Bearer {token}"})
    json = {"content_type": "application/json"}
    url = "/api/v1/saved-replies"
    made = client.post(url, {"title": "А", "body_text": "Да", "folder": "ф"}, **json).json()
    assert client.post(url, {"title": "А", "body_text": "{{ x }}"}, **json).json()["errors"][0]["field"] == "body"
    assert client.patch(f"{url}/{made['id']}", {"title": "Б"}, **json).json()["title"] == "Б"
    assert client.patch(f"{url}/{made['id']}", {"colour": "red"}, **json).status_code == 422
    assert [row["title"] for row in client.get(f"{url}?query=да").json()["items"]] == ["Б"]
    assert client.delete(f"{url}/{made['id']}").status_code == 204
    assert client.get(f"{url}/{made['id']}").status_code == 404
