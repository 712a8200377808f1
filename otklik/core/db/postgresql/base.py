"""Django's PostgreSQL backend with our settings of the planner, which works anew for every statement we send.

Our statements ask for a few rows by an index and join the directories they name. Weighing every order of six tables
and every parallel way costs ten times what the statement itself does, and the more the larger the tables are; no answer
to a person is worth a second process of the database. Joins of up to four tables are still ordered freely, further ones
follow in the order in which the statement names them.
Source: PostgreSQL manual, "Controlling the Planner with Explicit JOIN Clauses" and "Query Planning" of its settings.
"""

from typing import Any, Final

from django.db import OperationalError
from django.db.backends.postgresql import base
from django.utils.asyncio import async_unsafe

django_postgresql: Any = base  # its stubs leave out what a backend overrides

PLANNER: Final = {"join_collapse_limit": "4", "max_parallel_workers_per_gather": "0"}


class DatabaseWrapper(django_postgresql.DatabaseWrapper):
    """The connection of one thread."""

    def _commit(self) -> None:
        """Commit. An error says by a mark that nobody knows the outcome: the server may have written and gone then."""
        try:
            super()._commit()
        except OperationalError as error:
            error.commit_unknown = True  # type: ignore[attr-defined]
            raise

    @async_unsafe
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect and set the planner; what the database's address says of it in ``options`` stands.

        By a statement, because poolers between us and the database refuse such settings in the greeting.
        """
        connection = super().get_new_connection(conn_params)
        said = str(conn_params.get("options", ""))
        for name, value in PLANNER.items():
            if name not in said:
                connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        connection.commit()
        return connection
