"""A shop of 100,000 products: its lists, and a change of half its prices, undone again.

    python -m benchmarks.seller [--products N] [--only list|stock|prices]

Works in a database of its own, made beside the one in DATABASE_URL and dropped at the end. Prints
milliseconds of the first and the last page by filter and order (the slower of two, statements
of the page included), the seconds of a job over half the products and of its undo, whether the
undo was exact, and how long a shopper's reads of prices took meanwhile.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

from benchmarks.database import own_database

FILL = (
    """
INSERT INTO products (shop_id, sku, name, slug, description, price, compare_price, currency,
                      category_id, tags, status)
SELECT %(shop)s, 'SKU-' || lpad(n::text, 6, '0'),
       (ARRAY['Red', 'Blue', 'Oak', 'Steel', 'Soft'])[1 + n %% 5] || ' '
       || (ARRAY['lamp', 'chair', 'kettle', 'rug'])[1 + n %% 4] || ' ' || n,
       'product-' || n, repeat('A fine thing for every home. ', 10),
       5 + (n * 37 %% 9000) / 100.0, CASE WHEN n %% 10 = 0 THEN 100 END, 'GBP',
       (%(categories)s::uuid[])[1 + n %% 20],
       CASE WHEN n %% 25 = 0 THEN '{gift}'::varchar[] ELSE '{}' END,
       CASE WHEN n %% 20 = 0 THEN 'draft' WHEN n %% 33 = 0 THEN 'archived' ELSE 'active' END
  FROM generate_series(1, %(products)s) AS n
""",
    """
INSERT INTO product_variants (product_id, shop_id, sku, name, price, compare_price,
                              inventory_quantity, position)
SELECT id, shop_id, sku || '-' || v, 'Size ' || v, price + v - 1, compare_price,
       CASE WHEN hashtext(sku) %% 15 = 0 THEN 0 ELSE abs(hashtext(sku || v) %% 60) END, v
  FROM products, generate_series(1, 1 + (hashtext(sku) %% 5 = 0)::int) AS v
""",
    """
INSERT INTO price_history (variant_id, product_id, new_price, changed_at)
SELECT id, product_id, price, now() - interval '90 days' FROM product_variants
""",
    """
UPDATE product_variants
   SET reserved_quantity = 1
 WHERE hashtext(sku) %% 50 = 1 AND inventory_quantity > 0
""",
    """
INSERT INTO inventory_logs (product_id, variant_id, old_quantity, new_quantity, adjustment,
                            reason, created_at)
SELECT product_id, id, 0, inventory_quantity, inventory_quantity, 'opening', now()
  FROM product_variants WHERE inventory_quantity > 0
""",
    """
INSERT INTO stock_alerts (variant_id, email)
SELECT id, 'a' || n || '@example.com'
  FROM product_variants, generate_series(1, 3) AS n
 WHERE inventory_quantity = 0 AND hashtext(sku || 'x') %% 10 = 0
""",
    """
INSERT INTO product_images (product_id, src, width, height, alt)
SELECT id, 'products/one.webp', 10, 10, '' FROM products WHERE hashtext(sku) %% 8 <> 0
""",
)
FILTERS: tuple[dict[str, str], ...] = (
    {},
    {"status": "draft"},
    {"stock": "out"},
    {"stock": "low"},
    {"category": "category-3"},
    {"tag": "gift"},
    {"reduced": "1"},
    {"bare": "1"},
    {"words": "SKU-0999"},
    {"words": "lamp 77"},
    {"words": "lamp"},
)
FILLED = (
    "products",
    "product_variants",
    "product_images",
    "inventory_logs",
    "stock_alerts",
)
# Everything that says what something costs, but for when that was written.
PRICES = """
SELECT md5(string_agg(row::text, ',' ORDER BY row.id))
  FROM (SELECT id, price, compare_price, lowest_before FROM products
         UNION ALL SELECT id, price, compare_price, NULL FROM product_variants) AS row
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--only", choices=["list", "stock", "prices"])
    options = parser.parse_args()
    parts: dict[str, Callable[[Any], None]] = {
        "list": _measure_list,
        "stock": _measure_stock,
        "prices": lambda shop: _measure_prices(shop, options.products // 2),
    }
    with own_database("benchmark_seller"):
        shop = _fill(options.products)
        for name, measure in parts.items():
            if options.only in {None, name}:
                measure(shop)
    return 0


def _fill(products: int) -> Any:
    # Django must be set up first.
    from django.db import connection

    from catalog.models import Category
    from shop.models import Shop
    from users.models import User

    owner = User.objects.create(email="seller@example.com")
    shop = Shop.objects.create(
        owner=owner, name="Big", slug="big", currency="GBP", status="active"
    )
    categories = [
        Category.objects.create(name=f"Category {n}", slug=f"category-{n}").pk
        for n in range(20)
    ]
    values = {"shop": shop.pk, "categories": categories, "products": products}
    with connection.cursor() as cursor:
        for statement in FILL:
            cursor.execute(statement, values)
        for table in FILLED:
            cursor.execute(f"VACUUM ANALYZE {table}")
    return shop


def _measure_list(shop: Any) -> None:
    from catalog.queries.sell_products import (
        SORTS,
        ProductFilter,
        first_pictures,
        listed_products,
        stock_of_products,
    )
    from shop.keyset import keyset_page

    print("list, ms: first page, last page")
    for chosen in FILTERS:
        wanted = ProductFilter.of(chosen)
        for sort, order in SORTS.items():
            times = []
            for cursor in ("", "last"):
                slowest = 0.0
                for _ in range(2):
                    begun = time.perf_counter()
                    found = listed_products(shop_id=shop.pk, wanted=wanted)
                    page = keyset_page(
                        found.defer("description", "search_vector", "attributes"),
                        order=order,
                        cursor=cursor,
                    )
                    ids = [product.pk for product in page.rows]
                    first_pictures(product_ids=ids)
                    stock_of_products(product_ids=ids)
                    slowest = max(slowest, time.perf_counter() - begun)
                times.append(slowest * 1000)
            print(f"  {chosen!s:28} {sort:8} {times[0]:6.0f} {times[1]:6.0f}")


def _measure_stock(shop: Any) -> None:
    """With the counts beside the tabs, the newest change and who waits of each row."""
    from catalog.queries.sell_stock import StockTab, stock_counts, stock_levels

    print("stock, ms: first page, last page")
    for tab in StockTab:
        for words in ("", "SKU-0999", "lamp 77", "lamp"):
            times = []
            for cursor in ("", "last"):
                slowest = 0.0
                for _ in range(2):
                    begun = time.perf_counter()
                    stock_levels(shop=shop, tab=tab, words=words, cursor=cursor)
                    stock_counts(shop=shop)
                    slowest = max(slowest, time.perf_counter() - begun)
                times.append(slowest * 1000)
            print(f"  {tab:10} {words:10} {times[0]:6.0f} {times[1]:6.0f}")


def _measure_prices(shop: Any, half: int) -> None:
    from django.db import connection
    from django.db.models import F
    from django.utils import timezone

    from catalog.models import Product
    from shop.services import jobs

    def prices() -> str:
        with connection.cursor() as cursor:
            cursor.execute(PRICES)
            return str(cursor.fetchone()[0])

    before = prices()
    rows = Product.objects.filter(shop=shop, sku__lte=f"SKU-{half:06}")
    params = {"percent": "10", "ending": "99", "compare": "old", "currency": "GBP"}
    job = jobs.open_job(
        shop_id=shop.pk,
        by=shop.owner,
        kind="catalog.change_prices",
        params=params,
        rows=rows.order_by("id").annotate(entity_id=F("id"), label=F("name")),
        expected=half,
        now=timezone.now(),
    )
    _run("change", job)
    undo = jobs.undo_job(job_id=job.pk, by=shop.owner, now=timezone.now())
    _run("undo", undo)
    print("undo exact:", prices() == before)


def _run(name: str, job: Any) -> None:
    from django.utils import timezone

    from shop.services import jobs

    waits: list[float] = []
    stop = threading.Event()
    shopper = threading.Thread(target=_shop, args=(job.shop_id, waits, stop))
    shopper.start()
    begun = time.perf_counter()
    while jobs.run_job(job_id=job.pk, budget_s=20, clock=timezone.now):
        pass
    taken = time.perf_counter() - begun
    stop.set()
    shopper.join()
    job.refresh_from_db()
    median, most = statistics.median(waits) * 1000, max(waits) * 1000
    print(
        f"{name}: {job.done_rows} products in {taken:.1f} s;"
        f" a shopper's read: {median:.1f} ms, at most {most:.0f} ms"
    )


def _shop(shop_id: Any, waits: list[float], stop: threading.Event) -> None:
    """Reads products with their variants, as a page of the store does."""
    from django.db import connection

    from catalog.models import Product

    number = 0
    while not stop.is_set():
        number = number % 5000 + 7
        begun = time.perf_counter()
        product = Product.objects.get(shop_id=shop_id, sku=f"SKU-{number:06}")
        list(product.variants.all())
        waits.append(time.perf_counter() - begun)
        time.sleep(0.05)
    connection.close()


if __name__ == "__main__":
    raise SystemExit(main())
