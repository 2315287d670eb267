from decimal import Decimal

import factory

from payments.models import (
    CommissionRule,
    FraudFlag,
    GatewayWebhook,
    LedgerEntry,
    Payment,
    PaymentAttempt,
    PaymentMethod,
    PaymentStatus,
    Payout,
    Refund,
    RefundItem,
    RefundStatus,
    SimulatedCharge,
)
from shop.ids import uuid7
from tests.factories.orders import NOON, OrderFactory, OrderItemFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import UserFactory


class PaymentMethodFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PaymentMethod

    user = factory.SubFactory(UserFactory)
    brand = "Visa"
    last4 = "4242"


class CommissionRuleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CommissionRule

    shop = factory.SubFactory(ShopFactory)
    rate = Decimal("0.0500")
    valid_from = NOON


class PaymentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Payment

    order = factory.SubFactory(OrderFactory)
    amount = factory.SelfAttribute("order.total_price")
    currency = factory.SelfAttribute("order.currency")
    status = PaymentStatus.SUCCEEDED
    gateway = "test"
    gateway_transaction_id = factory.Sequence(lambda n: f"txn-{n}")
    event_time = NOON


class PaymentAttemptFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PaymentAttempt

    payment = factory.SubFactory(PaymentFactory)
    attempt_number = 1
    status = PaymentStatus.SUCCEEDED


class RefundFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Refund

    payment = factory.SubFactory(PaymentFactory)
    amount = Decimal("1.00")
    currency = factory.SelfAttribute("payment.currency")
    status = RefundStatus.SUCCEEDED
    processed_at = NOON


class FraudFlagFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = FraudFlag

    payment = factory.SubFactory(PaymentFactory)
    risk_score = Decimal("0.50")


class GatewayWebhookFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = GatewayWebhook

    gateway = "test"
    event_id = factory.Sequence(lambda n: f"evt-{n}")
    payload = factory.LazyFunction(dict)
    signature_ok = True


class LedgerEntryFactory(factory.django.DjangoModelFactory):
    """Nothing moved: a row alone balances only so."""

    class Meta:
        model = LedgerEntry

    transaction_id = factory.LazyFunction(uuid7)
    account = "shop_payable"
    shop = factory.SubFactory(ShopFactory)
    amount = Decimal("0.00")
    currency = "USD"


class PayoutFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Payout

    shop = factory.SubFactory(ShopFactory)
    amount = Decimal("1.00")
    currency = "USD"
    period_start = "2030-01-01"
    period_end = "2030-01-31"


class SimulatedChargeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SimulatedCharge

    key = factory.Sequence(lambda n: f"charge-{n}")
    amount = Decimal("10.00")
    currency = "USD"


class RefundItemFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RefundItem

    refund = factory.SubFactory(RefundFactory)
    order_item = factory.SubFactory(OrderItemFactory)
    quantity = 1
