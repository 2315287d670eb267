from __future__ import annotations

from datetime import datetime

import pgtrigger
from django.db import models
from django.db.models import F, Q

from shop import fields
from users.models.session import UserSession
from users.models.user import User


class ImpersonationQuerySet(models.QuerySet["Impersonation"]):
    def open_at(self, now: datetime) -> ImpersonationQuerySet:
        """Those that last at that moment: neither side has ended them, nor the clock."""
        return self.filter(
            ended_at=None, expires_at__gt=now, session__expires_at__gt=now
        )


class Impersonation(models.Model):
    """An operator saw the site as somebody: who, as whom, why, and from when to when.

    `session` is its line in that person's list of devices; when they end it there, it ends.
    """

    id = fields.key()
    operator = models.ForeignKey(
        User, on_delete=models.RESTRICT, related_name="impersonations"
    )
    user = models.ForeignKey(
        User, on_delete=models.RESTRICT, related_name="impersonated"
    )
    session = models.OneToOneField(
        UserSession, on_delete=models.SET_NULL, null=True, related_name="impersonation"
    )
    reason = models.TextField()
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # Empty where the hour ended it.
    ended_at = fields.moment()

    objects = ImpersonationQuerySet.as_manager()

    class Meta:
        db_table = "impersonations"
        permissions = [("impersonate", "Can see the site as somebody")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""), name="chk_impersonations_reason"
            ),
            models.CheckConstraint(
                condition=~Q(operator=F("user")), name="chk_impersonations_not_self"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} UTC"


class ImpersonatedRequest(models.Model):
    """A changing request that an operator sent as somebody else.

    Written before it is obeyed, so that nothing is done without a trace; `status` follows
    with the answer, and is empty where the process died before it. What was sent is not kept.
    """

    id = fields.key()
    impersonation = models.ForeignKey(
        Impersonation, on_delete=models.RESTRICT, related_name="requests"
    )
    at = models.DateTimeField()
    method = models.CharField(max_length=8)
    # The name of the address, such as `orders:cancel_order`.
    route = models.CharField(max_length=200)
    object_id = fields.text(64)
    status = models.SmallIntegerField(null=True, blank=True)

    class Meta:
        db_table = "impersonated_requests"
        indexes = [
            fields.Index(
                fields=["object_id"], name="idx_impersonated_requests_object_id"
            )
        ]
        triggers = [
            pgtrigger.Protect(
                name="append_only",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status__isnull=False),
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.route}"
