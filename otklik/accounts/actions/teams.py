"""Makes, changes and archives teams, and says who is in them."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from otklik.accounts import events
from otklik.accounts.actions.checks import check
from otklik.accounts.models import Membership, Team, User, new_stamp
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.errors import Conflict, Invalid
from otklik.core.events import record

HUES = range(1, 7)


def ensure_team(name: str, *, by: Actor) -> Team:
    """Return the team of this name, made when there is none yet; two that make it at once end with one."""
    check("users.manage", by)
    shown = " ".join(name.split())[:80]
    if not shown:
        raise Invalid(_("Enter a name."), field="name")
    with transaction.atomic():
        team, made = Team.objects.get_or_create(name=shown, defaults={"hue": sum(shown.encode()) % 6 + 1})
        if made:
            record(events.TeamAdded(subject_id=team.pk, name=shown), by=by)
            transaction.on_commit(lambda: forget("directories"))
    return team


def _clean_name(name: str) -> str:
    shown = " ".join(name.split())[:80]
    if not shown:
        raise Invalid(_("Enter a name."), field="name")
    return shown


def change_team(
    team: Team,
    *,
    by: Actor,
    name: str | None = None,
    hue: int | None = None,
    position: int | None = None,
    archived: bool | None = None,
) -> list[str]:
    """Change facts of a team; what is not given stays. Returns the names of the fields that changed.

    Raises ``Invalid`` naming the field, ``Conflict`` when the name is taken, ``Forbidden`` without the right.
    """
    check("users.manage", by)
    wanted: dict[str, object] = {}
    if name is not None:
        wanted["name"] = _clean_name(name)
    if hue is not None:
        if hue not in HUES:
            raise Invalid(_("Choose one of the colours."), field="hue")
        wanted["hue"] = hue
    if position is not None:
        if not 0 <= position <= 9999:
            raise Invalid(_("Enter a number from 0 to 9999."), field="position")
        wanted["position"] = position
    try:
        with transaction.atomic():
            held = Team.objects.select_for_update().get(pk=team.pk)
            if archived is not None and archived != (held.archived_at is not None):
                wanted["archived_at"] = now() if archived else None
            changed = {key: value for key, value in wanted.items() if getattr(held, key) != value}
            if not changed:
                return []
            pairs = {key: [_shown(getattr(held, key)), _shown(value)] for key, value in changed.items()}
            Team.objects.filter(pk=team.pk).update(**changed)
            record(events.TeamChanged(subject_id=team.pk, name=held.name, changes=pairs), by=by)
            transaction.on_commit(lambda: forget("directories"))
    except IntegrityError as error:
        raise Conflict(_("There is a team of this name already.")) from error
    team.refresh_from_db()
    return sorted(changed)


def _shown(value: object) -> object:
    return value if isinstance(value, str | int) else value is not None


def set_members(team: Team, *, users: Iterable[User], by: Actor) -> bool:
    """Make exactly these people the members of a team; returns false when they are already.

    Whoever joins or leaves sees by the new teams from his next request on, and his live streams begin anew.
    """
    check("users.manage", by)
    wanted = {user.pk for user in users}
    with transaction.atomic():
        Team.objects.select_for_update().get(pk=team.pk)
        held = set(Membership.objects.filter(team=team).values_list("user_id", flat=True))
        if held == wanted:
            return False
        Membership.objects.filter(team=team, user_id__in=held - wanted).delete()
        Membership.objects.bulk_create([Membership(team=team, user_id=pk) for pk in sorted(wanted - held)])
        for user in User.objects.filter(pk__in=held ^ wanted).prefetch_related("teams").order_by("pk"):
            _tell_access(user, team, joined=user.pk in wanted, by=by)
        transaction.on_commit(lambda: forget("directories"))
    return True


def _tell_access(user: User, team: Team, *, joined: bool, by: Actor) -> None:
    """Renew what sessions remember of a person's teams, and record what they were and are."""
    others = {row.name for row in user.teams.all() if row.pk != team.pk}
    both = [sorted(others), sorted(others | {team.name})]
    changes: dict[str, object] = {"teams": both if joined else both[::-1]}
    User.objects.filter(pk=user.pk).update(access_stamp=new_stamp())
    record(events.UserAccessChanged(subject_id=user.pk, name=user.name, changes=changes), by=by)
