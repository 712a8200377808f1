"""A mailbox at a real Dovecot from its settings to the first answer: what is wrong is said in words, then it works."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from otklik.channels.email.tests import dovecot
from otklik.channels.email.tests.dovecot import Dovecot
from otklik.testing.browser import Visitor
from otklik.testing.server import Desk, free_port
from tests.journeys.axe import look_at
from tests.journeys.conftest import Sink, letter, signed_in

pytestmark = [pytest.mark.journey, pytest.mark.imap]
ADDRESS = "vitriny@demo.otklik.test"


@pytest.fixture
def server() -> Iterator[Dovecot]:
    """The company's mail server."""
    with dovecot.running() as made:
        yield made


@pytest.fixture
def admin(desk: Desk, chromium_browser: Browser) -> Iterator[Page]:
    """The administrator's page; the mailbox receives no more at the end, before its server is gone."""
    with signed_in(desk, chromium_browser, "admin@demo.otklik.test") as person:
        yield person.page
        person.page.get_by_role("switch", name="Принимать почту").set_checked(False, force=True)
        person.page.get_by_role("button", name="Сохранить", exact=True).click()
        expect(person.page.get_by_text("Сохранено", exact=True)).to_be_visible()


def _begin(page: Page) -> None:
    """Add the mailbox by its address; the page of its servers comes next."""
    page.goto("/settings/mailboxes/")
    page.get_by_role("link", name="Добавить ящик").first.click()
    page.get_by_label("Адрес", exact=True).fill(ADDRESS)
    page.get_by_label("Название").fill("Витрины")
    page.get_by_text("Другой почтовый сервер").click()
    page.get_by_role("button", name="Дальше").click()
    expect(page.get_by_role("heading", name=ADDRESS)).to_be_visible()


def _connect(page: Page, *, port: int, password: str) -> None:
    page.locator("#imap-port").fill(str(port))
    page.locator("#imap-password").fill(password)
    page.locator("#imap-password").press("Enter")


def test_mailbox_is_connected_by_hand_and_answers(
    agent: Visitor, desk: Desk, sink: Sink, server: Dovecot, admin: Page
) -> None:
    page, found = admin, admin.locator("#connection")
    _begin(page)
    page.locator("#imap-host").fill("127.0.0.1")
    page.locator("#imap-security").select_option("none")
    page.locator("#imap-user").fill(dovecot.USER)
    page.get_by_label("Как уходит").select_option("own")
    page.locator("#smtp-host").fill("127.0.0.1")
    page.locator("#smtp-port").fill(str(sink.port))
    page.locator("#smtp-security").select_option("none")
    page.get_by_role("switch", name="Те же имя").set_checked(False, force=True)
    _connect(page, port=free_port(), password=dovecot.PASSWORD)
    expect(found.locator(".callout--bad h3")).to_have_text("Подходящий почтовый сервер там не отвечает")
    expect(found).to_contain_text("порт закрыт")
    receives = page.get_by_role("switch", name="Принимать почту")
    expect(receives).not_to_be_checked()

    _connect(page, port=server.port, password="wrong-word")
    expect(found.locator(".callout--bad h3")).to_have_text("Сервер не пустил: пароль не подошёл")
    expect(found.get_by_text("Сервер отправляет")).to_be_visible()  # the way out is told apart from the way in
    look_at(page)

    agent.page.goto("/tickets/?folder=unassigned")
    subject = "Витрина у входа не светит"
    server.put(letter(subject, "Лампы погасли ночью.", sender="olga@lavka.example", name="Ольга Лавкина"))
    _connect(page, port=server.port, password=dovecot.PASSWORD)
    expect(page.get_by_text("Соединение работает")).to_be_visible()
    expect(found.locator(".callout--bad")).to_have_count(0)
    expect(receives).to_be_checked()

    page = agent.page
    page.locator(".ticket-row", has_text=subject).click()
    expect(page.locator(".message--customer .message__body")).to_contain_text("Лампы погасли ночью.")
    expect(page.locator("#ticket-properties")).to_contain_text("Витрины")
    page.locator(".composer .ProseMirror").click()
    page.keyboard.type("Электрик будет в полдень.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message--agent .message__body")).to_contain_text("Электрик будет в полдень.")
    answer = sink.mail_about(subject)
    assert answer["To"].addresses[0].addr_spec == "olga@lavka.example"
    assert answer["From"].addresses[0].addr_spec == ADDRESS
    assert answer["In-Reply-To"]
    assert server.count(criterion="UNSEEN") == 1  # what was fetched was not touched there
