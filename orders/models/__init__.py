from orders.models.cart import AbandonedCart, Cart, CartItem, CartStatus
from orders.models.checkout import Checkout, CheckoutStatus
from orders.models.customer import Customer
from orders.models.delivery import DeliveryMethod, DeliveryZone, TaxRate
from orders.models.fulfillment import OrderTracking, ShipmentItem, ShippingAddress
from orders.models.invoice import Invoice, InvoiceCounter
from orders.models.message import OrderMessage
from orders.models.note import OrderNote
from orders.models.order import (
    FinancialStatus,
    FulfillmentStatus,
    Order,
    OrderItem,
    OrderStatus,
    OrderStatusChange,
    PaymentMethodKind,
)
from orders.models.promotion import Coupon, OrderCoupon, Promotion, PromotionKind
from orders.models.returns import (
    OrderReturn,
    OrderReturnItem,
    OrderReturnPhoto,
    ReturnKind,
    ReturnStatus,
)

__all__ = [
    "AbandonedCart",
    "Cart",
    "CartItem",
    "CartStatus",
    "Checkout",
    "CheckoutStatus",
    "Coupon",
    "Customer",
    "DeliveryMethod",
    "DeliveryZone",
    "FinancialStatus",
    "FulfillmentStatus",
    "Invoice",
    "InvoiceCounter",
    "Order",
    "OrderCoupon",
    "OrderItem",
    "OrderMessage",
    "OrderNote",
    "OrderReturn",
    "OrderReturnItem",
    "OrderReturnPhoto",
    "OrderStatus",
    "OrderStatusChange",
    "OrderTracking",
    "PaymentMethodKind",
    "Promotion",
    "PromotionKind",
    "ReturnKind",
    "ReturnStatus",
    "ShipmentItem",
    "ShippingAddress",
    "TaxRate",
]
