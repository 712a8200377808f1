"""The desk's own name, language and time zone: where they count, and that a person's own choice goes before them."""

import re
from typing import Any

import pytest
from django.test import Client

from otklik.accounts import actions as accounts
from otklik.accounts.models import User
from otklik.accounts.queries import actor_for
from otklik.channels.email.models import Outgoing
from otklik.core import locality
from otklik.core.actor import Actor
from otklik.core.errors import Invalid
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.testing.tools import desk_client

SYSTEM = Actor.system()


def _set(**values: str) -> None:
    for key, value in values.items():
        set_value(key, value, SYSTEM)


def test_the_environment_counts_until_somebody_chooses(db: None, settings: Any) -> None:
    settings.TIME_ZONE, settings.LANGUAGE_CODE = "Asia/Omsk", "en"
    assert (str(locality.desk_zone()), locality.desk_language()) == ("Asia/Omsk", "en")
    assert locality.desk_name() == "Otklik"
    _set(desk_time_zone="Asia/Tomsk", desk_language="ru", company_name="Полюс")
    assert (str(locality.desk_zone()), locality.desk_language()) == ("Asia/Tomsk", "ru")
    assert locality.desk_name() == "Полюс"
    assert str(locality.zone_or_ours("Europe/Moscow")) == "Europe/Moscow"
    for key, value in (("desk_time_zone", "Mars/Base"), ("desk_language", "fr")):
        with pytest.raises(Invalid):
            set_value(key, value, SYSTEM)


def test_pages_read_the_desks_zone_where_a_person_chose_none(company: People) -> None:
    ticket = company.ticket()
    client, zones = desk_client(company.anna), []
    for zone in ("Asia/Kamchatka", "Europe/Kaliningrad"):
        _set(desk_time_zone=zone)
        page = client.get(f"/tickets/{ticket.pk}/").content.decode()
        zones.append(re.findall(r'title="([^"]*\d:\d\d)"', page))
    assert zones[0] != zones[1]
    User.objects.filter(pk=company.anna.pk).update(time_zone="Asia/Omsk")
    own = []
    for zone in ("Asia/Kamchatka", "Europe/Kaliningrad"):
        _set(desk_time_zone=zone)
        page = client.get(f"/tickets/{ticket.pk}/").content.decode()
        own.append(re.findall(r'title="([^"]*\d:\d\d)"', page))
    assert own[0] == own[1] != []


def test_strangers_are_spoken_to_in_the_desks_language(db: None) -> None:
    _set(desk_language="en")
    assert Client().get("/accounts/login/", HTTP_ACCEPT_LANGUAGE="fr")["Content-Language"] == "en"
    assert Client().get("/accounts/login/", HTTP_ACCEPT_LANGUAGE="ru")["Content-Language"] == "ru"
    _set(desk_language="ru")
    assert Client().get("/accounts/login/", HTTP_ACCEPT_LANGUAGE="fr")["Content-Language"] == "ru"


def test_new_people_read_the_desks_language_and_are_told_its_name(company: People, settings: Any) -> None:
    settings.MAILERS = {"default": {"BACKEND": "otklik.channels.email.backend.DeliveryBackend"}}
    _set(desk_language="en", company_name="Полюс-Сервис")
    admin = actor_for(company.admin)
    made = accounts.add_user("john@desk.example", name="John", role="agent", password=None, by=admin)
    assert (made.language, made.time_zone) == ("en", "")
    accounts.invite(made, by=admin, base="https://desk.example")
    assert "“Полюс-Сервис”" in Outgoing.objects.get().text
    own = accounts.add_user("petr@desk.example", name="P", role="agent", password=None, language="ru", by=admin)
    assert own.language == "ru"


def test_the_settings_page_shows_a_sample_of_the_time(company: People) -> None:
    admin = desk_client(company.admin)
    page = admin.get("/settings/desk/").content.decode()
    assert "sample-desk_time_zone" in page
    assert '<option value="Asia/Vladivostok">' in page
    one = admin.get("/settings/desk/desk_time_zone/sample/", {"value.desk_time_zone": "Asia/Kamchatka"})
    other = admin.get("/settings/desk/desk_time_zone/sample/", {"value.desk_time_zone": "Europe/Kaliningrad"})
    assert one.content != other.content
    bad = admin.get("/settings/desk/desk_time_zone/sample/", {"value.desk_time_zone": "Mars"}).content.decode()
    assert "<b>" not in bad
    assert admin.get("/settings/desk/close_after_days/sample/").status_code == 404
    assert desk_client(company.anna).get("/settings/desk/desk_time_zone/sample/").status_code == 404
    values = {"keys": "desk_time_zone", "group": "company", "value.desk_time_zone": "Asia/Omsk"}
    assert admin.post("/settings/desk/", values).status_code == 302
    assert str(locality.desk_zone()) == "Asia/Omsk"
    assert admin.post("/settings/desk/", values | {"value.desk_time_zone": "Mars"}).status_code == 422
