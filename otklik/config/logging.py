"""Structured logs: one line a fact, logfmt by default or JSON, never a secret, a body, an address or a raw path.

A line is made of a few words (`msg`) and fields given by ``extra={...}``. Exceptions are told by type and place; their
text only for kinds whose text cannot hold what came from outside. A request is one line: its id, the pattern of its
address (a path may hold a token), status, milliseconds and SQL statements.
"""

import json
import logging
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

from django.db import connection
from django.db.utils import Error as DatabaseError
from django.http import HttpRequest, HttpResponse

from otklik.config.timings import requests

request_id: ContextVar[str] = ContextVar("request_id", default="")
request_log = logging.getLogger("otklik.request")

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "request"}
_SPOKEN = (OSError, DatabaseError, AttributeError, NameError, TypeError, ImportError, AssertionError, RuntimeError)
_ROOT = Path(__file__).resolve().parents[2]
_BLANKED = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), r"\1 ***"),
    (re.compile(r"(\w+://[^\s:/@]*):[^\s@/]+@"), r"\1:***@"),
    (re.compile(r"(?i)\b([\w-]*(?:password|passwd|secret|token|api[_-]?key|cookie|authorization)[\w-]*)([\"']?\s*[=:]\s*)"
                r"(\"[^\"]*\"|'[^']*'|[^\s,;&]+)"), r"\1\2***"),
)  # fmt: skip
_BEFORE_SECRETS = re.compile(r"[\s=:]")
"""One of these stands in all that is blanked; most values of a line have none."""
_PLAIN = re.compile(r"[\w.:/<>+@*,-]+")
_MAX_VALUE = 500
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_Trace = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


def blank_secrets(text: str) -> str:
    """Return the text with everything that looks like a credential replaced by ``***``."""
    if _BEFORE_SECRETS.search(text) is None:
        return text
    for pattern, replacement in _BLANKED:
        text = pattern.sub(replacement, text)
    return text


def describe_exception(info: _Trace) -> dict[str, str]:
    """Tell an exception by its type and the last places it passed; by its text only where that is ours."""
    kind, error, trace = info
    if kind is None:
        return {}
    told = {"error": f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")}
    frames = traceback.extract_tb(trace)[-6:]
    told["at"] = "<".join(f"{_short(frame.filename)}:{frame.lineno}" for frame in reversed(frames))
    if isinstance(error, _SPOKEN) and not isinstance(error, UnicodeError):
        told["detail"] = str(error).partition("\n")[0][:200]  # PostgreSQL's second line repeats row values
    cause = error and (error.__cause__ or error.__context__)
    if cause is not None:
        told["cause"] = type(cause).__qualname__
    return told


def _short(name: str) -> str:
    path = Path(name)
    if path.is_relative_to(_ROOT):
        return str(path.relative_to(_ROOT)).rpartition("site-packages/")[2]
    return path.name


class LineFormatter(logging.Formatter):
    """Writes a record as one line; ``style`` is ``text`` (logfmt) or ``json``."""

    def __init__(self, style: str = "text") -> None:
        super().__init__()
        self._json = style == "json"

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without secrets and line breaks."""
        fields = dict(self._fields(record))
        if self._json:
            return blank_secrets(json.dumps(fields, ensure_ascii=False, default=str))
        return " ".join(f"{key}={_logfmt(value)}" for key, value in fields.items())

    def _fields(self, record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
        yield "ts", datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        yield "level", record.levelname.lower()
        yield "log", record.name
        request = getattr(record, "request", None)
        if record.name.startswith("django.") and request is not None:
            yield "msg", "request failed"  # Django words it with the raw path
            yield "route", route_of(request)
        else:
            yield "msg", blank_secrets(record.getMessage())[:_MAX_VALUE]
        if (known := request_id.get()) and not hasattr(record, "id"):
            yield "id", known
        for key, value in record.__dict__.items():
            if key not in _STANDARD and not key.startswith("_") and value is not None:
                yield key, value if isinstance(value, int | float | bool) else blank_secrets(str(value))[:_MAX_VALUE]
        if record.exc_info:
            yield from describe_exception(record.exc_info).items()


def _logfmt(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def configure(options: Mapping[str, str]) -> None:
    """Set up the process's logging: everything to standard error; called by Django with ``settings.LOGGING``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter(options.get("format", "text")))
    handler.addFilter(_says_something_new)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    threading.excepthook = _log_thread
    level = logging.getLevelNamesMapping().get(options.get("level", "INFO").upper(), logging.INFO)
    root.setLevel(max(level, logging.INFO))
    logging.getLogger("otklik").setLevel(level)
    # Libraries speak only of trouble: their lines about ordinary work hold addresses, commands or raw paths.
    for name, quiet in (
        ("django", logging.WARNING), ("django.request", logging.ERROR), ("django.security", logging.ERROR),
        ("uvicorn", logging.WARNING), ("mail", logging.CRITICAL), ("asyncio", logging.ERROR),
        ("whitenoise", logging.WARNING), ("PIL", logging.WARNING),
    ):  # fmt: skip
        logging.getLogger(name).setLevel(quiet)


def _log_thread(arguments: threading.ExceptHookArgs) -> None:
    """Tell the death of a thread in one line; Python's own words would show values."""
    name = arguments.thread.name if arguments.thread is not None else "?"
    info: Any = (arguments.exc_type, arguments.exc_value, arguments.exc_traceback)
    logging.getLogger("otklik.thread").critical("thread died", exc_info=info, extra={"name_of_thread": name})


def _says_something_new(record: logging.LogRecord) -> bool:
    """Leave out Django's second line about a request, unless it brings the exception."""
    return record.name != "django.request" or bool(record.exc_info)


def route_of(request: HttpRequest) -> str:
    """Return the pattern of the request's address: the path itself may hold a token."""
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match is not None else "(no route)"


class _Statements:
    """Counts the statements that one request sends to the database."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += 1
        return execute(sql, params, many, context)


class RequestLogMiddleware:
    """Gives each request an id (``X-Request-ID``) and writes its one line; files of the design are not logged."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Time the request and count its statements."""
        given = request.headers.get("X-Request-ID", "")
        known = given if _REQUEST_ID.fullmatch(given) else uuid4().hex[:16]
        mark = request_id.set(known)
        statements = _Statements()
        started = time.perf_counter()
        try:
            with connection.execute_wrapper(statements):
                response = self.get_response(request)
            response.headers["X-Request-ID"] = known
            if not request.path_info.startswith("/static/"):
                seconds = time.perf_counter() - started
                requests.observe(route_of(request), response.status_code, seconds)
                self._write(request, response.status_code, seconds, statements.count)
        finally:
            request_id.reset(mark)
        return response

    @staticmethod
    def _write(request: HttpRequest, status: int, seconds: float, statements: int) -> None:
        actor = getattr(request, "actor", None)
        match = getattr(request, "resolver_match", None)
        numbers = [str(value) for value in match.kwargs.values() if isinstance(value, int)] if match else []
        level = logging.WARNING if status == 503 else logging.ERROR if status >= 500 else logging.INFO
        request_log.log(
            level,
            "request",
            extra={
                "method": request.method,
                "route": route_of(request),
                "object": ",".join(numbers) or None,
                "status": status,
                "ms": round(seconds * 1000, 2),
                "sql": statements,
                "actor": f"{actor.kind}:{actor.id}" if actor is not None else None,
            },
        )
