"""Reviews: who may write, how means stay exact, what a vote counts."""

from datetime import UTC, datetime
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.db.models import Avg, Count

from catalog.errors import InvalidReview, NoSuchThing, OwnReview
from catalog.models import ProductReview, ProductStatus
from catalog.services.reviews import (
    delete_review,
    moderate_review,
    record_purchases,
    set_vote,
    write_review,
)
from shop.ids import uuid7
from shop.models import GlobalEvent
from tests.factories.catalog import ProductFactory, ProductReviewFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import ShopMemberFactory, UserFactory

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def write(product, user, rating=5, title="Fine", review="It holds."):
    return write_review(
        product_id=product.pk, user_id=user.pk, rating=rating, title=title,
        review=review, now=NOON,
    )  # fmt: skip


def buy(product, user):
    record_purchases(user_id=user.pk, product_ids=[product.pk], now=NOON)


def means(*rows):
    for row in rows:
        row.refresh_from_db()
    return [(row.rating_average, row.review_count) for row in rows]


def test_review_of_a_buyer_is_verified_shown_and_counted():
    product, user = ProductFactory(), UserFactory()
    ProductReviewFactory(product=product, rating=2)
    buy(product, user)

    written = write(product, user, rating=5)

    assert (written.is_verified_purchase, written.is_approved) == (True, True)
    assert means(product, product.shop) == [(Decimal("3.50"), 2)] * 2
    types = GlobalEvent.objects.values_list("event_type", flat=True)
    assert set(types) >= {"product_review.written", "product.rating_changed"}


def test_review_of_a_stranger_waits():
    product, user = ProductFactory(), UserFactory()

    written = write(product, user)

    assert (written.is_verified_purchase, written.is_approved) == (False, False)
    assert means(product) == [(Decimal(0), 0)]


def test_market_may_show_them_at_once(settings):
    settings.UNVERIFIED_REVIEWS_WAIT = False

    assert write(ProductFactory(), UserFactory()).is_approved


def test_second_review_changes_the_first():
    product, user = ProductFactory(), UserFactory()
    buy(product, user)
    first = write(product, user, rating=5)

    second = write(product, user, rating=1, title="Broke", review="")

    assert second.pk == first.pk
    assert ProductReview.objects.count() == 1
    assert means(product) == [(Decimal("1.00"), 1)]


def test_what_is_hidden_stays_hidden_when_it_is_written_anew():
    product, user = ProductFactory(), UserFactory()
    buy(product, user)
    written = write(product, user)
    moderate_review(review_id=written.pk, is_approved=False, now=NOON)

    again = write(product, user, rating=4)

    assert not again.is_approved
    assert means(product, product.shop) == [(Decimal(0), 0)] * 2


def test_purchase_verifies_what_was_written_before_once_told_of():
    product, user = ProductFactory(), UserFactory()
    written = write(product, user)
    other = write(product, UserFactory())

    for _ in range(2):
        buy(product, user)

    written.refresh_from_db()
    other.refresh_from_db()
    assert (written.is_verified_purchase, other.is_verified_purchase) == (True, False)


@pytest.mark.parametrize(
    ("rating", "title", "review"),
    [(0, "", ""), (6, "", ""), (5, "x" * 151, ""), (5, "", "x" * 100_000), (5, "\0", "")],
)  # fmt: skip
def test_senseless_review_is_refused_with_nothing_written(rating, title, review):
    with pytest.raises(InvalidReview):
        write(ProductFactory(), UserFactory(), rating, title, review)

    assert not ProductReview.objects.exists()


def test_people_of_the_shop_do_not_review_its_goods():
    product = ProductFactory()
    member = ShopMemberFactory(shop=product.shop).user

    for user in (member, product.shop.owner):
        with pytest.raises(OwnReview):
            write(product, user)


def test_product_that_is_not_on_sale_takes_no_review():
    with pytest.raises(NoSuchThing):
        write(ProductFactory(status=ProductStatus.ARCHIVED), UserFactory())
    with pytest.raises(NoSuchThing):
        write_review(
            product_id=uuid7(), user_id=UserFactory().pk, rating=5, title="",
            review="", now=NOON,
        )  # fmt: skip


def test_deleted_review_counts_no_more_and_only_its_writer_deletes_it():
    product, user = ProductFactory(), UserFactory()
    buy(product, user)
    written = write(product, user)

    with pytest.raises(NoSuchThing):
        delete_review(review_id=written.pk, user_id=UserFactory().pk, now=NOON)
    assert means(product) == [(Decimal("5.00"), 1)]
    delete_review(review_id=written.pk, user_id=user.pk, now=NOON)

    assert means(product, product.shop) == [(Decimal(0), 0)] * 2


def test_review_of_a_shop_itself_is_moderated():
    shop = ShopFactory()
    of_shop = ProductReviewFactory(product=None, shop=shop, rating=3, is_approved=False)

    moderate_review(review_id=of_shop.pk, is_approved=True, now=NOON)

    assert means(shop) == [(Decimal("3.00"), 1)]


def at_once(*actions):
    gate = Barrier(len(actions))

    def run(action):
        try:
            gate.wait()
            action()
        finally:
            connection.close()

    threads = [Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_reviews_at_once_are_all_counted():
    shop = ShopFactory()
    products = ProductFactory.create_batch(2, shop=shop)
    users = UserFactory.create_batch(5)
    for user in users:
        record_purchases(
            user_id=user.pk, product_ids=[p.pk for p in products], now=NOON
        )

    at_once(
        *(
            lambda p=product, u=user, r=1 + place: write(p, u, r)
            for product in products
            for place, user in enumerate(users)
        )
    )

    assert means(*products, shop) == [
        (Decimal("3.00"), 5), (Decimal("3.00"), 5), (Decimal("3.00"), 10),
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_two_reviews_of_one_person_at_once_are_one():
    product, user = ProductFactory(), UserFactory()
    record_purchases(user_id=user.pk, product_ids=[product.pk], now=NOON)

    at_once(*(lambda r=rating: write(product, user, r) for rating in (1, 3, 5)))

    found = ProductReview.objects.aggregate(count=Count("id"), mean=Avg("rating"))
    assert found["count"] == 1
    assert means(product) == [(Decimal(found["mean"]), 1)]


# ------------------------------------------------------------------ votes
def test_vote_is_given_once_and_taken_back():
    review, user = ProductReviewFactory(), UserFactory()
    set_vote(review_id=review.pk, user_id=UserFactory().pk, is_helpful=True)

    counts = [
        set_vote(review_id=review.pk, user_id=user.pk, is_helpful=is_helpful)
        for is_helpful in (True, True, False, False)
    ]

    assert counts == [2, 2, 1, 1]
    review.refresh_from_db()
    assert review.helpful_count == 1


def test_nobody_votes_for_their_own_or_for_what_is_not_shown():
    review, hidden = ProductReviewFactory(), ProductReviewFactory(is_approved=False)

    with pytest.raises(OwnReview):
        set_vote(review_id=review.pk, user_id=review.user_id, is_helpful=True)
    with pytest.raises(NoSuchThing):
        set_vote(review_id=hidden.pk, user_id=UserFactory().pk, is_helpful=True)

    review.refresh_from_db()
    assert review.helpful_count == 0


@pytest.mark.django_db(transaction=True)
def test_votes_at_once_are_all_counted():
    review, users = ProductReviewFactory(), UserFactory.create_batch(6)

    at_once(
        *(
            lambda u=user: set_vote(review_id=review.pk, user_id=u.pk, is_helpful=True)
            for user in users
        )
    )

    review.refresh_from_db()
    assert review.helpful_count == 6
