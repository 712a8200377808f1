"""The frame of an HTML mail: runs nothing, asks nobody outside, folds what was quoted, gives pictures through us."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

import otklik
from otklik.core import outside_pictures
from otklik.core.actor import Actor
from otklik.core.outside_pictures import NoPicture, OutsidePicture
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.testing.pictures import png
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.models import Attachment, Message, Ticket
from otklik.tickets.tests.test_card_page import PICTURE, _upload, _with_html
from otklik.tickets.views.frame import MOST_PICTURES, picture_url

SHOP = "https://shop.example/p.png?a=1&b=%22"
STORED = '<p>Письмо <img width="300" data-remote-src="https://shop.example/p.png?a=1&amp;b=%22"></p>'
REPLY = '<p>Новый текст</p><p class="q-intro">Анна пишет:</p><blockquote class="q-cite"><p>СТАРЫЙ</p></blockquote>'


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stand in for the internet: every address has a picture, but those of ``gone.example``."""
    asked: list[str] = []

    def fetch(url: str) -> OutsidePicture:
        asked.append(url)
        if "gone.example" in url:
            raise NoPicture
        return OutsidePicture("image/png", png())

    monkeypatch.setattr(outside_pictures, "fetch", fetch)
    return asked


def _frame(company: People, message: Message, query: str = "") -> str:
    return desk_client(company.anna).get(f"/messages/{message.pk}/frame/{query}").content.decode()


def _sources(html: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'<img[^<>]*\ssrc="([^"]*)"', html)]


@pytest.mark.parametrize("query", ["", "?pictures=1"])
def test_frame_runs_nothing_and_reaches_nobody_outside(company: People, query: str) -> None:
    ticket = company.ticket()
    message = _with_html(ticket, '<p>Письмо <img src="https://track.example/p.png"></p>')
    browser = desk_client(company.anna)
    answer = browser.get(f"/messages/{message.pk}/frame/{query}")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "allow-scripts" not in policy
    assert policy.startswith("sandbox ")
    assert policy.endswith("img-src 'self' data:")
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "http" not in "".join(_sources(answer.content.decode()))[:8]
    page = browser.get(f"/tickets/{ticket.pk}/").content.decode()
    assert 'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"' in page


def test_the_frame_keeps_its_origin_only_because_nothing_runs_in_it(company: People) -> None:
    """ADR 0018: the page and the answer both say so, wherever the letter stands, also for one opened by itself."""
    ticket = company.ticket()
    hostile = (
        '<p onclick="x()">Письмо <a href="javascript:x()">раз</a><script>x()</script><meta http-equiv="refresh"></p>'
    )
    message = _with_html(ticket, hostile)
    browser = desk_client(company.anna)
    alone = browser.get(f"/messages/{message.pk}/frame/")
    (policy,) = alone.headers["Content-Security-Policy"].split(",")
    rules = {words[0]: set(words[1:]) for words in (rule.split() for rule in policy.split(";"))}
    page = browser.get(f"/tickets/{ticket.pk}/").content.decode()
    templates = [path.read_text() for path in Path(otklik.__file__).parent.rglob("*.html")]
    sandboxes = [rules["sandbox"]]
    for text in (page, *templates):
        frames = re.findall(r"<iframe[^>]*>", text)
        sandboxes += [set(re.findall(r'sandbox="([^"]*)"', one)[0].split()) for one in frames]
    assert len(sandboxes) > 3
    for allowed in sandboxes:
        assert allowed == {"allow-same-origin", "allow-popups", "allow-popups-to-escape-sandbox"}
    none = {"'none'"}
    assert (rules["default-src"], rules["form-action"], rules["base-uri"]) == (none, none, none)
    assert rules["frame-ancestors"] == {"'self'"}
    assert rules["img-src"] == {"'self'", "data:"}
    assert not {
        name for name in rules if name.startswith(("script", "frame-src", "object", "connect", "worker", "child"))
    }


def test_pictures_have_an_address_of_ours_only_when_asked_for(company: People, fetched: list[str]) -> None:
    message = _with_html(company.ticket(), STORED)
    held = _frame(company, message)
    assert _sources(held) == []
    assert "sign=" not in held
    (source,) = _sources(_frame(company, message, "?pictures=1"))
    assert parse_qs(urlsplit(source).query)["url"] == [SHOP]
    assert not fetched  # the frame itself asks nobody
    answer = desk_client(company.anna).get(source)
    assert (answer.status_code, answer.content) == (200, png())
    assert fetched == [SHOP]
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["Cache-Control"] == "private, max-age=86400"


def test_only_signed_addresses_of_this_message_are_fetched(company: People, fetched: list[str]) -> None:
    message, other = (_with_html(company.ticket(), STORED) for _ in range(2))
    good = picture_url(message.pk, SHOP)
    browser = desk_client(company.anna)
    path, query = good.split("?")
    wrong = [
        path, f"{path}?url=http://x.example/", f"{path}?url=http://x.example/&sign=", f"{good}&more=1",
        good.replace("shop.example", "evil.example"), good[:-1], f"/messages/{other.pk}/pictures/?{query}",
        f"/messages/{message.pk + 1000}/pictures/?{query}",
    ]  # fmt: skip
    assert [browser.get(url).status_code for url in wrong] == [404] * len(wrong)
    assert not fetched
    assert browser.get(good).status_code == 200


def test_only_who_sees_the_message_gets_its_pictures(company: People, fetched: list[str]) -> None:
    url = picture_url(_with_html(company.ticket(team=company.field), STORED).pk, SHOP)
    set_value("agents_see", "teams", by=Actor.system())
    assert desk_client(company.anna).get(url).status_code == 404
    assert desk_client(None).get(url).status_code in {302, 401, 404}
    assert not fetched
    assert desk_client(company.admin).get(url).status_code == 200


def test_a_picture_that_does_not_come_is_none(company: People, fetched: list[str]) -> None:
    url = picture_url(_with_html(company.ticket(), STORED).pk, "https://gone.example/")
    answer = desk_client(company.anna).get(url)
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_a_mail_of_very_many_pictures_gets_a_bounded_number(company: People) -> None:
    html = "".join(f'<img data-remote-src="https://a.example/{number}">' for number in range(MOST_PICTURES + 50))
    message = _with_html(company.ticket(), html)
    assert len(_sources(_frame(company, message, "?pictures=1"))) == MOST_PICTURES


def test_words_that_look_like_an_address_stay_words(company: People) -> None:
    html = """<p> src="http://a.example/" <img alt=" src='http://a.example' onerror=x " data-remote-src="http://b.example/"></p>"""
    shown = _frame(company, _with_html(company.ticket(), html), "?pictures=1")
    assert """ src="http://a.example/" <img alt=" src='http://a.example' onerror=x " src="/messages/""" in shown


def test_inline_picture_of_a_mail_comes_from_us(company: People) -> None:
    ticket = company.ticket()
    message = _with_html(ticket, '<p><img src="cid:logo@x"><img src="cid:gone@x"></p>')
    file = _upload(company, "logo.png", "image/png", PICTURE)
    Attachment.objects.filter(pk=file.pk).update(message=message, ticket=ticket, cid="logo@x", inline=True)
    frame = desk_client(company.anna).get(f"/messages/{message.pk}/frame/").content.decode()
    assert f'src="/attachments/{file.token}/logo.png"' in frame
    assert "cid:" not in frame


def _answer(company: People, ticket: Ticket, html: str) -> Message:
    """Let Clara's next mail have this HTML."""
    first = ticket.messages.get(kind="incoming")
    actions.reply(ticket, body_text="Когда удобно?", by=company.actor(company.anna))
    row = Message.objects.get(pk=first.pk)
    row.pk = None
    row._state.adding = True
    row.token = Message._meta.get_field("token").get_default()
    row.body_html = html
    row.save()
    return row


def test_what_an_answer_quotes_is_folded_without_a_script(company: People) -> None:
    message = _answer(company, company.ticket(), REPLY)
    shown = _frame(company, message)
    new, fold, old = shown.partition('<details class="earlier"><summary>')
    assert "Новый текст" in new
    assert "СТАРЫЙ" not in new
    assert fold
    assert "СТАРЫЙ" in old
    assert old.rstrip().endswith("</details></body></html>")


def test_the_first_mail_of_a_ticket_shows_all(company: People) -> None:
    shown = _frame(company, _with_html(company.ticket(), REPLY))
    assert "<details" not in shown
    assert "СТАРЫЙ" in shown


def test_an_answer_below_the_quote_is_never_folded(company: People) -> None:
    below = '<blockquote class="q-cite"><p>СТАРЫЙ</p></blockquote><p>Новый текст ниже</p>'
    shown = _frame(company, _answer(company, company.ticket(), below))
    assert "<details" not in shown
    assert "Новый текст ниже" in shown


def test_pictures_of_a_folded_part_are_ours_too(company: People) -> None:
    html = REPLY.replace("СТАРЫЙ", f"СТАРЫЙ {STORED[10:-4]}")
    message = _answer(company, company.ticket(), html)
    assert _sources(_frame(company, message)) == []
    (source,) = _sources(_frame(company, message, "?pictures=1"))
    assert source == picture_url(message.pk, SHOP)
