"""Migration operations for partitioned tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import migrations


class CreatePartitionedModel(migrations.CreateModel):
    """`CREATE TABLE … PARTITION BY RANGE`, with a default partition for strays.

    Django sees the model's own key; the database gets the composite one, because a
    partitioned table's primary key must hold the partition column.
    """

    def __init__(
        self,
        name: str,
        fields: Any,
        by: str,
        key: Sequence[str],
        options: Any = None,
        bases: Any = None,
        managers: Any = None,
    ) -> None:
        # Named one by one: the migration writer prints only what it finds here.
        super().__init__(name, fields, options, bases, managers)
        self.by = by
        self.key = tuple(key)

    @classmethod
    def from_create(
        cls, operation: migrations.CreateModel, *, by: str, key: Sequence[str]
    ) -> CreatePartitionedModel:
        """The same table, partitioned."""
        return cls(
            name=operation.name,
            fields=operation.fields,
            options=operation.options,
            bases=operation.bases,
            managers=operation.managers,
            by=by,
            key=key,
        )

    def deconstruct(self) -> Any:
        name, args, kwargs = super().deconstruct()
        return name, args, {**kwargs, "by": self.by, "key": list(self.key)}

    def reduce(self, operation: Any, app_label: str) -> Any:
        """Django folds later operations into a plain CreateModel; ours stays ours."""
        reduced = super().reduce(operation, app_label)
        if not isinstance(reduced, list):
            return reduced
        return [
            CreatePartitionedModel.from_create(step, by=self.by, key=self.key)
            if isinstance(step, migrations.CreateModel)
            and step.name_lower == self.name_lower
            else step
            for step in reduced
        ]

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        model = to_state.apps.get_model(app_label, self.name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        table = model._meta.db_table
        sql, params = schema_editor.table_sql(model)
        body = sql.replace(" PRIMARY KEY", "").rstrip().removesuffix(")")
        columns = ", ".join(schema_editor.quote_name(column) for column in self.key)
        schema_editor.execute(
            f"{body}, CONSTRAINT {table}_pkey PRIMARY KEY ({columns}))"
            f" PARTITION BY RANGE ({schema_editor.quote_name(self.by)})",
            params or None,
        )
        schema_editor.execute(
            f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT"
        )
        schema_editor.deferred_sql.extend(schema_editor._model_indexes_sql(model))

    def describe(self) -> str:
        return f"Create partitioned model {self.name}"
