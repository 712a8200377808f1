"""Applies migrations: each with its record in one transaction, and without making classes that nobody looks at.

Django records a migration after its transaction when statements were deferred (indexes, foreign keys), so a process
killed in between leaves tables that the next run makes again and fails on. Here the record is inside.

After every operation Django makes anew the class of its model and of all models that any chain of relations joins to
it: with us that is nearly all of them, some 5,700 classes and three quarters of the time of a new database. Most
operations look at the table of their own model and at those its foreign keys point at, so that one class is enough.
The others, and whatever we do not know, find all classes made, as Django has them. A test compares what either way
leaves in the database.
"""

from typing import Any

from django.db.migrations import operations as known
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.utils import field_is_referenced

_OF_ONE_TABLE = frozenset(
    {
        known.AddConstraint,
        known.AddField,
        known.AddIndex,
        known.AlterField,
        known.AlterModelOptions,
        known.AlterUniqueTogether,
        known.CreateModel,
        known.RemoveConstraint,
        known.RemoveField,
        known.RemoveIndex,
    }
)
_OF_A_FIELD_THAT_WAS = frozenset({known.AlterField, known.RemoveField})


class SafeExecutor(MigrationExecutor):
    """Applies each migration and its record in one transaction."""

    def apply_migration(self, state: Any, migration: Any, fake: bool = False, fake_initial: bool = False) -> Any:
        """Apply one migration; whatever kills the process, it is then applied and recorded, or neither."""
        if fake or fake_initial or not migration.atomic:
            _make_all_classes(state)
            return super().apply_migration(state, migration, fake=fake, fake_initial=fake_initial)
        if self.progress_callback:
            self.progress_callback("apply_start", migration, False)
        with self.connection.schema_editor(atomic=True) as editor:
            for operation in migration.operations:
                _apply(operation, migration.app_label, state, editor)
            for statement in editor.deferred_sql:
                editor.execute(statement, None)
            editor.deferred_sql.clear()
            self.record_migration(migration.app_label, migration.name)
        if self.progress_callback:
            self.progress_callback("apply_success", migration, False)
        return state


def _apply(operation: Any, room: str, state: Any, editor: Any) -> None:
    """Apply one operation to the state, which it changes, and to the database."""
    if _looks_at_one_table(operation, room, state):
        before = state.clone()
        classes = state.apps
        del state.apps  # a state without classes makes none
        operation.state_forwards(room, state)
        model = _model(operation)
        classes.unregister_model(room, model)
        classes.render_multiple([state.models[room, model]])
        state.apps, state.is_delayed = classes, True  # the relations of others still lead to the class that was
    else:
        _make_all_classes(state)
        before = state.clone()
        operation.state_forwards(room, state)
    operation.database_forwards(room, editor, before, state)


def _make_all_classes(state: Any) -> None:
    """Let every relation lead to the class of now."""
    state.clear_delayed_apps_cache()
    _made = state.apps
    state.is_delayed = False


def _looks_at_one_table(operation: Any, room: str, state: Any) -> bool:
    """Tell whether the operation leaves every table but that of its model as it is, and asks for no relation to it."""
    if type(operation) not in _OF_ONE_TABLE:
        return False  # a subclass may look further
    if type(operation) not in _OF_A_FIELD_THAT_WAS:
        return True
    model = room, operation.model_name_lower
    old = state.models[model].fields[operation.name]
    return not any(
        field is not None and (field.many_to_many or field_is_referenced(state, model, (operation.name, field)))
        for field in (old, operation.field)
    )


def _model(operation: Any) -> str:
    """Return the name of the model that an operation of one table changes; that of a field is not meant."""
    return str(getattr(operation, "model_name_lower", None) or operation.name_lower)
