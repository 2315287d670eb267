"""What happens to payments."""

from typing import ClassVar

from shop.events import Event, Stream


class PaymentSucceeded(Event):
    """`data`: order_id, shop_id, amount, currency, gateway.

    Of what a gateway took; the part that another order's money pays is no event of its own.
    """

    type: ClassVar[str] = "payment.succeeded"
    stream: ClassVar[Stream] = Stream.PAYMENT


class PaymentFailed(Event):
    """Declined, or given up. `data`: order_id, shop_id, amount, currency, gateway."""

    type: ClassVar[str] = "payment.failed"
    stream: ClassVar[Stream] = Stream.PAYMENT


class PaymentRefunded(Event):
    """`data`: order_id, shop_id, refund_id, amount, currency, gateway, kept_for.

    kept_for: the order that the money pays, where it did not go back.
    """

    type: ClassVar[str] = "payment.refunded"
    stream: ClassVar[Stream] = Stream.PAYMENT


class PaymentVoided(Event):
    """Set aside and let go. `data`: order_id, shop_id, amount, currency, gateway."""

    type: ClassVar[str] = "payment.voided"
    stream: ClassVar[Stream] = Stream.PAYMENT
