"""Push: encrypted, signed, through the guarded client, tried again, and forgotten when the browser is gone."""

import base64
import json
from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from otklik.accounts import actions as accounts
from otklik.core.clock import now
from otklik.core.errors import Forbidden, Invalid
from otklik.core.events import Event
from otklik.core.jobs.models import Job
from otklik.core.jobs.run import run_due_jobs
from otklik.core.moments import run_due_moments
from otklik.notifications.actions import add_browser, change_wishes, mark_ticket_read, remove_browser
from otklik.notifications.actions.choosing import Wanted
from otklik.notifications.client import public_key
from otklik.notifications.models import Browser, Notification
from otklik.notifications.tests.conftest import Told
from otklik.notifications.tests.push_server import FakeBrowser, PushServer, push_server
from otklik.testing.people import People
from otklik.testing.tools import desk_client


@pytest.fixture
def maker(settings: Any) -> Iterator[PushServer]:
    """The server of a browser's maker, at an address that the installation allows."""
    settings.OUTBOUND_NETWORKS_ALLOWED = ["127.0.0.1"]
    with push_server() as running:
        yield running


def _let_in(company: People, maker: PushServer) -> FakeBrowser:
    fake = FakeBrowser()
    add_browser(
        endpoint="https://push.example/abc", p256dh=fake.p256dh, auth=fake.auth, name="Chrome · Linux",
        by=company.actor(company.boris),
    )  # fmt: skip
    Browser.objects.update(endpoint=maker.url)  # only a test has one without TLS
    return fake


def _done() -> None:
    while run_due_moments() or run_due_jobs():
        pass


def _claims(header: str, key: str) -> dict[str, Any]:
    """Check the signature of a message with the key that the browser was let in with; return what is claimed."""
    assert header.startswith("vapid t=")
    token, _, shown = header.removeprefix("vapid t=").partition(",k=")
    assert shown == key
    head, body, mark = token.split(".")
    raw = base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4))
    point = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    signature = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    public.verify(signature, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def test_message_is_readable_by_the_browser_alone_and_signed(company: People, told: Told, maker: PushServer) -> None:
    fake = _let_in(company, maker)
    ticket = company.ticket("Витрина не холодит", assignee=company.boris)
    told()
    _done()
    ((headers, body),) = maker.got
    assert "Витрина".encode() not in body
    message = json.loads(fake.read(body))
    assert message["title"] == f"{ticket.pk} · Витрина не холодит"
    assert message["url"] == f"/tickets/{ticket.pk}/"
    assert "температуру" not in message["body"]  # no texts on a lock screen
    assert headers["content-encoding"] == "aes128gcm"
    claims = _claims(headers["authorization"], public_key())
    assert maker.url.startswith(claims["aud"])
    assert Browser.objects.get().last_ok_at is not None


def test_read_in_time_is_not_pushed_and_nobody_else_gets_it(company: People, told: Told, maker: PushServer) -> None:
    _let_in(company, maker)
    ticket = company.ticket(assignee=company.boris)
    company.ticket(assignee=company.vera)
    told()
    run_due_moments()
    mark_ticket_read(ticket.pk, by=company.actor(company.boris))
    _done()
    assert not maker.got
    assert Notification.objects.get(user=company.vera).push == ""  # she has no browser


def test_quiet_hours_hold_push_and_many_tickets_are_one_message(company: People, told: Told, maker: PushServer) -> None:
    fake = _let_in(company, maker)
    noon = now().replace(hour=9, minute=0)  # 12:00 in Moscow
    wanted = Wanted(quiet=True, quiet_from=time(11), quiet_to=time(14))
    change_wishes(company.boris, wanted, by=company.actor(company.boris))
    with time_machine.travel(noon, tick=False):
        for number in range(5):
            company.ticket(f"Номер {number}", assignee=company.boris)
        told()
        _done()
        assert not maker.got
    with time_machine.travel(noon + timedelta(hours=2), tick=False):
        _done()
        ((_headers, body),) = maker.got
        assert json.loads(fake.read(body))["url"] == "/notifications/"


def test_push_that_quiet_hours_held_leaves_when_they_are_given_up(
    company: People, told: Told, maker: PushServer
) -> None:
    _let_in(company, maker)
    wanted = Wanted(quiet=True, quiet_from=time(11), quiet_to=time(14))
    change_wishes(company.boris, wanted, by=company.actor(company.boris))
    with time_machine.travel(now().replace(hour=9, minute=0), tick=False):
        company.ticket("Номер", assignee=company.boris)
        told()
        _done()
        assert not maker.got
        change_wishes(company.boris, Wanted(quiet=False), by=company.actor(company.boris))
        _done()
        assert len(maker.got) == 1


@pytest.mark.parametrize("status", [404, 410])
def test_browser_that_is_gone_is_forgotten(company: People, told: Told, maker: PushServer, status: int) -> None:
    _let_in(company, maker)
    maker.status = status
    company.ticket(assignee=company.boris)
    told()
    _done()
    assert not Browser.objects.exists()
    assert Event.objects.filter(kind="browser.removed").count() == 1


def test_busy_server_is_asked_again_and_a_refusal_is_not(company: People, told: Told, maker: PushServer) -> None:
    _let_in(company, maker)
    maker.status = 503
    company.ticket(assignee=company.boris)
    told()
    _done()
    assert len(maker.got) == 1
    assert Browser.objects.get().last_error == "503"
    maker.status = 400
    with time_machine.travel(now() + timedelta(minutes=2), tick=False):
        _done()
    with time_machine.travel(now() + timedelta(hours=2), tick=False):
        _done()
    assert len(maker.got) == 2
    assert "400" in desk_client(company.boris).get("/profile/notifications/").content.decode()


def test_inner_address_is_never_called(company: People, told: Told, maker: PushServer, settings: Any) -> None:
    settings.OUTBOUND_NETWORKS_ALLOWED = []
    _let_in(company, maker)
    company.ticket(assignee=company.boris)
    told()
    _done()
    assert not maker.got
    assert Browser.objects.get().last_error == "address"
    assert not Job.objects.filter(state=0).exists()


def test_browser_is_its_owners_and_goes_with_him(company: People, maker: PushServer) -> None:
    fake = FakeBrowser()
    boris, client = company.actor(company.boris), desk_client(company.boris)
    form = {"endpoint": "https://push.example/x", "p256dh": fake.p256dh, "auth": fake.auth}
    token = client.post("/profile/notifications/browsers/", form).json()["token"]
    assert client.post("/profile/notifications/browsers/", form).json()["token"] == token  # once
    for wrong in ({"endpoint": "http://push.example/x"}, {"p256dh": "x"}, {"auth": "!"}, {"more": "1"}):
        assert client.post("/profile/notifications/browsers/", form | wrong).status_code == 422
    page = f"/profile/notifications/browsers/{token}/"
    assert desk_client(company.anna).post(page, {"act": "remove"}).status_code == 404
    with pytest.raises(Forbidden):
        remove_browser(Browser.objects.get(), by=company.actor(company.anna))
    Browser.objects.update(endpoint=maker.url)
    assert client.post(page, {"act": "try"}).status_code == 204
    _done()
    assert json.loads(fake.read(maker.got[0][1]))["tag"] == "trial"
    assert client.post(page, {"act": "remove"}).status_code == 302
    assert not remove_browser(Browser(pk=1, user=company.boris), by=boris)
    with pytest.raises(Invalid):
        add_browser(endpoint="https:///x", p256dh=fake.p256dh, auth=fake.auth, name="", by=boris)
    client.post("/profile/notifications/browsers/", form)
    accounts.block_user(company.boris, by=company.actor(company.admin))
    from otklik.core.events.dispatch import dispatch_batch

    while dispatch_batch():
        pass
    assert not Browser.objects.exists()


def test_worker_stands_at_the_root_and_fetches_nothing() -> None:
    answer = desk_client().get("/push-worker.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "Content-Security-Policy" in answer.headers
    assert "fetch" not in answer.content.decode().replace("It fetches", "")
