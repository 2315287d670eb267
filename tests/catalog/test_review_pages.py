"""Reviews as they are read, written and voted for."""

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.models import ProductReview
from catalog.services.reviews import record_purchases
from tests.catalog.test_product_page import words
from tests.factories.catalog import (
    ProductFactory,
    ProductReviewFactory,
    ProductVariantFactory,
)
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client):
    made = UserFactory()
    client.force_login(made)
    return made


@pytest.fixture
def product():
    return ProductVariantFactory(inventory_quantity=1).product


def address(product, name="reviews"):
    return reverse(f"catalog:{name}", args=[product.slug])


def shown(page):
    return [review.rating for review in page.context["reviews"].rows]


def test_reviews_are_read_by_stars_order_and_page(client, product):
    for rating, helpful in [(5, 0), (1, 7), (3, 2), *[(4, 1)] * 9]:
        ProductReviewFactory(product=product, rating=rating, helpful_count=helpful)
    ProductReviewFactory(product=product, rating=2, is_approved=False)

    def read(**query):
        return shown(client.get(address(product), query))

    assert read(sort="high")[:2] == [5, 4]
    assert read(sort="low")[:2] == [1, 3]
    assert read(sort="helpful")[:2] == [1, 3]
    assert read(stars="4") == [4] * 9
    assert read(stars="2") == []
    assert read(sort="low", page="2") == [4, 5]
    assert read(sort="low", page="99") == [4, 5]


def test_htmx_gets_the_reviews_alone(client, product):
    ProductReviewFactory(product=product)

    page = client.get(address(product), headers={"HX-Request": "true"})

    assert page.content.lstrip().startswith(b'<section id="reviews"')


def test_reviews_of_what_is_gone_lead_to_its_page(client):
    assert client.get(address(ProductFactory(status="archived"))).status_code == 302


def test_writing_needs_a_log_in_and_comes_back(client, product):
    response = client.get(address(product, "write_review"))

    assert response["Location"].endswith(f"?next={address(product, 'write_review')}")


def test_buyer_writes_and_changes_a_review(client, user, product):
    record_purchases(user_id=user.pk, product_ids=[product.pk], now=timezone.now())
    write = address(product, "write_review")

    client.post(write, {"rating": "4", "title": "Good", "review": "<b>Yes</b>"})
    page = client.get(product.get_absolute_url())

    assert "Your review is on the page." in words(page)
    assert "Verified purchase" in words(page)
    assert "&lt;b&gt;Yes&lt;/b&gt;" in words(page)
    assert "Change your review" in words(client.get(write))
    client.post(write, {"rating": "1"})
    assert ProductReview.objects.get().rating == 1


def test_stranger_is_told_that_the_review_waits(client, user, product):
    client.post(address(product, "write_review"), {"rating": "5"})

    page = client.get(product.get_absolute_url())
    assert "appears once somebody has read it" in words(page)
    assert page.context["reviews"].count == 0
    assert "Not shown yet" in words(client.get(reverse("catalog:my_reviews")))


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"rating": "6"},
        {"rating": "x"},
        {"rating": "\0"},
        {"rating": "5", "title": "x" * 151},
        {"rating": "5", "review": "x" * 100_000},
        {"rating": "5", "review": "a\0b"},
    ],
)
def test_senseless_review_is_explained_beside_its_field(client, user, product, data):
    page = client.post(address(product, "write_review"), data)

    assert page.status_code == 200
    assert "field-error" in words(page)
    assert not ProductReview.objects.exists()


def test_vote_is_swapped_or_redirected(client, user, product):
    review = ProductReviewFactory(product=product)
    vote = reverse("catalog:vote", args=[review.pk])

    part = client.post(vote, headers={"HX-Request": "true"})
    back = client.post(vote, {"is_helpful": "no"})

    assert 'aria-pressed="true"' in words(part)
    assert back["Location"] == f"{address(product)}#review-{review.pk}"
    review.refresh_from_db()
    assert review.helpful_count == 0


def test_only_the_writer_deletes(client, user, product):
    theirs = ProductReviewFactory(product=product)
    mine = ProductReviewFactory(product=product, user=user)

    assert client.post(reverse("catalog:delete_review", args=[theirs.pk])).status_code == 404  # fmt: skip
    client.post(reverse("catalog:delete_review", args=[mine.pk]))

    assert list(ProductReview.objects.all()) == [theirs]
