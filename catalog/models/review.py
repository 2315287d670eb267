from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.product import Product
from catalog.models.variant import ProductVariant
from shop import fields
from shop.entities import Entity, EntityType
from shop.models import Shop


class ProductReview(Entity):
    """What a buyer says of a product; without one, of the shop itself."""

    entity_type = EntityType.PRODUCT_REVIEW

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="reviews")
    product = models.ForeignKey(
        Product,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="reviews",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="reviews",
    )
    # The buyer without an account, as `customers` knows them; that table stands above.
    customer_id = models.UUIDField(null=True, blank=True, editable=False)
    variant = models.ForeignKey(
        ProductVariant,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    # The reference of whoever brought it in, unique in its shop.
    review_ref = models.CharField(max_length=255, null=True, blank=True, editable=False)
    rating = models.SmallIntegerField()
    title = fields.text(255)
    review = fields.long_text()
    is_verified_purchase = models.BooleanField(**fields.both(False))
    is_approved = models.BooleanField(**fields.both(False))
    helpful_count = fields.count()
    # What the shop says to it, for everybody to read.
    answer = fields.long_text()
    answered_at = fields.moment(editable=False)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )

    class Meta(Entity.Meta):
        db_table = "product_reviews"
        indexes = [
            fields.Index(fields=["event_time"], name="idx_product_reviews_event_time"),
            fields.Index(
                fields=["review_ref"],
                name="idx_product_reviews_review_ref",
                condition=models.Q(review_ref__isnull=False),
            ),
            fields.Index(
                fields=["product", "-event_time", "-id"],
                name="idx_product_reviews_product_id_event_time",
                condition=models.Q(is_approved=True),
            ),
            # What a shop lists its reviews by.
            fields.Index(
                fields=["shop", "event_time", "id"],
                name="idx_product_reviews_shop_id_event_time",
                condition=models.Q(is_approved=True),
            ),
            fields.Index(
                fields=["shop", "event_time", "id"],
                name="idx_product_reviews_shop_id_to_answer",
                condition=models.Q(is_approved=True, answered_at__isnull=True),
            ),
            fields.Index(
                fields=["shop", "event_time", "id"],
                name="idx_product_reviews_shop_id_answered",
                condition=models.Q(is_approved=True, answered_at__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rating__range=(1, 5)),
                name="chk_product_reviews_rating",
                violation_error_message="A rating is one to five stars.",
            ),
            models.UniqueConstraint(
                fields=["shop", "review_ref"], name="uk_product_reviews_shop_review_ref"
            ),
            # Who writes here writes once of a product; what files bring is what it is.
            models.UniqueConstraint(
                fields=["product", "user"],
                condition=models.Q(customer_id__isnull=True, review_ref__isnull=True),
                name="uk_product_reviews_product_user",
            ),
            models.CheckConstraint(
                condition=models.Q(answer="", answered_at__isnull=True)
                | ~models.Q(answer="") & models.Q(answered_at__isnull=False),
                name="chk_product_reviews_answer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rating} ★ {self.title}"


class ReviewImage(models.Model):
    """A photo that the writer of a review sent with it; `small` is the path of a copy of it."""

    id = fields.key()
    created_at = fields.written_at()
    review = models.ForeignKey(
        ProductReview, on_delete=models.CASCADE, related_name="images"
    )
    src = models.ImageField(upload_to="reviews/")
    width = models.IntegerField(editable=False)
    height = models.IntegerField(editable=False)
    # What it shows, in the writer's words; pages have words of their own where it is empty.
    alt = fields.text(200)
    position = fields.count()

    class Meta:
        db_table = "review_images"
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.alt or str(self.src)

    @property
    def small(self) -> str:
        return small_name(str(self.src))


class ReportReason(models.TextChoices):
    ABUSE = "abuse", _("It insults or threatens")
    PERSONAL = "personal", _("It names private things of a person")
    ADVERT = "advert", _("It advertises something")
    OFF_TOPIC = "off_topic", _("It is not about the product")
    UNTRUE = "untrue", _("It says what is not true")
    OTHER = "other", _("Something else")


class ReviewReport(models.Model):
    """A shop asks the operators to look at a review; open until they have decided."""

    id = fields.key()
    created_at = fields.written_at()
    review = models.ForeignKey(
        ProductReview, on_delete=models.CASCADE, related_name="reports", db_index=False
    )
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    reason = fields.choice(ReportReason, ReportReason.OTHER)
    words = fields.long_text()
    decided_at = fields.moment()
    # Whether the review stayed.
    was_kept = models.BooleanField(null=True, blank=True)

    class Meta:
        db_table = "review_reports"
        indexes = [
            fields.Index(
                fields=["review", "id"], name="idx_review_reports_review_id_id"
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["review"],
                condition=models.Q(decided_at__isnull=True),
                name="uk_review_reports_review",
            ),
            models.CheckConstraint(
                condition=models.Q(reason__in=ReportReason.values),
                name="chk_review_reports_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_at__isnull=True, was_kept__isnull=True)
                | models.Q(decided_at__isnull=False, was_kept__isnull=False),
                name="chk_review_reports_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason}: {self.review_id}"


def small_name(name: str) -> str:
    """Where the copy of a review's photo lies that stands beside the words."""
    return f"{name.removesuffix('.webp')}-small.webp"


class ReviewVote(models.Model):
    """A person found a review helpful; `ProductReview.helpful_count` counts these."""

    id = fields.key()
    review = models.ForeignKey(
        ProductReview, on_delete=models.CASCADE, related_name="votes", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )

    class Meta:
        db_table = "review_votes"
        constraints = [
            models.UniqueConstraint(
                fields=["review", "user"], name="uk_review_votes_review_user"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} for {self.review_id}"


class ProductBuyer(models.Model):
    """A person is known to have bought a product; the apps above that sell it say so."""

    id = fields.key()
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="buyers"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    bought_at = models.DateTimeField()

    class Meta:
        db_table = "product_buyers"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "product"], name="uk_product_buyers_user_product"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} bought {self.product_id}"
