"""Posting by a form, in few words."""

from datetime import timedelta
from io import BytesIO
from typing import Any

from otklik.channels.webform import queries
from otklik.channels.webform.actions import FormFacts, Posted, Upload, Words, add_form, post_request
from otklik.channels.webform.config import FormConfig
from otklik.channels.webform.models import WebForm
from otklik.channels.webform.starts import give_start
from otklik.core.clock import now
from otklik.core.text import short_token
from otklik.testing.people import People

LINK = "https://desk.example/portal/r/{token}/"


def form(company: People, **settings: Any) -> WebForm:
    """Open a form of the desk's team."""
    facts = FormFacts("Заявка с сайта", "site", company.desk, "ru")
    return add_form(facts, FormConfig(**settings), by=company.actor(company.admin))


def words(text: str = "Не холодит витрина", **more: Any) -> Words:
    """Return what Dmitri writes, unless told otherwise."""
    given = {"name": "Дмитрий", "email": "dmitri@elsewhere.example", "peer": "198.51.100.7", "nonce": short_token()}
    return Words(text=text, **(given | more))


def post(text: str = "Не холодит витрина", **more: Any) -> Posted:
    """Post a request by the form of the address."""
    return post_request(queries.open_form("site"), words(text, **more), link=LINK)


def upload(name: str = "фото.jpg", content: bytes = b"\xff\xd8\xff", content_type: str = "image/jpeg") -> Upload:
    """Return a file as a browser sends it."""
    return Upload(BytesIO(content), name, content_type, len(content))


def start(place: str = "site", ago: float = 60) -> str:
    """Return the start of a page that was opened ``ago`` seconds before."""
    return give_start(place, now() - timedelta(seconds=ago))
