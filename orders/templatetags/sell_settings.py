"""What the pages of a shop's settings write places and rates with."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from babel.numbers import format_percent
from django import template
from django.utils.translation import get_language, to_locale

from orders.countries import country_name

register = template.Library()


@register.filter
def country(code: str) -> str:
    return country_name(code)


@register.filter
def country_names(codes: Iterable[str]) -> str:
    """By name: `France, Germany`."""
    return ", ".join(sorted(country_name(code) for code in codes))


@register.filter
def percent(rate: Decimal) -> str:
    """A share of one as people read it: 0.2 is `20%`, 0.19625 `19.625%`."""
    locale = to_locale(get_language() or "en")
    return str(format_percent(rate.normalize(), "#,##0.###%", locale=locale))
