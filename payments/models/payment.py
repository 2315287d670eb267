import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from orders.models import Checkout, Order, PaymentMethodKind
from shop import fields
from shop.entities import Entity, EntityType


class PaymentStatus(models.TextChoices):
    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    AUTHORIZED = "authorized"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class PaymentMethod(Entity):
    """A way to pay that a person keeps: the provider's token, never a card number."""

    entity_type = EntityType.PAYMENT_METHOD

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="payment_methods",
    )
    type = fields.choice(PaymentMethodKind, PaymentMethodKind.OTHER)
    provider = fields.text(50)
    gateway_id = fields.text(255)
    last4 = fields.text(4)
    expiry_month = models.SmallIntegerField(null=True, blank=True)
    expiry_year = models.SmallIntegerField(null=True, blank=True)
    brand = fields.text(50)
    is_default = models.BooleanField(**fields.both(False))
    billing_address = fields.document()
    metadata = fields.document()

    class Meta(Entity.Meta):
        db_table = "payment_methods"
        constraints = [
            models.CheckConstraint(
                condition=Q(type__in=PaymentMethodKind.values),
                name="chk_payment_methods_type",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(is_default=True),
                name="uk_payment_methods_default",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.brand or self.type} {self.last4}".strip()


class MadeOfRefund(pgtrigger.Trigger):
    """Refuses to change a payment that a refund became, or that such a refund is of."""

    name = "made_of_refund"
    level = pgtrigger.Row
    when = pgtrigger.Before
    operation = pgtrigger.UpdateOf(
        "amount", "currency", "gateway", "gateway_transaction_id", "order_id"
    )
    condition = pgtrigger.Condition(
        "((OLD.amount, OLD.currency, OLD.gateway, OLD.gateway_transaction_id,"
        " OLD.order_id) IS DISTINCT FROM (NEW.amount, NEW.currency, NEW.gateway,"
        " NEW.gateway_transaction_id, NEW.order_id))"
    )
    func = """
        IF EXISTS (SELECT FROM refunds WHERE became_id = NEW.id)
           OR EXISTS (SELECT FROM refunds
                       WHERE payment_id = NEW.id AND became_id IS NOT NULL) THEN
            RAISE EXCEPTION 'payment % is set off against another order', NEW.id
                  USING ERRCODE = 'check_violation',
                        CONSTRAINT = 'chk_payments_made_of_refund';
        END IF;
        RETURN NEW;
    """


class Payment(Entity):
    """Money for one order. Orders of one checkout share their gateway transaction.

    One that is `made_of` a refund moved no money: it is a part of another order's payment.
    """

    entity_type = EntityType.PAYMENT

    order = models.ForeignKey(Order, on_delete=models.RESTRICT, related_name="payments")
    checkout = models.ForeignKey(
        Checkout,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="payments",
    )
    payment_method = models.ForeignKey(
        PaymentMethod,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="payments",
    )
    amount = fields.money()
    currency = fields.currency()
    status = fields.choice(PaymentStatus, PaymentStatus.PENDING)
    gateway = fields.text(50)
    gateway_transaction_id = fields.text(255)
    gateway_response = fields.document()
    failure_reason = fields.long_text()
    processed_at = fields.moment()

    class Meta(Entity.Meta):
        db_table = "payments"
        indexes = [
            fields.Index(
                fields=["gateway", "gateway_transaction_id"],
                name="idx_payments_gateway_gateway_transaction_id",
            ),
            fields.Index(
                fields=["status", "created_at"], name="idx_payments_status_created_at"
            ),
            fields.Index(fields=["event_time"], name="idx_payments_event_time"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=0), name="chk_payments_amount"
            ),
            models.CheckConstraint(
                condition=Q(status__in=PaymentStatus.values), name="chk_payments_status"
            ),
            models.UniqueConstraint(
                fields=["gateway", "gateway_transaction_id", "order"],
                condition=~Q(gateway_transaction_id=""),
                name="uk_payments_gateway_transaction_order",
            ),
        ]
        triggers = [*Entity.Meta.triggers, MadeOfRefund()]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.status}"


# The gateway has not said its last word on these.
OPEN = (PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION)


class PaymentAttempt(models.Model):
    """One try to take a payment, written before the gateway is asked.

    The payments of a checkout are taken by one call: their attempts share its `key`.
    """

    id = fields.key()
    payment = models.ForeignKey(
        Payment, on_delete=models.CASCADE, related_name="attempts"
    )
    attempt_number = models.IntegerField()
    # What the gateway knows the call by, and tells repeats by.
    key = fields.text(64)
    gateway = fields.text(50)
    # False: the money is only set aside, and captured by a call of its own.
    is_captured = models.BooleanField(**fields.both(True))
    next_url = fields.long_text()
    status = models.CharField(max_length=32, choices=PaymentStatus.choices)
    gateway_response = fields.document()
    failure_reason = fields.long_text()
    created_at = fields.written_at()
    # When the gateway was last asked how it ended.
    asked_at = fields.moment(editable=False)

    class Meta:
        db_table = "payment_attempts"
        indexes = [
            fields.Index(fields=["key"], name="idx_payment_attempts_key"),
            fields.Index(
                fields=["created_at"],
                condition=Q(status__in=[*OPEN, PaymentStatus.AUTHORIZED]),
                name="idx_payment_attempts_open",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "attempt_number"],
                name="uk_payment_attempts_payment_attempt_number",
            ),
            # Nobody pays twice: a second try begins when the first has ended.
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(
                    status__in=[
                        *OPEN,
                        PaymentStatus.AUTHORIZED,
                        PaymentStatus.SUCCEEDED,
                    ]
                )
                & ~Q(key=""),
                name="uk_payment_attempts_live",
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.attempt_number} of {self.payment_id}"


class FraudFlag(models.Model):
    """A reason to look at a payment twice."""

    id = fields.key()
    payment = models.ForeignKey(
        Payment, on_delete=models.CASCADE, related_name="fraud_flags"
    )
    risk_score = fields.ratio(3, 2)
    flags = fields.document()
    is_resolved = models.BooleanField(**fields.both(False))
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    resolution_notes = fields.long_text()
    created_at = fields.written_at()
    resolved_at = fields.moment()

    class Meta:
        db_table = "fraud_flags"
        constraints = [
            models.CheckConstraint(
                condition=Q(risk_score__range=(0, 1)), name="chk_fraud_flags_risk_score"
            )
        ]

    def __str__(self) -> str:
        return f"{self.risk_score} on {self.payment_id}"


class GatewayWebhook(models.Model):
    """A call of a gateway, kept as it came."""

    id = fields.key()
    gateway = models.CharField(max_length=50)
    event_id = models.CharField(max_length=255)
    payload = models.JSONField()
    signature_ok = models.BooleanField()
    received_at = fields.written_at()
    processed_at = fields.moment()
    error = fields.long_text()

    class Meta:
        db_table = "gateway_webhooks"
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "event_id"],
                name="uk_gateway_webhooks_gateway_event_id",
            )
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.event_id}"
