"""What happens to carts and orders."""

from typing import ClassVar

from shop.events import Event, Stream


class CartItemAdded(Event):
    """`data`: variant_id, product_id, shop_id, quantity (the units that came)."""

    type: ClassVar[str] = "cart.item_added"
    stream: ClassVar[Stream] = Stream.CART


class CartItemChanged(Event):
    """`data`: variant_id, quantity (the units there are now)."""

    type: ClassVar[str] = "cart.item_changed"
    stream: ClassVar[Stream] = Stream.CART


class CartItemRemoved(Event):
    """`data`: variant_id, quantity (the units that went)."""

    type: ClassVar[str] = "cart.item_removed"
    stream: ClassVar[Stream] = Stream.CART


class CartMerged(Event):
    """A guest's cart was added to this one. `data`: guest_cart_id."""

    type: ClassVar[str] = "cart.merged"
    stream: ClassVar[Stream] = Stream.CART


class CartAbandoned(Event):
    """It was left for too long."""

    type: ClassVar[str] = "cart.abandoned"
    stream: ClassVar[Stream] = Stream.CART


class OrderPlaced(Event):
    """It waits for its payment. `data`: shop_id, checkout_id, total, currency."""

    type: ClassVar[str] = "order.placed"
    stream: ClassVar[Stream] = Stream.ORDER


class OrderPaid(Event):
    """`data`: shop_id, checkout_id, total, currency."""

    type: ClassVar[str] = "order.paid"
    stream: ClassVar[Stream] = Stream.ORDER


class OrderShipped(Event):
    """A parcel left. `data`: shop_id, tracking_id, complete (nothing is left to ship)."""

    type: ClassVar[str] = "order.shipped"
    stream: ClassVar[Stream] = Stream.ORDER


class OrderDelivered(Event):
    type: ClassVar[str] = "order.delivered"
    stream: ClassVar[Stream] = Stream.ORDER


class OrderCancelled(Event):
    """`data`: shop_id, paid (there is money to give back), expired (nobody paid in time)."""

    type: ClassVar[str] = "order.cancelled"
    stream: ClassVar[Stream] = Stream.ORDER


class OrderRefunded(Event):
    """`data`: shop_id, amount, total_refunded, currency, kept_for (an order, or None)."""

    type: ClassVar[str] = "order.refunded"
    stream: ClassVar[Stream] = Stream.ORDER


class PayLinkWanted(Event):
    """A buyer is to be sent the link to pay an order. `data`: shop_id, checkout_id."""

    type: ClassVar[str] = "order.pay_link_wanted"
    stream: ClassVar[Stream] = Stream.ORDER


class OrderClaimed(Event):
    """A guest's order came to the account that confirmed its address. `data`: shop_id, user_id."""

    type: ClassVar[str] = "order.claimed"
    stream: ClassVar[Stream] = Stream.ORDER


class ReturnRequested(Event):
    """`data`: return_id, shop_id, kind."""

    type: ClassVar[str] = "order.return_requested"
    stream: ClassVar[Stream] = Stream.ORDER


class ReturnAnswered(Event):
    """`data`: return_id, shop_id, status (approved or rejected)."""

    type: ClassVar[str] = "order.return_answered"
    stream: ClassVar[Stream] = Stream.ORDER


class ReturnSentBack(Event):
    """The buyer proved that the goods are on their way. `data`: return_id, shop_id."""

    type: ClassVar[str] = "order.return_sent_back"
    stream: ClassVar[Stream] = Stream.ORDER


class ReturnReceived(Event):
    """The goods are back. `data`: return_id, shop_id, refund_total, currency."""

    type: ClassVar[str] = "order.return_received"
    stream: ClassVar[Stream] = Stream.ORDER
