"""Tests the connection to the provider, step by step, in words an administrator can act upon."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from otklik.accounts.provider import client
from otklik.accounts.provider.config import Provider
from otklik.accounts.provider.problems import ProviderError


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was looked at: ``good``, ``warn`` or ``bad``, and what to know or do."""

    state: str
    text: str


def probe(provider: Provider | None) -> list[Step]:
    """Ask the provider for its description, its keys, and whether it knows this desk. Never raises for its answers."""
    if provider is None:
        return [Step("bad", _("Enter address, id and secret first, and save them."))]
    try:
        description = client.describe(provider, fresh=True)
    except ProviderError as error:
        return [Step("bad", str(error.message))]
    steps = [Step("good", _("The provider answers and names itself as the settings do."))]
    steps.append(_keys(description))
    if "S256" not in description.challenges:
        steps.append(Step("warn", _("The provider does not say that it knows PKCE; it may still work.")))
    steps.append(_acquainted(provider, description))
    if provider.leave and not description.end:
        steps.append(Step("warn", _("The provider offers no sign-out: people stay signed in there.")))
    return steps


def _keys(description: client.Description) -> Step:
    try:
        usable = [key for key in client.keys_of(description, fresh=True) if key.get("kty") in {"RSA", "EC", "OKP"}]
    except ProviderError as error:
        return Step("bad", str(error.message))
    if not usable:
        return Step("bad", _("The provider shows no public key. Switch signatures with RS256 or ES256 on there."))
    return Step("good", _("Its keys can be read."))


def _acquainted(provider: Provider, description: client.Description) -> Step:
    """Try a code that is no code: a provider that knows the desk refuses the code, not the desk."""
    try:
        client.exchange(
            provider, description, code="otklik-connection-test", verifier="x" * 43,
            back="https://otklik.invalid/connection-test",
        )  # fmt: skip
    except ProviderError as error:
        if error.reason == "code":
            return Step("good", _("The provider knows this desk by id and secret."))
        return Step("bad", str(error.message))
    return Step("warn", _("The provider took a code that it never gave. Its administrator should look at that."))
