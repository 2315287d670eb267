"""What programs read: sitemap, robots, health, and pages that are not there."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.template.loader import render_to_string
from django.urls import reverse
from django_redis.cache import RedisCache

from catalog import sitemaps
from catalog.models import ProductStatus
from shop.models import ShopStatus
from tests.factories.catalog import CategoryFactory, ProductFactory
from tests.factories.shop import ShopFactory


@pytest.mark.django_db
def test_sitemap_lists_what_is_on_sale_with_its_last_change(client):
    seen = ProductFactory()
    ProductFactory(status=ProductStatus.DRAFT)
    ProductFactory(shop=ShopFactory(status=ShopStatus.SUSPENDED))

    page = client.get("/sitemap-products.xml").content.decode()

    assert page.count("<url>") == 1
    assert f"{seen.get_absolute_url()}</loc>" in page
    assert f"<lastmod>{seen.updated_at:%Y-%m-%d}</lastmod>" in page


@pytest.mark.django_db
def test_sitemap_index_splits_what_is_too_long_for_one_file(client, monkeypatch):
    assert sitemaps.MOST_ADDRESSES == 50_000
    monkeypatch.setattr(sitemaps.ProductSitemap, "limit", 2)
    ProductFactory.create_batch(5)

    index = client.get("/sitemap.xml").content.decode()
    last = client.get("/sitemap-products.xml?p=3").content.decode()

    assert index.count("/sitemap-products.xml") == 3
    assert last.count("<url>") == 1


@pytest.mark.django_db
def test_sitemap_index_reads_no_rows(client, django_assert_max_num_queries):
    ProductFactory.create_batch(3)
    CategoryFactory.create_batch(3)

    with django_assert_max_num_queries(8):
        assert "<lastmod>" in client.get("/sitemap.xml").content.decode()


def test_robots_names_the_sitemap_and_closes_private_pages(client):
    text = client.get("/robots.txt").content.decode()

    assert "Disallow: /account/\n" in text
    assert text.endswith("Sitemap: http://testserver/sitemap.xml\n")


@pytest.mark.django_db
def test_health_is_ok_while_everything_answers(client):
    response = client.get(reverse("shop:health"))

    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok", "cache": "ok"}
    assert "no-cache" in response["Cache-Control"]


@pytest.mark.django_db
def test_health_is_503_without_the_database(client, monkeypatch):
    def away() -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(connection, "cursor", away)

    response = client.get(reverse("shop:health"))

    assert response.status_code == 503
    assert response.json()["database"] == "down"


@pytest.mark.django_db
def test_health_is_degraded_but_up_without_the_cache(client, monkeypatch):
    monkeypatch.setattr(RedisCache, "get", lambda *_, **__: None)

    response = client.get(reverse("shop:health"))

    assert response.status_code == 200
    assert response.json() == {"status": "degraded", "database": "ok", "cache": "down"}


@pytest.mark.django_db
def test_unknown_address_is_a_page_of_ours(client):
    response = client.get("/nowhere/")

    assert response.status_code == 404
    assert b"We cannot find that page" in response.content
    assert b'role="search"' in response.content


@pytest.mark.parametrize("code", ["500", "400", "403_csrf"])
def test_page_of_trouble_needs_no_database(code):
    # Without the django_db mark a query would fail the test.
    page = render_to_string(f"{code}.html")

    assert '<main id="content"' in page
    assert "Traceback" not in page


@pytest.mark.django_db
def test_failure_shows_the_plain_page(client, monkeypatch):
    def broken() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("catalog.queries.listings.newest_products", broken)
    client.raise_request_exception = False

    response = client.get("/")

    assert response.status_code == 500
    assert b"Something broke on our side" in response.content
    assert b"secret detail" not in response.content


def test_stored_picture_is_served_for_good(client):
    name = default_storage.save("products/a.webp", ContentFile(b"RIFF"))

    response = client.get(default_storage.url(name))

    assert b"".join(response.streaming_content) == b"RIFF"
    assert "immutable" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"
    default_storage.delete(name)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    ["../private/x", "products/../../x", "/etc/passwd", "products", "none.webp", "%00"],
)
def test_nothing_but_public_files_is_served(client, path):
    assert client.get(f"/media/public/{path}").status_code == 404
