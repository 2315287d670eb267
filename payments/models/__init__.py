from payments.models.ledger import LedgerEntry, Payout, PayoutStatus
from payments.models.payment import (
    FraudFlag,
    GatewayWebhook,
    Payment,
    PaymentAttempt,
    PaymentMethod,
    PaymentStatus,
)
from payments.models.refund import Refund, RefundStatus

__all__ = [
    "FraudFlag",
    "GatewayWebhook",
    "LedgerEntry",
    "Payment",
    "PaymentAttempt",
    "PaymentMethod",
    "PaymentStatus",
    "Payout",
    "PayoutStatus",
    "Refund",
    "RefundStatus",
]
