"""While the database is away or its disk is full: 503 that says so, for everybody; a fault of ours stays a 500."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, InterfaceError, OperationalError, ProgrammingError, connection, connections
from django.db.transaction import TransactionManagementError
from django.test import Client, RequestFactory

from otklik.accounts.models import Session, User
from otklik.accounts.sessions import SEEN_EVERY
from otklik.config import health
from otklik.config.outages import outage_response
from otklik.core.clock import now
from otklik.core.db.outages import CommitUnknown, DatabaseAway, DatabaseBusy, DiskFull, outage_of
from otklik.testing.api import Api
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets.models import Message

PART = {"HX-Request": "true"}
RUSSIAN = {"away": "База данных Отклика не отвечает", "full": "На диске Отклика нет места"}
ENGLISH = {"away": "The database of the desk does not answer", "full": "The disk of the desk is full"}


def _told(error: Exception, cause: Exception) -> Exception:
    """Return an error of Django as it comes from the driver's."""
    error.__cause__ = cause
    return error


def _raised(kind: str) -> Exception:
    """Return what the database of this run raises in such a case."""
    if kind == "broken":
        return ProgrammingError("column does not exist")
    if kind == "twice":
        return IntegrityError("duplicate key")
    if connection.vendor == "postgresql":
        cause = psycopg.errors.DiskFull("could not extend file") if kind == "full" else psycopg.OperationalError("gone")
        return _told(OperationalError(*cause.args), cause)
    words = "database or disk is full" if kind == "full" else "unable to open database file"
    return _told(OperationalError(words), sqlite3.OperationalError(words))


@contextmanager
def trouble(kind: str, only: str = "") -> Iterator[None]:
    """Let every statement (or those that begin with a word) fail."""

    def failing(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(only):
            raise _raised(kind)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(failing):
        yield


def _client(user: User | None = None, language: str = "ru") -> Client:
    client = desk_client(user, accept_language=language)
    client.raise_request_exception = False
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["away", "full"])
@pytest.mark.parametrize(("language", "words"), [("ru", RUSSIAN), ("en", ENGLISH)])
def test_a_stranger_and_an_agent_read_what_is_wrong(
    company: People, kind: str, language: str, words: dict[str, str]
) -> None:
    for client, page in ((_client(None, language), "/accounts/login/"), (_client(company.anna, language), "/tickets/")):
        with trouble(kind):
            answer = client.get(page)
        assert answer.status_code == 503
        assert int(answer["Retry-After"]) > 0
        assert words[kind] in answer.content.decode()
        assert page in answer.content.decode()


@pytest.mark.django_db
def test_an_error_of_the_view_itself_is_told_in_the_language_of_the_reader(company: People) -> None:
    company.anna.language = "en"
    company.anna.save(update_fields=["language"])
    client = _client(company.anna, "ru")
    ticket = company.ticket()
    with trouble("full", only="INSERT"):
        answer = client.post(f"/tickets/{ticket.pk}/tags/", {"tags": "холод"})
    assert answer.status_code == 503
    assert ENGLISH["full"] in answer.content.decode()


@pytest.mark.django_db
def test_a_refused_reply_keeps_its_text_and_tells_it_beside(company: People) -> None:
    ticket = company.ticket()
    client = _client(company.anna)
    with trouble("full", only="INSERT"):
        answer = client.post(
            f"/tickets/{ticket.pk}/replies/", {"mode": "reply", "reply_text": "Едем к вам"}, headers=PART
        )
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    told = json.loads(answer.content)
    assert RUSSIAN["full"] in told["message"]
    assert json.loads(answer["HX-Trigger"]) == {"toast": {"value": told["message"], "bad": True}}
    assert not Message.objects.filter(ticket=ticket, kind="reply").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/portal/new/", "/tickets/new/"])
def test_a_form_stands_on_the_page_to_be_sent_once_more(company: People, address: str) -> None:
    client = _client(company.anna if address == "/tickets/new/" else None)
    typed = {"text": "Витрина <b>не</b> холодит, приезжайте скорее, всё тает", "way": "mail"}
    with trouble("away"):
        answer = client.post(address, typed | {"file": SimpleUploadedFile("акт.pdf", b"%PDF-1")})
    page = answer.content.decode()
    assert answer.status_code == 503
    assert "Витрина &lt;b&gt;не&lt;/b&gt; холодит, приезжайте скорее, всё тает</textarea>" in page
    assert '<input type="hidden" name="way" value="mail">' in page
    assert "Файлы" in page


@pytest.mark.django_db
def test_no_password_is_written_on_a_page(company: People) -> None:
    secret = "a very long password that nobody may read over a shoulder"
    for page in ("/accounts/login/", "/portal/new/"):
        with trouble("away"):
            answer = _client().post(page, {"login": "anna@desk.example", "password": secret})
        assert answer.status_code == 503
        assert secret not in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "code"), [("away", "database-away"), ("full", "disk-full")])
def test_programs_get_a_problem(company: People, kind: str, code: str) -> None:
    api = Api(company.anna)
    api.client.raise_request_exception = False
    for method, path, body in (("get", "/tickets", None), ("post", "/tickets", {"subject": "Помогите"})):
        with trouble(kind):
            status, problem = api(method, path, body)
        assert (status, problem["status"], problem["type"]) == (503, 503, f"urn:otklik:problem:{code}")
    with trouble(kind):
        answer = api.client.get("/api/v1/tickets")
    assert answer["Content-Type"] == "application/problem+json"
    assert int(answer["Retry-After"]) > 0
    with trouble(kind):
        assert Client().get("/api/v1/tickets").status_code == 401  # who shows no token is asked for one all the same


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["broken", "twice"])
def test_a_fault_of_ours_stays_one(company: People, kind: str) -> None:
    api = Api(company.anna)
    api.client.raise_request_exception = False
    agent, stranger = _client(company.anna), _client()
    with trouble(kind):
        assert agent.get("/tickets/").status_code == 500
        assert stranger.get("/accounts/login/").status_code == 500
        assert api("get", "/tickets")[0] == 500


@pytest.mark.django_db(transaction=True)
def test_pages_are_read_while_nothing_can_be_written(company: People) -> None:
    """When a session or a token was last used is written now and then: no reason to refuse the page."""
    api = Api(company.anna)
    client = _client(company.anna)
    ticket = company.ticket()
    assert client.get("/tickets/").status_code == 200
    Session.objects.update(seen_at=now() - 2 * SEEN_EVERY)
    with trouble("full", only="UPDATE"):
        assert client.get("/tickets/").status_code == 200
        assert client.get(f"/tickets/{ticket.pk}/").status_code == 200
        assert api("get", "/tickets")[0] == 200
    with trouble("broken", only="UPDATE"):
        assert client.get("/tickets/").status_code == 500


@pytest.mark.django_db
def test_a_full_disk_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "silent_services", list)
    assert client.get("/readyz").status_code == 200
    monkeypatch.setattr(health, "TemporaryFile", lambda **_named: Path("/dev/full").open("wb"))  # noqa: SIM115
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["The disk is full."])


@pytest.mark.sqlite
@pytest.mark.django_db
def test_what_sqlite_says_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "small.sqlite3"
    small = connections.create_connection("default")
    small.settings_dict = small.settings_dict | {"NAME": str(path)}
    with small.cursor() as cursor:
        cursor.execute("CREATE TABLE t (x)")
        cursor.execute("PRAGMA max_page_count = 4")
        with pytest.raises(OperationalError) as full:
            cursor.execute("INSERT INTO t VALUES (zeroblob(100000))")
        with pytest.raises(OperationalError) as unknown:
            cursor.execute("SELECT nothing FROM t")
    small.close()
    assert isinstance(outage_of(full.value), DiskFull)
    assert outage_of(unknown.value) is None
    small.settings_dict = small.settings_dict | {"NAME": str(tmp_path / "no" / "such.sqlite3")}
    with pytest.raises(OperationalError) as away:
        small.ensure_connection()
    assert isinstance(outage_of(away.value), DatabaseAway)
    assert isinstance(outage_of(OperationalError("database is locked")), DatabaseBusy)


@pytest.mark.postgres
@pytest.mark.django_db
def test_what_postgresql_says_is_understood() -> None:
    away = connections.create_connection("default")
    away.settings_dict = away.settings_dict | {"HOST": "127.0.0.1", "PORT": "1"}
    with pytest.raises(OperationalError) as refused:
        away.ensure_connection()
    assert isinstance(outage_of(refused.value), DatabaseAway)
    victim = connections.create_connection("default")
    victim.settings_dict = connection.settings_dict
    victim.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [victim.connection.info.backend_pid])
    for _ in range(2):  # the first hears that it was ended, the next that there is no connection
        with pytest.raises((OperationalError, InterfaceError)) as ended, victim.cursor() as cursor:
            cursor.execute("SELECT 1")
        assert isinstance(outage_of(ended.value), DatabaseAway)
    victim.close()
    with pytest.raises(ProgrammingError) as unknown, connection.cursor() as cursor:
        cursor.execute("SELECT nothing")
    assert outage_of(unknown.value) is None


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_commit_whose_outcome_nobody_knows_is_told_so(company: People) -> None:
    victim = connections.create_connection("default")
    victim.settings_dict = connection.settings_dict
    victim.set_autocommit(False)
    with victim.cursor() as cursor:
        cursor.execute("SELECT 1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [victim.connection.info.backend_pid])
    with pytest.raises(OperationalError) as lost:
        victim.commit()
    victim.close()
    outage = outage_of(lost.value)
    assert isinstance(outage, CommitUnknown)
    asked = RequestFactory().post("/tickets/new/", {"text": "Витрина не холодит, приезжайте скорее, всё тает"})
    asked.LANGUAGE_CODE = "ru"
    page = outage_response(asked, outage).content.decode()
    assert "Проверьте" in page
    assert "всё тает</textarea>" in page
    assert "не принято" not in page
    beside = RequestFactory().post("/tickets/1/replies/", headers=PART)
    assert json.loads(outage_response(beside, outage).content)["code"] == "commit-unknown"


def test_what_follows_an_outage_is_one_too() -> None:
    broken = _told(OperationalError("gone"), psycopg.OperationalError("gone"))
    assert isinstance(outage_of(_told(TransactionManagementError("broken"), broken)), DatabaseAway)
    assert outage_of(TransactionManagementError("ours")) is None
    assert outage_of(_told(ValueError("ours"), broken)) is None
    assert isinstance(outage_of(OSError(28, "No space left on device")), DiskFull)
    assert outage_of(OSError(2, "No such file")) is None
