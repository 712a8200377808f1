"""The addresses of the REST API. What is behind them is loaded when somebody asks for it first.

The shapes of the API hold a quarter of a process's memory and take as much of its start, and most desks are used by
people alone. A desk that has tokens loads the API before its processes are forked (``serve.crew``), so that they share
it and nobody waits for it.
"""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, re_path
from django.urls.resolvers import RoutePattern
from django.views.decorators.csrf import csrf_exempt

from otklik.core.problem import as_response, problem

_MODULE = "otklik.config.api"


class ApiResolver(URLResolver):
    """The operations of the API, imported by the first request for one of them or by the first look for an address."""

    def __init__(self) -> None:
        super().__init__(RoutePattern("api/v1/"), _MODULE, app_name="ninja", namespace="api")

    def _populate(self) -> None:
        """Leave the operations alone when all addresses are gathered: those in a namespace are looked up in it."""
        if "url_patterns" in self.__dict__:
            super()._populate()


def load_api() -> None:
    """Import the API now, to share it with the processes that are forked afterwards."""
    from otklik.config import api  # noqa: F401 - importing is the work


def docs(request: HttpRequest) -> HttpResponse:
    """Show the reference of the API."""
    from otklik.config import api

    return api.docs(request)


def openapi(request: HttpRequest) -> HttpResponse:
    """Give the schema of the API to programs."""
    from otklik.config import api

    return api.openapi(request)


@csrf_exempt  # whoever asks by a token has no cookie to prove; the answer is the same for everybody
def not_found(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Answer addresses under ``/api/`` that are not there: as a problem, never as a page."""
    return as_response(problem(404, code="not-found"))


urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/docs", docs, name="api-docs"),
    path("api/v1/openapi.json", openapi, name="api-schema"),
    ApiResolver(),
    re_path(r"^api/(?P<rest>.*)$", not_found, name="api-not-found"),
]
