from django.conf import settings
from django.db import models
from django.db.models import Q

from orders.models import OrderReturn
from payments.models.payment import Payment
from shop import fields


class RefundStatus(models.TextChoices):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Refund(models.Model):
    """Money given back of a payment."""

    id = fields.key()
    created_at = fields.written_at()
    updated_at = fields.changed_at()
    payment = models.ForeignKey(
        Payment, on_delete=models.RESTRICT, related_name="refunds"
    )
    order_return = models.ForeignKey(
        OrderReturn,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="refunds",
    )
    amount = fields.money()
    currency = fields.currency()
    status = fields.choice(RefundStatus, RefundStatus.PENDING)
    reason = fields.long_text()
    gateway_refund_id = fields.text(255)
    gateway_response = fields.document()
    processed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    processed_at = fields.moment()

    class Meta:
        db_table = "refunds"
        indexes = [
            fields.Index(fields=["processed_at"], name="idx_refunds_processed_at")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="chk_refunds_amount"
            ),
            models.CheckConstraint(
                condition=Q(status__in=RefundStatus.values), name="chk_refunds_status"
            ),
            # A refund that went through says when: the numbers count it in that hour.
            models.CheckConstraint(
                condition=~Q(status=RefundStatus.SUCCEEDED)
                | Q(processed_at__isnull=False),
                name="chk_refunds_processed_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.status}"
