"""Pictures that people send, made safe and small: bare pixels as WebP, and nothing else."""

from __future__ import annotations

import struct
from io import BytesIO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from shop.errors import DomainError

LONGEST_SIDE = 1_600
# The shorter side of a picture's smaller copies, in pixels: what fills a tile of that size.
# 320 is for carts, thumbnails and lists; 640 for lists on fine screens, which give two or three
# pixels to one of the page, and for the product's page, whose picture is at most 645 wide; 960
# for that page on fine small screens. On larger and finer ones it takes the picture itself.
SIZES = (320, 640, 960)
MOST_PIXELS = 50_000_000
QUALITY = 82
FORMATS = ("WEBP", "PNG", "JPEG", "GIF", "AVIF")


class NotAPicture(DomainError):
    """What was sent cannot be stored as a picture."""

    code = "not_a_picture"


def clean_picture(*, content: bytes) -> bytes:
    """The bare pixels of a picture as WebP, at most 1,600 a side; nothing else survives.

    Raises NotAPicture.
    """
    return encode_picture(open_picture(content=content))


def open_picture(*, content: bytes) -> Image.Image:
    """Turned the way its camera says, at most 1,600 pixels a side. Raises NotAPicture."""
    try:
        raw = Image.open(BytesIO(content), formats=FORMATS)
        if raw.width * raw.height > MOST_PIXELS:
            raise NotAPicture(_too_large())
        image = ImageOps.exif_transpose(raw)
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    except Image.DecompressionBombError as error:
        raise NotAPicture(_too_large()) from error
    except (
        UnidentifiedImageError,
        EOFError,
        IndexError,
        OSError,
        SyntaxError,
        ValueError,
        struct.error,
    ) as error:
        raise NotAPicture(
            _("This is not a picture we can read: send WebP, PNG, JPEG, GIF or AVIF.")
        ) from error
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return image


def _too_large() -> str:
    return _("The picture has more than 50 million pixels.")


def encode_picture(image: Image.Image) -> bytes:
    # A new image of the bare pixels: nothing else comes along.
    bare = Image.frombytes(image.mode, image.size, image.tobytes())
    buffer = BytesIO()
    bare.save(buffer, "WEBP", quality=QUALITY, method=4)
    return buffer.getvalue()


def scaled_picture(image: Image.Image, *, side: int) -> bytes:
    """A picture again as WebP, its shorter side as given."""
    factor = side / min(image.size)
    wide, high = (round(length * factor) for length in image.size)
    return encode_picture(image.resize((wide, high), Image.Resampling.LANCZOS))


def sized_name(name: str, size: int) -> str:
    """Where the copy of a stored picture lies whose shorter side is `size`."""
    return f"{name.removesuffix('.webp')}-{size}.webp"


def smaller_picture(*, content: bytes, side: int, is_square: bool = False) -> bytes:
    """A clean picture again, at most `side` pixels a side; cut to a square about its middle."""
    with Image.open(BytesIO(content), formats=("WEBP",)) as image:
        if is_square:
            least = min(image.width, image.height, side)
            return encode_picture(ImageOps.fit(image, (least, least)))
        image.thumbnail((side, side))
        return encode_picture(image)
