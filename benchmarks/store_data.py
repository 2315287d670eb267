"""A market to measure the store with: generated products, written set by set.

    python -m benchmarks.store_data [--products N]

Fills the database of DATABASE_URL, which must be migrated and hold no product. 20 categories in
4 departments, 20 shops, 40 brands; every product has one variant with stock (one in ten is sold
out) and one picture, four facts, every fifth a price before, nearly all a rating. The same N
gives the same rows.
"""

from __future__ import annotations

import argparse
import os
import sys

import django

PICTURE = "products/generated.webp"
OWNER = "owner@store-data.example"
DEPARTMENTS = """
INSERT INTO categories (name, slug, sort_order)
SELECT 'Department ' || n, 'department-' || n, n FROM generate_series(1, 4) AS n
"""
CATEGORIES = """
INSERT INTO categories (name, slug, sort_order, parent_id)
SELECT 'Category ' || n, 'category-' || n, n, department.id
  FROM generate_series(1, 20) AS n
  JOIN categories AS department ON department.slug = 'department-' || (n %% 4 + 1)
"""
BRANDS = """
INSERT INTO brands (name, slug)
SELECT 'Brand ' || n, 'brand-' || n FROM generate_series(1, 40) AS n
"""
SHOPS = """
INSERT INTO shops (name, slug, status, currency, country, owner_id)
SELECT 'Shop ' || n, 'shop-' || n, 'active', 'EUR', 'DE', %(owner)s
  FROM generate_series(1, 20) AS n
"""
# A hash spreads the values without a random source, and each independently of the others.
PRODUCTS = """
INSERT INTO products
       (sku, name, slug, description, short_description, price, compare_price,
        lowest_before, currency,
        status, rating_average, review_count, event_time, attributes,
        shop_id, category_id, brand_id)
SELECT 'P' || made.n,
       made.stuff || ' ' || made.thing || ' ' || made.n,
       'product-' || made.n,
       'A thing to use every day, made to last. Number ' || made.n || ' of its kind.',
       'A thing to use every day.',
       made.price,
       CASE WHEN made.luck < 20 THEN round(1.25 * made.price, 2) END,
       CASE WHEN made.luck < 20 THEN round(1.25 * made.price, 2) END,
       'EUR', 'active',
       CASE WHEN made.rating > 100 THEN made.rating / 100.0 ELSE 0 END,
       CASE WHEN made.rating > 100 THEN made.reviews ELSE 0 END,
       now() - made.n * interval '1 second',
       jsonb_build_object('facts', jsonb_build_object(
         'Colour', made.colour, 'Material', made.material,
         'Made in', made.land, 'Season', made.season)),
       shop.id, category.id, brand.id
  FROM (SELECT n,
               round(5 + abs(hashtext('price' || n)) %% 20000 / 100.0, 2) AS price,
               abs(hashtext('luck' || n)) %% 100 AS luck,
               abs(hashtext('rating' || n)) %% 401 + 100 AS rating,
               abs(hashtext('reviews' || n)) %% 90 + 1 AS reviews,
               abs(hashtext('shop' || n)) %% 20 + 1 AS shop,
               abs(hashtext('category' || n)) %% 20 + 1 AS category,
               abs(hashtext('brand' || n)) %% 40 + 1 AS brand,
               (ARRAY['Oak','Linen','Copper','Wool','Glass','Paper','Steel','Felt'])
                 [abs(hashtext('stuff' || n)) %% 8 + 1] AS stuff,
               (ARRAY['lamp','chair','guitar','kettle','scarf','clock','basket','bowl','desk',
                      'tent'])[abs(hashtext('thing' || n)) %% 10 + 1] AS thing,
               (ARRAY['Black','Blue','Green','Red','White','Natural'])
                 [abs(hashtext('colour' || n)) %% 6 + 1] AS colour,
               (ARRAY['Wood','Metal','Cotton','Glass','Leather'])
                 [abs(hashtext('material' || n)) %% 5 + 1] AS material,
               (ARRAY['Germany','Kenya','Portugal','Japan','India','Peru','Italy'])
                 [abs(hashtext('land' || n)) %% 7 + 1] AS land,
               (ARRAY['Summer','Winter','All year'])
                 [abs(hashtext('season' || n)) %% 3 + 1] AS season
          FROM generate_series(1, %(products)s) AS n) AS made
  JOIN shops AS shop ON shop.slug = 'shop-' || made.shop
  JOIN categories AS category ON category.slug = 'category-' || made.category
  JOIN brands AS brand ON brand.slug = 'brand-' || made.brand
"""
VARIANTS = """
INSERT INTO product_variants
       (product_id, shop_id, sku, price, compare_price, inventory_quantity, event_time)
SELECT id, shop_id, sku, price, compare_price,
       CASE WHEN right(sku, 1) = '7' THEN 0 ELSE 25 END, event_time
  FROM products
"""
IMAGES = """
INSERT INTO product_images (product_id, src, width, height, hue, alt, is_primary)
SELECT id, %(picture)s, 256, 256, substr(sku, 2)::int %% 9, name, true FROM products
"""
STATEMENTS = (DEPARTMENTS, CATEGORIES, BRANDS, SHOPS, PRODUCTS, VARIANTS, IMAGES)
TABLES = (
    "categories",
    "brands",
    "shops",
    "products",
    "product_variants",
    "product_images",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--products", type=int, default=10_000)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    return fill(products=options.products)


def fill(*, products: int) -> int:
    """All in one transaction, then the planner's statistics."""
    from django.db import connection, transaction

    from catalog.models import Product
    from users.models import User

    if Product.objects.exists():
        print("There are products already; nothing was written.")
        return 1
    with transaction.atomic(), connection.cursor() as cursor:
        owner, _ = User.objects.get_or_create(email=OWNER)
        values = {"owner": owner.pk, "products": products, "picture": PICTURE}
        for statement in STATEMENTS:
            cursor.execute(statement, values)
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")
    print(f"{products:,} products.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
