from decimal import Decimal

import factory
from django.utils import timezone

from catalog.models import (
    Brand,
    Category,
    InventoryLog,
    LowStockLine,
    LowStockNotice,
    PriceChange,
    Product,
    ProductAddress,
    ProductBuyer,
    ProductImage,
    ProductReview,
    ProductStatus,
    ProductTag,
    ProductVariant,
    ProductView,
    RetiredProduct,
    ReviewImage,
    ReviewReport,
    ReviewVote,
    SavedView,
    StockAlert,
    StockReason,
    StockReservation,
    Tag,
    Wishlist,
    WishlistItem,
)
from shop.ids import uuid7
from tests.factories.shop import ShopFactory
from tests.factories.users import UserFactory


class CategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Category

    name = factory.Sequence(lambda n: f"Category {n}")
    slug = factory.Sequence(lambda n: f"category-{n}")


class BrandFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Brand

    name = factory.Sequence(lambda n: f"Brand {n}")
    slug = factory.Sequence(lambda n: f"brand-{n}")


class TagFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Tag

    name = factory.Sequence(lambda n: f"tag {n}")
    slug = factory.Sequence(lambda n: f"tag-{n}")


class ProductFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Product

    shop = factory.SubFactory(ShopFactory)
    sku = factory.Sequence(lambda n: f"SKU-{n}")
    name = factory.Sequence(lambda n: f"Product {n}")
    slug = factory.Sequence(lambda n: f"product-{n}")
    price = Decimal("10.00")
    currency = factory.SelfAttribute("shop.currency")
    category = factory.SubFactory(CategoryFactory)
    status = ProductStatus.ACTIVE


class ProductAddressFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProductAddress

    slug = factory.Sequence(lambda n: f"former-{n}")
    product = factory.SubFactory(ProductFactory)


class ProductVariantFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProductVariant

    product = factory.SubFactory(ProductFactory)
    shop = factory.SelfAttribute("product.shop")
    sku = factory.Sequence(lambda n: f"VAR-{n}")
    price = factory.SelfAttribute("product.price")


class ProductTagFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProductTag

    product = factory.SubFactory(ProductFactory)
    tag = factory.SubFactory(TagFactory)


class ProductImageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProductImage

    product = factory.SubFactory(ProductFactory)
    src = factory.django.ImageField(width=8, height=8)
    alt = "A picture"


class ProductReviewFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProductReview

    product = factory.SubFactory(ProductFactory)
    shop = factory.SelfAttribute("product.shop")
    user = factory.SubFactory(UserFactory)
    rating = 4
    is_approved = True


class ReviewImageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ReviewImage

    review = factory.SubFactory(ProductReviewFactory)
    src = factory.django.ImageField(width=8, height=8)
    width = 8
    height = 8
    alt = "A photo"


class ReviewVoteFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ReviewVote

    review = factory.SubFactory(ProductReviewFactory)
    user = factory.SubFactory(UserFactory)


class ProductBuyerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProductBuyer

    product = factory.SubFactory(ProductFactory)
    user = factory.SubFactory(UserFactory)
    bought_at = factory.LazyFunction(timezone.now)


class RetiredProductFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RetiredProduct

    slug = factory.Sequence(lambda n: f"retired-{n}")
    name = "A product"
    product_id = factory.LazyFunction(uuid7)
    shop_id = factory.LazyFunction(uuid7)


class InventoryLogFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = InventoryLog

    product_id = factory.LazyFunction(uuid7)
    variant_id = factory.LazyFunction(uuid7)
    old_quantity = 0
    new_quantity = 5
    adjustment = 5
    reason = StockReason.OPENING
    created_at = factory.LazyFunction(timezone.now)


class StockReservationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = StockReservation

    variant = factory.SubFactory(ProductVariantFactory)
    checkout_id = factory.LazyFunction(uuid7)
    quantity = 1
    expires_at = "2031-01-01T00:00:00Z"


class StockAlertFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = StockAlert

    variant = factory.SubFactory(ProductVariantFactory)
    user = factory.SubFactory(UserFactory)


class LowStockNoticeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = LowStockNotice

    shop = factory.SubFactory(ShopFactory)
    day = factory.LazyFunction(lambda: timezone.now().date())


class LowStockLineFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = LowStockLine

    notice = factory.SubFactory(LowStockNoticeFactory)
    variant = factory.SubFactory(
        ProductVariantFactory, product__shop=factory.SelfAttribute("...notice.shop")
    )
    left = 1
    threshold = 5


class PriceChangeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PriceChange

    variant_id = factory.LazyFunction(uuid7)
    product_id = factory.LazyFunction(uuid7)
    old_price = Decimal("12.00")
    new_price = Decimal("10.00")
    changed_at = factory.LazyFunction(timezone.now)


class ProductViewFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProductView

    product_id = factory.LazyFunction(uuid7)
    session_id = "session"


class WishlistFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Wishlist

    user = factory.SubFactory(UserFactory)
    name = "Birthday"


class WishlistItemFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = WishlistItem

    wishlist = factory.SubFactory(WishlistFactory)
    product = factory.SubFactory(ProductFactory)


class SavedViewFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SavedView

    shop = factory.SubFactory(ShopFactory)
    user = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"View {n}")
    query = "status=draft"


class ReviewReportFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ReviewReport

    review = factory.SubFactory(ProductReviewFactory)
