"""Assembles the REST API under ``/api/v1/`` and words its errors as problem+json."""

import logging
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from ninja.errors import AuthenticationError, HttpError, ValidationError

from otklik.accounts.api import router as accounts_router
from otklik.accounts.rest import TokenAuth
from otklik.channels.email.api import router as mail_router
from otklik.channels.email.api_archives import router as archives_router
from otklik.channels.email.api_mailboxes import router as mailboxes_router
from otklik.channels.email.api_outbox import router as outbox_router
from otklik.channels.webform.api import router as forms_router
from otklik.config.api_schema import DocumentedAPI
from otklik.config.api_system import router as system_router
from otklik.contacts.api import router as contacts_router
from otklik.core.db.outages import outage_of
from otklik.core.errors import DomainError
from otklik.core.problem import as_response, problem, problem_response
from otklik.desk.api import router as desk_router
from otklik.notifications.api import router as notifications_router
from otklik.presence.api import router as presence_router
from otklik.queues.api import router as queues_router
from otklik.tickets.api import router as tickets_router
from otklik.tickets.api_directories import router as directories_router
from otklik.tickets.api_drafts import router as drafts_router
from otklik.tickets.api_lists import router as lists_router
from otklik.tickets.api_messages import router as messages_router
from otklik.tickets.api_people import router as people_router
from otklik.tickets.api_relations import router as relations_router
from otklik.tickets.api_saved import router as saved_router
from otklik.tickets.api_shelves import router as shelves_router
from otklik.tickets.api_sides import router as sides_router
from otklik.tickets.api_spam import router as spam_router
from otklik.tickets.api_tags import router as tags_router
from otklik.tickets.api_writing import router as writing_router
from otklik.webhooks.api import router as webhooks_router

logger = logging.getLogger(__name__)

api = DocumentedAPI(
    title="Otklik",
    version="1",
    description="Tickets, messages, people and mail of an Otklik desk. See docs/api.md.",
    auth=TokenAuth(),
    docs_url=None,
    openapi_url=None,
    urls_namespace="api",
)
api.add_router("", tickets_router)
api.add_router("", messages_router)
api.add_router("", people_router)
api.add_router("", shelves_router)
api.add_router("", drafts_router)
api.add_router("", presence_router)
api.add_router("", directories_router)
api.add_router("", lists_router)
api.add_router("", tags_router)
api.add_router("", relations_router)
api.add_router("", saved_router)
api.add_router("", sides_router)
api.add_router("", writing_router)
api.add_router("", contacts_router)
api.add_router("", accounts_router)
api.add_router("", mail_router)
api.add_router("", outbox_router)
api.add_router("", archives_router)
api.add_router("", webhooks_router)
api.add_router("", forms_router)
api.add_router("", mailboxes_router)
api.add_router("", desk_router)
api.add_router("", system_router)
api.add_router("", notifications_router)
api.add_router("", queues_router)
api.add_router("", spam_router)


@api.exception_handler(DomainError)
def _domain_error(request: HttpRequest, error: DomainError) -> HttpResponse:
    return problem_response(error)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors: list[tuple[str, object]] = [(_field(row), _reason(row)) for row in error.errors]
    return as_response(problem(422, code="invalid", errors=errors))


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    response = as_response(problem(401, _("Send a valid token: Authorization: Bearer …"), code="unauthorized"))
    response["WWW-Authenticate"] = 'Bearer realm="otklik"'
    return response


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return as_response(problem(error.status_code))


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return as_response(problem(404, code="not-found"))


@api.exception_handler(Exception)
def _failure(request: HttpRequest, error: Exception) -> HttpResponse:
    if (outage := outage_of(error)) is not None:
        logger.warning("outage", extra={"why": outage.code})
        return problem_response(outage)
    logger.error("api request failed", exc_info=error)
    return as_response(problem(500, code="failure"))


def _field(row: dict[str, Any]) -> str:
    """Return the dotted name of the field, without ninja's own first parts (``body``, the parameter's name)."""
    places = [str(place) for place in row.get("loc", ())]
    return ".".join(places[2:] or places[-1:])


def _reason(row: dict[str, Any]) -> str:
    """Word pydantic's error kinds in the reader's language; what is not in the table is said in general."""
    kind = row.get("type", "")
    context = row.get("ctx", {})
    texts = {
        "missing": _("This field is required."),
        "extra_forbidden": _("There is no such field."),
        "string_too_long": _("At most %(most)s characters.") % {"most": context.get("max_length", "")},
        "literal_error": _("One of: %(expected)s.") % {"expected": context.get("expected", "")},
        "greater_than_equal": _("At least %(least)s.") % {"least": context.get("ge", "")},
        "less_than_equal": _("At most %(most)s.") % {"most": context.get("le", "")},
    }
    if kind == "value_error":  # what a shape of ours refuses, in words
        return str(context.get("error", ""))
    if kind.endswith(("_type", "_parsing")):
        return _("The value has the wrong type.")
    return texts.get(kind, _("This value cannot be used."))


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Give the schema to programs; it holds no data, so it needs no token."""
    return JsonResponse(api.get_openapi_schema(path_prefix="/api/v1/"), json_dumps_params={"ensure_ascii": False})


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show the reference of the API, made from its schema, without scripts from elsewhere."""
    schema = api.get_openapi_schema(path_prefix="/api/v1/")
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            entry = {
                "method": method.upper(),
                "path": path,
                "summary": operation.get("summary", ""),
                "description": operation.get("description", ""),
                "parameters": operation.get("parameters", []),
                "body": _body(schema, operation),
            }
            groups.setdefault((operation.get("tags") or ["other"])[0], []).append(entry)
    return render(request, "api_docs.html", {"groups": groups, "title": schema["info"]["title"]})


def _body(schema: dict[str, Any], operation: dict[str, Any]) -> list[dict[str, str]]:
    """Return the fields of a JSON body: name, type as words, whether required."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    name = content.get("$ref", "").rpartition("/")[2]
    model = schema.get("components", {}).get("schemas", {}).get(name, {})
    required = set(model.get("required", ()))
    return [
        {"name": field, "type": _type(facts), "required": "•" if field in required else ""}
        for field, facts in model.get("properties", {}).items()
    ]


def _type(facts: dict[str, Any]) -> str:
    if "enum" in facts:
        return " | ".join(map(str, facts["enum"]))
    if "anyOf" in facts:
        return " | ".join(_type(part) for part in facts["anyOf"])
    if facts.get("type") == "array":
        return f"[{_type(facts.get('items', {}))}]"
    return str(facts.get("type") or facts.get("$ref", "").rpartition("/")[2] or "any")


urlpatterns, app_name, _namespace = api.urls
