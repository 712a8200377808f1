"""Hands that never leave the keyboard, with the Russian layout on: to a row, to an element, out of a text."""

from playwright.sync_api import Locator, Page, expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import letter, ready, tab_to


def walk_to_row(person: Visitor, subject: str) -> None:
    """Walk through the list to a row: up from where the list stands, then down."""
    focused, passed = person.page.locator(".ticket-row--focus"), ""
    person.press_russian("KeyJ")
    for code in ("KeyK", "KeyJ"):
        while (here := focused.text_content() or "") != passed:
            if subject in here:
                return
            passed = here
            person.press_russian(code)
        passed = ""
    raise AssertionError(f"no row “{subject}” on the way")


def list_with(person: Visitor, desk: Desk, *subjects: str, sender: str, text: str = "Проверьте") -> Page:
    """Have a customer write these and show them in the list, the last one first."""
    page = person.page
    for subject in subjects:
        desk.send_mail(letter(subject, text, sender=sender, name="Кафе Клавиша"), sender=sender)
    page.goto("/tickets/?folder=unassigned")
    for subject in subjects:
        expect(page.locator(".ticket-row", has_text=subject)).to_be_visible()
    ready(page, "ok-list", "ok-toasts")
    return page


def open_ticket(person: Visitor, desk: Desk, subject: str, *, sender: str, text: str = "Проверьте") -> str:
    """Have a customer write, walk to the row, open the ticket; return its number once its keys work."""
    page = list_with(person, desk, subject, sender=sender, text=text)
    walk_to_row(person, subject)
    page.keyboard.press("Enter")
    page.wait_for_url("**/tickets/*/**")
    return card_is_there(page)


def card_is_there(page: Page) -> str:
    """Wait until a card takes keys; return the number of its ticket."""
    expect(page.locator("[data-when=reply] .ProseMirror")).to_be_visible()
    ready(page, "ok-card", "ok-composer", "ok-toasts")
    return str(page.locator("ok-card").get_attribute("data-number"))


def press_at(page: Page, wanted: Locator, *, backwards: bool = False, most: int = 90) -> None:
    """Walk with the Tab key to what shows itself there, and press it."""
    tab_to(page, wanted, backwards=backwards, most=most)
    seen = "(element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true })"
    page.wait_for_function(seen, arg=wanted.element_handle())
    page.keyboard.press("Enter")


def write_into(page: Page, field: Locator, words: str, *, most: int = 90) -> None:
    """Walk with the Tab key to a field and write there, over what it holds."""
    if not field.evaluate("(element) => element === document.activeElement"):
        tab_to(page, field, most=most)
    page.keyboard.press("Control+A")
    page.keyboard.type(words)


def leave_text(page: Page) -> None:
    """Leave the text one writes in, so that keys are keys again."""
    writing = "document.activeElement.matches('[contenteditable=true], textarea')"
    page.wait_for_function(f"() => {writing}")
    page.keyboard.press("Escape")
    page.wait_for_function(f"() => !{writing}")
