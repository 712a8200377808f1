"""A letter as it was designed: what it quotes is folded in its frame, and the frame grows when the fold is opened."""

from email import message_from_bytes
from email.message import EmailMessage

import pytest
from playwright.sync_api import expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import letter

pytestmark = pytest.mark.journey
ANSWER = """<p>Фото приложить не вышло, замеры в таблице:</p>
<table border="1" cellpadding="6"><tr><td>верх</td><td>+9&nbsp;°C</td></tr>
<tr><td>низ</td><td>+4&nbsp;°C</td></tr></table>
<div class="gmail_quote"><div class="gmail_attr">пт, 5 июн. 2026 г. в 12:10, Служба
&lt;support@demo.otklik.test&gt;:<br></div>
<blockquote class="gmail_quote"><p>Какая температура на полках?</p>{}</blockquote></div>"""


def test_a_quote_is_folded_in_the_frame_and_opens_without_a_script(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    subject = "Замеры в витрине"
    page.goto("/tickets/?folder=unassigned")
    first = letter(subject, "Витрина греется.")
    desk.send_mail(first)
    page.locator(".ticket-row", has_text=subject).click()
    expect(page.locator(".message--customer .message__body")).to_contain_text("Витрина греется.")

    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "clara@berezka.example", "support@demo.otklik.test", f"Re: {subject}"
    mail["In-Reply-To"] = mail["References"] = message_from_bytes(first)["Message-ID"]
    mail.set_content(ANSWER.format("<p>Старое письмо.</p>" * 20), subtype="html")
    desk.send_mail(bytes(mail))

    frame = page.frame_locator("ok-mail-frame iframe")
    expect(frame.get_by_text("+9")).to_be_visible()
    summary, old = frame.locator("details.earlier > summary"), frame.get_by_text("Какая температура на полках?")
    expect(summary).to_be_visible()
    expect(old).to_be_hidden()
    height = "(frame) => frame.getBoundingClientRect().height"
    low = page.locator("ok-mail-frame iframe").evaluate(height)
    summary.click()
    expect(old).to_be_visible()
    page.wait_for_function(
        "(low) => document.querySelector('ok-mail-frame iframe').getBoundingClientRect().height > low + 300", arg=low
    )
