"""The front page."""

import pytest
from django.urls import reverse

from tests.factories.catalog import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db


def test_departments_show_their_pictures(client):
    lamps = CategoryFactory(image="public/categories/lamps.webp")
    tables = CategoryFactory()
    for department in (lamps, tables):
        ProductFactory(category=department)

    page = client.get(reverse("catalog:home")).content.decode()

    assert "public/categories/lamps.webp" in page
    assert 'src=""' not in page
