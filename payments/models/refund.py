import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from orders.models import Order, OrderReturn
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


class AgreesWithPayment(pgtrigger.Trigger):
    """Refuses a refund that became a payment of another amount, order or charge.

    So the refunds of a payment and of those made of it are never more than was taken.
    """

    name = "agrees_with_payment"
    level = pgtrigger.Row
    when = pgtrigger.After
    operation = pgtrigger.Insert | pgtrigger.UpdateOf("became_id")
    condition = pgtrigger.Condition("NEW.became_id IS NOT NULL")
    func = """
        IF NOT EXISTS (
            SELECT FROM payments AS made
              JOIN payments AS source ON source.id = NEW.payment_id
             WHERE made.id = NEW.became_id
               AND made.id <> source.id
               AND made.order_id = NEW.kept_for_id
               AND made.amount = NEW.amount
               AND made.currency = source.currency
               AND made.gateway = source.gateway
               AND made.gateway_transaction_id = source.gateway_transaction_id
        ) THEN
            RAISE EXCEPTION 'refund % is not what payment % was made of',
                            NEW.id, NEW.became_id
                  USING ERRCODE = 'check_violation',
                        CONSTRAINT = 'chk_refunds_agrees_with_payment';
        END IF;
        RETURN NULL;
    """


class Refund(models.Model):
    """Money given back of a payment; written before the gateway is asked.

    `id` is what the gateway tells repeats by, `idempotency_key` what the caller does. Set off
    against another order, it goes nowhere: no gateway is asked, and it becomes a payment
    of that order, of the same charge. Until that order is paid, it is set aside.
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
    # The order that it is set aside for, or was set off against, and the payment it became.
    kept_for = models.ForeignKey(
        Order,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="kept_refunds",
        db_index=False,
    )
    became = models.OneToOneField(
        Payment,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="made_of",
    )

    class Meta:
        db_table = "refunds"
        indexes = [
            fields.Index(fields=["processed_at"], name="idx_refunds_processed_at"),
            fields.Index(
                fields=["created_at"],
                condition=Q(status=RefundStatus.PENDING),
                name="idx_refunds_pending",
            ),
            fields.Index(
                fields=["kept_for"],
                condition=Q(kept_for__isnull=False),
                name="idx_refunds_kept_for_id",
            ),
        ]
        triggers = [
            NeverAbovePayment(),
            AgreesWithPayment(),
            # What has become a payment is spent.
            pgtrigger.Protect(
                name="became_is_final",
                operation=pgtrigger.UpdateOf(
                    "amount",
                    "currency",
                    "status",
                    "payment_id",
                    "kept_for_id",
                    "became_id",
                )
                | pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.became_id IS NOT NULL"),
            ),
        ]
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
            # Set aside, or a payment by now: nobody loses what was set off.
            models.CheckConstraint(
                condition=Q(kept_for=None, became=None)
                | Q(kept_for__isnull=False, became=None, status=RefundStatus.PENDING)
                | Q(
                    kept_for__isnull=False,
                    became__isnull=False,
                    status=RefundStatus.SUCCEEDED,
                ),
                name="chk_refunds_kept_for",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.status}"
