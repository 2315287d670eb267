"""Products, reviews, wish lists and alerts by the API."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from catalog.models import ProductReview, ProductStatus, StockAlert, Wishlist
from tests.factories.catalog import (
    ProductFactory,
    ProductImageFactory,
    ProductReviewFactory,
    ProductVariantFactory,
    WishlistFactory,
    WishlistItemFactory,
)
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db

ROOT = "/api/v1"


@pytest.fixture
def api():
    return APIClient()


@pytest.fixture
def user(api):
    made = UserFactory(first_name="Ada")
    api.force_authenticate(made)
    return made


@pytest.fixture
def product():
    made = ProductFactory(option_names=["Size"])
    ProductVariantFactory(product=made, option1="S", inventory_quantity=1)
    return made


def problem(answer):
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_product_is_found_by_slug_and_id(api, product):
    by_slug = api.get(f"{ROOT}/products/{product.slug}/").json()
    by_id = api.get(f"{ROOT}/products/{product.pk}/").json()

    assert by_slug == by_id
    assert by_slug["option_names"] == ["Size"]
    assert by_slug["shop"]["slug"] == product.shop.slug


@pytest.mark.parametrize("key", ["nothing", "%00", "x" * 5000, "🧦"])
def test_unknown_product_is_not_found(api, key):
    assert problem(api.get(f"{ROOT}/products/{key}/")) == (404, "not_found")
    assert problem(api.get(f"{ROOT}/products/{key}/reviews/")) == (404, "not_found")


def test_product_that_is_sold_no_more_is_gone(api):
    gone = ProductFactory(status=ProductStatus.ARCHIVED)

    assert problem(api.get(f"{ROOT}/products/{gone.slug}/")) == (410, "gone")


def test_variants_come_as_the_shop_has_put_them(api, product):
    ProductVariantFactory(product=product, option1="L", position=1)
    ProductVariantFactory(product=product, option1="M", position=0)

    rows = api.get(f"{ROOT}/products/{product.slug}/variants/").json()["results"]

    assert [(row["options"], row["is_available"]) for row in rows] == [
        (["S"], True), (["M"], False), (["L"], False),
    ]  # fmt: skip


@pytest.mark.parametrize("what", ["", "variants/", "reviews/"])
def test_product_costs_the_same_with_one_of_each_and_with_many(api, product, what):
    counts = []
    for _ in range(2):
        ProductImageFactory(product=product)
        ProductReviewFactory(product=product)
        with CaptureQueriesContext(connection) as queries:
            assert api.get(f"{ROOT}/products/{product.slug}/{what}").status_code == 200
        counts.append(len(queries))
        ProductVariantFactory.create_batch(3, product=product)
        ProductReviewFactory.create_batch(3, product=product)
        ProductImageFactory.create_batch(3, product=product)

    assert counts[0] == counts[1] <= 4


# ------------------------------------------------------------------ reviews
def test_reviews_are_read_by_rating(api, product):
    ProductReviewFactory(product=product, rating=5, user=UserFactory(first_name="Bo"))
    ProductReviewFactory(product=product, rating=2, user=None)
    ProductReviewFactory(product=product, rating=2, is_approved=False)
    address = f"{ROOT}/products/{product.slug}/reviews/"

    rows = api.get(address).json()["results"]

    assert [(row["rating"], row["writer"]) for row in rows] == [(2, ""), (5, "Bo")]
    assert len(api.get(address, {"rating": 5}).json()["results"]) == 1
    assert api.get(address, {"rating": "\0"}).status_code == 400


def test_review_is_written_changed_and_deleted(api, user, product):
    address = f"{ROOT}/products/{product.slug}/reviews/"
    made = api.post(address, {"rating": 5, "title": "Good"})
    changed = api.post(address, {"rating": 1})

    assert (made.status_code, changed.status_code) == (201, 200)
    assert made.json()["id"] == changed.json()["id"]
    gone = api.delete(f"{ROOT}/reviews/{made.json()['id']}/")
    assert (gone.status_code, ProductReview.objects.count()) == (204, 0)


@pytest.mark.parametrize(
    "body",
    [{}, {"rating": 9}, {"rating": "x"}, {"rating": 5, "review": "x" * 100_000},
     {"rating": 5, "title": "a\0"}, []],
)  # fmt: skip
def test_senseless_review_is_refused(api, user, product, body):
    answer = api.post(f"{ROOT}/products/{product.slug}/reviews/", body)

    assert problem(answer) == (400, "invalid")
    assert not ProductReview.objects.exists()


def test_writing_voting_and_lists_need_an_account(api, product):
    review = ProductReviewFactory(product=product)

    for answer in (
        api.post(f"{ROOT}/products/{product.slug}/reviews/", {"rating": 5}),
        api.put(f"{ROOT}/reviews/{review.pk}/vote/"),
        api.delete(f"{ROOT}/reviews/{review.pk}/"),
        api.get(f"{ROOT}/wishlists/"),
    ):
        assert answer.status_code == 403


def test_vote_may_be_repeated(api, user, product):
    review = ProductReviewFactory(product=product)
    mine = ProductReviewFactory(product=product, user=user)
    vote = f"{ROOT}/reviews/{review.pk}/vote/"

    counts = [
        answer.json()["helpful_count"]
        for answer in (api.put(vote), api.put(vote), api.delete(vote))
    ]

    assert counts == [1, 1, 0]
    own = api.put(f"{ROOT}/reviews/{mine.pk}/vote/")
    assert problem(own) == (409, "own_review")


# ------------------------------------------------------------------ wish lists
def test_list_is_made_filled_shared_and_deleted(api, user, product):
    made = api.post(f"{ROOT}/wishlists/", {"name": "Flat"})
    address = f"{ROOT}/wishlists/{made.json()['id']}/"
    added = api.post(f"{address}items/", {"product": product.pk})
    shared = api.patch(address, {"name": "House", "is_shared": True}).json()

    assert (made.status_code, added.status_code) == (201, 201)
    assert (shared["name"], shared["item_count"]) == ("House", 1)
    assert api.get(address).json()["items"][0]["slug"] == product.slug
    token = shared["shared_url"].rstrip("/").rpartition("/")[2]
    seen = APIClient().get(f"{ROOT}/shared-wishlists/{token}/").json()
    assert [wish["slug"] for wish in seen] == [product.slug]
    assert api.delete(f"{ROOT}/wishes/{added.json()['id']}/").status_code == 204
    assert api.delete(address).status_code == 204
    assert api.get(f"{ROOT}/wishlists/").json()["results"] == []


def test_thing_is_moved(api, user):
    item = WishlistItemFactory(wishlist__user=user)
    other = WishlistFactory(user=user, name="Other")

    moved = api.patch(f"{ROOT}/wishes/{item.pk}/", {"wishlist": other.pk}).json()

    assert moved["wishlist"] == str(other.pk)


def test_other_peoples_lists_are_not_found(api, user):
    item = WishlistItemFactory()
    mine = WishlistFactory(user=user)
    theirs = f"{ROOT}/wishlists/{item.wishlist_id}/"

    for answer in (
        api.get(theirs),
        api.patch(theirs, {"name": "Mine"}),
        api.delete(theirs),
        api.post(f"{theirs}items/", {"product": ProductFactory().pk}),
        api.delete(f"{ROOT}/wishes/{item.pk}/"),
        api.patch(f"{ROOT}/wishes/{item.pk}/", {"wishlist": mine.pk}),
        APIClient().get(f"{ROOT}/shared-wishlists/None/"),
        APIClient().get(f"{ROOT}/shared-wishlists/%00/"),
    ):
        assert problem(answer) == (404, "not_found")

    item.wishlist.refresh_from_db()
    assert item.wishlist.name == "Birthday"


@pytest.mark.parametrize("name", ["", "x" * 100_000, "a\0b", None])
def test_senseless_name_is_refused(api, user, name):
    answer = api.post(f"{ROOT}/wishlists/", {"name": name}, format="json")

    assert problem(answer) == (400, "invalid")
    assert not Wishlist.objects.exists()


def test_lists_cost_the_same_for_one_and_for_many(api, user):
    first = WishlistItemFactory(wishlist__user=user).wishlist
    counts = []
    for name in ("Two", "Three"):
        for address in ("", f"{first.pk}/"):
            with CaptureQueriesContext(connection) as queries:
                assert api.get(f"{ROOT}/wishlists/{address}").status_code == 200
            counts.append(len(queries))
        WishlistItemFactory.create_batch(3, wishlist=first)
        WishlistFactory(user=user, name=name)

    assert counts[:2] == counts[2:]


# ------------------------------------------------------------------ alerts
def test_guest_is_told_the_same_whoever_waits(api):
    variant = ProductVariantFactory()
    body = {"variant": variant.pk, "email": "ada@example.com"}

    answers = [api.post(f"{ROOT}/alerts/", body) for _ in range(2)]

    assert [(a.status_code, a.content) for a in answers] == [(202, b"")] * 2
    assert StockAlert.objects.count() == 1


@pytest.mark.parametrize("email", ["", "x", "a\0@b.c", None, "x" * 100_000])
def test_senseless_alert_is_refused(api, email):
    variant = ProductVariantFactory()

    answer = api.post(
        f"{ROOT}/alerts/", {"variant": str(variant.pk), "email": email}, format="json"
    )

    assert problem(answer) == (400, "invalid")
    assert not StockAlert.objects.exists()


def test_what_can_be_bought_takes_no_alert(api, user, product):
    variant = product.variants.get()

    answer = api.post(f"{ROOT}/alerts/", {"variant": variant.pk})

    assert problem(answer) == (409, "can_be_bought")


def test_many_requests_are_held_back(api, user, monkeypatch):
    monkeypatch.setattr("catalog.limits.ALERTS_AN_HOUR", 1)
    body = {"variant": ProductVariantFactory().pk}
    api.post(f"{ROOT}/alerts/", body)

    answer = api.post(f"{ROOT}/alerts/", body)

    assert problem(answer) == (429, "throttled")
