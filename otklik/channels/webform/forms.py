"""What the settings page of a form sends: read strictly, told back field by field."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from otklik.accounts.models import Team
from otklik.channels.webform.actions import FormFacts
from otklik.channels.webform.config import OPTIONAL, WANTED, FormConfig
from otklik.core.errors import Invalid

FIELDS: Final = frozenset(
    {"name", "key", "team", "language", "enabled", "version", "title", "intro", "thanks", "consent", "email", "phone",
     "subject", "files", "confirmation"}
)  # fmt: skip
_LONGEST: Final = {"title": 120, "intro": 1000, "thanks": 1000, "consent": 500}


def read_form(data: Mapping[str, str]) -> tuple[FormFacts, FormConfig, bool, int | None]:
    """Return facts, settings, whether the form is on, and the version that was looked at.

    Raises ``Invalid`` naming every field that cannot be used, and for a field there is not.
    """
    if unknown := sorted(set(data) - FIELDS - {"csrfmiddlewaretoken"}):
        raise Invalid(_("There is no field “%(field)s”.") % {"field": unknown[0][:40]}, field=unknown[0][:40])
    errors: list[tuple[str, object]] = []

    def text(key: str) -> str:
        value = data.get(key, "").replace("\r\n", "\n").replace("\x00", "").strip()
        if len(value) > _LONGEST[key]:
            errors.append((key, _("This is too long.")))
        return value

    def choice(key: str, allowed: tuple[str, ...], default: str) -> str:
        value = data.get(key, "") or default
        if value not in allowed:
            errors.append((key, _("Choose one of the list.")))
        return value

    facts = FormFacts(
        name=" ".join(data.get("name", "").split())[:120],
        key=data.get("key", "").strip().lower()[:60],
        team=_team(data.get("team", ""), errors),
        language=choice("language", ("ru", "en"), "ru"),
    )
    settings = FormConfig(
        title=text("title"), intro=text("intro"), thanks=text("thanks"), consent=text("consent"),
        email=choice("email", WANTED, OPTIONAL), phone=choice("phone", WANTED, OPTIONAL),
        subject=choice("subject", WANTED, OPTIONAL), files="files" in data, confirmation="confirmation" in data,
    )  # fmt: skip
    version = data.get("version", "")
    if errors:
        raise Invalid(errors=errors)
    return facts, settings, "enabled" in data, int(version) if version.isascii() and version.isdigit() else None


def _team(chosen: str, errors: list[tuple[str, object]]) -> Team | None:
    if not chosen:
        return None
    usable = chosen.isascii() and chosen.isdigit() and len(chosen) < 18
    team = Team.objects.filter(pk=int(chosen)).first() if usable else None
    if team is None:
        errors.append(("team", _("There is no such team.")))
    return team


def values_of(facts: FormFacts, settings: FormConfig, *, enabled: bool, version: int) -> dict[str, Any]:
    """Return what the page shows of a form as it is kept."""
    shown: dict[str, Any] = {name: getattr(settings, name) for name in FormConfig.__dataclass_fields__}
    shown |= {"name": facts.name, "key": facts.key, "language": facts.language, "enabled": enabled, "version": version}
    return shown | {"team": str(facts.team.pk) if facts.team else ""}


def returned(data: Mapping[str, str]) -> dict[str, Any]:
    """Return what was sent, for showing it again."""
    shown: dict[str, Any] = {key: data.get(key, "") for key in FIELDS}
    return shown | {key: key in data for key in ("enabled", "files", "confirmation")}
