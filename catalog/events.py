"""What happened in the catalogue; each is about the product, unless it says otherwise."""

from typing import ClassVar

from shop.events import Event, Stream


class PriceChanged(Event):
    """A variant of the product costs something else. data: variant_id, old_price, new_price."""

    type: ClassVar[str] = "product.price_changed"
    stream: ClassVar[Stream] = Stream.PRODUCT


class BrandMerged(Event):
    """Another brand took a brand's place; about the one that is gone. `data`: into."""

    type: ClassVar[str] = "brand.merged"
    stream: ClassVar[Stream] = Stream.PRODUCT


class BackInStock(Event):
    """A variant that people wait for can be bought again; about the variant."""

    type: ClassVar[str] = "product.back_in_stock"
    stream: ClassVar[Stream] = Stream.PRODUCT


class ReviewWritten(Event):
    """A review is new or was changed; about the review. data: product_id, rating, is_approved."""

    type: ClassVar[str] = "product_review.written"
    stream: ClassVar[Stream] = Stream.PRODUCT


class ReviewAnswered(Event):
    """The shop answered, or changed its answer. `data`: product_id, shop_id."""

    type: ClassVar[str] = "product_review.answered"
    stream: ClassVar[Stream] = Stream.PRODUCT


class ReviewReported(Event):
    """A shop asks the operators to look at a review. `data`: shop_id, reason."""

    type: ClassVar[str] = "product_review.reported"
    stream: ClassVar[Stream] = Stream.PRODUCT


class RatingChanged(Event):
    """The product's mean or its number of reviews changed."""

    type: ClassVar[str] = "product.rating_changed"
    stream: ClassVar[Stream] = Stream.PRODUCT


class ProductEdited(Event):
    """Somebody changed what a shop says of the product. data: fields, user_id."""

    type: ClassVar[str] = "product.edited"
    stream: ClassVar[Stream] = Stream.PRODUCT
