"""Guided work by the API: the same rules as the pages, and repeats that change nothing."""

from otklik.queues.models import Skip, SkipReason
from otklik.testing.people import People
from otklik.tickets.tests.test_api import Api


def test_program_walks_and_skips(company: People) -> None:
    first, second = company.ticket("Первая"), company.ticket("Вторая")
    call = Api(company.anna)
    status, body = call("post", "/walk", {"folder": "unassigned"})
    assert (status, body["folder"], body["position"]) == (201, "unassigned", 1)
    assert body["ticket"]["number"] == second.pk
    assert body["ticket"]["assignee"]["id"] == company.anna.pk
    reason = call("get", "/skip-reasons")[1]["items"][0]
    skip = {"ticket": second.pk, "reason": reason["id"], "words": "Не знаю языка"}
    for _time in range(2):
        status, body = call("post", "/walk/skips", skip, **{"Idempotency-Key": "once"})
        assert (status, body["ticket"]["number"]) == (201, first.pk)
    assert Skip.objects.count() == 1
    assert call("get", "/skips")[0] == 403
    shown = Api(company.vera)("get", "/skips")[1]["items"][0]
    assert (shown["ticket"], shown["words"], shown["user"]["id"]) == (second.pk, "Не знаю языка", company.anna.pk)
    assert call("post", "/walk/next", {"ticket": first.pk})[1]["ticket"] is None
    assert call("delete", "/walk")[1]["folder"] == "unassigned"


def test_bad_walks_are_refused(company: People) -> None:
    call = Api(company.anna)
    assert call("post", "/walk", {"folder": "nothing"})[0] == 404
    assert call("post", "/walk", {"folder": "open", "more": 1})[0] == 422
    assert call("post", "/walk/next", {"ticket": 1})[0] == 404
    ticket = company.ticket()
    call("post", "/walk", {"folder": "open"})
    off = SkipReason.objects.create(name_ru="Старая", name_en="Old", enabled=False)
    status, problem = call("post", "/walk/skips", {"ticket": ticket.pk, "reason": off.pk})
    assert (status, problem["errors"][0]["field"]) == (422, "reason")
    assert Api(company.observer)("post", "/walk", {"folder": "open"})[0] == 403
