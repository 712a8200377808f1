"""The OpenAPI schema of the REST API with what all operations share: errors, and the key that makes a repeat safe."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from otklik.accounts.rest import told_as_made
from otklik.accounts.shapes import Problem
from otklik.core.problem import CONTENT_TYPE

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "The same key with the same request gets the first answer again and does nothing twice.",
    "schema": {"type": "string", "maxLength": 200, "pattern": "^[!-~]*$"},
}
_WORDS = {
    400: "The request cannot be read",
    401: "No valid token",
    403: "The token has no right to do this",
    404: "Not there, or not for the token's owner",
    409: "Changed meanwhile, or still being worked on",
    413: "Too large",
    422: "The input cannot be used",
    429: "Too many requests of this token, come again after Retry-After seconds",
    503: "Busy, the database away or the disk full, come again after Retry-After seconds",
}


class DocumentedAPI(NinjaAPI):
    """A ninja API whose schema names every answer, and whose answers leave as their handlers made them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.add_decorator(told_as_made, mode="operation")

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        """Return the schema, completed; fields bear the names they have in the answers."""
        for operation in self._operations():
            operation.by_alias = True
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        keyed = self._operations_with_keys()
        for methods in schema["paths"].values():
            for method, operation in methods.items():
                _complete(operation, method, keyed=operation["operationId"] in keyed)
        described = Problem.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
        schema["components"]["schemas"] |= described.pop("$defs") | {"Problem": described}
        schema["components"]["responses"] = {f"Problem{status}": _problem(status) for status in sorted(_WORDS)}
        return schema

    def _operations(self) -> list[Operation]:
        routers = self._get_bound_routers()
        return [one for router in routers for view in router.path_operations.values() for one in view.operations]

    def _operations_with_keys(self) -> set[str]:
        return {
            self.get_openapi_operation_id(operation)
            for operation in self._operations()
            if getattr(operation.view_func, "takes_key", False)
        }


def _complete(operation: dict[str, Any], method: str, *, keyed: bool) -> None:
    statuses = {401, 403, 422, 429, 503}
    if operation["parameters"] or "requestBody" in operation:  # each of them may name what is not there
        statuses.add(404)
    if method != "get":
        statuses.add(409)
    if "requestBody" in operation:
        statuses |= {400, 413}
    if keyed:
        operation["parameters"].append(_KEY)
    answers = operation["responses"]
    for status in sorted(statuses):
        answers[status] = {"$ref": f"#/components/responses/Problem{status}"}


def _problem(status: int) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": _WORDS[status], "content": {CONTENT_TYPE: {"schema": _PROBLEM}}}
    if status in {429, 503}:
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return answer
