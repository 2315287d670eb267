from django.db import models
from django.db.models import Q

from shop import fields


class EventDelivery(models.Model):
    """How far one receiver has come with one event.

    Written in the transaction of the receiver's own changes, so the mark and the effect
    stand or fall together. Rows go when their event is published; what stays is parked.
    """

    id = fields.key()
    event_id = models.UUIDField()
    event_time = models.DateTimeField()
    event_type = models.CharField(max_length=64)
    entity_id = models.UUIDField()
    receiver = models.CharField(max_length=255)
    attempts = fields.count()
    next_attempt_at = fields.moment()
    done_at = fields.moment()
    parked_at = fields.moment()
    error = fields.long_text()
    created_at = fields.written_at()

    class Meta:
        db_table = "event_deliveries"
        verbose_name_plural = "event deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["event_id", "receiver"],
                name="uk_event_deliveries_event_id_receiver",
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(parked_at__isnull=True),
                name="chk_event_deliveries_one_end",
            ),
        ]
        indexes = [
            fields.Index(
                fields=["entity_id"],
                name="idx_event_deliveries_entity_id",
                condition=Q(done_at__isnull=True, parked_at__isnull=True),
            ),
            fields.Index(
                fields=["parked_at"],
                name="idx_event_deliveries_parked_at",
                condition=Q(parked_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} for {self.receiver}"
