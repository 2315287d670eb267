from django.db import models
from django.utils import timezone

from shop import fields
from shop.partitions import Every, Partitioning


class Stream(models.TextChoices):
    """The eight Redis streams that news is relayed to."""

    USER = "user_events"
    PRODUCT = "product_events"
    ORDER = "order_events"
    PAYMENT = "payment_events"
    NOTIFICATION = "notification_events"
    CART = "cart_events"
    SEARCH = "search_events"
    ANALYTICS = "analytics_events"


class GlobalEvent(models.Model):
    """The outbox: news, written in the transaction of the change it tells of.

    `position` is the order for one entity: whoever changes an entity holds its row's lock,
    so a later change takes a higher number. Clocks and keys promise no such thing.
    """

    event_id = fields.key()
    event_time = models.DateTimeField(default=timezone.now)
    event_type = models.CharField(max_length=64)
    stream = models.CharField(max_length=32, choices=Stream.choices)
    entity_id = models.UUIDField()
    entity_type = models.CharField(max_length=32)
    actor_id = models.UUIDField(null=True)
    data = fields.document()
    published_at = fields.moment()
    position = models.BigIntegerField(db_default=fields.NextPosition(), editable=False)
    partition_key = fields.hour_key()

    partitioning = Partitioning(
        by="event_time", every=Every.HOUR, key=("event_time", "event_id")
    )

    class Meta:
        db_table = "global_events"
        indexes = [
            fields.Index(
                fields=["entity_id", "event_time"],
                name="idx_global_events_entity_id_event_time",
            ),
            fields.Index(
                fields=["event_type", "event_time"],
                name="idx_global_events_event_type_event_time",
            ),
            fields.Index(
                fields=["event_time"],
                name="idx_global_events_unpublished",
                condition=models.Q(published_at__isnull=True),
            ),
            fields.Index(
                fields=["position"],
                name="idx_global_events_position",
                condition=models.Q(published_at__isnull=True),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(stream__in=Stream.values),
                name="chk_global_events_stream",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.entity_id}"
