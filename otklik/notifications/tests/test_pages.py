"""The bell, the list, the rules: what they cost, what they show, and to whom."""

from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.settings_store import set_value
from otklik.notifications.models import Notification, Wishes
from otklik.notifications.queries import page_of
from otklik.notifications.rules import rules_of
from otklik.notifications.tests.conftest import Told
from otklik.testing.people import People
from otklik.testing.tools import assert_statements, desk_client
from otklik.tickets import actions


def test_panel_gathers_by_ticket_and_the_page_pays_nothing_for_the_bell(company: People, told: Told) -> None:
    ticket = company.ticket("Витрина «Север» & <b>", assignee=company.boris)
    told()
    actions.add_note(ticket, body_text="Раз", by=company.actor(company.anna))
    actions.add_note(ticket, body_text=f"@{company.boris.name} два", by=company.actor(company.anna))
    told()
    client = desk_client(company.boris)
    forget("bell")
    client.get("/tickets/")
    with assert_statements(4):
        page = client.get("/tickets/").content.decode()
    assert '<span class="bell__count" data-count="bell">3</span>' in page
    with assert_statements(3):
        panel = client.get("/notifications/panel/").content.decode()
    assert panel.count("data-notice") == 1
    assert "Витрина «Север» &amp; &lt;b&gt;" in panel
    assert all(words in panel for words in ("Назначена вам", "Вас упомянули в заметке", company.anna.name))
    assert "data-notice" not in desk_client(company.vera).get("/notifications/panel/").content.decode()


def test_all_is_marked_read_and_taken_back(company: People, told: Told) -> None:
    company.ticket(assignee=company.boris)
    told()
    client = desk_client(company.boris)
    newest = Notification.objects.get().pk
    answer = client.post("/notifications/read/", {"until": newest})
    assert answer.status_code == 204
    undo = answer.headers["HX-Trigger"].split('"undo": "')[1].split('"')[0]
    assert Notification.objects.get().read_at is not None
    assert desk_client(company.vera).post(undo).status_code == 204
    assert Notification.objects.get().read_at is not None  # not hers
    assert client.post(undo).status_code == 204
    assert Notification.objects.get().read_at is None
    assert "HX-Trigger" not in desk_client(company.vera).post("/notifications/read/", {"until": newest}).headers
    assert client.post("/notifications/read/", {"until": "x"}).status_code == 422
    assert client.post("/notifications/read/", {"until": 1, "more": 1}).status_code == 422
    assert client.post("/notifications/read/1/undo/").headers["HX-Trigger"].count("bad") == 1  # too late


def test_list_is_paged_by_key_and_hides_what_may_not_be_seen(company: People, told: Told) -> None:
    tickets = [company.ticket(f"Номер {number}", assignee=company.boris, team=company.field) for number in range(3)]
    told()
    client = desk_client(company.boris)
    assert client.get("/notifications/").content.decode().count("data-notice") == 3
    first = page_of(company.actor(company.boris), limit=2)
    rest = page_of(company.actor(company.boris), limit=2, cursor=first.next)
    assert [row.ticket_id for row in (*first.items, *rest.items)] == [ticket.pk for ticket in reversed(tickets)]
    assert rest.next is None
    set_value("agents_see", "teams", by=Actor.system())
    actions.assign(tickets[0], assignee=None, by=company.actor(company.vera))
    told()
    assert client.get("/notifications/").content.decode().count("data-notice") == 2
    client.post("/notifications/read/", {"ticket": tickets[1].pk})
    assert client.get("/notifications/?show=unread").content.decode().count("data-notice") == 1
    assert client.get("/notifications/?after=nonsense").status_code == 422


def test_rules_are_changed_on_the_page_and_strangers_do_not_reach_those_of_others(company: People) -> None:
    client = desk_client(company.boris)
    form = {
        "new.desk": "teams", "new.mail": "none", "new.push": "mine", "mention": ["desk", "push"], "assigned": ["mail"],
        "digest": "day", "digest_at": "08:30", "quiet": "on", "quiet_from": "21:00", "quiet_to": "07:00",
    }  # fmt: skip
    assert client.post("/profile/notifications/", form).status_code == 302
    rules = rules_of(Wishes.objects.get(pk=company.boris.pk))
    assert rules.ways["mention"] == {"desk", "push"}
    assert rules.ways["status"] == frozenset()  # nothing ticked: nothing is told
    assert (rules.new["desk"], rules.new["mail"], rules.digest) == ("teams", "none", "day")
    assert rules.quiet is not None
    assert client.post("/profile/notifications/", form | {"digest": "year"}).status_code == 422
    assert client.post("/profile/notifications/", form | {"quiet_to": "soon"}).status_code == 422
    assert client.post("/profile/notifications/", form | {"what": "1"}).status_code == 422
    of_anna = f"/settings/people/{company.anna.pk}/notifications/"
    assert client.post(of_anna, form).status_code == 404
    assert desk_client(company.admin).post(of_anna, form).status_code == 302
    assert Wishes.objects.get(pk=company.anna.pk).digest == "day"


def test_rules_are_set_along_when_a_person_is_added(company: People) -> None:
    admin = desk_client(company.admin)
    assert 'name="mention"' in admin.get("/settings/people/new/").content.decode()
    form = {"name": "Галя", "email": "galya@desk.example", "role": "agent", "language": "ru", "signature": ""}
    wrong = form | {"new.desk": "teams", "mention": ["pigeon"]}
    assert admin.post("/settings/people/new/", wrong).status_code == 422
    table = {"new.desk": "teams", "new.mail": "mine", "new.push": "mine", "mention": ["desk"]}
    assert admin.post("/settings/people/new/", form | table).status_code == 302
    wishes = Wishes.objects.get(user__email="galya@desk.example")
    assert (rules_of(wishes).new["desk"], rules_of(wishes).ways["mention"]) == ("teams", {"desk"})
    assert admin.post("/settings/people/new/", form | {"email": "without@desk.example"}).status_code == 302
    assert not Wishes.objects.filter(user__email="without@desk.example").exists()
