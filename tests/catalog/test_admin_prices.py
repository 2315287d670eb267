"""The admin changes prices and shows reviews by the same services as everybody."""

from decimal import Decimal

import pytest
from django.urls import reverse

from catalog.models import PriceChange, ProductVariant
from tests.factories.catalog import (
    ProductFactory,
    ProductReviewFactory,
    ProductVariantFactory,
)
from tests.factories.users import OperatorFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client):
    made = OperatorFactory()
    client.force_login(made)
    return made


def form_of(page):
    """What a browser would send back, of every form of the page."""
    admin = page.context["adminform"].form
    formsets = [inline.formset for inline in page.context["inline_admin_formsets"]]
    data = {}
    for form in [admin, *(f.management_form for f in formsets), *(f for s in formsets for f in s.initial_forms)]:  # fmt: skip
        for field in form:
            value = field.value()
            # No form at all is a number, too: 0 is sent.
            if value is not None and value is not False:
                data[field.html_name] = value
    return data


def test_price_of_a_variant_has_its_history(client, operator):
    variant = ProductVariantFactory(product=ProductFactory(price=10), price=10)
    address = reverse("admin:catalog_productvariant_change", args=[variant.pk])
    data = form_of(client.get(address))
    data |= {
        "position": "0",
        "event_time_0": "2030-01-01",
        "event_time_1": "12:00",
        "extra_data": "{}",
    }

    answer = client.post(address, {**data, "price": "8.00"})

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    change = PriceChange.objects.get(variant_id=variant.pk)
    assert (change.old_price, change.new_price) == (Decimal(10), Decimal(8))
    assert change.user_id == operator.pk
    variant.product.refresh_from_db()
    assert variant.product.price == Decimal(8)
    assert ProductVariant.objects.get().price == Decimal(8)


def test_price_of_a_product_is_that_of_its_variants(client, operator):
    product = ProductFactory(price=8)
    cheap, dear = (ProductVariantFactory(product=product, price=n) for n in (8, 12))
    page = client.get(reverse("admin:catalog_product_change", args=[product.pk]))

    fields = page.context["adminform"].form.fields
    assert {"price", "compare_price", "cost_price"} & set(fields) == {"cost_price"}

    address = reverse("admin:catalog_productvariant_delete", args=[cheap.pk])
    assert client.post(address, {"post": "yes"}).status_code == 302
    product.refresh_from_db()
    assert (product.price, product.variants.get()) == (Decimal(12), dear)


def test_price_of_a_product_without_variants_is_its_own(client, operator):
    product = ProductFactory(price=8)

    page = client.get(reverse("admin:catalog_product_change", args=[product.pk]))

    assert "price" in page.context["adminform"].form.fields


def test_review_that_is_shown_counts(client, operator):
    review = ProductReviewFactory(is_approved=False, rating=3)
    address = reverse("admin:catalog_productreview_change", args=[review.pk])
    data = form_of(client.get(address))

    answer = client.post(address, {**data, "is_approved": "on", "extra_data": "{}"})

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    review.product.refresh_from_db()
    assert (review.product.rating_average, review.product.review_count) == (3, 1)
