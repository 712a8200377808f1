"""The worded first page of a folder and the worded card hold what the ordinary queries hold, for every reader."""

from otklik.core.actor import Actor
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.tickets import queries
from otklik.tickets.presenters.rows import COLUMNS
from otklik.tickets.queries.folders import team_folder


def _same_for_everybody(company: People) -> None:
    teams = [team_folder(team.pk, team.name) for team in (company.desk, company.field)]
    for user in (company.anna, company.boris, company.vera, company.technician, company.observer):
        actor = company.actor(user)
        visible = set(queries.visible_to(actor).values_list("pk", flat=True))
        for folder in (*queries.FOLDERS, *teams):
            expected = list(queries.in_folder(actor, folder).values_list(*COLUMNS))
            assert queries.first_rows(actor, folder, COLUMNS).objects() == expected
            assert {row[0] for row in expected} <= visible


def test_the_first_page_is_the_folder_of_the_reader_himself(company: People) -> None:
    company.ticket("Анны", assignee=company.anna, team=company.desk)
    company.ticket("Бориса", assignee=company.boris, team=company.desk)
    company.ticket("Полевая", team=company.field)
    company.ticket("Ничья", team=None)
    _same_for_everybody(company)
    set_value("agents_see", "teams", by=Actor.system())
    _same_for_everybody(company)  # what was worded for a reader of everything is not given to a limited one


def test_the_first_page_is_as_long_as_asked(company: People) -> None:
    for number in range(4):
        company.ticket(f"Заявка {number}")
    actor = company.actor(company.anna)
    folder = next(folder for folder in queries.FOLDERS if folder.key == "all")
    # one more than asked tells that there is a next page
    assert len(queries.first_rows(actor, folder, COLUMNS, limit=2).rows) == 3
    assert len(queries.first_rows(actor, folder, COLUMNS, limit=50).rows) == 4
