"""What somebody sends along with his own profile changes nothing that is not his to change (D-30)."""

from otklik.accounts.models import ApiToken, User
from otklik.testing.people import People
from otklik.testing.tools import desk_client

_FORM = {"name": "Анна Лебедева", "language": "ru", "theme": "system", "time_zone": "Europe/Moscow", "signature": ""}
_WANTED = {
    "role": "admin", "is_active": "", "is_staff": "on", "is_superuser": "on", "teams": "2", "team_ids": "2",
    "organization": "1", "password": "x", "email": "boss@desk.example", "security_stamp": "x", "id": "1", "pk": "1",
    "user": "1", "hue": "5", "last_login": "2020-01-01", "created_at": "2020-01-01", "scopes": "write",
}  # fmt: skip


def test_nobody_raises_himself(company: People) -> None:
    browser = desk_client(company.anna)
    browser.post("/profile/", _FORM)
    before = (
        User.objects.filter(pk=company.anna.pk).values()[0],
        list(company.anna.teams.values_list("pk", flat=True)),
    )
    fields = {field.attname for field in User._meta.concrete_fields} - set(_FORM)
    for sent in (_WANTED, dict.fromkeys(fields, "1")):
        assert browser.post("/profile/", _FORM | sent).status_code == 422
        after = User.objects.filter(pk=company.anna.pk).values()[0]
        assert (after, list(company.anna.teams.values_list("pk", flat=True))) == before
    refused = browser.post("/profile/", _FORM | {"name": "Другая", "role": "admin"}).content.decode()
    assert "Поля «role» нет" in refused
    assert User.objects.get(pk=company.anna.pk).name == before[0]["name"]
    assert not ApiToken.objects.exists()
    assert browser.get("/settings/mailboxes/").status_code == 404
