from payments.models.commission import CommissionRule
from payments.models.ledger import LedgerEntry, Payout, PayoutStatus
from payments.models.payment import (
    OPEN,
    FraudFlag,
    GatewayWebhook,
    Payment,
    PaymentAttempt,
    PaymentMethod,
    PaymentStatus,
)
from payments.models.refund import Refund, RefundStatus
from payments.models.refund_item import RefundItem
from payments.models.simulated import SimulatedCharge

__all__ = [
    "OPEN",
    "CommissionRule",
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
    "RefundItem",
    "RefundStatus",
    "SimulatedCharge",
]
