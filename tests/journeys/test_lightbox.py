"""Photos of a conversation over the whole window: opened, zoomed, changed and closed by keyboard and pointer."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import letter

pytestmark = pytest.mark.journey
SUBJECT = "Фото витрины с двух сторон"


def _with_photos() -> bytes:
    mail = message_from_bytes(letter(SUBJECT, "Смотрите", sender="photo@kafe.example"), policy=policy.SMTP)
    assert isinstance(mail, EmailMessage)
    for name in ("слева.png", "справа.png"):
        file = BytesIO()
        Image.effect_noise((640, 420), 90).convert("RGB").save(file, "PNG")
        mail.add_attachment(file.getvalue(), maintype="image", subtype="png", filename=name)
    return mail.as_bytes()


def test_photos_are_looked_at_closely(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    desk.send_mail(_with_photos())
    page.goto("/tickets/?folder=unassigned")
    page.locator(".ticket-row", has_text=SUBJECT).locator(".ticket-row__open").click()
    expect(page.locator(".thumb").first).to_be_visible()
    page.wait_for_load_state()  # before its scripts run, a photo is a plain link
    page.locator(".thumb").first.click()
    box = page.get_by_role("dialog", name="Фото")
    expect(box).to_be_visible()
    expect(box).to_contain_text("слева.png")
    expect(box).to_contain_text("1 / 2")
    picture = box.locator("img")
    wide = picture.bounding_box()
    page.keyboard.press("Equal")
    assert wide is not None
    expect(box.locator("[data-zoomed]")).to_be_visible()
    near = picture.bounding_box()
    assert near is not None
    assert near["width"] > wide["width"] * 1.2
    page.keyboard.press("ArrowRight")
    expect(box).to_contain_text("справа.png")
    assert picture.bounding_box() == wide  # another photo begins whole
    page.keyboard.press("ArrowRight")
    expect(box).to_contain_text("слева.png")
    page.keyboard.press("Escape")
    expect(box).not_to_be_visible()
    expect(page.locator(".thread")).to_be_visible()
