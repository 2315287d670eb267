"""Reviews behind the counter: answered once, reported, decided by operators."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.errors import AnswerChanged, InvalidReview, NoSuchThing
from catalog.models import ProductReview, ReviewReport
from catalog.queries.sell_reviews import ReviewTab, listed_reviews, review_counts
from catalog.services.reviews import (
    LONGEST_ANSWER,
    answer_review,
    moderate_review,
    remove_answer,
    report_review,
    write_review,
)
from tests.factories.catalog import ProductFactory, ProductReviewFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import OperatorFactory, UserFactory
from tests.orders.crowds import at_once, kinds

pytestmark = pytest.mark.django_db
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def answered(review: ProductReview, words: str = "Thank you", seen: str = "", by=None):
    return answer_review(
        shop_id=review.shop_id,
        review_id=review.pk,
        answer=words,
        seen=seen,
        by=by or review.shop.owner,
        now=NOON,
    )


def reported(review: ProductReview, reason: str = "abuse") -> ReviewReport:
    return report_review(
        shop_id=review.shop_id,
        review_id=review.pk,
        reason=reason,
        words="Look",
        by=review.shop.owner,
        now=NOON,
    )


# ------------------------------------------------------------------ answers


def test_an_answer_is_written_changed_and_taken_back() -> None:
    review = ProductReviewFactory()

    answered(review)
    again = answered(review)
    changed = answered(review, "Thanks", seen="Thank you")
    for _ in range(2):
        remove_answer(
            shop_id=review.shop_id,
            review_id=review.pk,
            by=review.shop.owner,
            now=NOON,
        )

    review.refresh_from_db()
    assert (again.answer, changed.answer) == ("Thank you", "Thanks")
    assert changed.answered_by == review.shop.owner
    assert (review.answer, review.answered_at) == ("", None)


@pytest.mark.parametrize("words", ["", "  ", "a\0b", "x" * (LONGEST_ANSWER + 1)])
def test_words_that_are_no_answer_are_refused(words: str) -> None:
    review = ProductReviewFactory()

    with pytest.raises(InvalidReview):
        answered(review, words)

    review.refresh_from_db()
    assert review.answer == ""


def test_another_shops_review_is_not_there() -> None:
    review, other = ProductReviewFactory(), ShopFactory()
    asked = {
        "shop_id": other.pk,
        "review_id": review.pk,
        "by": other.owner,
        "now": NOON,
    }

    with pytest.raises(NoSuchThing):
        answer_review(answer="Mine", **asked)
    with pytest.raises(NoSuchThing):
        remove_answer(**asked)
    with pytest.raises(NoSuchThing):
        report_review(reason="abuse", words="", **asked)

    review.refresh_from_db()
    assert (review.answer, ReviewReport.objects.count()) == ("", 0)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_answer_at_once_one_does_and_the_others_are_told() -> None:
    review = ProductReviewFactory()
    owner = review.shop.owner

    results = at_once(
        lambda place: answered(review, f"Answer {place}", by=owner), range(8)
    )

    assert kinds(results) == {"ProductReview": 1, "AnswerChanged": 7}


def test_the_writers_change_keeps_the_answer() -> None:
    product = ProductFactory(status="active")
    writer = UserFactory()
    words = {"product_id": product.pk, "user_id": writer.pk, "title": "", "now": NOON}
    review = write_review(rating=1, review="Bad", **words)
    ProductReview.objects.filter(pk=review.pk).update(is_approved=True)
    answered(review)

    write_review(rating=5, review="Good", **words)

    review.refresh_from_db()
    assert (review.rating, review.answer) == (5, "Thank you")


def test_everybody_reads_the_answer() -> None:
    product = ProductFactory(status="active")
    review = ProductReviewFactory(product=product, review="Dim light")
    moderate_review(review_id=review.pk, is_approved=True, now=NOON)
    answered(review, "Take a stronger bulb")

    page = Client().get(product.get_absolute_url()).content.decode()
    program = Client().get(f"/api/v1/products/{product.slug}/reviews/").json()

    assert "Take a stronger bulb" in page
    assert "Answer of the shop" in page
    assert program["results"][0]["answer"] == "Take a stronger bulb"


# ------------------------------------------------------------------ reports


def test_a_report_is_opened_once_and_decided_by_operators() -> None:
    review = ProductReviewFactory()

    first, again = reported(review), reported(review, "advert")
    moderate_review(review_id=review.pk, is_approved=True, now=NOON)
    second = reported(review)
    moderate_review(review_id=review.pk, is_approved=False, now=NOON)

    assert (first.pk, first.reason) == (again.pk, again.reason)
    assert second.pk != first.pk
    assert list(
        ReviewReport.objects.order_by("id").values_list("was_kept", "decided_at")
    ) == [(True, NOON), (False, NOON)]


@pytest.mark.django_db(transaction=True)
def test_many_report_it_at_once_and_one_report_is_open() -> None:
    review = ProductReviewFactory()
    assert review.shop.owner

    results = at_once(lambda _place: reported(review), range(8))

    assert kinds(results) == {"ReviewReport": 8}
    assert ReviewReport.objects.count() == 1


@pytest.mark.parametrize(("reason", "words"), [("x", ""), ("abuse", "\0"), ("", "")])
def test_reports_need_a_reason_of_the_list(reason: str, words: str) -> None:
    review = ProductReviewFactory()

    with pytest.raises(InvalidReview):
        report_review(
            shop_id=review.shop_id,
            review_id=review.pk,
            reason=reason,
            words=words,
            by=review.shop.owner,
            now=NOON,
        )

    assert not ReviewReport.objects.exists()


def test_operators_find_reports_and_hide_what_they_are_of() -> None:
    review, other = ProductReviewFactory(), ProductReviewFactory()
    reported(review)
    client = Client()
    client.force_login(OperatorFactory())
    queue = reverse("admin:catalog_productreview_changelist") + "?reported=open"

    listed = client.get(queue).content.decode()
    client.post(queue, {"action": "hide", "_selected_action": [str(review.pk)]})

    review.refresh_from_db()
    assert str(review.pk) in listed
    assert str(other.pk) not in listed
    assert not review.is_approved
    assert ReviewReport.objects.get().was_kept is False


# ------------------------------------------------------------------ the list


def test_each_review_is_in_the_tab_of_its_state() -> None:
    shop = ShopFactory()
    product = ProductFactory(shop=shop)
    bad, good, told = (
        ProductReviewFactory(product=product, rating=stars) for stars in (1, 5, 3)
    )
    ProductReviewFactory(product=product, is_approved=False)
    ProductReviewFactory()
    answered(good)
    reported(told)

    def ids(tab: ReviewTab, stars: int = 0) -> set:
        _page, rows = listed_reviews(shop_id=shop.pk, tab=tab, stars=stars)
        return {row.review.pk for row in rows}

    assert ids(ReviewTab.TO_ANSWER) == {bad.pk, told.pk}
    assert ids(ReviewTab.TO_ANSWER, stars=1) == {bad.pk}
    assert ids(ReviewTab.ANSWERED) == {good.pk}
    assert ids(ReviewTab.REPORTED) == {told.pk}
    assert ids(ReviewTab.ALL) == {bad.pk, good.pk, told.pk}
    assert review_counts(shop_id=shop.pk) == {
        ReviewTab.TO_ANSWER: 2,
        ReviewTab.REPORTED: 1,
    }


# ------------------------------------------------------------------ pages


def pages(review: ProductReview) -> tuple[Client, str]:
    client = Client()
    client.force_login(review.shop.owner)
    return client, f"/sell/{review.shop.slug}/reviews/"


def test_the_pages_answer_and_report() -> None:
    review = ProductReviewFactory(title="Dim", review="Dim light")
    client, root = pages(review)
    one = f"{root}{review.pk}/"

    before = client.get(root).content.decode()
    client.post(f"{one}answer/", {"answer": "Take a bulb", "seen": ""})
    late = client.post(f"{one}answer/", {"answer": "No", "seen": ""}).content.decode()
    client.post(f"{one}report/", {"reason": "abuse", "words": "Look"})
    page = client.get(one).content.decode()

    review.refresh_from_db()
    assert "Dim" in before
    assert "A colleague has changed the answer" in late
    assert "Take a bulb" in late
    assert review.answer == "Take a bulb"
    assert "The market looks at it" in page


@pytest.mark.parametrize("words", ["", " ", "\0", "x" * 100_000])
def test_the_page_says_what_is_wrong_beside_the_field(words: str) -> None:
    review = ProductReviewFactory()
    client, root = pages(review)

    answer = client.post(f"{root}{review.pk}/answer/", {"answer": words})

    assert answer.status_code == 200
    assert "field-error" in answer.content.decode()


@pytest.mark.parametrize(
    "query", ["tab=x", "stars=9", "stars=x", "cursor=x", "stars=\0", "cursor=%00"]
)
def test_a_strange_address_is_no_failure(query: str) -> None:
    client, root = pages(ProductReviewFactory())

    assert client.get(f"{root}?{query}").status_code == 200


def test_another_shops_review_is_not_found() -> None:
    client, root = pages(ProductReviewFactory())
    theirs = ProductReviewFactory()

    for id_ in (theirs.pk, uuid4()):
        assert client.get(f"{root}{id_}/").status_code == 404
        assert client.post(f"{root}{id_}/answer/", {"answer": "x"}).status_code == 404


def test_the_list_asks_the_same_number_of_statements() -> None:
    review = ProductReviewFactory()
    client, root = pages(review)
    client.get(root)
    with CaptureQueriesContext(connection) as one:
        client.get(root)
    for place in range(4):
        ProductReviewFactory(
            product=review.product, event_time=NOON + timedelta(hours=place)
        )

    with CaptureQueriesContext(connection) as many:
        client.get(root)

    assert len(one) == len(many) <= 12


def test_programs_do_the_same() -> None:
    review = ProductReviewFactory()
    client = Client()
    client.force_login(review.shop.owner)
    root = f"/api/v1/sell/{review.shop.slug}/reviews/"
    one = f"{root}{review.pk}/"

    def put(data: dict):
        return client.put(f"{one}answer/", data, content_type="application/json")

    listed = client.get(root).json()
    statuses = [
        put({"answer": ""}).status_code,
        put({"answer": "Thank you"}).status_code,
        put({"answer": "No"}).status_code,
        client.delete(f"{one}answer/").status_code,
        client.post(f"{one}report/", {"reason": "x"}).status_code,
        client.post(f"{one}report/", {"reason": "abuse"}).status_code,
    ]

    assert [row["id"] for row in listed["results"]] == [str(review.pk)]
    assert statuses == [400, 200, 409, 204, 400, 201]
    assert client.get(one).json()["report"]["reason"] == "abuse"


def test_the_refusal_names_what_a_colleague_wrote() -> None:
    review = ProductReviewFactory()
    answered(review)

    with pytest.raises(AnswerChanged) as refusal:
        answered(review, "Other")

    assert refusal.value.answer == "Thank you"
