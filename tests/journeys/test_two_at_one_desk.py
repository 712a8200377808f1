"""What two people see of each other's work, what hostile mail may not do, and the small screen."""

import re

import pytest
from playwright.sync_api import Browser, Route, expect

from otklik.testing.browser import PHONE, Visitor, visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import AGENT, Sink, letter

pytestmark = pytest.mark.journey
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGP4z8CAB+GTG8HSALfKY52fTcuYAAAAAElFTkSuQmCC"
HOSTILE = (
    "<p>Здравствуйте <b>жирно</b></p><table><tr><td>таблица</td></tr></table>"
    '<img src="http://127.0.0.1:1/track.png" onerror="parent.hacked=1"><script>parent.hacked=1</script>'
    '<a href="javascript:parent.hacked=1">нажми</a><svg onload="parent.hacked=1"></svg>'
)


def _html_letter(subject: str, html: str) -> bytes:
    text = letter(subject, "x").decode().partition("\n\n")[0]
    head = "\n".join(line for line in text.splitlines() if not line.lower().startswith("content-"))
    return f'{head}\nContent-Type: text/html; charset="utf-8"\nContent-Transfer-Encoding: 8bit\n\n{html}'.encode()


def test_a_press_before_the_scripts_are_there_is_not_lost(agent: Visitor, desk: Desk) -> None:
    page, subject = agent.page, "Линия в подвале медленная"
    page.goto("/tickets/?folder=unassigned")
    desk.send_mail(letter(subject, "Проверка"))
    page.locator(".ticket-row", has_text=subject).click()
    page.wait_for_url("**/tickets/*/**")
    held: list[Route] = []
    page.route(re.compile("htmx-2"), lambda route: held.append(route))  # noqa: PLW0108 - a method takes no marks of Playwright
    page.goto(page.url, wait_until="commit")
    page.get_by_role("button", name="Взять себе").click(no_wait_after=True)
    page.locator("#more-menu").click(no_wait_after=True)
    expect(page.locator("#prop-assignee")).to_contain_text("никто")
    held[0].continue_()
    expect(page.locator("#prop-assignee")).to_contain_text("Анна")
    expect(page.locator(".menu__item", has_text="Переслать третьей стороне")).to_be_visible()


def test_draft_survives_a_reload_and_stays_where_it_was_written(agent: Visitor) -> None:
    page = agent.page
    page.goto("/tickets/next/?folder=open")
    page.locator(".composer__mode label", has_text="Заметка").click()
    page.keyboard.type("Черновик для своих")
    expect(page.locator(".composer__state")).to_contain_text("Черновик сохранён")
    page.reload()
    expect(page.locator("[data-when=note] .ProseMirror")).to_have_text("Черновик для своих")
    expect(page.locator("[name=mode][value=note]")).to_be_checked()
    expect(page.locator("[name=reply_text]")).to_have_value("")


def test_hostile_mail_runs_nothing_and_fetches_nothing(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    subject = "Письмо с подвохом <script>parent.hacked=1</script>"
    page.goto("/tickets/?folder=unassigned")
    desk.send_mail(_html_letter(subject, HOSTILE))
    page.locator(".ticket-row", has_text="Письмо с подвохом").click()
    frame = page.frame_locator("ok-mail-frame iframe")
    expect(frame.locator("td")).to_have_text("таблица")
    assert page.evaluate("window.hacked") is None
    assert not [url for url in asked if "track.png" in url]
    assert page.locator("h1").inner_text().startswith("Письмо с подвохом <script>")


def test_phone_shows_list_card_and_menu(desk: Desk, chromium_browser: Browser) -> None:
    with visitor(chromium_browser, desk.url, size=PHONE, has_touch=True) as person:
        person.sign_in(AGENT)
        page = person.page
        expect(page.locator(".phone-bar")).to_be_visible()
        expect(page.locator(".rail")).to_be_hidden()
        page.get_by_role("link", name="Ещё").click()
        expect(page.locator(".rail")).to_be_visible()
        page.locator(".rail .rail__link", has_text="Мои").click()
        page.locator(".ticket-row").first.click()
        expect(page.locator(".composer")).to_be_visible()
        page.get_by_role("button", name="Подробности").click()
        expect(page.locator("#ticket-properties")).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide
        assert person.complaints == []


PASTED = """
    const clipboardData = new DataTransfer();
    clipboardData.items.add(file);
    place.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));"""
DROPPED = """
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(file);
    const { left, top } = place.querySelector("p").getBoundingClientRect();
    for (const name of ["dragenter", "dragover", "drop"])
        place.dispatchEvent(new DragEvent(
            name, { dataTransfer, clientX: left + 5, clientY: top + 5, bubbles: true, cancelable: true }));"""


@pytest.mark.parametrize("way", [pytest.param(PASTED, id="pasted"), pytest.param(DROPPED, id="dropped")])
def test_picture_brought_into_a_reply_goes_inside_it_once(agent: Visitor, desk: Desk, sink: Sink, way: str) -> None:
    page = agent.page
    subject = "Пришлите фото таблички" if way == PASTED else "Перетащите фото таблички"
    page.goto("/tickets/?folder=unassigned")
    desk.send_mail(letter(subject, "Где она?", sender="ivan@kafe.example", name="Иван"))
    page.locator(".ticket-row", has_text=subject).click()
    page.locator(".composer .ProseMirror").click()
    page.keyboard.type("Вот здесь: ")
    page.evaluate(
        """(body) => {
            const bytes = Uint8Array.from(atob(body), (sign) => sign.charCodeAt(0));
            const file = new File([bytes], "табличка.png", { type: "image/png" });
            const place = document.activeElement;"""
        + way
        + "}",
        PICTURE,
    )
    expect(page.locator(".composer .ProseMirror img[alt='табличка.png']")).to_be_visible()
    page.get_by_role("button", name="Отправить и ждать клиента").click()
    expect(page.locator(".message--agent .message__body img")).to_be_visible()
    answer = sink.mail_about(subject)
    html = answer.get_body(("html",))
    assert html is not None
    assert html.get_content().count('src="cid:') == 1
    assert "/attachments/" not in html.get_content()
    assert [part.get_content_type() for part in answer.walk() if part.get_filename()] == ["image/png"]


def test_desk_says_when_the_server_is_out_of_reach(agent: Visitor) -> None:
    page = agent.page
    page.goto("/tickets/?folder=open")
    agent.context.set_offline(True)
    expect(page.locator(".net-line")).to_be_visible(timeout=15_000)
    agent.context.set_offline(False)
    expect(page.locator(".net-line")).to_be_hidden(timeout=15_000)
    agent.complaints.clear()  # the browser itself names each request that had no network


def test_reply_leaves_without_script(desk: Desk, chromium_browser: Browser, sink: Sink) -> None:
    subject = "Без скриптов"
    desk.send_mail(letter(subject, "Проверка", sender="olga@kafe.example", name="Ольга"))
    with visitor(chromium_browser, desk.url, java_script_enabled=False) as person:
        person.sign_in(AGENT)
        page = person.page
        page.goto(f"/tickets/?q={subject}")
        page.locator(".ticket-row__open").first.click()
        page.locator("textarea[name=reply_text]").fill("Ответ простой формой")
        page.get_by_role("button", name="Отправить и ждать клиента").click()
        expect(page.locator(".message--agent .message__body")).to_contain_text("Ответ простой формой")
    assert "Ответ простой формой" in str(sink.mail_about(subject).get_body(("plain",)).get_content())  # type: ignore[union-attr]


def test_what_is_typed_while_the_editor_comes_is_kept(agent: Visitor) -> None:
    page, held = agent.page, list[Route]()
    script = "**/django_prose_editor/editor*.js"
    page.route(script, lambda route: held.append(route))  # noqa: PLW0108 - no method: the handler gets an attribute
    with page.expect_request(script):
        page.goto("/tickets/next/?folder=open")
    page.locator(".composer__mode label", has_text="Заметка").click()
    expect(page.locator("[name=note_text]")).to_be_focused()
    page.keyboard.type("Набрано ")
    for route in held:
        route.continue_()
    editor = page.locator("[data-when=note] .ProseMirror")
    expect(editor).to_be_visible()
    page.keyboard.type("до конца")
    expect(editor).to_have_text("Набрано до конца")
