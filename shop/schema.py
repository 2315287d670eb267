"""The documented names and ON DELETE rules, which Django's migrations do not write.

Django enforces `on_delete` in Python only and names constraints by hash; the data model wants
both in the database, where SQL, COPY and other programs meet them too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.migrations.operations.base import Operation

ON_DELETE = {
    models.CASCADE: "CASCADE",
    models.SET_NULL: "SET NULL",
    models.RESTRICT: "RESTRICT",
    models.PROTECT: "RESTRICT",
    models.DO_NOTHING: "NO ACTION",
}
CONSTRAINTS = """
SELECT con.conname, con.contype::text,
       array_agg(att.attname ORDER BY keys.position)::text[]
  FROM pg_constraint AS con
  JOIN unnest(con.conkey) WITH ORDINALITY AS keys(number, position) ON true
  JOIN pg_attribute AS att ON att.attrelid = con.conrelid AND att.attnum = keys.number
 WHERE con.conrelid = %s::regclass AND con.contype IN ('f', 'u')
 GROUP BY con.oid, con.conname, con.contype
"""
INDEXES = """
SELECT cls.relname, array_agg(att.attname ORDER BY keys.position)::text[],
       idx.indclass::text, am.amname
  FROM pg_index AS idx
  JOIN pg_class AS cls ON cls.oid = idx.indexrelid
  JOIN pg_am AS am ON am.oid = cls.relam
  JOIN unnest(idx.indkey) WITH ORDINALITY AS keys(number, position) ON true
  JOIN pg_attribute AS att ON att.attrelid = idx.indrelid AND att.attnum = keys.number
 WHERE idx.indrelid = %s::regclass AND idx.indexprs IS NULL
   AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = idx.indexrelid)
 GROUP BY cls.relname, idx.indclass::text, am.amname
"""
NAME_LIMIT = 63


def foreign_keys(model: Any) -> Iterator[Any]:
    """The model's own foreign keys that the database knows."""
    for field in model._meta.local_fields:
        if isinstance(field, models.ForeignKey) and getattr(
            field, "db_constraint", True
        ):
            yield field


def foreign_key_name(field: Any) -> str:
    """`fk_<source>_<target>`, the target named by its column's role."""
    role = field.column.removesuffix("_id")
    return f"fk_{field.model._meta.db_table}_{role}"[:NAME_LIMIT]


class FinishTables(Operation):
    """Gives the tables of an app the documented foreign keys and names.

    Stands last in a migration that creates tables or foreign keys; may run again over tables
    it has finished. Backwards it does nothing: the tables go with their migration.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, *model_names: str) -> None:
        self.model_names = model_names

    def deconstruct(self) -> Any:
        return self.__class__.__qualname__, list(self.model_names), {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        # Constraints wait in `deferred_sql` until the migration ends; they are needed now.
        for statement in schema_editor.deferred_sql:
            schema_editor.execute(statement, None)
        schema_editor.deferred_sql.clear()
        wanted = {name.lower() for name in self.model_names}
        for model in to_state.apps.get_app_config(app_label).get_models(
            include_auto_created=True
        ):
            if not model._meta.managed or model._meta.proxy:
                continue
            if wanted and model._meta.model_name not in wanted:
                continue
            _finish(schema_editor, model)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        pass

    def describe(self) -> str:
        return "Give constraints their documented names and ON DELETE rules"


def _finish(schema_editor: Any, model: Any) -> None:
    table = model._meta.db_table
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(CONSTRAINTS, [table])
        constraints = cursor.fetchall()
        cursor.execute(INDEXES, [table])
        indexes = cursor.fetchall()
    by_columns = {
        tuple(columns): name for name, kind, columns in constraints if kind == "f"
    }
    for field in foreign_keys(model):
        _foreign_key(schema_editor, field, by_columns.get((field.column,)))
    for name, kind, columns in constraints:
        if kind == "u":
            _rename(schema_editor, "CONSTRAINT", table, name, f"uk_{table}", columns)
    for name, columns, _, _ in indexes:
        if name.endswith("_like"):
            # Django adds these for LIKE 'x%' on text keys; nothing here asks that.
            schema_editor.execute(f'DROP INDEX "{name}"')
        elif not name.startswith(("idx_", "uk_")):
            _rename(schema_editor, "INDEX", table, name, f"idx_{table}", columns)


def _foreign_key(schema_editor: Any, field: Any, current: str | None) -> None:
    table, target = field.model._meta.db_table, field.remote_field.model._meta
    name = foreign_key_name(field)
    rule = ON_DELETE[field.remote_field.on_delete]
    drop = f'DROP CONSTRAINT "{current}", ' if current else ""
    schema_editor.execute(
        f'ALTER TABLE "{table}" {drop}ADD CONSTRAINT "{name}"'
        f' FOREIGN KEY ("{field.column}")'
        f' REFERENCES "{target.db_table}" ("{target.pk.column}")'
        f" ON DELETE {rule} DEFERRABLE INITIALLY DEFERRED"
    )


def _rename(
    schema_editor: Any,
    kind: str,
    table: str,
    name: str,
    prefix: str,
    columns: list[str],
) -> None:
    wanted = f"{prefix}_{'_'.join(columns)}"[:NAME_LIMIT]
    if name in (wanted,) or name.startswith(prefix.split("_")[0] + "_"):
        return
    if kind == "CONSTRAINT":
        schema_editor.execute(
            f'ALTER TABLE "{table}" RENAME CONSTRAINT "{name}" TO "{wanted}"'
        )
    else:
        schema_editor.execute(f'ALTER INDEX "{name}" RENAME TO "{wanted}"')
