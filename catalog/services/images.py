"""Storing a picture: made safe and small, with the hue of its tile."""

from __future__ import annotations

import colorsys
import hashlib
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image

from catalog.models import Hue, Product, ProductImage
from shop.pictures import SIZES, encode_picture, open_picture

# The apps above read it here.
from shop.pictures import clean_picture as clean_picture  # noqa: PLC0414

SAMPLE = (48, 48)
# Pages tell the two kinds by the end of the name (shop.templatetags.look.picture_class).
PHOTO = "-photo"
# Of 255: an edge that is less opaque than this is not seen.
FAINT = 24
# Lower bounds of the nine classes on HSV's circle of hues, in degrees; the tiles' own hues
# (--hue of tokens.css, in oklch) lie in the middle of each. Above the last it is red again.
HUE_BOUNDS = (
    (15, Hue.ORANGE),
    (42, Hue.YELLOW),
    (70, Hue.GREEN),
    (160, Hue.TEAL),
    (190, Hue.BLUE),
    (225, Hue.INDIGO),
    (258, Hue.VIOLET),
    (295, Hue.PINK),
    (345, Hue.RED),
)


@dataclass(frozen=True)
class StoredPicture:
    """A picture in the public store. name: its path there; sides in pixels."""

    name: str
    width: int
    height: int
    hue: int

    @property
    def sizes(self) -> list[int] | None:
        """For its row: none where it is too small for any, else they are yet to be made."""
        return None if sizes_below(min(self.width, self.height)) else []


def sizes_below(side: int) -> list[int]:
    """The smaller copies that a picture with this shorter side is worth."""
    return [size for size in SIZES if size < side]


def store_picture(*, content: bytes, folder: str = "products") -> StoredPicture:
    """Re-encode a picture as WebP and store it under the hash of what it became.

    Metadata (place, camera, comments) does not survive, nor does anything hidden behind the
    pixels; turned the way its camera says, at most 1,600 pixels a side. The same picture is
    stored once, so this may be repeated. The name ends in `-photo` unless the picture is
    cut out. Raises NotAPicture.
    """
    image = open_picture(content=content)
    hue = hue_of(image)
    encoded = encode_picture(image)
    kind = "" if is_cut_out(image) else PHOTO
    name = f"{folder}/{hashlib.sha256(encoded).hexdigest()[:32]}{kind}.webp"
    if not default_storage.exists(name):
        name = default_storage.save(name, ContentFile(encoded))
    return StoredPicture(name=name, width=image.width, height=image.height, hue=hue)


@transaction.atomic
def add_product_image(
    *, product: Product, content: bytes, alt: str, position: int = 0
) -> ProductImage:
    """Store a picture and hang it on the product; the first one is the primary.

    Raises NotAPicture, with nothing written.
    """
    stored = store_picture(content=content)
    # Two first pictures at once must not both be the primary.
    Product.objects.select_for_update().only("id").get(pk=product.pk)
    is_first = not product.images.filter(is_primary=True).exists()
    return ProductImage.objects.create(
        product=product,
        src=stored.name,
        hue=stored.hue,
        sizes=stored.sizes,
        alt=alt,
        position=position,
        is_primary=is_first,
    )


def hue_of(image: Image.Image) -> int:
    """The class 0..8 of the hue that the picture's colourful pixels share.

    A picture of greys has none and is given the calm blue.
    """
    small = image.convert("RGBA")
    small.thumbnail(SAMPLE)
    weights = [0.0] * len(Hue)
    pixels = small.tobytes()
    for place in range(0, len(pixels), 4):
        red, green, blue, opacity = pixels[place : place + 4]
        hue, saturation, value = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)
        weights[_class_of(hue * 360)] += saturation**2 * value * opacity / 255
    if sum(weights) < len(pixels) / 4 * 0.01:
        return Hue.BLUE
    return max(range(len(weights)), key=weights.__getitem__)


def is_cut_out(image: Image.Image) -> bool:
    """Whether nothing of the picture touches its edge, so that it can stand on a tile."""
    if image.mode != "RGBA":
        return False
    opacity = image.getchannel("A")
    right, bottom = image.width - 1, image.height - 1
    edges = (
        (0, 0, image.width, 1),
        (0, bottom, image.width, bottom + 1),
        (0, 0, 1, image.height),
        (right, 0, right + 1, image.height),
    )
    # A box of None: nothing on this edge is opaque enough to be seen.
    visible = opacity.point(lambda value: 255 * (value >= FAINT))
    return all(visible.crop(edge).getbbox() is None for edge in edges)


def _class_of(degrees: float) -> int:
    found = Hue.RED
    for bound, hue in HUE_BOUNDS:
        if degrees >= bound:
            found = hue
    return found
