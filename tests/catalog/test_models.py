import pytest
from django.db import IntegrityError, transaction

from catalog.models import Category, InventoryPolicy, ProductVariant
from tests.factories.catalog import (
    BrandFactory,
    CategoryFactory,
    ProductFactory,
    ProductImageFactory,
    ProductReviewFactory,
    ProductVariantFactory,
)
from tests.factories.shop import ShopFactory

pytestmark = pytest.mark.django_db


def test_a_category_cannot_stand_below_itself():
    root = CategoryFactory()
    middle = CategoryFactory(parent=root)
    leaf = CategoryFactory(parent=middle)

    with pytest.raises(IntegrityError, match="cannot stand below itself"):
        Category.objects.filter(pk=root.pk).update(parent=leaf)


def test_a_subtree_is_one_query(django_assert_num_queries):
    root = CategoryFactory()
    middle = CategoryFactory(parent=root)
    leaf = CategoryFactory(parent=middle)
    CategoryFactory()

    with django_assert_num_queries(1):
        found = set(root.descendants(include_self=True))

    assert found == {root, middle, leaf}


def test_a_sku_is_unique_in_its_shop_only():
    first = ProductFactory(sku="A")
    ProductFactory(sku="A")

    with pytest.raises(IntegrityError, match="uk_products_shop_sku"):
        ProductFactory(sku="A", shop=first.shop)


def test_a_product_is_priced_in_its_shops_currency():
    shop = ShopFactory(currency="KES")

    with pytest.raises(IntegrityError, match="fk_products_shop_currency"):
        ProductFactory(shop=shop, currency="USD")


def test_a_variant_is_of_its_products_shop():
    product = ProductFactory()

    with pytest.raises(IntegrityError, match="fk_product_variants_shop_product"):
        ProductVariantFactory(product=product, shop=ShopFactory())


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"inventory_quantity": -1}, "chk_product_variants_inventory"),
        ({"reserved_quantity": 1}, "chk_product_variants_reserved"),
        ({"price": -1}, "chk_product_variants_price"),
    ],
)
def test_stock_and_price_keep_their_bounds(values, constraint):
    variant = ProductVariantFactory()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ProductVariant.objects.filter(pk=variant.pk).update(**values)


def test_stock_may_go_below_zero_where_selling_goes_on():
    variant = ProductVariantFactory(inventory_policy=InventoryPolicy.CONTINUE)

    ProductVariant.objects.filter(pk=variant.pk).update(inventory_quantity=-3)

    variant.refresh_from_db()
    assert (variant.available_quantity, variant.can_sell(5)) == (-3, True)


def test_can_sell_what_is_not_promised():
    variant = ProductVariantFactory(inventory_quantity=5, reserved_quantity=2)

    assert (variant.can_sell(3), variant.can_sell(4)) == (True, False)


def test_one_picture_of_a_product_is_the_first():
    image = ProductImageFactory(is_primary=True)

    with pytest.raises(IntegrityError, match="uk_product_images_primary"):
        ProductImageFactory(product=image.product, is_primary=True)


@pytest.mark.parametrize("rating", [0, 6])
def test_a_rating_is_one_to_five(rating):
    with pytest.raises(IntegrityError, match="chk_product_reviews_rating"):
        ProductReviewFactory(rating=rating)


def test_a_products_brand_and_category_may_go():
    product = ProductFactory(brand=BrandFactory())
    product.brand.delete()
    product.category.delete()

    product.refresh_from_db()
    assert (product.brand_id, product.category_id) == (None, None)


def test_the_search_vector_weighs_the_name_first():
    product = ProductFactory(name="Walnut radio", description="A kitchen radio")
    product.refresh_from_db()

    assert "'walnut':1A" in product.search_vector
