"""The settings page and the change log: made from declarations, refused for strangers, each change told from → to."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from otklik.accounts import actions as accounts
from otklik.core import settings_store
from otklik.core.actor import Actor
from otklik.core.errors import Invalid, NotFound
from otklik.core.events import Event
from otklik.core.settings_store import Setting, declare, declared
from otklik.desk.chosen import fields
from otklik.desk.chosen.actions import change_settings, reset_setting
from otklik.desk.chosen.groups import groups
from otklik.testing.people import People
from otklik.testing.tools import assert_statements, desk_client

PAGE = "/settings/desk/"
LOG = "/settings/log/"
SAMPLES = (
    Setting(key="t.hours", type=timedelta, default=timedelta(hours=36), label="Тишина", group="test",
            minimum=60, maximum=86400 * 30),
    Setting(key="t.key", type=str, default="", label="Ключ", group="test", secret=True),
    Setting(key="t.lines", type=list, default=["a"], label="Строки", group="test"),
    Setting(key="t.share", type=float, default=0.5, label="Доля", group="test", maximum=1),
    Setting(key="t.on", type=bool, default=True, label="Включено", group="test", help="Приём заявок"),
)  # fmt: skip


@pytest.fixture
def samples() -> Iterator[None]:
    declare(*SAMPLES)
    yield
    for setting in SAMPLES:
        declared.unregister(setting.key)


def section(**values: str) -> dict[str, Any]:
    sent: dict[str, Any] = {"group": "test", "keys": [setting.key for setting in SAMPLES]}
    given = {"t.hours": "36", "t.key": "", "t.lines": "a", "t.share": "0,5", "t.on": "on"} | values
    return (
        sent | {f"value.{key}": value for key, value in given.items() if value is not None} | {"unit.t.hours": "hours"}
    )


def test_every_setting_has_its_field(company: People, samples: None) -> None:
    text = desk_client(company.admin).get(PAGE).content.decode()
    for setting in declared:
        assert f'name="value.{setting.key}"' in text
        assert str(setting.label) in text
    assert desk_client(company.anna).get(PAGE).status_code == 404


def test_a_section_is_saved_and_each_change_is_told(company: People, samples: None) -> None:
    browser = desk_client(company.admin)
    answer = browser.post(
        PAGE, section(**{"t.hours": "2", "t.lines": "б\r\n\r\n в ", "t.share": "0,25", "t.key": "тайна-7319"})
    )
    assert answer.headers["Location"] == f"{PAGE}#test"
    assert settings_store.get("t.hours") == timedelta(hours=2)
    assert settings_store.get("t.lines") == ["б", "в"]
    assert settings_store.get("t.share") == 0.25
    assert settings_store.get("t.key") == "тайна-7319"
    assert Event.objects.filter(kind="setting.changed").count() == 4
    browser.post(PAGE, section(**{"t.hours": "2", "t.lines": "б\nв", "t.share": "0.25"}))
    assert Event.objects.filter(kind="setting.changed").count() == 4  # a second time changes nothing; the secret stays
    assert settings_store.get("t.key") == "тайна-7319"

    page = browser.get(PAGE).content.decode()
    assert "тайна-7319" not in page
    assert "По умолчанию: 36 часов" in page.replace("\xa0", " ")
    log = browser.get(LOG).content.decode()
    assert "тайна-7319" not in log
    assert "2 часа" in log
    assert "36 часов" in log
    assert ">a</span>" in log
    assert "б, в" in log
    assert "Администратор" in log


def test_a_wrong_value_names_its_field_and_saves_nothing(company: People, samples: None) -> None:
    browser = desk_client(company.admin)
    answer = browser.post(PAGE, section(**{"t.share": "7", "t.hours": "много", "t.lines": "новое"}))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="error-t.hours"' in text
    assert "новое" in text
    answer = browser.post(PAGE, section(**{"t.share": "7", "t.lines": "новое"}))
    assert 'id="error-t.share"' in answer.content.decode()
    assert settings_store.get("t.lines") == ["a"]
    assert browser.post(PAGE, {**section(), "is_admin": "1"}).status_code == 422
    assert browser.post(PAGE, {"keys": ["nothing"], "value.nothing": "1"}).status_code == 404


def test_only_those_who_may_change_it(company: People, samples: None) -> None:
    look = desk_client(company.vera).get(PAGE).content.decode()
    assert "disabled" in look
    assert "Сохранить" not in look
    for user in (company.vera, company.anna):
        assert desk_client(user).post(PAGE, section(**{"t.on": ""})).status_code == 404
        assert desk_client(user).post(f"{PAGE}agents_see/reset/").status_code == 404
        with pytest.raises(NotFound):
            change_settings({"t.on": False}, by=company.actor(user))
    assert settings_store.get("t.on") is True


def test_a_reset_is_once(company: People, samples: None) -> None:
    admin = company.actor(company.admin)
    assert change_settings({"t.on": False}, by=admin) == ["t.on"]
    assert reset_setting("t.on", by=admin)
    assert not reset_setting("t.on", by=admin)
    with pytest.raises(NotFound):
        reset_setting("nothing", by=admin)
    with pytest.raises(Invalid):
        change_settings({"t.share": "x", "t.on": False}, by=admin)
    assert settings_store.get("t.on") is True
    settings_store.set_value("close_after_days", 3, by=admin)
    answer = desk_client(company.admin).post(f"{PAGE}close_after_days/reset/")
    assert answer.headers["Location"].endswith("#close_after_days")
    assert settings_store.get("close_after_days") == 14


def test_settings_are_found_by_their_words(company: People, samples: None) -> None:
    found = [setting.key for group in groups("приём заявок") for setting in group.settings]
    assert found == ["t.on"]
    assert [group.key for group in groups("приемъ")] == []
    turned = [setting.key for group in groups("ghb`v pfzdjr") for setting in group.settings]
    assert turned == found  # typed with the English layout on
    browser = desk_client(company.admin)
    part = browser.get(PAGE, {"q": "доля"}, headers={"HX-Request": "true"}).content.decode()
    assert "t.share" in part
    assert "t.on" not in part
    assert "<html" not in part
    assert "Такой настройки нет" in browser.get(PAGE, {"q": "xyzzy"}).content.decode()


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(60, ("1", "minutes")), (5400, ("90", "minutes")), (172800, ("2", "days")), (61, ("61", "seconds"))],
)
def test_times_are_shown_in_their_largest_whole_unit(seconds: int, shown: tuple[str, str]) -> None:
    made = fields.present(SAMPLES[0], timedelta(seconds=seconds))
    assert (made.value, made.unit) == shown
    assert fields.read(SAMPLES[0], made.value, made.unit) == seconds


def test_the_log_shows_people_and_is_narrowed(company: People) -> None:
    browser = desk_client(company.admin)
    admin = company.actor(company.admin)
    settings_store.set_value("agents_see", "teams", by=admin)
    accounts.create_token(company.anna, name="робот", scopes=["read"], by=Actor.system())
    everything = browser.get(LOG).content.decode()
    assert "робот" in everything
    assert "Все заявки" in everything
    assert str(declared["agents_see"].choices[1][1]) in everything
    settings = browser.get(LOG, {"area": "settings"}).content.decode()
    assert "робот" not in settings
    own = browser.get(LOG, {"who": str(company.admin.pk)}).content.decode()
    assert "робот" not in own
    assert "Все заявки" in own
    assert "Здесь ничего не меняли" in browser.get(LOG, {"area": "channels", "who": "999999"}).content.decode()
    assert desk_client(company.boris).get(LOG).status_code == 404
    assert browser.get(LOG, {"after": "rubbish"}).status_code == 422


def test_the_log_is_read_page_by_page(company: People) -> None:
    admin = company.actor(company.admin)
    company.ticket()
    for days in range(1, 61):
        settings_store.set_value("close_after_days", days, by=admin)
    browser = desk_client(company.admin)
    browser.get(LOG)  # fills the session
    with assert_statements(5):
        first = browser.get(LOG, {"area": "settings"}).content.decode()
    assert first.count("audit__row") == 50
    address = first.split('href="?area=settings&amp;after=')[1].split('"')[0]
    second = browser.get(f"{LOG}?area=settings&after={address}").content.decode()
    assert second.count("audit__row") == 10
    assert "Показать более ранние" not in second
