"""Photos of reviews: made safe, few, their writer's, and gone with the review."""

import struct
import zlib
from io import BytesIO
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from catalog.errors import InvalidReview
from catalog.models import ProductReview, ReviewImage
from catalog.services import reviews
from catalog.services.reviews import (
    MOST_PHOTOS,
    Photos,
    delete_review,
    record_purchases,
    write_review,
)
from shop.pictures import clean_picture
from tests.catalog.test_product_page import words
from tests.factories.catalog import (
    ProductReviewFactory,
    ProductVariantFactory,
    ReviewImageFactory,
)
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def jpeg(size=(60, 40), colour="teal"):
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    buffer = BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def bomb():
    """A PNG of a kilobyte that says it is 30,000 pixels a side."""

    def chunk(kind, body):
        said = kind + body
        return struct.pack(">I", len(body)) + said + struct.pack(">I", zlib.crc32(said))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1_000_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )  # fmt: skip


def sent(content=None, name="shelf.jpg"):
    return SimpleUploadedFile(name, content or jpeg(), "image/jpeg")


@pytest.fixture
def user(client):
    made = UserFactory(first_name="Ada")
    client.force_login(made)
    return made


@pytest.fixture
def product(user):
    made = ProductVariantFactory(inventory_quantity=1).product
    record_purchases(user_id=user.pk, product_ids=[made.pk], now=timezone.now())
    return made


@pytest.fixture
def write(client, product):
    address = reverse("catalog:write_review", args=[product.slug])

    def post(*files, **more):
        return client.post(address, {"rating": "4", "photos": list(files), **more})

    return post


def files():
    folder = Path(settings.MEDIA_ROOT) / "default" / "reviews"
    return {path.name for path in folder.glob("*")} if folder.exists() else set()


def test_photos_stand_by_the_review_without_where_they_were_taken(
    client, product, write
):
    write(sent(), sent(jpeg(colour="red")), alt='The shelf "at" <b>home')

    page = words(client.get(product.get_absolute_url()))

    first, second = ReviewImage.objects.order_by("position")
    assert (first.width, first.height, first.alt) == (60, 40, 'The shelf "at" <b>home')
    for name in (first.src.name, first.small, second.src.name):
        with default_storage.open(name) as file:
            content = file.read()
        assert content[8:12] == b"WEBP"
        assert b"taken at home" not in content
    assert f'href="{default_storage.url(first.src.name)}"' in page
    assert f'src="{default_storage.url(second.small)}"' in page
    assert 'alt="The shelf &quot;at&quot; &lt;b&gt;home"' in page


def test_photo_without_words_is_named_after_its_writer(client, product, write):
    write(sent())

    assert 'alt="Photo 1 by Ada"' in words(client.get(product.get_absolute_url()))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (SVG, "This is not a picture we can read"),
        (b"#!/bin/sh\necho hello\n", "This is not a picture we can read"),
        (jpeg()[:300], "This is not a picture we can read"),
        (bomb(), "The picture has more than 50 million pixels."),
    ],
    ids=["svg", "script", "cut", "bomb"],
)
def test_what_is_no_picture_is_refused_with_nothing_written(write, content, sentence):
    before = files()

    page = words(write(sent(content)))

    assert page.count(sentence) == 2  # Above the form, and beside the field.
    assert not ProductReview.objects.exists()
    assert files() == before


def test_sixth_photo_is_refused(write):
    write(*[sent() for _ in range(3)])

    page = words(write(*[sent() for _ in range(3)]))

    assert "A review has at most 5 photos." in page
    assert ReviewImage.objects.count() == 3


def test_service_counts_what_came_meanwhile(user, product):
    review = write_review(
        product_id=product.pk, user_id=user.pk, rating=5, title="", review="",
        now=timezone.now(),
    )  # fmt: skip
    ReviewImageFactory.create_batch(MOST_PHOTOS, review=review)
    before = files()

    with pytest.raises(InvalidReview):
        write_review(
            product_id=product.pk, user_id=user.pk, rating=1, title="", review="",
            photos=Photos(new=[clean_picture(content=jpeg())]), now=timezone.now(),
        )  # fmt: skip

    review.refresh_from_db()
    assert (review.rating, files()) == (5, before)


def test_words_of_a_photo_change_and_a_photo_goes(
    client, write, product, django_capture_on_commit_callbacks
):
    write(sent(), sent())
    stays, goes = ReviewImage.objects.order_by("position")
    names = {Path(goes.src.name).name, Path(goes.small).name}
    assert names <= files()

    with django_capture_on_commit_callbacks(execute=True):
        write(**{f"alt-{stays.pk}": "A lamp", f"remove-{goes.pk}": "on"})

    assert [one.alt for one in ReviewImage.objects.all()] == ["A lamp"]
    assert not names & files()


def test_photos_go_with_their_review(user, write, django_capture_on_commit_callbacks):
    before = files()
    write(sent())
    review = ProductReview.objects.get()
    assert len(files() - before) == 2

    with django_capture_on_commit_callbacks(execute=True):
        delete_review(review_id=review.pk, user_id=user.pk, now=timezone.now())

    assert not ReviewImage.objects.exists()
    assert files() == before


def test_photo_of_another_review_is_not_touched(write):
    other = ReviewImageFactory(alt="Theirs")

    write(sent(), **{f"alt-{other.pk}": "Mine", f"remove-{other.pk}": "on"})

    other.refresh_from_db()
    assert other.alt == "Theirs"


def test_page_with_photos_costs_what_it_costs_without(client, product):
    def cost():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get(product.get_absolute_url())
        return len(asked)

    ProductReviewFactory(product=product)
    client.get(product.get_absolute_url())
    without = cost()
    for _ in range(3):
        review = ProductReviewFactory(product=product, user__avatar="avatars/a.webp")
        ReviewImageFactory.create_batch(2, review=review)

    assert cost() == without


# ------------------------------------------------------------------ the API
def test_api_sends_reads_and_deletes_photos(client, user, product):
    reviews = reverse("v1:reviews", args=[product.slug])
    review = client.post(reviews, {"rating": 5}, content_type="application/json").json()
    photos = reverse("v1:review-photos", args=[review["id"]])

    made = client.post(photos, {"photo": sent(), "alt": "A lamp"})

    assert made.status_code == 201
    (shown,) = client.get(reviews).json()["results"]
    assert shown["photos"] == [made.json()]
    assert made.json()["small_url"].endswith("-small.webp")
    assert (made.json()["alt"], made.json()["width"]) == ("A lamp", 60)
    photo = reverse("v1:review-photo", args=[review["id"], made.json()["id"]])
    assert client.delete(photo).status_code == 204
    assert client.delete(photo).status_code == 404


def test_api_refuses_what_is_no_picture_and_other_peoples_reviews(client, user):
    mine = ProductReviewFactory(user=user)
    theirs = ReviewImageFactory()
    address = reverse("v1:review-photos", args=[mine.pk])

    refused = client.post(address, {"photo": sent(SVG)})

    assert refused.status_code == 400
    assert "not a picture" in refused.json()["errors"][0]["detail"]
    others = reverse("v1:review-photos", args=[theirs.review_id])
    assert client.post(others, {"photo": sent()}).status_code == 404
    photo = reverse("v1:review-photo", args=[theirs.review_id, theirs.pk])
    assert client.delete(photo).status_code == 404
    assert ReviewImage.objects.count() == 1


def test_api_list_costs_the_same_with_many_photos(client):
    product = ProductVariantFactory(inventory_quantity=1).product
    address = reverse("v1:reviews", args=[product.slug])

    def cost():
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        return len(asked)

    ReviewImageFactory(review=ProductReviewFactory(product=product))
    one = cost()
    for _ in range(3):
        ReviewImageFactory.create_batch(2, review=ProductReviewFactory(product=product))

    assert cost() == one


# ------------------------------------------------------------------ at once
@pytest.mark.django_db(transaction=True)
def test_photos_sent_at_once_are_counted_together(monkeypatch):
    product = ProductVariantFactory(inventory_quantity=1).product
    person = UserFactory()
    picture = clean_picture(content=jpeg())
    before = files()
    gate = Barrier(4)
    refused = []
    lock_rated = reviews._lock_rated

    def meet(*asked):
        # Files take a while, each thread its own: here all are about to write.
        gate.wait()
        return lock_rated(*asked)

    monkeypatch.setattr(reviews, "_lock_rated", meet)

    def send():
        try:
            write_review(
                product_id=product.pk, user_id=person.pk, rating=5, title="", review="",
                photos=Photos(new=[picture] * 3), now=timezone.now(),
            )  # fmt: skip
        except InvalidReview as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (ReviewImage.objects.count(), len(refused)) == (3, 3)
    # What was refused left no file: each photo is one, with a small copy.
    assert len(files() - before) == 6
