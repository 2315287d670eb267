"""What a product's own page reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from json import loads
from uuid import UUID

from django.db.models import Q, QuerySet

from catalog.models import (
    Brand,
    Product,
    ProductImage,
    ProductStatus,
    RetiredProduct,
)
from catalog.queries.choices import VariantRow
from catalog.queries.listings import Card, Crumb, cards, cards_of
from shop.models import Shop, ShopStatus
from shop.statements import Columns, read_prepared

MOST_PICTURES = 12
OTHERS = 4
SEEN_SHOWN = 8
# A plan that is kept counts on so many in an array that it does not know; where the values
# suggest fewer, PostgreSQL plans anew each time. So arrays are filled up with what they hold.
ESTIMATED = 10
# Written out, here and below: building such a statement takes longer than running it. With the
# product come the parts of its page that are few values each: how often which rating was given;
# its categories from the department down, nothing when one of them is closed; what else its
# shop sells.
PAGE = """
SELECT (SELECT jsonb_object_agg(rating, reviews)
          FROM (SELECT rating, count(*) AS reviews FROM product_reviews
                 WHERE product_id = product.id AND is_approved GROUP BY rating) AS counted),
       (WITH RECURSIVE above AS (
            SELECT id, parent_id, name, slug, is_active, 0 AS height
              FROM categories WHERE id = product.category_id
             UNION ALL
            SELECT category.id, category.parent_id, category.name, category.slug,
                   category.is_active, above.height + 1
              FROM categories AS category JOIN above ON above.parent_id = category.id)
        SELECT jsonb_agg(jsonb_build_array(id, name, slug) ORDER BY height DESC)
          FROM above HAVING bool_and(is_active)),
       ARRAY(SELECT other.id FROM products AS other
              WHERE other.shop_id = product.shop_id AND other.status = 'active'
                AND other.id <> product.id
              ORDER BY other.rating_average DESC, other.review_count DESC, other.id DESC
              LIMIT {others}),
       {product}, {shop}, {brand}
  FROM products AS product
  JOIN shops AS shop ON shop.id = product.shop_id AND shop.status = 'active'
  LEFT JOIN brands AS brand ON brand.id = product.brand_id
 WHERE product.slug = %(slug)s AND product.status = 'active'
"""
IMAGES = """
SELECT {image}
  FROM product_images AS image
  LEFT JOIN product_variants AS variant ON variant.id = image.variant_id
 WHERE image.product_id = %(product_id)s
   AND (image.variant_id IS NULL OR image.is_primary
        OR image.variant_id = %(variant_id)s
        OR (variant.option1 = %(option)s AND variant.option1 <> ''))
 ORDER BY image.is_primary DESC, image.position, image.id
 LIMIT %(most)s
"""
VARIANTS = """
SELECT {columns} FROM product_variants
 WHERE product_id = %s AND is_active ORDER BY position, id
""".format(columns=", ".join(VariantRow._fields))
ON_SALE = """
SELECT product.id FROM products AS product
  JOIN shops AS shop ON shop.id = product.shop_id AND shop.status = 'active'
 WHERE product.id = ANY(%s) AND product.status = 'active'
"""


PRODUCT = Columns.of(Product, without=["search_vector", "extra_data"])
SHOP = Columns.of(Shop, without=["description", "extra_data"])
BRAND = Columns.of(Brand)
IMAGE = Columns.of(ProductImage)
PAGE_SQL = PAGE.format(
    product=PRODUCT.sql("product"),
    shop=SHOP.sql("shop"),
    brand=BRAND.sql("brand"),
    others=OTHERS,
)
IMAGES_SQL = IMAGES.format(image=IMAGE.sql("image"))


@dataclass(frozen=True)
class ProductPage:
    """A product on sale with what is read in the same statement.

    rating_counts: stars -> approved reviews; other_ids: of its shop, the best rated first.
    """

    product: Product
    path: list[Crumb]
    rating_counts: dict[int, int]
    other_ids: list[UUID]


@dataclass(frozen=True)
class Gone:
    """A product that was sold here once. shop: None when that is closed too."""

    name: str
    shop: Shop | None
    category_id: UUID | None


def product_page(*, slug: str) -> ProductPage | None:
    """None for what is not on sale; one statement."""
    rows = read_prepared(PAGE_SQL, {"slug": slug})
    if not rows:
        return None
    counts, path, other_ids, *rest = rows[0]
    product = PRODUCT.made(rest)
    product.shop = SHOP.made(rest[PRODUCT.width :])
    brand = rest[PRODUCT.width + SHOP.width :]
    product.brand = BRAND.made(brand) if product.brand_id else None
    return ProductPage(
        product=product,
        path=[Crumb(UUID(id_), *names) for id_, *names in loads(path or "[]")],
        rating_counts={int(stars): n for stars, n in loads(counts or "{}").items()},
        other_ids=other_ids,
    )


def gone_product(*, slug: str) -> Gone | None:
    """What is known of a product that is sold no more: archived, deleted, of a closed shop."""
    product = (
        Product.objects.filter(slug=slug)
        .exclude(status=ProductStatus.DRAFT)
        .filter(Q(status=ProductStatus.ARCHIVED) | Q(shop__status=ShopStatus.CLOSED))
        .select_related("shop")
        .first()
    )
    if product is not None:
        is_open = product.shop.status == ShopStatus.ACTIVE
        shop = product.shop if is_open else None
        return Gone(name=product.name, shop=shop, category_id=product.category_id)
    retired = RetiredProduct.objects.filter(slug=slug).first()
    if retired is None or Product.objects.filter(slug=slug).exists():
        return None
    return Gone(
        name=retired.name,
        shop=Shop.objects.on_sale().filter(pk=retired.shop_id).first(),
        category_id=retired.category_id,
    )


def moved_product(*, slug: str) -> Product | None:
    """The product that had this address before, unless it was never shown."""
    moved = Product.objects.exclude(status=ProductStatus.DRAFT)
    return moved.filter(former_addresses__slug=slug).only("slug").first()


def instead_of(*, gone: Gone) -> list[Card]:
    """What else there is: of its category first, then of its shop."""
    on_sale = Product.objects.on_sale()
    near = on_sale.filter(category_id=gone.category_id) if gone.category_id else None
    found = _best(near) if near is not None else []
    if len(found) < 2 * OTHERS and gone.shop is not None:
        known = {card.id for card in found}
        of_shop = _best(on_sale.filter(shop=gone.shop))
        found += [card for card in of_shop if card.id not in known]
    return found[: 2 * OTHERS]


def _best(products: QuerySet[Product]) -> list[Card]:
    best = products.order_by("-rating_average", "-review_count", "-id")
    return cards(products=best[: 2 * OTHERS])


def product_variants(*, product_id: UUID) -> list[VariantRow]:
    """All of them, as plain rows: there may be 2,048."""
    return [VariantRow._make(row) for row in read_prepared(VARIANTS, [product_id])]


def product_images(
    *, product_id: UUID, variant: VariantRow | None
) -> list[ProductImage]:
    """Those of the product and of the variant's first option: the same colour, say."""
    values = {
        "product_id": product_id,
        "variant_id": variant.id if variant else None,
        "option": variant.option1 if variant else "",
        "most": MOST_PICTURES,
    }
    return [IMAGE.made(row) for row in read_prepared(IMAGES_SQL, values)]


def shown_image(
    *, images: Sequence[ProductImage], variant: VariantRow | None, number: int
) -> ProductImage | None:
    """The picture asked for by its place, from 1; else the variant's own; else the first."""
    if 0 < number <= len(images):
        return images[number - 1]
    own = [image for image in images if variant and image.variant_id == variant.id]
    near = [image for image in images if image.variant_id and variant]
    return next(iter([*own, *near, *images]), None)


def cards_by_id(*, ids: Sequence[UUID]) -> dict[UUID, Card]:
    """Cards of those that are on sale; one statement, none without ids."""
    if not ids:
        return {}
    filled = [*ids, *[ids[-1]] * (-len(ids) % ESTIMATED)]
    found = cards_of(page=ON_SALE, values=[filled])
    return {card.id: card for card in found}
