from datetime import datetime
from uuid import UUID

from django.db import models
from django.utils.dateparse import parse_datetime

from shop import fields
from shop.entities import EntityType
from shop.partitions import Every, Partitioning, by_key


class GlobalEntityQuerySet(models.QuerySet["GlobalEntity"]):
    def of_type(
        self, entity_type: str, start: datetime, end: datetime
    ) -> "GlobalEntityQuerySet":
        """Those of one type in `[start, end)`, oldest first."""
        return self.filter(
            entity_type=entity_type, event_time__gte=start, event_time__lt=end
        ).order_by("event_time")

    def resolve(self, entity_id: UUID) -> "GlobalEntity | None":
        """What an id is; the instant in the key is tried first, so few partitions are read."""
        return by_key(self, entity_id)


class GlobalEntity(models.Model):
    """The register of every entity; filled by triggers, never by hand."""

    entity_id = models.UUIDField(primary_key=True)
    event_time = models.DateTimeField()
    entity_type = models.CharField(max_length=32, choices=EntityType.choices)
    partition_key = fields.day_key()
    created_at = fields.written_at()
    extra_data = fields.document()

    objects = GlobalEntityQuerySet.as_manager()
    partitioning = Partitioning(
        by="event_time", every=Every.DAY, key=("event_time", "entity_id")
    )

    class Meta:
        db_table = "global_entities"
        verbose_name_plural = "global entities"
        indexes = [
            fields.Index(
                fields=["entity_type", "event_time"],
                name="idx_global_entities_entity_type_event_time",
            ),
            fields.Index(
                fields=["entity_id", "entity_type"],
                name="idx_global_entities_entity_id_entity_type",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(entity_type__in=EntityType.values),
                name="chk_global_entities_entity_type",
            )
        ]

    def __str__(self) -> str:
        return f"{self.entity_type} {self.entity_id}"

    @property
    def deleted_at(self) -> datetime | None:
        """When the entity was deleted; None while it is there."""
        noted = self.extra_data.get("deleted_at")
        return parse_datetime(noted) if noted else None
