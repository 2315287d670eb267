"""The parts of a list that a page draws by the dozen, written out by Python.

As templates they were nine tenths of a list's time: each of their some seven hundred variables
is looked up by name, localized and escaped on its own. Whatever comes from a row is escaped here.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from html import escape
from typing import Any

from django import template
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.queries.listings import Card
from shop.templatetags.look import (
    hue_class,
    initial,
    money,
    off,
    picture_class,
    picture_url,
    smaller,
    stars,
)

register = template.Library()

CARD = """<li class="card{gone}">
  <div class="tile {hue}">{picture}{badge}</div>
  {shop}<h3><a href="{href}">{name}</a></h3>
  <div>{price}</div>
  {rating}
</li>
"""
PICTURE = (
    '<img class="{kind}" src="{src}"{smaller} alt="" width="256" height="256"'
    ' loading="lazy" decoding="async">'
)
LETTER = '<span class="letter" aria-hidden="true">{letter}</span>'
CHOICE = (
    '<label><input type="checkbox" id="{id}" name="{name}" value="{key}"{checked}>'
    "<span>{label}</span>{count}</label>\n"
)


@register.simple_tag
def cards(products: Iterable[Card], hide_shop: object = False) -> SafeString:
    """The items of a list of products."""
    # One look at the addresses for all of them.
    before, _slug, after = reverse("catalog:product", args=["SLUG"]).partition("SLUG")
    words = {
        "sold out": escape(_("Sold out")),
        "sale": escape(_("Sale")),
        "from": escape(_("from")),
        "before": escape(_("before:")),
        "rated": escape(_("Rated")),
    }
    return mark_safe(
        "".join(
            _card(one, f"{before}{escape(one.slug)}{after}", words, hide_shop)
            for one in products
        )
    )


@register.simple_tag
def card(product: Card, hide_shop: object = False) -> SafeString:
    """One of them."""
    return cards([product], hide_shop)


@register.simple_tag
def choices(group: Any, part: str, is_counted: object) -> SafeString:
    """The boxes of a filter (views.filtering.Group). part: "seen" or "more"."""
    name = escape(group.name)
    return mark_safe(
        "".join(
            CHOICE.format(
                id=choice.id,
                name=name,
                key=escape(choice.key),
                checked=" checked" if choice.is_chosen else "",
                label=escape(choice.label),
                count=f"<small>{_figure(choice.count)}</small>" if is_counted else "",
            )
            for choice in getattr(group, part)
        )
    )


def _card(product: Card, href: str, words: dict[str, str], hide_shop: object) -> str:
    name = escape(product.name)
    if product.picture:
        kind, src = picture_class(product.picture), picture_url(product.picture)
        copies = smaller(
            product.picture, product.picture_sizes, "card", product.picture_side
        )
        picture = PICTURE.format(kind=kind, src=escape(src), smaller=copies)
    else:
        picture = LETTER.format(letter=escape(initial(product.name)))
    shop = "" if hide_shop else escape(product.shop_name)
    return CARD.format(
        gone="" if product.is_available else " card-gone",
        hue=hue_class(product.picture_hue, product.name),
        picture=picture,
        badge=_badge(product, words),
        shop=f'<small class="muted">{shop}</small>\n  ' if shop else "",
        href=href,
        name=name,
        price=_price(product, words),
        rating=_rating(product, words) if product.review_count else "",
    )


def _badge(product: Card, words: dict[str, str]) -> str:
    if not product.is_available:
        return f'<span class="badge badge-quiet">{words["sold out"]}</span>'
    if product.lowest_before is None or not product.is_reduced:
        return ""
    hidden = f'<span class="hidden-words">{words["sale"]}</span>'
    percent = off(product.price, product.lowest_before)
    return f'<span class="badge">{hidden} −{percent} %</span>' if percent else ""


def _price(product: Card, words: dict[str, str]) -> str:
    price = _money(product.price, product.currency, get_language())
    least = (
        f'<small class="muted">{words["from"]}</small> ' if product.has_dearer else ""
    )
    if product.lowest_before is None or not product.is_reduced:
        return f'{least}<span class="price">{price}</span>'
    was = _money(product.lowest_before, product.currency, get_language())
    return (
        f'{least}<span class="price price-sale">{price}</span> <small class="was">'
        f'<span class="hidden-words">{words["before"]}</span><s>{was}</s></small>'
    )


@lru_cache(maxsize=4096)
def _money(amount: Decimal, currency: str, language: str | None) -> str:
    """language: the active one, in which an amount is written; the same prices come again."""
    return escape(money(amount, currency))


def _rating(product: Card, words: dict[str, str]) -> str:
    average = number_format(product.rating_average, decimal_pos=1)
    return (
        f'<span class="rating">{stars(product.rating_average)}<span class="muted num">'
        f'<span class="hidden-words">{words["rated"]}</span>'
        f" {average} ({_figure(product.review_count)})</span></span>"
    )


def _figure(number: int) -> str:
    """Grouped as the language groups; short ones are the same in all of them."""
    return str(number) if number < 1000 else number_format(number, force_grouping=True)
