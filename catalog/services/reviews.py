"""Reviews: written, moderated, found helpful; the means they lead to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from catalog.errors import AnswerChanged, InvalidReview, NoSuchThing, OwnReview
from catalog.events import (
    RatingChanged,
    ReviewAnswered,
    ReviewReported,
    ReviewWritten,
)
from catalog.models import (
    Product,
    ProductBuyer,
    ProductReview,
    ReportReason,
    ReviewImage,
    ReviewReport,
    ReviewVote,
)
from catalog.queries.sell_reviews import shown_to_shop
from catalog.services.photos import StoredPhoto, discard_photos, store_photo
from shop.errors import DomainError
from shop.events import publish
from shop.models import Shop

LONGEST_TITLE = 150
LONGEST_REVIEW = 5_000
RATINGS = range(1, 6)
LONGEST_ANSWER = 2_000
LONGEST_REPORT = 1_000
MOST_PHOTOS = 5
LONGEST_ALT = 200
RATE = (
    Path(__file__).resolve().parent.parent / "sql" / "rating_of_product.sql"
).read_text()
COUNT_VOTES = """
UPDATE product_reviews
   SET helpful_count = (SELECT count(*) FROM review_votes WHERE review_id = %(id)s)
 WHERE id = %(id)s
"""


@dataclass(frozen=True)
class Photos:
    """What is to become of a review's photos.

    new: as `clean_picture` gives them, with `alt` for what they show. alts: photos of before ->
    what they show. What is not named stays as it is; other people's photos are not touched.
    """

    new: Sequence[bytes] = ()
    alt: str = ""
    alts: Mapping[UUID, str] = field(default_factory=dict)
    removed: Collection[UUID] = ()


def write_review(
    *,
    product_id: UUID,
    user_id: UUID,
    rating: int,
    title: str,
    review: str,
    now: datetime,
    photos: Photos | None = None,
) -> ProductReview:
    """Write a person's review of a product, or change the one they wrote.

    photos: None leaves them as they are. May be repeated, but for new photos. It is marked as of a verified purchase when `record_purchases` has told
    of one, and waits for approval where the market wants that. Raises InvalidReview,
    OwnReview for people of the shop, and NoSuchThing when the product is not on sale, with
    nothing written.
    """
    _check(rating, title, review)
    photos = photos or Photos()
    # Files go to a store that knows no transactions, perhaps far away: before the locks.
    stored = [store_photo(content=content) for content in photos.new]
    try:
        return _write(
            product_id=product_id,
            user_id=user_id,
            rating=rating,
            words=(title, review),
            photos=photos,
            stored=stored,
            now=now,
        )
    except DomainError:
        discard_photos([photo.name for photo in stored])
        raise


@transaction.atomic
def _write(
    *,
    product_id: UUID,
    user_id: UUID,
    rating: int,
    words: tuple[str, str],
    photos: Photos,
    stored: Sequence[StoredPhoto],
    now: datetime,
) -> ProductReview:
    product = _lock_rated(product_id)
    if product is None or not Product.objects.on_sale().filter(pk=product_id).exists():
        raise NoSuchThing(_("This product is not on sale."))
    if Shop.objects.worked_in_by(user_id).filter(pk=product.shop_id).exists():
        raise OwnReview(
            _("You work for this shop, so you cannot review what it sells.")
        )
    is_verified = has_bought(product_id=product_id, user_id=user_id)
    may_show = is_verified or not settings.UNVERIFIED_REVIEWS_WAIT
    written = written_here().filter(product_id=product_id, user_id=user_id).first()
    if written is None:
        written = ProductReview(
            product_id=product_id,
            shop_id=product.shop_id,
            user_id=user_id,
            event_time=now,
            is_approved=True,
        )
    written.rating = rating
    written.title, written.review = words
    written.is_verified_purchase = is_verified
    # What a moderator has hidden stays hidden, whatever is written now.
    written.is_approved = written.is_approved and may_show
    if written._state.adding:
        written.save()
    else:
        # Not its answer: the shop may be writing that at this moment.
        written.save(
            update_fields=[
                "rating",
                "title",
                "review",
                "is_verified_purchase",
                "is_approved",
                "updated_at",
            ]
        )
    _hang(written, photos, stored)
    _rate(now, product=product)
    publish(
        ReviewWritten,
        entity=written,
        at=now,
        data={
            "product_id": product_id,
            "rating": rating,
            "is_approved": written.is_approved,
        },
    )
    return written


@transaction.atomic
def delete_review(*, review_id: UUID, user_id: UUID, now: datetime) -> None:
    """Take back what one wrote. Raises NoSuchThing, also for another person's."""
    mine = written_here().filter(pk=review_id, user_id=user_id)
    product_id = mine.values_list("product_id", flat=True).first()
    if product_id is None:
        raise NoSuchThing(_("There is no such review."))
    product = _lock_rated(product_id)
    forget_photos(review_ids=[review_id])
    mine.delete()
    _rate(now, product=product)


@transaction.atomic
def delete_photo(*, photo_id: UUID, review_id: UUID, user_id: UUID) -> None:
    """Take back a photo of one's own review. Raises NoSuchThing, also for another person's."""
    mine = written_here().filter(pk=review_id, user_id=user_id)
    photo = ReviewImage.objects.filter(pk=photo_id, review__in=mine).first()
    if photo is None:
        raise NoSuchThing(_("There is no such photo."))
    photo.delete()
    transaction.on_commit(partial(discard_photos, [str(photo.src)]))


def forget_photos(*, review_ids: Iterable[UUID]) -> None:
    """Delete the files of reviews that go, once the caller's transaction commits."""
    photos = ReviewImage.objects.filter(review_id__in=list(review_ids))
    names = list(photos.values_list("src", flat=True))
    if names:
        transaction.on_commit(partial(discard_photos, names))


@transaction.atomic
def moderate_review(*, review_id: UUID, is_approved: bool, now: datetime) -> None:
    """Show or hide a review, which decides what shops report of it; may be repeated.

    Raises NoSuchThing.
    """
    review = ProductReview.objects.filter(pk=review_id).first()
    if review is None:
        raise NoSuchThing(_("There is no such review."))
    product = _lock_rated(review.product_id, review.shop_id)
    ProductReview.objects.filter(pk=review_id).update(
        is_approved=is_approved, updated_at=now
    )
    ReviewReport.objects.filter(review_id=review_id, decided_at=None).update(
        decided_at=now, was_kept=is_approved
    )
    _rate(now, product=product, shop_id=review.shop_id)


@transaction.atomic
def answer_review(
    *,
    shop_id: UUID,
    review_id: UUID,
    answer: str,
    by: AbstractBaseUser,
    now: datetime,
    seen: str = "",
) -> ProductReview:
    """What the shop says to a review, for everybody; one answer, which may be changed.

    seen: the answer that the writer changes. Safe to repeat. Raises InvalidReview without
    words or with too many, AnswerChanged when a colleague has answered meanwhile, and
    NoSuchThing for another shop's review.
    """
    words = answer.strip()
    if not words:
        raise InvalidReview(_("Write the answer first."))
    if len(words) > LONGEST_ANSWER:
        raise InvalidReview(
            _("Write at most %(most)d letters.") % {"most": LONGEST_ANSWER}
        )
    if "\0" in words:
        raise InvalidReview(_("The text has a sign that cannot be stored."))
    review = _change_answer(shop_id, review_id, words, seen, by, now)
    data = {"product_id": review.product_id, "shop_id": shop_id}
    publish(ReviewAnswered, entity=review, at=now, actor=by, data=data)
    return review


@transaction.atomic
def remove_answer(
    *, shop_id: UUID, review_id: UUID, by: AbstractBaseUser, now: datetime
) -> ProductReview:
    """Take the answer back. Safe to repeat. Raises NoSuchThing for another shop's review."""
    mine = shown_to_shop(shop_id=shop_id).filter(pk=review_id)
    if not mine.update(answer="", answered_at=None, answered_by=None, updated_at=now):
        raise NoSuchThing(_("There is no such review."))
    review: ProductReview = mine.get()
    return review


@transaction.atomic
def report_review(
    *,
    shop_id: UUID,
    review_id: UUID,
    reason: str,
    words: str,
    by: AbstractBaseUser,
    now: datetime,
) -> ReviewReport:
    """Ask the operators to look at a review; it stays shown until they decide.

    Safe to repeat: while a report is open, it is the one. Raises InvalidReview, and
    NoSuchThing for another shop's review.
    """
    if (
        reason not in ReportReason.values
        or "\0" in words
        or len(words) > LONGEST_REPORT
    ):
        raise InvalidReview(_("Choose a reason, and say it in fewer words."))
    review = shown_to_shop(shop_id=shop_id).filter(pk=review_id).first()
    if review is None:
        raise NoSuchThing(_("There is no such review."))
    report = ReviewReport(
        review=review,
        reporter_id=by.pk,
        reason=reason,
        words=words.strip(),
        created_at=now,
    )
    # One that a colleague opens at this moment is as good.
    ReviewReport.objects.bulk_create([report], ignore_conflicts=True)
    opened: ReviewReport = review.reports.get(decided_at=None)
    if opened.pk == report.pk:
        data = {"shop_id": shop_id, "reason": reason}
        publish(ReviewReported, entity=review, at=now, actor=by, data=data)
    return opened


def _change_answer(
    shop_id: UUID,
    review_id: UUID,
    words: str,
    seen: str,
    by: AbstractBaseUser,
    now: datetime,
) -> ProductReview:
    """One conditional update: of two people at once, the second is told of the first."""
    mine = shown_to_shop(shop_id=shop_id).filter(pk=review_id)
    has_changed = mine.filter(answer__in={seen, words}).update(
        answer=words, answered_at=now, answered_by=by.pk, updated_at=now
    )
    review = mine.first()
    if review is None:
        raise NoSuchThing(_("There is no such review."))
    if not has_changed:
        raise AnswerChanged(review.answer)
    return review


@transaction.atomic
def set_vote(*, review_id: UUID, user_id: UUID, is_helpful: bool) -> int:
    """A person finds a review helpful, or no longer; returns how many do. May be repeated.

    Raises OwnReview, and NoSuchThing for a review that is not shown.
    """
    shown = ProductReview.objects.filter(pk=review_id, is_approved=True)
    # Two votes at once must both be counted.
    review = shown.select_for_update(no_key=True).first()
    if review is None:
        raise NoSuchThing(_("There is no such review."))
    if review.user_id == user_id:
        raise OwnReview(_("You wrote this review yourself."))
    if is_helpful:
        ReviewVote.objects.bulk_create(
            [ReviewVote(review_id=review_id, user_id=user_id)], ignore_conflicts=True
        )
    else:
        ReviewVote.objects.filter(review_id=review_id, user_id=user_id).delete()
    with connection.cursor() as cursor:
        cursor.execute(COUNT_VOTES, {"id": review_id})
    review.refresh_from_db(fields=["helpful_count"])
    helpful: int = review.helpful_count
    return helpful


@transaction.atomic
def record_purchases(
    *, user_id: UUID, product_ids: Iterable[UUID], now: datetime
) -> None:
    """A person bought these: reviews of theirs, past and coming, are verified.

    For the apps above, which know of orders: after their commit, in a receiver, because this
    waits for the products' rows. May be repeated.
    """
    ids = sorted(set(product_ids))
    products = Product.objects.filter(pk__in=ids).order_by("pk")
    # A review written at this moment must meet the purchase, or the purchase the review.
    ids = list(products.select_for_update(no_key=True).values_list("pk", flat=True))
    ProductBuyer.objects.bulk_create(
        [ProductBuyer(product_id=id_, user_id=user_id, bought_at=now) for id_ in ids],
        ignore_conflicts=True,
    )
    written_here().filter(
        user_id=user_id, product_id__in=ids, is_verified_purchase=False
    ).update(is_verified_purchase=True, updated_at=now)


def has_bought(*, product_id: UUID, user_id: UUID) -> bool:
    return ProductBuyer.objects.filter(product_id=product_id, user_id=user_id).exists()


def written_here() -> QuerySet[ProductReview]:
    """Those of products by accounts; what files and other markets brought is not theirs."""
    return ProductReview.objects.filter(
        product__isnull=False, customer_id=None, review_ref=None
    )


def _check(rating: int, title: str, review: str) -> None:
    if rating not in RATINGS:
        raise InvalidReview(_("Choose one to five stars."))
    if len(title) > LONGEST_TITLE or len(review) > LONGEST_REVIEW:
        raise InvalidReview(
            _("Write at most %(title)d letters as title and %(review)d as text.")
            % {"title": LONGEST_TITLE, "review": LONGEST_REVIEW}
        )
    if "\0" in title + review:
        raise InvalidReview(_("The text has a sign that cannot be stored."))


def _hang(review: ProductReview, photos: Photos, stored: Sequence[StoredPhoto]) -> None:
    """The photos that stay, with what they show, then the new ones. The product is held."""
    if not (stored or photos.alts or photos.removed):
        return
    there = {photo.pk: photo for photo in review.images.all()}
    gone = [there.pop(key) for key in set(photos.removed) & there.keys()]
    if gone:
        ReviewImage.objects.filter(pk__in=[photo.pk for photo in gone]).delete()
        names = [str(photo.src) for photo in gone]
        transaction.on_commit(partial(discard_photos, names))
    for key in photos.alts.keys() & there.keys():
        ReviewImage.objects.filter(pk=key).update(alt=_alt(photos.alts[key]))
    if len(there) + len(stored) > MOST_PHOTOS:
        raise InvalidReview(
            _("A review has at most %(most)d photos.") % {"most": MOST_PHOTOS}
        )
    after = max((photo.position for photo in there.values()), default=0)
    ReviewImage.objects.bulk_create(
        ReviewImage(
            review=review,
            src=photo.name,
            width=photo.width,
            height=photo.height,
            alt=_alt(photos.alt),
            position=after + place,
        )
        for place, photo in enumerate(stored, start=1)
    )


def _alt(text: str) -> str:
    return text.replace("\0", "").strip()[:LONGEST_ALT]


def _lock_rated(product_id: UUID | None, shop_id: UUID | None = None) -> Product | None:
    """Hold the shop, then the product: two reviews at once must both be counted.

    shop_id: of a review of the shop itself. None when there is no product.
    """
    products = Product.objects.filter(pk=product_id) if product_id else None
    product = products.first() if products is not None else None
    of_shop = product.shop_id if product is not None else shop_id
    if of_shop is not None:
        Shop.objects.select_for_update(no_key=True).filter(pk=of_shop).first()
    if products is None:
        return None
    return products.select_for_update(no_key=True).first()


def _rate(
    now: datetime, *, product: Product | None, shop_id: UUID | None = None
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            RATE,
            {
                "product_id": product.pk if product else None,
                "shop_id": product.shop_id if product else shop_id,
                "now": now,
            },
        )
        has_changed = cursor.rowcount > 0
    if product is not None and has_changed:
        publish(RatingChanged, entity=product, at=now)
