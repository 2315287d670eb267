"""The abstract base of every documented entity, and its place in `global_entities`."""

from __future__ import annotations

from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from shop import fields


class EntityType(models.TextChoices):
    """The word `global_entities` uses for a row of each entity table."""

    USER = "user"
    SHOP = "shop"
    CATEGORY = "category"
    BRAND = "brand"
    PRODUCT = "product"
    PRODUCT_VARIANT = "product_variant"
    PRODUCT_REVIEW = "product_review"
    ORDER = "order"
    PROMOTION = "promotion"
    INVOICE = "invoice"
    PAYMENT_METHOD = "payment_method"
    PAYMENT = "payment"
    NOTIFICATION = "notification"


# By table, because a migration's model knows its table and nothing else of its class.
TABLES = {
    "users": EntityType.USER,
    "shops": EntityType.SHOP,
    "categories": EntityType.CATEGORY,
    "brands": EntityType.BRAND,
    "products": EntityType.PRODUCT,
    "product_variants": EntityType.PRODUCT_VARIANT,
    "product_reviews": EntityType.PRODUCT_REVIEW,
    "orders": EntityType.ORDER,
    "promotions": EntityType.PROMOTION,
    "invoices": EntityType.INVOICE,
    "payment_methods": EntityType.PAYMENT_METHOD,
    "payments": EntityType.PAYMENT,
    "notifications": EntityType.NOTIFICATION,
}


class Register(pgtrigger.Trigger):
    """Registers new rows; statement-level, so that COPY and bulk inserts count too."""

    name = "register"
    level = pgtrigger.Statement
    when = pgtrigger.After
    operation = pgtrigger.Insert
    referencing = pgtrigger.Referencing(new="new_rows")

    def get_func(self, model: Any) -> str:
        entity_type = TABLES[model._meta.db_table].value
        return f"""
            INSERT INTO global_entities (event_time, entity_id, entity_type)
            SELECT event_time, id, '{entity_type}' FROM new_rows;
            RETURN NULL;
        """


class Unregister(pgtrigger.Trigger):
    """Keeps the register's row of a deleted entity, with the instant it went."""

    name = "unregister"
    level = pgtrigger.Statement
    when = pgtrigger.After
    operation = pgtrigger.Delete
    referencing = pgtrigger.Referencing(old="old_rows")
    func = """
        UPDATE global_entities AS entity
           SET extra_data = entity.extra_data
                            || jsonb_build_object('deleted_at', now())
          FROM old_rows
         WHERE entity.event_time = old_rows.event_time
           AND entity.entity_id = old_rows.id;
        RETURN NULL;
    """


class Reregister(pgtrigger.Trigger):
    """Follows a corrected event_time. Row-level: it is rare, and costs nothing else."""

    name = "reregister"
    level = pgtrigger.Row
    when = pgtrigger.After
    operation = pgtrigger.UpdateOf("event_time")
    condition = pgtrigger.Condition("OLD.event_time IS DISTINCT FROM NEW.event_time")
    func = """
        UPDATE global_entities SET event_time = NEW.event_time
         WHERE event_time = OLD.event_time AND entity_id = OLD.id;
        RETURN NULL;
    """


class Entity(models.Model):
    """What has a place in `global_entities`: a key, an instant, and room for more.

    A subclass names its `entity_type` and inherits `Entity.Meta`, which brings the triggers.
    """

    entity_type: ClassVar[str]

    id = fields.key()
    event_time = models.DateTimeField(default=timezone.now, db_default=Now())
    created_at = fields.written_at()
    updated_at = fields.changed_at()
    extra_data = fields.document()

    class Meta:
        abstract = True
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            Register(),
            Unregister(),
            Reregister(),
        ]
