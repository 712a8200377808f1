"""REST of what stands around a ticket: bin, spam, participants, drafts, filled replies, views, presence."""

import pytest

from otklik.core.actor import Actor
from otklik.core.settings_store import set_value
from otklik.presence.actions import look
from otklik.testing.api import Api
from otklik.testing.people import People
from otklik.tickets.actions.saving import save_reply
from otklik.tickets.models import SpamDomain, Ticket

PATHS = (
    ("post", "/bin", None), ("delete", "/bin", None), ("post", "/spam", {}), ("delete", "/spam", None),
    ("get", "/people", None), ("post", "/people", {"email": "eva@berezka.example"}), ("delete", "/people/1", None),
    ("get", "/drafts", None), ("get", "/drafts/note", None), ("put", "/drafts/note", {"body_text": "x"}),
    ("delete", "/drafts/note", None), ("get", "/saved-replies/1", None), ("get", "/presence", None),
    ("get", "/links", None), ("get", "/scheduled-replies", None),
)  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body"), PATHS)
def test_strangers_find_nothing(company: People, method: str, path: str, body: object) -> None:
    ticket = company.ticket(team=company.field)
    set_value("agents_see", "teams", by=Actor.system())
    assert Api(company.boris)(method, f"/tickets/{ticket.pk}{path}", body)[0] == 404
    held = Ticket.objects.get(pk=ticket.pk)
    assert (held.shelf, held.people) == (None, [])


@pytest.mark.parametrize(("method", "path", "body"), [row for row in PATHS if row[0] != "get"])
def test_reading_tokens_and_observers_change_nothing(company: People, method: str, path: str, body: object) -> None:
    ticket = company.ticket()
    for api in (Api(company.anna, "read"), Api(company.observer), Api(company.anna, "contacts:write")):
        assert api(method, f"/tickets/{ticket.pk}{path}", body)[0] in {403, 404}
    held = Ticket.objects.get(pk=ticket.pk)
    assert (held.shelf, held.people) == (None, [])


def test_bin_and_back(company: People) -> None:
    api, ticket = Api(company.anna), company.ticket()
    path = f"/tickets/{ticket.pk}/bin"
    assert api("post", path)[1]["shelf"] == "bin"
    assert api("post", path)[0] == 200
    assert ticket.pk not in [row["number"] for row in api("get", "/tickets")[1]["items"]]
    assert api("delete", f"/tickets/{ticket.pk}/spam")[1]["shelf"] == "bin"  # it lies in the other one
    restored = api("delete", path)[1]
    assert (restored["shelf"], restored["status"]["key"]) == (None, "new")
    assert api("delete", path)[1] == restored


def test_spam_teaches_and_forgets(company: People) -> None:
    api, ticket = Api(company.anna), company.ticket()
    path = f"/tickets/{ticket.pk}/spam"
    status, answer = api("post", path, {"learn": "domain"})
    assert (status, answer["ticket"]["shelf"]) == (200, "spam")
    assert SpamDomain.objects.filter(domain="berezka.example").exists()
    assert api("post", path, {"learn": "domain"})[1]["undo"] is None
    assert api("post", f"/undo/{answer['undo']['id']}")[0] == 200
    assert not SpamDomain.objects.exists()
    assert api("get", f"/tickets/{ticket.pk}")[1]["shelf"] is None
    assert api("post", path, {"learn": "everything"})[0] == 422


def test_a_merged_ticket_names_the_one_that_goes_on(company: People) -> None:
    api, one, other = Api(company.anna), company.ticket(), company.ticket("Вторая")
    api("post", f"/tickets/{one.pk}/merge", {"into": other.pk})
    assert api("get", f"/tickets/{one.pk}")[1]["merged_into"] == other.pk
    assert api("get", f"/tickets/{other.pk}")[1]["merged_into"] is None


def test_time_spent_adds_up(company: People) -> None:
    api, ticket = Api(company.anna), company.ticket()
    for seconds in (60, 30):
        api("post", f"/tickets/{ticket.pk}/messages", {"kind": "note", "body_text": "x", "spent_seconds": seconds})
    assert api("get", f"/tickets/{ticket.pk}")[1]["spent_seconds"] == 90


def test_participants_come_and_go(company: People) -> None:
    api, ticket = Api(company.anna), company.ticket()
    path = f"/tickets/{ticket.pk}/people"
    status, people = api("post", path, {"email": "eva@berezka.example", "name": "Ева"})
    assert (status, [row["email"] for row in people["items"]]) == (201, ["eva@berezka.example"])
    assert api("post", path, {"email": "EVA@berezka.example"})[1] == people
    assert api("get", path)[1] == people
    assert api("get", f"/tickets/{ticket.pk}")[1]["people"] == people["items"]
    assert api("post", path, {"email": "support@desk.example"})[0] == 422
    assert api("post", path, {"email": "no address"})[0] == 422
    contact = people["items"][0]["id"]
    assert api("delete", f"{path}/{contact}")[1]["items"] == []
    assert api("delete", f"{path}/{contact}")[0] == 200


def test_drafts_are_ones_own_and_know_versions(company: People) -> None:
    api, ticket = Api(company.anna), company.ticket()
    path = f"/tickets/{ticket.pk}/drafts/reply"
    assert api("get", path)[0] == 404
    status, draft = api("put", path, {"body_text": "Добрый день"})
    assert (status, draft["mode"], draft["version"]) == (200, "reply", 1)
    assert api("put", path, {"body_text": "Добрый день"})[1]["version"] == 1
    status, problem = api("put", path, {"body_text": "Из другого окна"})
    assert (status, problem["current"]["version"]) == (409, 1)
    assert api("put", path, {"body_text": "Добрый день!", "version": 1})[1]["version"] == 2
    assert api("put", path, {"version": 2})[0] == 422
    assert api("put", f"/tickets/{ticket.pk}/drafts/letter", {"body_text": "x"})[0] == 422
    assert Api(company.boris)("get", path)[0] == 404
    assert api("delete", path) == (204, None)
    assert api("delete", path) == (204, None)
    assert api("get", f"/tickets/{ticket.pk}/drafts")[1]["items"] == []


def test_a_saved_reply_is_filled_for_a_ticket(company: People) -> None:
    anna, ticket = company.actor(company.anna), company.ticket()
    row = save_reply(None, title="Привет", body_text="{{ requester.first_name }}, № {{ ticket.number }}", by=anna)
    path = f"/tickets/{ticket.pk}/saved-replies/{row.pk}"
    status, filled = Api(company.anna)("get", path)
    assert (status, filled["body_text"]) == (200, f"Клара, № {ticket.pk}")
    assert Api(company.anna, "replies:read")("get", path)[0] == 403  # it would tell of the ticket
    assert Api(company.boris)("get", path)[0] == 404


def test_views_count(company: People) -> None:
    company.ticket(team=company.desk)
    views = {row["key"]: row["count"] for row in Api(company.anna)("get", "/views")[1]["items"]}
    assert (views["open"], views["mine"], views[f"team-{company.desk.pk}"], views["all"]) == (1, 0, 1, None)


def test_presence_names_who_is_there(company: People) -> None:
    api, ticket = Api(company.anna), company.ticket()
    path = f"/tickets/{ticket.pk}/presence"
    assert api("get", path)[1]["items"] == []
    look(ticket, tab="a1", by=company.actor(company.anna))
    look(ticket, tab="b1", writing="reply", by=company.actor(company.boris))
    rows = api("get", path)[1]["items"]
    assert [(row["name"], row["writing"]) for row in rows] == [("Борис Кручинин", "reply"), ("Анна Лебедева", None)]
    assert Api(company.anna, "contacts:read")("get", path)[0] == 403


def test_an_old_version_of_a_saved_reply_is_a_conflict(company: People) -> None:
    api = Api(company.anna)
    row = api("post", "/saved-replies", {"title": "Привет", "body_text": "Здравствуйте"})[1]
    api("patch", f"/saved-replies/{row['id']}", {"title": "Приветствие", "version": row["version"]})
    status, problem = api("patch", f"/saved-replies/{row['id']}", {"title": "Поздно", "version": row["version"]})
    assert (status, problem["current"]["title"]) == (409, "Приветствие")
