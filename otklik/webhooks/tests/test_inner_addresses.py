"""A webhook reaches nothing inside: not when saved, tried out or called, by a name or by a redirect (D-20 to D-22)."""

import socket
from typing import Any

import pytest

from otklik.core.errors import Invalid
from otklik.testing.people import People
from otklik.webhooks import actions, sending
from otklik.webhooks.actions import Wanted
from otklik.webhooks.models import Attempt, Webhook
from otklik.webhooks.tests.receiver import Receiver, receiver

EVENTS = ["ticket.opened"]


@pytest.fixture
def inner_name(monkeypatch: pytest.MonkeyPatch) -> str:
    """A name that looks public and leads to this machine."""
    real = socket.getaddrinfo

    def answer(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        return real("127.0.0.1" if host == "hooks.example.org" else host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return "hooks.example.org"


def _port(hearer: Receiver) -> str:
    return hearer.url.split("/")[2].split(":")[1]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "127.0.0.1", "[::ffff:7f00:1]", "hooks.example.org"])
def test_an_inner_name_is_refused_when_saved(company: People, inner_name: str, host: str) -> None:
    with pytest.raises(Invalid) as refused:
        actions.add_webhook(Wanted("А", f"https://{host}/hook", EVENTS), by=company.actor(company.admin))
    assert (refused.value.field, Webhook.objects.count()) == ("url", 0)


def test_an_inner_name_is_refused_when_changed(company: People, hearer: Receiver, settings: Any) -> None:
    admin = company.actor(company.admin)
    made, _secret = actions.add_webhook(Wanted("А", hearer.url, EVENTS), by=admin)
    settings.OUTBOUND_NETWORKS_ALLOWED = []
    with pytest.raises(Invalid):
        actions.change_webhook(made, Wanted("А", "http://localhost/other", EVENTS), by=admin)
    assert Webhook.objects.get().url == hearer.url


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "hooks.example.org"])
def test_an_inner_name_is_called_by_no_trial_and_no_delivery(
    company: People, hearer: Receiver, settings: Any, inner_name: str, host: str
) -> None:
    made, _secret = actions.add_webhook(Wanted("А", hearer.url, EVENTS), by=company.actor(company.admin))
    Webhook.objects.update(url=f"http://{host}:{_port(hearer)}/hook")  # as if the name had changed its mind since
    settings.OUTBOUND_NETWORKS_ALLOWED = []
    actions.send_test(made, by=company.actor(company.admin))
    sending.drain(made.pk)
    assert (Attempt.objects.get().error, hearer.calls) == ("address", [])


def test_a_redirect_inside_is_not_followed(company: People, hearer: Receiver) -> None:
    with receiver() as inside:
        made, _secret = actions.add_webhook(Wanted("А", hearer.url, EVENTS), by=company.actor(company.admin))
        hearer.answer, hearer.headers = lambda number: 302, {"Location": inside.url}
        actions.send_test(made, by=company.actor(company.admin))
        sending.drain(made.pk)
        assert (len(hearer.calls), Attempt.objects.get().error, inside.calls) == (1, "redirect", [])


@pytest.mark.parametrize("url", ["gopher://example.org/", "data:text/plain,x", "javascript:1", "//example.org/"])
def test_other_schemes_are_refused(company: People, url: str) -> None:
    with pytest.raises(Invalid):
        actions.add_webhook(Wanted("А", url, EVENTS), by=company.actor(company.admin))
    assert not Webhook.objects.exists()
