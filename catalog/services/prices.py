"""Prices: the one way to change what a variant costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from catalog.errors import InvalidPrice, NoSuchThing
from catalog.events import PriceChanged
from catalog.models import PriceChange, Product, ProductVariant
from shop.events import publish
from shop.money import round_money

HIGHEST = Decimal("9999999999.99")
SQL = Path(__file__).resolve().parent.parent / "sql"
SET_PRICES = (SQL / "set_prices.sql").read_text()
# What lists show: the price of the variant on sale that costs least, what its shop says it cost
# before, and where it says so the lowest of the 30 days before. Grain: a product. Repeatable.
SHOW_LOWEST = """
UPDATE products
   SET price = cheapest.price, compare_price = cheapest.compare_price,
       lowest_before = cheapest.lowest_before, updated_at = %(now)s
  FROM (SELECT product_id, price, compare_price,
               CASE WHEN compare_price > price
                    THEN lowest_before(id, price, %(now)s) END AS lowest_before
          FROM (SELECT DISTINCT ON (product_id) id, product_id, price, compare_price
                  FROM product_variants
                 WHERE product_id = ANY(%(product_ids)s) AND is_active
                 ORDER BY product_id, price, position, id) AS variant) AS cheapest
 WHERE products.id = cheapest.product_id
   AND (products.price, products.compare_price, products.lowest_before)
       IS DISTINCT FROM
       (cheapest.price, cheapest.compare_price, cheapest.lowest_before)
"""


@transaction.atomic
def set_price(
    *,
    variant_id: UUID,
    price: Decimal,
    compare_price: Decimal | None,
    now: datetime,
    user_id: UUID | None = None,
) -> ProductVariant:
    """Change a price, with its history and what lists show of the product.

    compare_price: what it is said to have cost before, or None. May be repeated: the same
    price again writes no history. Raises InvalidPrice, and NoSuchThing for a variant that
    is gone.
    """
    product = _lock_product(variant_id)
    variant = (
        ProductVariant.objects.select_for_update(no_key=True)
        .filter(pk=variant_id)
        .first()
    )
    if product is None or variant is None:
        raise NoSuchThing(_("This variant is not there any more."))
    price = checked_price(price, product.currency)
    if compare_price is not None:
        compare_price = checked_price(compare_price, product.currency)
    if (variant.price, variant.compare_price) == (price, compare_price):
        return variant
    old_price, variant.price, variant.compare_price = (
        variant.price, price, compare_price,
    )  # fmt: skip
    variant.save(update_fields=["price", "compare_price", "updated_at"])
    _tell(variant, old_price=old_price, now=now, user_id=user_id)
    return variant


@dataclass(frozen=True)
class NewPrice:
    """What a variant shall cost. compare_price: what it is said to have cost before, or None."""

    price: Decimal
    compare_price: Decimal | None


@transaction.atomic
def set_prices(
    *, prices: Mapping[UUID, NewPrice], now: datetime, user_id: UUID | None = None
) -> None:
    """`set_price` for many variants in a few statements: history, what lists show, the news.

    prices: variant id -> price, already rounded (`checked_price`). The caller holds the
    products (`hold_products`) and has read the variants behind that. Variants that cost as
    much already are left alone, those that are gone are passed over.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            SET_PRICES,
            {
                "ids": list(prices),
                "prices": [new.price for new in prices.values()],
                "compare_prices": [new.compare_price for new in prices.values()],
                "now": now,
                "user_id": user_id,
                "type": PriceChanged.type,
                "stream": PriceChanged.stream,
            },
        )
        product_ids = {product_id for (product_id,) in cursor.fetchall()}
    if product_ids:
        show_lowest_prices(product_ids=product_ids, now=now)


def hold_products(*, shop_id: UUID, product_ids: Iterable[UUID]) -> list[UUID]:
    """Lock those of the shop, in the order of their keys; returns the ones that are there."""
    products = Product.objects.filter(shop_id=shop_id, pk__in=list(product_ids))
    held = products.order_by("pk").select_for_update(no_key=True)
    return list(held.values_list("pk", flat=True))


@transaction.atomic
def record_price(
    *,
    variant: ProductVariant,
    old_price: Decimal | None,
    now: datetime,
    user_id: UUID | None = None,
) -> None:
    """What goes with the price of a variant that a form has just saved, in its transaction.

    old_price: None for a new variant. The form holds the product's row: `hold_product`.
    """
    _tell(variant, old_price=old_price, now=now, user_id=user_id)


def hold_product(*, product_id: UUID) -> None:
    """Before the variants: two prices of one product at once must both be seen in its own."""
    Product.objects.select_for_update(no_key=True).filter(pk=product_id).first()


def _tell(
    variant: ProductVariant,
    *,
    old_price: Decimal | None,
    now: datetime,
    user_id: UUID | None,
) -> None:
    if old_price != variant.price:
        write_price_history(
            variant=variant, old_price=old_price, now=now, user_id=user_id
        )
    show_lowest_prices(product_ids=[variant.product_id], now=now)
    publish(
        PriceChanged,
        entity=variant.product,
        at=now,
        data={
            "variant_id": variant.pk,
            "old_price": old_price,
            "new_price": variant.price,
        },
    )


def write_price_history(
    *,
    variant: ProductVariant,
    old_price: Decimal | None,
    now: datetime,
    user_id: UUID | None = None,
) -> PriceChange:
    """The row that goes with a change. old_price: None for a new variant's first price."""
    return PriceChange.objects.create(
        variant_id=variant.pk,
        product_id=variant.product_id,
        old_price=old_price,
        new_price=variant.price,
        changed_at=now,
        user_id=user_id,
    )


def show_lowest_prices(*, product_ids: Iterable[UUID], now: datetime) -> None:
    """Bring products' prices in line with their variants' and these' history; may be repeated.

    The caller holds the products' rows, so that the last one to write has seen all variants.
    The lowest price before is fixed when a reduction begins: it need not be looked for later.
    """
    with connection.cursor() as cursor:
        cursor.execute(SHOW_LOWEST, {"product_ids": list(product_ids), "now": now})


def _lock_product(variant_id: UUID) -> Product | None:
    """Before the variant: two prices of one product at once must both be seen in its own."""
    return (
        Product.objects.select_for_update(no_key=True)
        .filter(
            pk__in=ProductVariant.objects.filter(pk=variant_id).values("product_id")
        )
        .first()
    )


def checked_price(price: Decimal, currency: str) -> Decimal:
    """Rounded to what the currency has. Raises InvalidPrice."""
    if not (price.is_finite() and 0 <= price <= HIGHEST):
        raise InvalidPrice(
            _("A price is zero or more, and below ten thousand million.")
        )
    return round_money(price, currency)
