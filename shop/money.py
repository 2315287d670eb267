"""Money: one rounding point, shares that sum to the whole, amounts as people read them.

An amount is a Decimal beside an ISO 4217 currency. It is rounded here and nowhere else, half to
even, at the currency's own exponent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency
from django.utils.translation import get_language, to_locale

# ISO 4217, list one: the currencies whose minor unit is not a hundredth. Columns hold two
# places, so the three-place currencies are kept to the hundredth there.
ZERO_PLACES = (
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "UYI",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
)
THREE_PLACES = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
EXPONENTS = dict.fromkeys(ZERO_PLACES, 0) | dict.fromkeys(THREE_PLACES, 3)
STORED_PLACES = 2
LETTER_BEFORE_FIGURE = re.compile(r"(?<=[^\W\d_])(?=\d)")


def exponent_of(currency: str) -> int:
    """How many decimal places an amount of the currency has (ISO 4217)."""
    return EXPONENTS.get(currency, 2)


def minor_unit(currency: str) -> Decimal:
    """The smallest amount that is charged and stored: 0.01 of most currencies, 1 yen."""
    return Decimal(1).scaleb(-min(exponent_of(currency), STORED_PLACES))


def round_money(amount: Decimal, currency: str) -> Decimal:
    """Half to even at the currency's own exponent. Raises ValueError for NaN or infinity."""
    if not amount.is_finite():
        raise ValueError("An amount of money is a number.")
    with localcontext() as context:
        context.prec = max(28, len(amount.as_tuple().digits) + 3)
        return amount.quantize(minor_unit(currency), rounding=ROUND_HALF_EVEN)


def split_money(
    total: Decimal, weights: Sequence[Decimal | int], currency: str
) -> list[Decimal]:
    """Shares of `total` in proportion to `weights`, by largest remainder (Hamilton).

    The shares sum to the rounded total exactly; of equal remainders the earlier weight gets
    the unit. Weights are zero or more; when all are zero the shares are even.
    """
    if not weights:
        raise ValueError("Nothing to split between.")
    if any(weight < 0 for weight in weights):
        raise ValueError("A weight is zero or more.")
    unit = minor_unit(currency)
    units = int(round_money(total, currency) / unit)
    sign = -1 if units < 0 else 1
    parts = _largest_remainder(abs(units), [Decimal(weight) for weight in weights])
    return [sign * part * unit for part in parts]


def _largest_remainder(units: int, weights: list[Decimal]) -> list[int]:
    scale = 10 ** max(0, *(-int(weight.as_tuple().exponent) for weight in weights))
    whole = [int(weight * scale) for weight in weights]
    if not any(whole):
        whole = [1] * len(whole)
    together = sum(whole)
    shares = [units * weight // together for weight in whole]
    remainders = [units * weight % together for weight in whole]
    by_remainder = sorted(range(len(whole)), key=lambda index: -remainders[index])
    for index in by_remainder[: units - sum(shares)]:
        shares[index] += 1
    return shares


def format_money(amount: Decimal, currency: str) -> str:
    """As a person reads it in the active language: `£1,234.50`, `1.234,50 £`.

    Places are the currency's own; pattern, signs and symbols are the CLDR's
    (https://cldr.unicode.org), a space parting letters from figures.
    """
    return LETTER_BEFORE_FIGURE.sub(
        "\N{NO-BREAK SPACE}",
        format_currency(amount, currency, locale=_locale(get_language() or "en")),
    )


@cache
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(to_locale(language))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")
