"""A colleague answers the mail that told him of news: his words go to the customer, a forger's are held and shown."""

from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser, Page, expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk, wait_until
from tests.journeys.conftest import Sink, add_colleague, letter, signed_in

pytestmark = pytest.mark.journey
TRUSTED = "mx.demo.otklik.test"
WAIT = "Ждать перед отправкой уведомления письмом"
BOX = "support@demo.otklik.test"


@pytest.fixture
def trusting(desk: Desk, chromium_browser: Browser) -> Iterator[None]:
    """The administrator lets mail leave at once and trusts his mail server's checks; afterwards all is as before."""
    with signed_in(desk, chromium_browser, "admin@demo.otklik.test") as person:
        page = person.page
        _trust(page, TRUSTED)
        page.goto(f"/settings/desk/?q={WAIT}")
        page.get_by_label(WAIT).fill("0")
        page.get_by_role("button", name="Сохранить").click()
        expect(page.locator(".toast", has_text="Сохранено")).to_be_visible()
        yield
        page.goto(f"/settings/desk/?q={WAIT}")
        page.get_by_role("button", name="Сбросить").click()
        expect(page.get_by_label(WAIT)).to_have_value("180")
        _trust(page, "")


def _trust(page: Page, name: str) -> None:
    page.goto("/settings/mailboxes/")
    page.locator("main").get_by_role("link", name=BOX).click()
    page.get_by_label("Серверы, чьим проверкам").fill(name)
    page.get_by_role("button", name="Сохранить", exact=True).click()
    expect(page.get_by_text("Сохранено", exact=True)).to_be_visible()


def _told(sink: Sink, address: str, words: str) -> EmailMessage:
    """Return the mail that told somebody of these words; waits for it."""

    def found() -> list[EmailMessage]:
        mails = [mail for mail in sink.mails if mail["To"].addresses[0].addr_spec == address]
        return [mail for mail in mails if words in str(mail.get_body(("plain",)).get_content())]  # type: ignore[union-attr]

    return wait_until(found, timeout=60, what=f"a mail to {address} about “{words}”")[-1]


def _answer(told: EmailMessage, sender: str, text: str, verdict: str) -> bytes:
    """Return an answer as a mail program makes it, with what the own mail server has found about its sender."""
    body = told.get_body(("plain",))
    assert body is not None
    quoted = "\n".join(f"> {line}" for line in str(body.get_content()).splitlines())
    headers = {"In_Reply_To": told["Message-ID"]}
    if verdict:
        headers["Authentication_Results"] = f"{TRUSTED}; dmarc={verdict} header.from=demo.otklik.test"
    return letter(f"Re: {told['Subject']}", f"{text}\n\n{quoted}", sender=sender, name="Нина", **headers)


def test_answer_goes_to_the_customer_and_a_forged_one_is_held(
    agent: Visitor, desk: Desk, sink: Sink, chromium_browser: Browser, trusting: None
) -> None:
    nina, subject = add_colleague(desk, "Нина Почтова", "nina", "a long secret of Nina 8"), "Морозильник не морозит"
    desk.send_mail(letter(subject, "Минус два вместо восемнадцати.", sender="oleg@kafe.example", name="Олег"),
                   sender="oleg@kafe.example")  # fmt: skip
    page = agent.page
    page.goto("/tickets/?folder=unassigned")
    page.locator(".ticket-row", has_text=subject).click()
    page.locator("#prop-assignee").click()
    page.locator(".menu__filter").fill("Нина Почтова")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#prop-assignee")).to_contain_text("Нина")
    told = _told(sink, nina, subject)
    door = told["Reply-To"].addresses[0].addr_spec
    assert door.startswith("support+n-")

    for verdict in ("", "fail"):
        forged = _answer(told, nina, f"Отдайте ключи! {verdict}", verdict)
        desk.send_mail(forged, sender="eve@nowhere.example", to=door)
    expect(page.get_by_role("region", name="Задержанное сообщение")).to_have_count(2)
    expect(page.locator(".message--agent")).to_have_count(0)

    desk.send_mail(_answer(told, nina, "Мастер выехал, будет через час.", "pass"), sender=nina, to=door)
    said = page.locator(".message--agent .message__body")
    expect(said).to_contain_text("Мастер выехал, будет через час.")
    expect(page.locator(".message--agent")).to_contain_text("Нина Почтова")
    answer = _told(sink, "oleg@kafe.example", "Мастер выехал")
    text = str(answer.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert (answer["From"].addresses[0].addr_spec, "↑" in text, "ключи" in text) == (BOX, False, False)
