"""The ways the orders refuse."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from shop.errors import DomainError


class AddressRefused(DomainError):
    """An address cannot be used. `errors` has one sentence for each field that is wrong."""

    code = "address_refused"

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


class AddressBookFull(DomainError):
    code = "address_book_full"

    def __init__(self, limit: int) -> None:
        super().__init__(
            _("An address book holds %(limit)d addresses. Delete one first.")
            % {"limit": limit}
        )


class CartClosed(DomainError):
    """The cart was ordered, merged into another, or left for too long."""

    code = "cart_closed"

    def __init__(self) -> None:
        super().__init__(_("This cart is closed. Add the items to a new one."))


class EmptyCart(DomainError):
    code = "empty_cart"

    def __init__(self) -> None:
        super().__init__(_("The cart is empty."))


class CartFull(DomainError):
    code = "cart_full"

    def __init__(self, most: int) -> None:
        super().__init__(
            _("A cart holds %(most)d different items. Order these first.")
            % {"most": most}
        )


class NotInCart(DomainError):
    code = "not_in_cart"

    def __init__(self) -> None:
        super().__init__(_("This item is not in the cart."))


class ProductUnavailable(DomainError):
    """It does not exist, or is not on sale (any more)."""

    code = "product_unavailable"

    def __init__(self, name: str = "") -> None:
        super().__init__(
            _("%(name)s is not on sale any more.") % {"name": name}
            if name
            else _("This product is not on sale any more.")
        )


class ShopClosed(DomainError):
    """Its people are away: what it sells can be looked at, not bought."""

    code = "shop_closed"

    def __init__(self, shop: str, until: datetime | None) -> None:
        super().__init__(closed_words(shop, until))


def closed_words(shop: str, until: datetime | None) -> str:
    """What buyers read of a closure; until: None when nobody knows."""
    if until is None:
        words = _("%(shop)s is closed for now. Nothing can be bought there.")
        return words % {"shop": shop}
    return _("%(shop)s is closed until %(day)s. Nothing can be bought there.") % {
        "shop": shop,
        "day": date_format(localtime(until), "DATE_FORMAT"),
    }


class SettingRefused(DomainError):
    """What a shop says about delivery or tax cannot be. field: which part of it."""

    code = "setting_refused"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class PromotionRefused(DomainError):
    """What a shop says of a promotion or a code cannot be. field: which part of it."""

    code = "promotion_refused"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class CurrencyMismatch(DomainError):
    """A cart is in one currency; this item is priced in another."""

    code = "currency_mismatch"

    def __init__(self, cart: str, item: str) -> None:
        super().__init__(
            _(
                "The cart is in %(cart)s and this item is sold in %(item)s. Order the"
                " cart first, then this item."
            )
            % {"cart": cart, "item": item}
        )


class AmountTooLarge(DomainError):
    code = "amount_too_large"

    def __init__(self) -> None:
        super().__init__(_("This is more than one order can hold. Order less at once."))


class CouponRefused(DomainError):
    """`code` says why, for programs: coupon_unknown, coupon_expired and so on."""

    code = "coupon_refused"


class CouponUnknown(CouponRefused):
    code = "coupon_unknown"

    def __init__(self) -> None:
        super().__init__(_("No shop in your cart knows this code."))


class CouponNotValid(CouponRefused):
    """Before its first or after its last day, or switched off."""

    code = "coupon_expired"

    def __init__(self, coupon: str) -> None:
        super().__init__(_("%(coupon)s is not valid now.") % {"coupon": coupon})


class CouponUsedUp(CouponRefused):
    """As often as it may be used, by everybody or by this buyer, it was."""

    code = "coupon_used_up"

    def __init__(self, coupon: str) -> None:
        super().__init__(
            _("%(coupon)s was used as often as it may be. Remove it to go on.")
            % {"coupon": coupon}
        )


class CartHasProblems(DomainError):
    """Items that cannot be bought as they stand; one sentence each."""

    code = "cart_has_problems"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)


class CheckoutIncomplete(DomainError):
    """`missing` names the steps that are left: contact, address, delivery."""

    code = "checkout_incomplete"

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(_("Fill in what is missing before you pay."))
        self.missing = tuple(missing)


class InvalidEmail(DomainError):
    code = "invalid_email"

    def __init__(self) -> None:
        super().__init__(_("Write an e-mail address like name@example.com."))


class DeliveryUnavailable(DomainError):
    """A shop does not send to the address, or not in the way that was chosen."""

    code = "delivery_unavailable"

    def __init__(self, shops: Sequence[str]) -> None:
        super().__init__(
            _("%(shops)s does not deliver to this address.")
            % {"shops": ", ".join(shops)}
        )
        self.shops = tuple(shops)


class CountryUnknown(DomainError):
    """Not one that an address may name."""

    code = "country_unknown"

    def __init__(self) -> None:
        super().__init__(_("Choose a country of the list."))


class QuoteChanged(DomainError):
    """What is to be paid differs from what the buyer agreed to."""

    code = "quote_changed"

    def __init__(self) -> None:
        super().__init__(
            _("Prices or stock have changed. Look through your order once more.")
        )


class CheckoutClosed(DomainError):
    """It was placed or given up, and takes no more changes."""

    code = "checkout_closed"

    def __init__(self) -> None:
        super().__init__(_("This order was placed or given up already."))


class CheckoutExpired(DomainError):
    """It was not paid in time."""

    code = "checkout_expired"

    def __init__(self) -> None:
        super().__init__(
            _(
                "The time to pay is over, and the items are on sale again. Nothing is due."
            )
        )


class WrongStatus(DomainError):
    """The order is not in a state in which this can be done."""

    code = "wrong_status"


class TooManyUnits(DomainError):
    """More units than the order has left to ship or to return."""

    code = "too_many_units"

    def __init__(self, name: str, left: int) -> None:
        super().__init__(
            _("%(name)s: %(left)d left in this order.") % {"name": name, "left": left}
        )


class NotInOrder(DomainError):
    code = "not_in_order"

    def __init__(self) -> None:
        super().__init__(_("This item is not in the order."))


class ReturnRefused(DomainError):
    """Nothing to return, or too late."""

    code = "return_refused"


class RefundTooLarge(DomainError):
    """More than was paid, less what was given back already."""

    code = "refund_too_large"

    def __init__(self, left: Decimal, currency: str) -> None:
        super().__init__(
            _("At most %(left)s %(currency)s can be given back.")
            % {"left": left, "currency": currency}
        )


class EmptyNote(DomainError):
    code = "empty_note"

    def __init__(self) -> None:
        super().__init__(_("Write the note first."))


class NotOfShop(DomainError):
    """Something that the shop does not sell, or an order that is not its own."""

    code = "not_of_shop"

    def __init__(self) -> None:
        super().__init__(_("This is not to be found in your shop."))


class HoldInvalid(DomainError):
    """The stock cannot be held for so long, or so short."""

    code = "hold_invalid"

    def __init__(self, least: int, most: int) -> None:
        super().__init__(
            _("Hold the stock for %(least)d to %(most)d hours.")
            % {"least": least, "most": most}
        )
