"""``otklik user add`` and ``otklik token create``: what an administrator does before there is anyone to sign in."""

import argparse
import getpass
import sys

from otklik.config.cli.setup import complain, start_with_database


def run_user_add(options: argparse.Namespace) -> int:
    """Create a user; the password comes from standard input, a prompt, or later by the reset link."""
    start_with_database(options)
    from otklik.accounts import actions
    from otklik.core.actor import Actor
    from otklik.core.errors import DomainError

    try:
        password = _read_password(from_stdin=options.password_stdin)
        teams = [actions.ensure_team(name, by=Actor.system()) for name in options.team]
        user = actions.add_user(
            options.email, name=options.name, role=options.role, password=password, teams=teams, by=Actor.system()
        )
    except (DomainError, _Unusable) as error:
        complain(str(error))
        return 1
    print(f"{user.email} may sign in as {user.role}" + ("" if password else " after setting a password by reset link"))
    return 0


class _Unusable(Exception):
    """The password could not be taken; the text says why."""


def _read_password(*, from_stdin: bool) -> str | None:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise _Unusable("no password on standard input")
        return password
    if not sys.stdin.isatty():
        return None
    password = getpass.getpass("Password (empty: set later by reset link): ")
    if password and getpass.getpass("Once more: ") != password:
        raise _Unusable("the two passwords differ")
    return password or None


def run_token_create(options: argparse.Namespace) -> int:
    """Make a token and print it alone: whoever loses it makes another, it is stored as a digest only."""
    start_with_database(options)
    from otklik.accounts import actions, queries
    from otklik.core.actor import Actor
    from otklik.core.errors import DomainError
    from otklik.core.text import normal_address

    user = queries.visible_to(Actor.system()).filter(email=normal_address(options.user)).first()
    if user is None:
        complain(f"there is no user {options.user}")
        return 1
    scopes = [scope for given in options.scope or ["read", "write"] for scope in given.replace(",", " ").split()]
    try:
        _token, plain = actions.create_token(user, name=options.name, scopes=scopes, by=Actor.system())
    except DomainError as error:
        complain(str(error))
        return 1
    print(plain)
    return 0
