"""What a product's own page reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import JSONField, Q, QuerySet, UUIDField
from django.db.models.expressions import RawSQL

from catalog.models import (
    Product,
    ProductImage,
    ProductStatus,
    ProductVariant,
    RetiredProduct,
)
from catalog.queries.choices import VariantRow
from catalog.queries.listings import Card, Crumb, cards
from shop.models import Shop, ShopStatus

MOST_PICTURES = 12
OTHERS = 4
SEEN_SHOWN = 8
# Parts of the page that are few values each, read with the product itself.
RATING_COUNTS = """
(SELECT jsonb_object_agg(rating, reviews)
   FROM (SELECT rating, count(*) AS reviews FROM product_reviews
          WHERE product_id = products.id AND is_approved GROUP BY rating) AS counted)
"""
# From the department down; nothing when one of them is closed.
CATEGORY_PATH = """
(WITH RECURSIVE above AS (
    SELECT id, parent_id, name, slug, is_active, 0 AS height
      FROM categories WHERE id = products.category_id
     UNION ALL
    SELECT category.id, category.parent_id, category.name, category.slug,
           category.is_active, above.height + 1
      FROM categories AS category JOIN above ON above.parent_id = category.id)
 SELECT jsonb_agg(jsonb_build_array(id, name, slug) ORDER BY height DESC)
   FROM above HAVING bool_and(is_active))
"""
OTHER_IDS = """
ARRAY(SELECT other.id FROM products AS other
       WHERE other.shop_id = products.shop_id AND other.status = 'active'
         AND other.id <> products.id
       ORDER BY other.rating_average DESC, other.review_count DESC, other.id DESC
       LIMIT %s)
"""
# Written out: building this and the reviews' statement takes longer than running them.
IMAGES = """
SELECT image.id, image.product_id, image.variant_id, image.src, image.width, image.height,
       image.hue, image.alt, image.position, image.is_primary
  FROM product_images AS image
  LEFT JOIN product_variants AS variant ON variant.id = image.variant_id
 WHERE image.product_id = %(product_id)s
   AND (image.variant_id IS NULL OR image.is_primary
        OR image.variant_id = %(variant_id)s
        OR (variant.option1 = %(option)s AND variant.option1 <> ''))
 ORDER BY image.is_primary DESC, image.position, image.id
 LIMIT %(most)s
"""


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
    product = (
        Product.objects.on_sale()
        .select_related("shop", "brand")
        .defer("search_vector", "extra_data", "shop__description", "shop__extra_data")
        .annotate(
            rating_counts=RawSQL(RATING_COUNTS, (), output_field=JSONField()),
            category_path=RawSQL(CATEGORY_PATH, (), output_field=JSONField()),
            other_ids=RawSQL(
                OTHER_IDS, (OTHERS,), output_field=ArrayField(UUIDField())
            ),
        )
        .filter(slug=slug)
        .first()
    )
    if product is None:
        return None
    path = product.category_path or []
    counts = product.rating_counts or {}
    return ProductPage(
        product=product,
        path=[Crumb(id=UUID(id_), name=name, slug=slug) for id_, name, slug in path],
        rating_counts={int(stars): count for stars, count in counts.items()},
        other_ids=product.other_ids,
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
    variants = ProductVariant.objects.filter(product_id=product_id)
    rows = variants.order_by("position", "id").values_list(*VariantRow._fields)
    return [VariantRow._make(row) for row in rows]


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
    return list(ProductImage.objects.raw(IMAGES, values))


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
    found = cards(products=Product.objects.on_sale().filter(pk__in=ids))
    return {card.id: card for card in found}
