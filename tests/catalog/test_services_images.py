"""Pictures are made safe, small and known by their content."""

from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from catalog.errors import NotAPicture
from catalog.models import Hue, ProductImage
from catalog.services.images import (
    add_product_image,
    hue_of,
    is_cut_out,
    store_picture,
)
from shop.pictures import LONGEST_SIDE
from tests.factories.catalog import ProductFactory


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(name: str) -> Image.Image:
    with default_storage.open(name) as file:
        image = Image.open(file)
        image.load()
    return image


@pytest.fixture
def disc() -> Image.Image:
    """A red square in the middle of nothing."""
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((220, 30, 30, 255), (16, 16, 48, 48))
    return image


def test_picture_is_stored_as_webp_without_its_metadata():
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    content = encoded(Image.new("RGB", (40, 20), "teal"), "JPEG", exif=exif)
    assert b"taken at home" in content

    stored = store_picture(content=content)

    with default_storage.open(stored.name) as file:
        kept = file.read()
    assert (stored.width, stored.height) == (40, 20)
    assert kept[8:12] == b"WEBP"
    assert b"taken at home" not in kept
    assert not opened(stored.name).getexif()


def test_picture_is_turned_as_the_camera_says():
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(Image.new("RGB", (40, 20), "teal"), "JPEG", exif=exif)

    stored = store_picture(content=content)

    assert (stored.width, stored.height) == (20, 40)


def test_picture_too_large_is_made_smaller():
    stored = store_picture(content=encoded(Image.new("RGB", (3200, 800), "teal")))

    assert (stored.width, stored.height) == (LONGEST_SIDE, 400)


def test_picture_twice_is_stored_once(disc):
    assert store_picture(content=encoded(disc)) == store_picture(content=encoded(disc))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x89PNG\r\n\x1a\n",
        b"%PDF-1.7",
    ],
)
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(NotAPicture):
        store_picture(content=content)


def test_picture_of_too_many_pixels_is_refused_unopened():
    content = encoded(Image.new("1", (10_000, 6_000)))
    assert len(content) < 100_000

    with pytest.raises(NotAPicture):
        store_picture(content=content)


@pytest.mark.parametrize(
    ("colour", "hue"),
    [
        ((220, 30, 30), Hue.RED),
        ((240, 130, 30), Hue.ORANGE),
        ((240, 210, 40), Hue.YELLOW),
        ((60, 180, 60), Hue.GREEN),
        ((20, 180, 160), Hue.TEAL),
        ((30, 140, 230), Hue.BLUE),
        ((60, 80, 220), Hue.INDIGO),
        ((140, 60, 220), Hue.VIOLET),
        ((240, 60, 160), Hue.PINK),
        ((128, 128, 128), Hue.BLUE),
    ],
)
def test_hue_is_that_of_the_colourful_part(colour, hue):
    image = Image.new("RGBA", (60, 60), (0, 0, 0, 0))
    image.paste((200, 200, 200, 255), (0, 0, 60, 30))
    image.paste((*colour, 255), (0, 30, 60, 60))

    assert hue_of(image) == hue


def test_cut_out_and_photograph_are_told_apart(disc):
    photo = Image.new("RGB", (64, 64), "teal")

    assert is_cut_out(disc)
    assert not is_cut_out(photo)
    assert not store_picture(content=encoded(disc)).name.endswith("-photo.webp")
    assert store_picture(content=encoded(photo)).name.endswith("-photo.webp")


@pytest.mark.django_db
def test_first_picture_of_a_product_is_its_primary(disc):
    product = ProductFactory()

    first = add_product_image(product=product, content=encoded(disc), alt="front")
    second = add_product_image(
        product=product, content=encoded(disc.rotate(90)), alt="side", position=1
    )

    assert (first.is_primary, second.is_primary) == (True, False)
    assert first.hue == Hue.RED


@pytest.mark.django_db
def test_refused_picture_leaves_no_row():
    product = ProductFactory()

    with pytest.raises(NotAPicture):
        add_product_image(product=product, content=b"nothing", alt="")

    assert not ProductImage.objects.exists()
