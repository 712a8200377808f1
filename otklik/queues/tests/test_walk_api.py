"""Guided work by the API: the same rules as the pages, and repeats that change nothing."""

from otklik.core.events import Event
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


def test_a_reason_is_added_once_renamed_and_put_out_of_use(company: People) -> None:
    admin, wanted = Api(company.admin), {"name_ru": "Нужна смета"}
    status, made = admin("post", "/skip-reasons", wanted, **{"Idempotency-Key": "r"})
    assert (status, made["name_en"], made["enabled"]) == (201, "Нужна смета", True)
    assert admin("post", "/skip-reasons", wanted, **{"Idempotency-Key": "r"}) == (201, made)
    assert SkipReason.objects.filter(name_ru="Нужна смета").count() == 1
    assert made["id"] in [row["id"] for row in Api(company.anna)("get", "/skip-reasons")[1]["items"]]
    path = f"/skip-reasons/{made['id']}"
    status, changed = admin("patch", path, {"name_en": "Needs a quote"})
    assert (status, changed["name_ru"], changed["name_en"]) == (200, "Нужна смета", "Needs a quote")
    status, changed = admin("patch", path, {"enabled": False})
    assert (status, changed["enabled"], changed["name_en"]) == (200, False, "Needs a quote")
    before = Event.objects.count()
    assert admin("patch", path, {"enabled": False, "name_ru": None}) == (200, changed)
    assert Event.objects.count() == before
    assert made["id"] not in [row["id"] for row in Api(company.anna)("get", "/skip-reasons")[1]["items"]]


def test_who_may_not_change_settings_changes_no_reason(company: People) -> None:
    known = SkipReason.objects.first()
    assert known is not None
    path, names = f"/skip-reasons/{known.pk}", list(SkipReason.objects.values_list("name_ru", flat=True))
    narrow = [Api(company.admin, scope) for scope in ("read", "settings:read", "queues:write")]
    for call in (Api(company.vera), Api(company.anna), Api(company.observer), *narrow):
        assert call("post", "/skip-reasons", {"name_ru": "Х"})[0] == 403
        assert call("patch", path, {"name_ru": "Х"})[0] == 403
    admin = Api(company.admin)
    for wrong in ({"name_ru": " "}, {"name_ru": "х" * 61}, {"wings": 1}):
        assert admin("post", "/skip-reasons", {"name_ru": "Х"} | wrong)[0] == 422
        assert admin("patch", path, wrong)[0] == 422
    assert admin("patch", "/skip-reasons/999999", {"name_ru": "Х"})[0] == 404
    assert list(SkipReason.objects.values_list("name_ru", flat=True)) == names
