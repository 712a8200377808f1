"""REST of web forms: for those who may change settings."""

from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from otklik.accounts.models import Team
from otklik.accounts.queries import all_teams_visible_to
from otklik.accounts.rest import Json, PageQuery, Strict, idempotent, needs
from otklik.accounts.shapes import PageOf
from otklik.channels.models import Connection
from otklik.channels.webform import actions, queries
from otklik.channels.webform.actions import FormFacts
from otklik.channels.webform.config import FormConfig
from otklik.channels.webform.models import WebForm
from otklik.channels.webform.shapes import FormOut
from otklik.channels.webform.views import address_of
from otklik.core.actor import Actor
from otklik.core.errors import Conflict, Invalid, NotFound
from otklik.core.locality import desk_language
from otklik.core.pages import keyset_page

router = Router(tags=["administration"])
Wanted = Literal["off", "optional", "required"]
_FACTS = ("name", "key", "team", "language", "enabled")


class FormIn(Strict):
    """A web form; one of ``email`` and ``phone`` must be asked for, else nobody can be answered."""

    name: str = Field(max_length=120)
    key: str = Field(max_length=40)
    team: int | None = None
    language: Literal["ru", "en"] | None = None
    enabled: bool = True
    title: str = Field("", max_length=120)
    intro: str = Field("", max_length=1000)
    thanks: str = Field("", max_length=1000)
    consent: str = Field("", max_length=500)
    email: Wanted = "optional"
    phone: Wanted = "optional"
    subject: Wanted = "optional"
    files: bool = True
    confirmation: bool = True


class FormPatch(Strict):
    """What to change; ``version`` guards against changing what somebody else changed meanwhile."""

    name: str | None = Field(None, max_length=120)
    key: str | None = Field(None, max_length=40)
    team: int | None = None
    language: Literal["ru", "en"] | None = None
    enabled: bool | None = None
    title: str | None = Field(None, max_length=120)
    intro: str | None = Field(None, max_length=1000)
    thanks: str | None = Field(None, max_length=1000)
    consent: str | None = Field(None, max_length=500)
    email: Wanted | None = None
    phone: Wanted | None = None
    subject: Wanted | None = None
    files: bool | None = None
    confirmation: bool | None = None
    version: int | None = None


@router.get("/forms", response=PageOf[FormOut], summary="Web forms")
def list_forms(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """The web forms, oldest first."""
    rows = queries.visible_to(needs(request, "settings.edit", query))
    page = keyset_page(rows, order=[("id", int)], cursor=query.cursor or None, limit=query.limit)
    return {"items": [_form_json(request, form) for form in page.items], "next": page.next}


@router.post("/forms", response={201: FormOut}, summary="Add a web form")
@idempotent
def post_form(request: HttpRequest, body: FormIn) -> tuple[int, Json]:
    """Add a form: a channel of the directory with an address of its own."""
    actor = needs(request, "settings.edit")
    facts, settings, enabled = _read(actor, body.dict())
    made = actions.add_form(facts, settings, enabled=enabled, by=actor)
    return 201, _form_json(request, _form(actor, made.pk))


@router.get("/forms/{int:form_id}", response=FormOut, summary="One web form")
def get_form(request: HttpRequest, form_id: int) -> Json:
    """A form with what it asks for and says."""
    return _form_json(request, _form(needs(request, "settings.edit"), form_id))


@router.patch("/forms/{int:form_id}", response=FormOut, summary="Change a web form")
def patch_form(request: HttpRequest, form_id: int, body: FormPatch) -> Json:
    """Change a form; switched off, it takes nothing and its address answers 404."""
    actor = needs(request, "settings.edit")
    form = _form(actor, form_id)
    given: dict[str, Any] = {
        key: value for key, value in body.dict(exclude_unset=True).items() if value is not None or key == "team"
    }
    version = given.pop("version", None)
    facts, settings, enabled = _read(actor, _held(form) | given)
    try:
        actions.change_form(form, facts, settings, enabled=enabled, version=version, by=actor)
    except Conflict as error:
        raise Conflict(error.message, current=_form_json(request, _form(actor, form_id))) from error
    return _form_json(request, _form(actor, form_id))


def _form(actor: Actor, form_id: int) -> WebForm:
    found = queries.visible_to(actor).filter(pk=form_id).first()
    if found is None:
        raise NotFound
    return found


def _read(actor: Actor, values: Json) -> tuple[FormFacts, FormConfig, bool]:
    """Return facts, settings and whether it is on; texts lose what no form could send."""
    plain: Json = {
        key: value.replace("\x00", "").strip() if isinstance(value, str) else value for key, value in values.items()
    }
    team = _team(actor, plain["team"])
    language = plain["language"] or desk_language()
    facts = FormFacts(" ".join(plain["name"].split()), plain["key"].lower(), team, language)
    return facts, FormConfig(**{key: value for key, value in plain.items() if key not in _FACTS}), plain["enabled"]


def _text(value: str) -> str:
    return value.replace("\x00", "").strip()


def _team(actor: Actor, team_id: int | None) -> Team | None:
    if team_id is None:
        return None
    found = all_teams_visible_to(actor).filter(pk=team_id).first() if 0 < team_id < 2**63 else None
    if found is None:
        raise Invalid(_("There is no such team."), field="team")
    return found


def _held(form: WebForm) -> Json:
    channel, settings = form.channel, queries.with_settings(form).settings
    facts = {
        "name": channel.name, "key": form.key, "team": channel.team_id, "language": channel.language,
        "enabled": channel.enabled,
    }  # fmt: skip
    return facts | {name: getattr(settings, name) for name in FormConfig.__dataclass_fields__}


def _form_json(request: HttpRequest, form: WebForm) -> Json:
    version = Connection.objects.filter(channel_id=form.channel_id).values_list("version", flat=True).first() or 0
    own = {"id": form.pk, "channel": form.channel_id, "url": address_of(request, form.key)}
    return own | _held(form) | {"version": version}
