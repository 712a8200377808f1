"""The time an answer takes: counted while one works and no longer, corrected by hand, summed on the card."""

import pytest
from playwright.sync_api import Locator, Page, expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import letter, tab_to, undo

pytestmark = pytest.mark.journey


def _open(person: Visitor, desk: Desk, subject: str) -> Page:
    """Have a customer write and open the ticket, on a clock that the journey can turn on."""
    page = person.page
    page.clock.install()
    desk.send_mail(letter(subject, "Сколько это займёт?", sender="hours@kafe.example", name="Кафе Час"))
    page.goto("/tickets/?folder=unassigned")
    page.locator(".ticket-row", has_text=subject).locator(".ticket-row__open").click()
    expect(page.locator(".composer .ProseMirror").first).to_be_visible()
    return page


def _counted(page: Page) -> int:
    """Return the seconds that the timer shows."""
    minutes, seconds = str(page.locator("ok-timer [data-face]").text_content()).split(":")
    return int(minutes) * 60 + int(seconds)


def _later(page: Page, seconds: int) -> int:
    """Let some time go by; return what the timer shows then."""
    page.clock.run_for(seconds * 1000)
    return _counted(page)


def _sum(page: Page) -> Locator:
    return page.locator("#ticket-properties dt:has-text('Потрачено времени') + dd")


def test_time_is_counted_while_one_works(agent: Visitor, desk: Desk) -> None:
    page = _open(agent, desk, "Сколько времени уходит")
    timer = page.locator("ok-timer")
    expect(timer).to_be_hidden()
    page.locator("[data-when=reply] .ProseMirror").click()
    page.keyboard.type("Здравствуйте!")
    begun = _later(page, 30)
    assert 30 <= begun < 55
    stood = _later(page, 120)
    assert begun + 25 <= stood <= begun + 62  # a minute without a key is the end
    assert _later(page, 60) == stood
    page.keyboard.type(" Едем.")
    again = _later(page, 20)
    assert stood + 19 <= again < stood + 40
    page.locator(".thread").click(position={"x": 5, "y": 5})
    left = _counted(page)
    assert _later(page, 30) == left  # reading is not writing

    face = timer.locator("summary")
    face.click()
    page.get_by_label("Потрачено минут").fill("12")
    face.click()
    expect(face).to_have_text("12:00")
    page.locator("[data-when=reply] .ProseMirror").click()
    page.keyboard.type(" Ждите.")
    assert _later(page, 30) == 12 * 60  # what was typed is kept
    page.get_by_role("button", name="Отправить и ждать клиента").click()
    sent = page.locator(".message--agent")
    expect(sent.locator(".message__spent")).to_have_text("12 мин")
    expect(_sum(page)).to_have_text("12 мин")
    expect(timer).to_be_hidden()

    undo(page)
    expect(sent).to_have_count(0)
    expect(face).to_have_text("12:00")  # what is taken back brings its time back
    expect(_sum(page)).to_have_count(0)
    page.get_by_role("button", name="Отправить и ждать клиента").click()
    sent.locator(".message__spent").click()
    sent.get_by_label("Потрачено минут").fill("45")
    sent.get_by_role("button", name="Сохранить").click()
    expect(sent.locator(".message__spent")).to_have_text("45 мин")
    expect(_sum(page)).to_have_text("45 мин")


def test_time_is_corrected_by_keys_alone(agent: Visitor, desk: Desk) -> None:
    page = _open(agent, desk, "Время без мыши")
    timer = page.locator("ok-timer summary")
    agent.press_russian("KeyR")
    page.keyboard.type("Здравствуйте, выезжаем")
    assert _later(page, 30) >= 30
    tab_to(page, timer)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Потрачено минут")).to_be_focused()
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    expect(timer).to_be_focused()
    expect(timer).to_have_text("7:00")
    page.keyboard.press("Control+Enter")
    sent = page.locator(".message--agent")
    expect(sent.locator(".message__spent")).to_have_text("7 мин")

    agent.press_russian("KeyC")
    page.keyboard.type("Взять лестницу")
    _later(page, 45)
    tab_to(page, timer)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Потрачено минут")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # this time is not to be recorded
    page.keyboard.press("Escape")
    expect(timer).to_be_focused()
    page.keyboard.press("Control+Enter")
    note = page.locator(".note", has_text="Взять лестницу")
    expect(note).to_be_visible()
    expect(_sum(page)).to_have_text("7 мин")
    tab_to(page, note.locator(".message__spent"), backwards=True)
    page.keyboard.press("Enter")
    minutes = note.get_by_label("Потрачено минут")
    expect(minutes).to_be_focused()
    page.keyboard.type("90")
    page.keyboard.press("Enter")
    expect(note.locator(".message__spent")).to_contain_text("1 ч 30 мин")
    expect(_sum(page)).to_have_text("1 ч 37 мин")
    expect(note.locator(".message__spent")).to_be_focused()


def test_a_form_answers_from_the_moment_it_is_shown(agent: Visitor, desk: Desk) -> None:
    page = _open(agent, desk, "Быстрее, чем видно")
    agent.press_russian("KeyC")
    page.keyboard.type("Пять минут по телефону")
    _later(page, 300)
    page.keyboard.press("Control+Enter")
    note = page.locator(".note", has_text="Пять минут по телефону")
    note.locator(".message__spent").wait_for()
    # nobody is quicker: the form is filled and sent in the very task that puts it into the page
    page.evaluate("""() => new MutationObserver((_, watching) => {
        const field = document.querySelector("details[open] form input[name=minutes]");
        if (!field) return;
        watching.disconnect();
        field.value = "90";
        field.form.requestSubmit();
    }).observe(document.body, { childList: true, subtree: true })""")
    note.locator(".message__spent").click()
    expect(note.locator(".message__spent")).to_have_text("1 ч 30 мин")
    expect(page.locator("h1")).to_contain_text("Быстрее, чем видно")
