"""Lets people in whom the provider vouches for, and changes what is set about the provider."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from otklik.accounts import events, policies
from otklik.accounts.actions.checks import role_key, role_of
from otklik.accounts.actions.people import add_user, change_user
from otklik.accounts.models import ExternalIdentity, Team, User, new_stamp
from otklik.accounts.provider import config
from otklik.accounts.provider.problems import ProviderError
from otklik.core import settings_store
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden, Invalid, NotFound
from otklik.core.events import record
from otklik.core.text import normal_address

if TYPE_CHECKING:
    from otklik.accounts.provider.tokens import Identity


def enter(identity: "Identity", provider: config.Provider) -> User:
    """Return the user an identity stands for: known by the provider's own number, else by a verified address.

    The first time the two are tied together (``user.provider_linked``); by the settings a person nobody knows is
    added, and the role follows the provider's claim. Again changes nothing. Raises ``ProviderError``.
    """
    address = normal_address(identity.email)
    proven = bool(address) and identity.verified
    if provider.domains and not (proven and address.rpartition("@")[2] in provider.domains):
        raise ProviderError("domain" if proven else "unverified" if address else "no-mail")
    try:
        user = _known_or_tied(identity, provider, address)
    except (IntegrityError, Conflict):  # the same person came through another door at this moment
        user = _known_or_tied(identity, provider, address)
    _follow_role(user, identity, provider)
    return user


def _known_or_tied(identity: "Identity", provider: config.Provider, address: str) -> User:
    with transaction.atomic():
        held = ExternalIdentity.objects.select_related("user__custom_role").filter(
            issuer=identity.issuer, subject=identity.subject
        )
        row = held.first()
        if row is not None:
            ExternalIdentity.objects.filter(pk=row.pk).update(seen_at=now())
            return _active(row.user)
        if not address or not identity.verified:
            raise ProviderError("unverified" if address else "no-mail")
        user = User.objects.select_related("custom_role").filter(email=address).first()
        if user is None:
            user = _added(identity, provider, address)
        elif tied := ExternalIdentity.objects.filter(user=user, issuer=identity.issuer).first():
            if tied.subject != identity.subject:
                raise ProviderError("taken")
            return _active(user)  # tied through another door since we looked
        _active(user)
        ExternalIdentity.objects.create(
            user=user, issuer=identity.issuer, subject=identity.subject, created_at=now(), seen_at=now()
        )
        User.objects.filter(pk=user.pk).update(invited_at=None)
        record(events.ProviderLinked(subject_id=user.pk, name=user.name, issuer=identity.issuer), by=Actor.system())
    return user


def _active(user: User) -> User:
    if not user.is_active:
        raise ProviderError("blocked")
    return user


def _added(identity: "Identity", provider: config.Provider, address: str) -> User:
    if not provider.creates:
        raise ProviderError("unknown")
    role = _wanted(identity, provider) or provider.role
    teams = Team.objects.filter(name=provider.team, archived_at__isnull=True) if provider.team else ()
    return add_user(address, name=identity.name, role=role, password=None, teams=teams, by=Actor.system())


def _wanted(identity: "Identity", provider: config.Provider) -> str:
    return next((role for value, role in provider.roles if value in identity.values), "")


def _follow_role(user: User, identity: "Identity", provider: config.Provider) -> None:
    """Give the role that the claim names; the last administrator keeps his, and a role that is gone counts as none."""
    wanted = _wanted(identity, provider)
    if not wanted or wanted == role_key(user):
        return
    try:
        change_user(user, role=wanted, by=Actor.system())
    except (Conflict, Invalid):
        return


def unlink_identities(user: User, *, by: Actor) -> int:
    """Untie a person from his accounts at providers and end his sessions; returns how many there were."""
    if not policies.can(by, "users.manage"):
        raise Forbidden
    with transaction.atomic():
        gone, _rows = ExternalIdentity.objects.filter(user=user).delete()
        if gone:
            User.objects.filter(pk=user.pk).update(security_stamp=new_stamp())
            record(events.ProviderUnlinked(subject_id=user.pk, name=user.name), by=by)
    return gone


def change_provider(values: Mapping[str, Any], *, by: Actor) -> list[str]:
    """Change what is set about the provider, all or nothing; an empty secret keeps the old one. Returns the keys.

    Raises ``NotFound`` without the right and ``Invalid`` naming every setting that does not fit.
    """
    if not policies.can(by, "settings.edit"):
        raise NotFound
    wanted = {key: value for key, value in values.items() if key != config.SECRET or value}
    if config.ISSUER in wanted:
        wanted[config.ISSUER] = str(wanted[config.ISSUER]).strip().removesuffix(config.WELL_KNOWN).rstrip("/")
    wrong = _problems({key: settings_store.get(key) for key in config.KEYS} | wanted)
    for key, value in wanted.items():
        try:
            settings_store.declared[key].clean(value)
        except Invalid as error:
            wrong.setdefault(key, error.message)
    if wrong:
        raise Invalid(errors=list(wrong.items()))
    with transaction.atomic():
        changed = [key for key, value in wanted.items() if settings_store.set_value(key, value, by)]
    if changed:
        from otklik.accounts.provider.client import forget

        forget()
    return changed


def _problems(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what does not fit together, by setting."""
    wrong: dict[str, Any] = {}
    if values[config.ON]:
        for key in (config.ISSUER, config.CLIENT, config.SECRET, config.LABEL):
            if not values[key]:
                wrong[key] = _("Without this nobody can sign in.")
    if values[config.ISSUER] and not _is_address(str(values[config.ISSUER])):
        wrong[config.ISSUER] = _("Enter an address that begins with https://.")
    if values[config.ONLY] and not values[config.ON]:
        wrong[config.ONLY] = _("Switch the sign-in through the provider on first.")
    if values[config.UNKNOWN] == "create" and not values[config.DOMAINS]:
        wrong[config.DOMAINS] = _("Name the mail domains, else everybody with an account there could come in.")
    if values[config.TEAM] and not Team.objects.filter(name=values[config.TEAM], archived_at__isnull=True).exists():
        wrong[config.TEAM] = _("There is no such team.")
    lines, read = list(values[config.ROLES]), config.pairs(values[config.ROLES])
    if len(lines) != len(read):
        wrong[config.ROLES] = _("Write each line as: group = role.")
    for key, roles in ((config.ROLE, [values[config.ROLE]]), (config.ROLES, [role for _value, role in read])):
        for role in roles:
            try:
                role_of(role)
            except Invalid as error:
                wrong[key] = error.message
    return wrong


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port_fits = parts.port != 0
    except ValueError:
        return False
    plain = parts.scheme in {"https", "http"} and bool(parts.hostname) and parts.username is None and port_fits
    return plain and not parts.query and not parts.fragment and all(32 < ord(letter) < 127 for letter in text)
