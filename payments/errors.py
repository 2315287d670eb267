"""The ways the payments refuse."""

from decimal import Decimal

from django.utils.translation import gettext as _

from shop.errors import DomainError
from shop.money import format_money


class GatewayUnavailable(DomainError):
    """Not known, not configured, or not allowed here."""

    code = "gateway_unavailable"

    def __init__(self) -> None:
        super().__init__(_("This way to pay is not available. Choose another one."))


class NotPlaced(DomainError):
    """The checkout has no orders to pay yet."""

    code = "not_placed"

    def __init__(self) -> None:
        super().__init__(_("Place the order before you pay."))


class PaymentUnderWay(DomainError):
    """An earlier try has not ended, and nobody knows yet how it will."""

    code = "payment_under_way"

    def __init__(self) -> None:
        super().__init__(
            _("Your last payment is still being checked. Look again in a minute.")
        )


class NothingToCapture(DomainError):
    code = "nothing_to_capture"

    def __init__(self) -> None:
        super().__init__(_("No money is set aside for this purchase."))


class NothingPaid(DomainError):
    """There is nothing to give back through a gateway."""

    code = "nothing_paid"

    def __init__(self) -> None:
        super().__init__(_("Nothing was paid for this order through a gateway here."))


class InvalidAmount(DomainError):
    """Not above zero, or finer than the currency."""

    code = "invalid_amount"

    def __init__(self) -> None:
        super().__init__(
            _("Write an amount above zero, in whole units of the currency.")
        )


class RefundKeyReused(DomainError):
    """The caller's key belongs to a refund of another amount."""

    code = "refund_key_reused"

    def __init__(self) -> None:
        super().__init__(_("This key belongs to a refund of another amount."))


class RefundChanged(DomainError):
    """What would be given back differs from what the caller was shown."""

    code = "refund_changed"

    def __init__(self, amount: Decimal, currency: str) -> None:
        super().__init__(
            _("It comes to %(amount)s by now. Look through it once more.")
            % {"amount": format_money(amount, currency)}
        )


class NothingToChange(DomainError):
    code = "nothing_to_change"

    def __init__(self) -> None:
        super().__init__(_("Choose what to take out or to add."))


class CommissionRefused(DomainError):
    """reason: a sentence for the operator."""

    code = "commission_refused"
