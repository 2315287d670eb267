from orders.models.cart import AbandonedCart, Cart, CartItem, CartStatus
from orders.models.checkout import Checkout, CheckoutStatus
from orders.models.customer import Customer
from orders.models.fulfillment import OrderTracking, ShippingAddress
from orders.models.invoice import Invoice
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
from orders.models.returns import OrderReturn, OrderReturnItem, ReturnStatus

__all__ = [
    "AbandonedCart",
    "Cart",
    "CartItem",
    "CartStatus",
    "Checkout",
    "CheckoutStatus",
    "Coupon",
    "Customer",
    "FinancialStatus",
    "FulfillmentStatus",
    "Invoice",
    "Order",
    "OrderCoupon",
    "OrderItem",
    "OrderReturn",
    "OrderReturnItem",
    "OrderStatus",
    "OrderStatusChange",
    "OrderTracking",
    "PaymentMethodKind",
    "Promotion",
    "PromotionKind",
    "ReturnStatus",
    "ShippingAddress",
]
