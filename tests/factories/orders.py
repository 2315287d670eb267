from datetime import UTC, datetime
from decimal import Decimal

import factory
from django.utils import timezone

from orders.models import (
    AbandonedCart,
    Cart,
    CartItem,
    Checkout,
    Coupon,
    Customer,
    DeliveryMethod,
    DeliveryZone,
    Invoice,
    InvoiceCounter,
    Order,
    OrderCoupon,
    OrderItem,
    OrderMessage,
    OrderNote,
    OrderReturn,
    OrderReturnItem,
    OrderReturnPhoto,
    OrderStatus,
    OrderStatusChange,
    OrderTracking,
    Promotion,
    ShipmentItem,
    ShippingAddress,
    TaxRate,
)
from shop.encryption import keyed_hash
from tests.factories.catalog import ProductVariantFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import UserFactory

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


class CustomerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Customer

    email_hash = factory.Sequence(lambda n: keyed_hash(f"customer-{n}"))
    region = "US"


class CartFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Cart

    user = factory.SubFactory(UserFactory)
    currency = "USD"


class CartItemFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CartItem

    cart = factory.SubFactory(CartFactory)
    variant = factory.SubFactory(ProductVariantFactory)
    quantity = 1
    added_price = factory.SelfAttribute("variant.price")


class AbandonedCartFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = AbandonedCart

    cart = factory.SubFactory(CartFactory)
    abandoned_at = factory.LazyFunction(timezone.now)


class CheckoutFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Checkout

    currency = "USD"


class OrderFactory(factory.django.DjangoModelFactory):
    """An order without items; its total is what `subtotal_price` says."""

    class Meta:
        model = Order

    order_number = factory.Sequence(lambda n: f"T-{n:06d}")
    shop = factory.SubFactory(ShopFactory)
    customer = factory.SubFactory(CustomerFactory)
    currency = factory.SelfAttribute("shop.currency")
    status = OrderStatus.PROCESSING
    event_time = NOON
    subtotal_price = Decimal("10.00")
    total_price = factory.LazyAttribute(
        lambda order: (
            order.subtotal_price
            - order.total_discount
            + order.total_shipping
            + order.total_tax
        )
    )
    total_discount = Decimal("0.00")
    total_shipping = Decimal("0.00")
    total_tax = Decimal("0.00")


class OrderItemFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OrderItem

    order = factory.SubFactory(OrderFactory)
    variant = factory.SubFactory(
        ProductVariantFactory,
        product__shop=factory.SelfAttribute("...order.shop"),
    )
    product = factory.SelfAttribute("variant.product")
    sku = factory.SelfAttribute("variant.sku")
    name = factory.SelfAttribute("product.name")
    quantity = 1
    price = Decimal("10.00")


class OrderStatusChangeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OrderStatusChange

    order = factory.SubFactory(OrderFactory)
    status = OrderStatus.PROCESSING


class ShippingAddressFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ShippingAddress

    user = factory.SubFactory(UserFactory)
    first_name = "Ada"
    last_name = "Lovelace"
    address1 = "1 Street"
    city = "Nairobi"
    country = "KE"


class OrderTrackingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OrderTracking

    order = factory.SubFactory(OrderFactory)
    carrier = "Post"
    tracking_number = "123"


class OrderReturnFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OrderReturn

    order = factory.SubFactory(OrderFactory)
    event_time = NOON


class OrderReturnItemFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OrderReturnItem

    order_return = factory.SubFactory(OrderReturnFactory)
    order_item = factory.SubFactory(
        OrderItemFactory, order=factory.SelfAttribute("..order_return.order")
    )
    product = factory.SelfAttribute("order_item.product")
    quantity = 1
    price = Decimal("10.00")


class PromotionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Promotion

    shop = factory.SubFactory(ShopFactory)
    name = "Ten off"
    value = Decimal("10.00")
    starts_at = NOON


class CouponFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Coupon

    promotion = factory.SubFactory(PromotionFactory)
    shop = factory.SelfAttribute("promotion.shop")
    code = factory.Sequence(lambda n: f"CODE{n}")


class OrderCouponFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OrderCoupon

    order = factory.SubFactory(OrderFactory)
    coupon = factory.SubFactory(CouponFactory)
    promotion = factory.SelfAttribute("coupon.promotion")
    discount = Decimal("1.00")


class InvoiceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Invoice

    order = factory.SubFactory(OrderFactory)
    shop = factory.SelfAttribute("order.shop")
    invoice_number = factory.Sequence(lambda n: f"{n:06d}")
    currency = factory.SelfAttribute("order.currency")
    total = factory.SelfAttribute("order.total_price")
    issued_at = NOON


class InvoiceCounterFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = InvoiceCounter

    shop = factory.SubFactory(ShopFactory)


class DeliveryZoneFactory(factory.django.DjangoModelFactory):
    """Everywhere."""

    class Meta:
        model = DeliveryZone

    shop = factory.SubFactory(ShopFactory)
    name = factory.Sequence(lambda n: f"Zone {n}")


class DeliveryMethodFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = DeliveryMethod

    zone = factory.SubFactory(DeliveryZoneFactory)
    name = factory.Sequence(lambda n: f"Post {n}")
    price = Decimal("5.00")
    min_days = 2
    max_days = 5


class TaxRateFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TaxRate

    country = "KE"
    province = factory.Sequence(lambda n: f"Province {n}")
    name = "VAT"
    rate = Decimal("0.16000")


class ShipmentItemFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ShipmentItem

    tracking = factory.SubFactory(OrderTrackingFactory)
    order_item = factory.SubFactory(
        OrderItemFactory, order=factory.SelfAttribute("..tracking.order")
    )
    quantity = 1


class OrderReturnPhotoFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OrderReturnPhoto

    order_return = factory.SubFactory(OrderReturnFactory)
    photo = factory.django.ImageField(width=8, height=8)


class OrderMessageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OrderMessage

    order = factory.SubFactory(OrderFactory)
    kind = "shipped"
    claimed_at = "2030-01-01T00:00:00Z"


class OrderNoteFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OrderNote

    order = factory.SubFactory(OrderFactory)
    text = "Rang the bell twice."
    created_at = "2030-01-01T00:00:00Z"
