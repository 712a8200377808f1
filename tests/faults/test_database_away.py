"""PostgreSQL that crashes under a running desk and comes back: no process dies, nothing is lost, nothing goes twice."""

import json
import time
from pathlib import Path

import pytest

from bench.mailset import mails
from otklik.channels.email.tests.sink import running_sink
from otklik.testing.events import Listener
from otklik.testing.server import Desk, running_desk, wait_until
from tests.faults.agent import Agent
from tests.faults.pouring import Pouring, processes
from tests.faults.replying import assert_sent_once
from tests.postgres import Cluster

pytestmark = [pytest.mark.fault, pytest.mark.postgres]
AWAY = "urn:otklik:problem:database-away"


def queue_replies(agent: Agent, name: str, count: int) -> list[str]:
    """Send replies; each puts a mail into the outbox."""
    texts = [f"{name} {number}." for number in range(count)]
    assert [agent.reply(text).status for text in texts] == [204] * count
    return texts


def refuse_everything(desk: Desk, agent: Agent) -> None:
    """Look at what people and machines are told while there is no database."""
    assert desk.get("/healthz").status == 200
    ready = desk.get("/readyz")
    assert (ready.status, json.loads(ready.body)["reasons"]) == (503, ["The database does not answer."])
    for page in ("/tickets/", f"/tickets/{agent.ticket}/"):
        answer = agent.get(page, **{"Accept-Language": "ru"})
        assert (answer.status, "База данных Отклика не отвечает" in answer.text) == (503, True), page
        assert int(answer.headers["retry-after"]) > 0
    stranger = desk.get("/accounts/login/", headers={"Accept-Language": "en"})
    assert (stranger.status, "The database of the desk does not answer" in stranger.text) == (503, True)
    stream = agent.get("/live/", Accept="text/event-stream")
    assert (stream.status, int(stream.headers["retry-after"]) > 0) == (503, True)
    beside = agent.reply("Этого никто не принял")
    assert (beside.status, "не отвечает" in json.loads(beside.body)["message"]) == (503, True)
    page = agent.reply("Этого никто не принял, и оно стоит на странице", script=False)
    assert (page.status, "и оно стоит на странице" in page.text) == (503, True)
    for method, body in (("GET", None), ("POST", {"subject": "Нет базы"})):
        problem = agent.call(method, "/tickets", body)
        assert (problem.status, json.loads(problem.body)["type"]) == (503, AWAY)


def crash(cluster: Cluster, desk: Desk, agent: Agent, pouring: Pouring, seconds: float) -> None:
    """Let the database crash, stay away for at least so long, and come back."""
    family = processes(desk)
    listener = Listener(desk.port, agent.cookies)
    assert listener.status == 200
    cluster.stop("immediate")
    back = time.monotonic() + seconds
    pouring.wait_for_refusals(3)
    refuse_everything(desk, agent)
    assert listener.until(lambda frame: frame.name == "end").data == "away", "who listens is told that nothing comes"
    while time.monotonic() < back:
        pouring.wait_for_refusals(1)
    assert processes(desk) == family, "no process ends because the database is away"
    cluster.start()
    wait_until(lambda: desk.get("/readyz").status == 200, timeout=90, what="readiness with the database back")
    again = wait_until(lambda: (one := Listener(desk.port, agent.cookies, listener.last_id)).status == 200 and one)
    assert again.next().name == "news"
    assert processes(desk) == family


def torment(folder: Path, cluster: Cluster, *, rounds: int, until: float, seconds: float, replies: int) -> None:
    """Crash the database of a desk that receives and sends, several times; then compare promises with what is."""
    with running_sink() as sink:
        env = {"OTKLIK_DATABASE_URL": cluster.dsn, "OTKLIK_SMTP_URL": sink.url}
        with running_desk(folder, demo=True, env=env) as desk:
            agent = Agent(desk)
            pouring = Pouring.begin(desk, (mails(10**9, run=f"away{number}") for number in range(2)))
            sink.final = lambda _address: (time.sleep(0.05), "250 2.0.0 Ok: queued as 1")[1]
            texts, number = [], 0
            while number < rounds or time.monotonic() < until:
                pouring.wait_for(3)
                texts += queue_replies(agent, f"Ответ {number}, письмо", replies)
                crash(cluster, desk, agent, pouring, seconds)
                number += 1
            pouring.wait_for(3)
            pouring.assert_exactly_once()
            assert_sent_once(desk, sink, texts, all_of_them=until > 0)
            refusals = {code for sender in pouring.senders for code in sender.refusals}
            assert refusals
            assert all(400 <= code < 500 for code in refusals), refusals
            assert " status=500 " not in desk.log()


def test_a_database_that_crashes_is_told_and_loses_nothing(tmp_path: Path, crashing_server: Cluster) -> None:
    torment(tmp_path, crashing_server, rounds=1, until=0, seconds=2, replies=10)


@pytest.mark.soak
def test_soak(tmp_path: Path, pytestconfig: pytest.Config, crashing_server: Cluster) -> None:
    """Again and again; away for longer than a sender tries to write down what became of a mail."""
    until = time.monotonic() + 60 * pytestconfig.getoption("--soak-minutes")
    torment(tmp_path, crashing_server, rounds=2, until=until, seconds=12, replies=40)
