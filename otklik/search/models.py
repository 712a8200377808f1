"""What is kept: one row a document, whose words stand in the index of the database, and what waits to be read."""

from typing import Any

from django.db import models


class PlaceField(models.BigIntegerField):
    """A number of 64 bits as key, which SQLite keeps as the row's own number only under the name "integer"."""

    def db_type(self, connection: Any) -> str:
        """Return the type of the column."""
        return "integer" if connection.vendor == "sqlite" else "bigint"


class Document(models.Model):
    """A part of something that can be found. Its number is its place in time, so that newest first is by number.

    Append-only: a change is another row. The words are in the table ``search_index`` (SQLite) or in the column
    ``words`` (PostgreSQL); both are written and asked by ``store`` alone, and go with the row.
    """

    id = PlaceField(primary_key=True)
    room = models.CharField(max_length=16)
    kind = models.CharField(max_length=16)
    source_id = models.BigIntegerField()
    holder_id = models.BigIntegerField()
    scope = models.CharField(max_length=8)
    length = models.PositiveIntegerField()
    digest = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "kind", "source_id"], name="search_document_once")]
        indexes = [models.Index(fields=["room", "holder_id"], name="search_document_of")]

    def __str__(self) -> str:
        """Return what the document is a part of."""
        return f"{self.room} {self.holder_id} {self.kind} {self.source_id}"


class Pending(models.Model):
    """Something to be read anew: a whole holder, a part of one, or all holders of a topic, slice by slice.

    Rows are never changed by whoever notes them: what changes while it is being read gets a row of its own.
    """

    room = models.CharField(max_length=16)
    topic = models.CharField(max_length=16)
    key = models.BigIntegerField(default=0)
    after = models.BigIntegerField(default=0)
    at = models.DateTimeField()
    run_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=1000, default="")

    class Meta:
        indexes = [models.Index(fields=["run_at", "id"], name="search_pending_due")]

    def __str__(self) -> str:
        """Return topic and key."""
        return f"{self.room} {self.topic} {self.key}"
