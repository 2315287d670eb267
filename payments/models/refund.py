import pgtrigger
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


class NeverAbovePayment(pgtrigger.Trigger):
    """Refuses refunds that together are more than their payment, however many come at once.

    The payment's row is locked first; the sum is then of what others have committed.
    """

    name = "never_above_payment"
    level = pgtrigger.Row
    when = pgtrigger.After
    operation = pgtrigger.Insert | pgtrigger.UpdateOf("amount", "status", "payment_id")
    condition = pgtrigger.Condition("NEW.status <> 'failed'")
    declare = [("paid", "numeric"), ("given", "numeric")]
    func = """
        SELECT amount INTO paid FROM payments
         WHERE id = NEW.payment_id FOR NO KEY UPDATE;
        SELECT sum(amount) INTO given FROM refunds
         WHERE payment_id = NEW.payment_id AND status <> 'failed';
        IF given > paid THEN
            RAISE EXCEPTION 'refunds of payment % are %, more than its %',
                            NEW.payment_id, given, paid
                  USING ERRCODE = 'check_violation',
                        CONSTRAINT = 'chk_refunds_never_above_payment';
        END IF;
        RETURN NULL;
    """


class Refund(models.Model):
    """Money given back of a payment; written before the gateway is asked.

    `id` is what the gateway tells repeats by, `idempotency_key` what the caller does.
    """

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
    # Of the amount, what is given back of the delivery's price.
    delivery_amount = fields.money()
    currency = fields.currency()
    status = fields.choice(RefundStatus, RefundStatus.PENDING)
    reason = fields.long_text()
    idempotency_key = fields.text(255)
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
    # When the gateway was last asked to.
    asked_at = fields.moment(editable=False)

    class Meta:
        db_table = "refunds"
        indexes = [
            fields.Index(fields=["processed_at"], name="idx_refunds_processed_at"),
            fields.Index(
                fields=["created_at"],
                condition=Q(status=RefundStatus.PENDING),
                name="idx_refunds_pending",
            ),
        ]
        triggers = [NeverAbovePayment()]
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="uk_refunds_payment_idempotency_key",
            ),
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
