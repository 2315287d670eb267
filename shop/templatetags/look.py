"""What templates draw with: money, icons, stars, hues, paging, structured data."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from zlib import crc32

from django import template
from django.core.files.storage import default_storage
from django.forms import BoundField
from django.template.defaultfilters import floatformat
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from shop.money import format_money
from shop.pictures import LONGEST_SIDE, sized_name

register = template.Library()

HUES = 9
# How the name of a stored picture ends when it fills its tile (catalog.services.images).
PHOTO = "-photo"


class Place(NamedTuple):
    """Where a picture is drawn large: how wide, as `.grid` and `.gallery` have it, and which
    copies are worth offering there. A cut-out leaves a rim that a photograph fills."""

    photo: str
    cut_out: str
    least: int
    most: int


PLACES = {
    "card": Place(
        "(min-width:44rem) 19rem,45vw", "(min-width:44rem) 10rem,27vw", 320, 640
    ),
    "gallery": Place(
        "(min-width:84rem) 40rem,(min-width:46rem) 50vw,92vw",
        "(min-width:84rem) 27rem,(min-width:46rem) 33vw,61vw",
        640,
        LONGEST_SIDE,
    ),
}
# One width of stroke, on a field of 24 by 24.
ICONS = {
    "search": '<circle cx="11" cy="11" r="7"/><path d="m20 20-3.6-3.6"/>',
    "person": '<circle cx="12" cy="8" r="4"/><path d="M4 20.5c1-4 4.200-6 8-6s7 2 8 6"/>',
    "cart": '<path d="M3 4h2.500l2.200 11h10.500l2-8H6.300"/><circle cx="9" cy="19.500" r="1.500"/><circle cx="16.500" cy="19.500" r="1.500"/>',
    "store": '<path d="M4 10v10h16V10M3 10l2-6h14l2 6c0 1.700-1.300 3-3 3s-3-1.300-3-3c0'
    ' 1.700-1.300 3-3 3s-3-1.300-3-3c0 1.700-1.300 3-3 3s-3-1.300-3-3zM10 20v-5h4v5"/>',
    "right": '<path d="m9 5 7 7-7 7"/>',
    "left": '<path d="m15 5-7 7 7 7"/>',
    "check": '<path d="m5 12.500 4.500 4.500L19 7.500"/>',
    "cross": '<path d="m6 6 12 12M18 6 6 18"/>',
    "sliders": '<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/>'
    '<circle cx="9" cy="17" r="2"/>',
    "warning": '<path d="M12 4 2.500 20h19zM12 10v4.500M12 17.500v.1"/>',
    "heart": '<path d="M12 20s-7.500-4.600-9.200-9.100C1.600 7.600 3.600 4.800 6.700 4.800c2.200 0 3.900 1.300 5.300 3.200 1.400-1.900 3.100-3.200 5.300-3.200 3.100 0 5.100 2.800 3.900 6.100C19.500 15.400 12 20 12 20z"/>',
    "tag": '<path d="M4 4h7.500l8.500 8.500-7.500 7.500L4 11.500zM8 8h.1"/>',
    "layers": '<path d="m12 4 9 5-9 5-9-5zM3.500 13.500 12 18l8.500-4.500"/>',
    "percent": '<path d="M19 5 5 19"/><circle cx="7.500" cy="7.500" r="2.500"/>'
    '<circle cx="16.500" cy="16.500" r="2.500"/>',
    "speech": '<path d="M4 5h16v11H11l-4.500 4v-4H4z"/>',
    "chart": '<path d="M4 20h16M7 20v-6M12 20V6M17 20v-9"/>',
    "box": '<path d="m3 8 9-5 9 5v8l-9 5-9-5zM3 8l9 5 9-5M12 13v8"/>',
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """A stroke icon, hidden from screen readers: the words stand beside it."""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{}</svg>',
        mark_safe(ICONS[name]),
    )


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """`{{ product.price|money:product.currency }}`: £1,234.50."""
    return format_money(amount, currency)


@register.filter
def off(price: Decimal, before: Decimal) -> int:
    """How many per cent less than before, rounded down: a sale is never overstated."""
    return int((before - price) * 100 / before) if before else 0


@register.filter
def hue_class(hue: int | str | None, name: str = "") -> str:
    """The tile's class: the picture's hue, or, without one, a hue that follows from the name."""
    return f"hue-{crc32(name.encode()) % HUES if hue in (None, '') else hue}"


@register.filter
def initial(name: str) -> str:
    """The first letter or figure of a name, for a tile without a picture."""
    return next((sign.upper() for sign in name if sign.isalnum()), "•")


@register.filter
def picture_url(path: str) -> str:
    """Where a stored public file is read; empty when there is none."""
    return default_storage.url(path) if path else ""


@register.filter
def picture_class(path: str) -> str:
    """A cut-out stands on its tile; a picture with a ground of its own fills it."""
    return "picture photo" if is_photo(path) else "picture"


def is_photo(path: str) -> bool:
    return path.rpartition(".")[0].endswith(PHOTO)


@register.simple_tag
def smaller(
    path: str, sizes: Sequence[int] | None, place: str = "", side: int | None = None
) -> SafeString:
    """Attributes of an <img> by which a browser takes a copy that is large enough; else empty.

    sizes: the copies there are. place: one of PLACES; anywhere else the smallest copy does.
    side: the shorter one of the picture itself, by which it is offered beside its copies.
    """
    if not sizes:
        return SafeString("")
    if place not in PLACES:
        return format_html(' srcset="{}"', picture_url(sized_name(path, sizes[0])))
    there = PLACES[place]
    offered = [size for size in sizes if there.least <= size <= there.most]
    if not offered:
        return SafeString("")
    files = [(sized_name(path, size), size) for size in offered]
    if side and offered[-1] < there.most:
        files.append((path, side))
    return format_html(
        ' srcset="{}" sizes="{}"',
        ", ".join(f"{picture_url(name)} {wide}w" for name, wide in files),
        there.photo if is_photo(path) else there.cut_out,
    )


@register.simple_tag
def stars(rating: Decimal | float) -> SafeString:
    """Five stars filled to the half; the figure stands beside them for everybody."""
    halves = min(10, max(0, round(float(rating) * 2)))
    return format_html(
        '<span class="stars stars-{}" aria-hidden="true"></span>', halves
    )


@register.simple_tag
def page_numbers(page: Any) -> list[int | None]:
    """First, last and the neighbours of a page; None is a gap."""
    last = page.paginator.num_pages
    shown = sorted({1, last, *range(page.number - 1, page.number + 2)})
    numbers: list[int | None] = []
    for number in shown:
        if not 1 <= number <= last:
            continue
        if numbers and numbers[-1] is not None and number - numbers[-1] > 1:
            numbers.append(None)
        numbers.append(number)
    return numbers


@register.filter
def json_ld(data: Mapping[str, Any]) -> SafeString:
    """Structured data (JSON-LD, schema.org) for search engines: data, not a script.

    `<`, `>` and `&` are escaped, so that no text can close the element.
    """
    text = json.dumps(data, ensure_ascii=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return format_html(
        '<script type="application/ld+json">{}</script>',
        mark_safe(text),
    )


@register.filter
def grams(weight: Decimal) -> str:
    """A weight in grams as people say it: 850 g, 1.2 kg."""
    if weight < 1000:
        return f"{floatformat(weight, 0)} g"
    return f"{floatformat(weight / 1000, -1)} kg"


@register.filter
def plain_control(field: BoundField) -> SafeString:
    """A field's control without a placeholder: the label above says it, and stays."""
    field.field.widget.attrs.pop("placeholder", None)
    return field.as_widget()
