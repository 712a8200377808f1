"""Pages of the core: a lazy panel fetched by itself."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from otklik.core.actor import Actor
from otklik.core.errors import Forbidden, NotFound
from otklik.core.panels import render_lazy


@require_safe
def panel(request: HttpRequest, key: str, subject_id: int) -> HttpResponse:
    """Answer with one lazy panel; 404 for strangers and for whatever the actor may not see."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        raise Http404
    try:
        return HttpResponse(render_lazy(key, subject_id, actor, request))
    except (NotFound, Forbidden) as error:
        raise Http404 from error
