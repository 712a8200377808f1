"""Roles of single rights: what they let do, for whom a change counts, and that nobody hands out more than he holds."""

import pytest

from otklik.accounts import actions, policies
from otklik.accounts.models import CustomRole, User
from otklik.accounts.queries import actor_for
from otklik.accounts.words import RIGHTS
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.core.events import Event
from otklik.testing.people import People
from otklik.testing.tools import assert_statements, desk_client


def _role(company: People, *rights: str, base: str = "agent", name: str = "Приёмщик") -> CustomRole:
    by = actor_for(company.admin)
    return actions.add_role(name=name, base=base, rights=["tickets.view", *rights], by=by)


def _fresh(user: User) -> User:
    return User.objects.select_related("custom_role").get(pk=user.pk)


def test_every_right_has_words() -> None:
    assert RIGHTS.keys() == policies.PERMISSIONS.keys()


def test_a_role_allows_its_rights_and_no_more(company: People) -> None:
    role, ticket = _role(company, "tickets.note"), company.ticket()
    actions.change_user(company.anna, by=actor_for(company.admin), role=f"role-{role.pk}")
    anna = actor_for(_fresh(company.anna))
    assert [right for right in policies.PERMISSIONS if policies.can(anna, right)] == ["tickets.view", "tickets.note"]
    event = Event.objects.get(kind="user.access_changed")
    assert event.data["changes"] == {"role": ["agent", "Приёмщик"]}
    client = desk_client(company.anna)
    assert client.get("/contacts/").status_code == 404
    assert client.get(f"/tickets/{ticket.pk}/").status_code == 200


def test_what_its_holders_see_follows_the_base(company: People) -> None:
    role, ticket = _role(company, *policies.PERMISSIONS, base="technician"), company.ticket()
    actions.change_user(company.anna, by=actor_for(company.admin), role=f"role-{role.pk}")
    assert desk_client(company.anna).get(f"/tickets/{ticket.pk}/").status_code == 404


def test_a_change_counts_from_the_next_request_and_costs_no_statement(company: People) -> None:
    role, admin = _role(company, "contacts.view"), actor_for(company.admin)
    actions.change_user(company.anna, by=admin, role=f"role-{role.pk}")
    company.ticket(by=admin)
    client = desk_client(company.anna)
    client.get("/tickets/")
    with assert_statements(4):
        assert client.get("/tickets/").status_code == 200
    assert client.get("/contacts/").status_code == 200
    rights = ["tickets.view", "tickets.open"]
    assert actions.change_role(role, name="Приёмщик", base="observer", rights=rights, version=1, by=admin) == [
        "base", "rights",
    ]  # fmt: skip
    assert client.get("/contacts/").status_code == 404
    assert _fresh(company.anna).role == "observer"
    event = Event.objects.get(kind="role.changed")
    assert event.data["changes"]["rights"] == [["contacts.view", "tickets.view"], ["tickets.open", "tickets.view"]]
    assert actions.change_role(role, name="Приёмщик", base="observer", rights=rights, version=2, by=admin) == []
    with pytest.raises(Conflict):
        actions.change_role(role, name="Другой", base="observer", rights=rights, version=1, by=admin)


def test_nobody_hands_out_more_than_he_holds(company: People) -> None:
    role = _role(company, "users.manage", name="Кадры")
    actions.change_user(company.vera, by=actor_for(company.admin), role=f"role-{role.pk}")
    vera = actor_for(_fresh(company.vera))
    strong = _role(company, "settings.edit", name="Сильная")
    with pytest.raises(Forbidden):
        actions.add_role(name="Моя", base="agent", rights=["tickets.view", "settings.edit"], by=vera)
    with pytest.raises(Forbidden):
        actions.change_role(
            role, name="Кадры", base="agent", rights=[*role.rights, "settings.edit"], version=1, by=vera
        )
    with pytest.raises(Forbidden):
        actions.change_role(strong, name="Сильная", base="agent", rights=["tickets.view"], version=1, by=vera)
    with pytest.raises(Forbidden):
        actions.change_user(company.anna, by=vera, role=f"role-{strong.pk}")
    with pytest.raises(Forbidden):
        actions.add_role(name="Моя", base="agent", rights=["tickets.view"], by=actor_for(company.anna))


def test_a_custom_role_of_an_administrator_is_not_the_last_administrator(company: People) -> None:
    role = _role(company, *policies.PERMISSIONS, base="admin", name="Почти")
    actions.change_user(company.vera, by=actor_for(company.admin), role=f"role-{role.pk}")
    with pytest.raises(Conflict):
        actions.block_user(company.admin, by=actor_for(_fresh(company.vera)))


def test_bad_roles_name_the_fields_and_a_held_one_stays(company: People) -> None:
    admin = actor_for(company.admin)
    with pytest.raises(Invalid) as refused:
        actions.add_role(name=" ", base="king", rights=["fly"], by=admin)
    assert {field for field, _text in refused.value.errors} == {"name", "base", "rights"}
    role = _role(company)
    with pytest.raises(Conflict):
        _role(company)
    actions.change_user(company.anna, by=admin, role=f"role-{role.pk}")
    with pytest.raises(Conflict):
        actions.remove_role(role, by=admin)
    actions.change_user(company.anna, by=admin, role="agent")
    assert actions.remove_role(role, by=admin)
    assert actions.remove_role(role, by=admin) is False


def test_pages_of_roles(company: People) -> None:
    client = desk_client(company.admin)
    assert "Отвечать клиентам" in client.get("/settings/roles/new/?base=technician").content.decode()
    values = {"name": "Приёмщик", "base": "agent", "rights": ["tickets.view", "tickets.open"]}
    assert client.post("/settings/roles/new/", values | {"rights": ["fly"]}).status_code == 422
    assert client.post("/settings/roles/new/", values).status_code == 302
    role = CustomRole.objects.get()
    url = f"/settings/roles/{role.pk}/"
    assert client.post(url, values | {"version": "x"}).status_code == 422
    assert client.post(url, values | {"version": "7"}).status_code == 409
    assert client.post(url, values | {"version": "1", "name": "Приём"}).status_code == 302
    assert "Приём" in client.get("/settings/roles/").content.decode()
    assert client.post(f"{url}removal/").status_code == 302
    assert client.get(url).status_code == 404
    assert desk_client(company.vera).get("/settings/roles/").status_code == 404
