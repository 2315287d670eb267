"""Lets `makemigrations` write CreatePartitionedModel where a model declares partitions."""

from typing import Any

from django.apps import apps
from django.core.management.commands import makemigrations, migrate
from django.db import migrations

from shop.partitions.operations import CreatePartitionedModel


class _PartitionedModels:
    def add_operation(
        self, app_label: str, operation: Any, *args: Any, **kwargs: Any
    ) -> Any:
        if isinstance(operation, migrations.CreateModel):
            model = apps.get_model(app_label, operation.name)
            declared = getattr(model, "partitioning", None)
            if declared is not None:
                operation = CreatePartitionedModel.from_create(
                    operation, by=declared.by, key=declared.key
                )
        return super().add_operation(app_label, operation, *args, **kwargs)  # type: ignore[misc]


def install() -> None:
    """Over the detector in place, which another app may have put there; repeatable."""
    detector = makemigrations.Command.autodetector
    if not issubclass(detector, _PartitionedModels):
        detector = type("PartitionAutodetector", (_PartitionedModels, detector), {})
    makemigrations.Command.autodetector = detector
    migrate.Command.autodetector = detector
