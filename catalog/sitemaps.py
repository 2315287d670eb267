"""Addresses for search engines (https://www.sitemaps.org/protocol.html)."""

from datetime import datetime
from typing import Any

from django.contrib.sitemaps import Sitemap
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.urls import reverse

from catalog.models import Brand, Category, Product
from shop.models import Shop

# The protocol's limit for one file.
MOST_ADDRESSES = 50_000


class RowSitemap(Sitemap):
    """Rows with a page and an `updated_at`; nothing but slug and time is read."""

    limit = MOST_ADDRESSES

    def rows(self) -> QuerySet[Any]:
        raise NotImplementedError

    def items(self) -> QuerySet[Any]:
        return self.rows().only("slug", "updated_at").order_by("id")

    def lastmod(self, row: Any) -> datetime:
        moment: datetime = row.updated_at
        return moment

    def get_latest_lastmod(self) -> datetime | None:
        """In SQL: the library would load every row for the index."""
        latest: datetime | None = self.rows().aggregate(Max("updated_at"))[
            "updated_at__max"
        ]
        return latest


class ProductSitemap(RowSitemap):
    def rows(self) -> QuerySet[Any]:
        return Product.objects.on_sale()


class ShopSitemap(RowSitemap):
    def rows(self) -> QuerySet[Any]:
        return Shop.objects.on_sale()


class CategorySitemap(RowSitemap):
    def rows(self) -> QuerySet[Any]:
        return Category.objects.visible()


class BrandSitemap(RowSitemap):
    def rows(self) -> QuerySet[Any]:
        on_sale = Product.objects.on_sale().filter(brand=OuterRef("pk"))
        return Brand.objects.filter(Exists(on_sale), is_active=True)

    def location(self, brand: Any) -> str:
        return reverse("catalog:brand", args=[brand.slug])


class PageSitemap(Sitemap):
    """The pages that are always there."""

    def items(self) -> list[str]:
        return ["catalog:home", "catalog:shops", "catalog:brands"]

    def location(self, item: str) -> str:
        return reverse(item)


SITEMAPS = {
    "pages": PageSitemap,
    "categories": CategorySitemap,
    "shops": ShopSitemap,
    "brands": BrandSitemap,
    "products": ProductSitemap,
}
