"""System checks: what the data model asks of every entity."""

from typing import Any

from django.apps import apps
from django.core.checks import Error, register

from shop.entities import TABLES, Entity, Register


@register()
def entities_register_themselves(**_: Any) -> list[Error]:
    """Each concrete entity names its type and carries the registering trigger."""
    problems = []
    for model in apps.get_models():
        if not issubclass(model, Entity) or model._meta.proxy:
            continue
        entity_type = getattr(model, "entity_type", None)
        if entity_type is None or entity_type != TABLES.get(model._meta.db_table):
            problems.append(
                Error(
                    f"{model.__name__} has no entity_type, or not its table's.",
                    hint="Set it to its table's in shop.entities.TABLES.",
                    obj=model,
                    id="shop.E001",
                )
            )
        triggers = getattr(model._meta, "triggers", [])
        if not any(isinstance(trigger, Register) for trigger in triggers):
            problems.append(
                Error(
                    f"{model.__name__} has no trigger that registers its rows.",
                    hint="Let its Meta inherit Entity.Meta.",
                    obj=model,
                    id="shop.E002",
                )
            )
    return problems
