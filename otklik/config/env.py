"""Strict readers of environment variables: a value that cannot be understood stops the start with a clear sentence."""

import os
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from otklik.core.addresses import parse_networks


class ConfigError(ValueError):
    """An environment variable holds something that cannot be used; the text names the variable."""


def env_text(name: str, default: str = "") -> str:
    """Return the variable, or the default when it is absent or blank."""
    return os.environ.get(name, "").strip() or default


def env_secret(name: str, default: str = "") -> str:
    """Return ``NAME``, or the content of the file that ``NAME_FILE`` points at (as container secrets do)."""
    value = os.environ.get(name, "")
    path = os.environ.get(f"{name}_FILE", "")
    if value and path:
        raise ConfigError(f"Set {name} or {name}_FILE, not both.")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigError(f"{name}_FILE: cannot read {path}: {error.strerror}") from error
    return value.strip() or default


def env_bool(name: str, *, default: bool) -> bool:
    """Return a boolean; only ``true``/``false`` (any case), ``1``/``0`` are taken."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"true", "1"}:
        return True
    if value in {"false", "0"}:
        return False
    raise ConfigError(f"{name} must be true or false, not “{value}”.")


def env_int(name: str, default: int, *, least: int = 0) -> int:
    """Return a whole number not below ``least``."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = int(value)
    except ValueError as error:
        raise ConfigError(f"{name} must be a whole number, not “{value}”.") from error
    if number < least:
        raise ConfigError(f"{name} must be at least {least}.")
    return number


def env_choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """Return one of a few words, as it is written in ``allowed``; any case is taken."""
    value = os.environ.get(name, "").strip() or default
    for word in allowed:
        if value.lower() == word.lower():
            return word
    raise ConfigError(f"{name} must be {', '.join(allowed[:-1])} or {allowed[-1]}, not “{value}”.")


def env_time_zone(name: str, default: str) -> str:
    """Return the name of a time zone that this system knows."""
    value = os.environ.get(name, "").strip() or default
    try:
        ZoneInfo(value)
    except (OSError, ValueError, KeyError) as error:  # a folder, a path that leads out, a name that there is not
        raise ConfigError(f"{name} must be a time zone such as Europe/Moscow, not “{value}”.") from error
    return value


def env_networks(name: str) -> list[str]:
    """Return the texts of networks, each of which can be understood."""
    found = env_list(name)
    for text in found:
        try:
            parse_networks([text])
        except ValueError as error:
            raise ConfigError(f"{name} must hold networks such as 10.1.0.0/16, not “{text}”.") from error
    return found


def env_address(name: str) -> str:
    """Return the address of a site without its last slash, or nothing."""
    value = os.environ.get(name, "").strip().rstrip("/")
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits:
        raise ConfigError(f"{name} must be an address such as https://desk.example.com, not “{value}”.")
    return value


def env_list(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """Return the comma-separated parts of the variable, without blanks."""
    value = os.environ.get(name, "")
    parts = [part.strip() for part in value.split(",") if part.strip()]
    return parts or list(default)
