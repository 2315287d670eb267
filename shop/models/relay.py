from django.contrib.postgres.fields import ArrayField
from django.db import models

from shop import fields


class EventRelay(models.Model):
    """What a relay leaves to the next one; a single row.

    working_on: the events of the batch at work; any left here killed their relay, or were
    beside one that did. tails: stream -> id of the last event written to it.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    working_on = ArrayField(models.UUIDField(), default=list, blank=True)
    tails = fields.document()
    streams_away_since = fields.moment()

    class Meta:
        db_table = "event_relay"
        verbose_name = "event relay"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(id=1), name="chk_event_relay_single"
            )
        ]

    def __str__(self) -> str:
        return "Event relay"
