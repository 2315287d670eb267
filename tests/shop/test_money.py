from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from shop.money import (
    exponent_of,
    format_money,
    minor_unit,
    round_money,
    split_money,
)

AMOUNTS = st.decimals(
    min_value=Decimal("-99999999.99"), max_value=Decimal("99999999.99"), places=4
)
WEIGHTS = st.lists(
    st.decimals(min_value=0, max_value=Decimal("99999.99"), places=2)
    | st.integers(min_value=0, max_value=10**6),
    min_size=1,
    max_size=12,
)
CURRENCIES = st.sampled_from(["USD", "JPY", "KES", "KWD", "BRL"])


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("2.345", "USD", "2.34"),
        ("2.355", "USD", "2.36"),
        ("-2.345", "USD", "-2.34"),
        ("2.5", "JPY", "2"),
        ("3.5", "JPY", "4"),
        ("1.2345", "KWD", "1.23"),
    ],
)
def test_round_money_rounds_half_to_even_at_the_currencys_exponent(
    amount, currency, rounded
):
    assert str(round_money(Decimal(amount), currency)) == rounded


@pytest.mark.parametrize("amount", ["NaN", "Infinity"])
def test_round_money_refuses_what_is_no_number(amount):
    with pytest.raises(ValueError, match="number"):
        round_money(Decimal(amount), "USD")


@given(AMOUNTS, WEIGHTS, CURRENCIES)
def test_split_money_sums_to_the_whole(total, weights, currency):
    shares = split_money(total, weights, currency)

    assert len(shares) == len(weights)
    assert sum(shares) == round_money(total, currency)


@given(AMOUNTS, WEIGHTS, CURRENCIES)
def test_split_money_gives_each_share_within_one_unit_of_its_due(
    total, weights, currency
):
    whole, together = round_money(total, currency), sum(weights)
    shares = split_money(total, weights, currency)
    if not together:
        weights, together = [1] * len(weights), len(weights)

    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - whole * weight / together) < minor_unit(currency)


def test_split_money_gives_equal_remainders_to_the_earlier():
    assert split_money(Decimal("0.05"), [1, 1, 1], "USD") == [
        Decimal("0.02"),
        Decimal("0.02"),
        Decimal("0.01"),
    ]


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_split_money_refuses_weights_that_mean_nothing(weights):
    with pytest.raises(ValueError, match="split|weight"):
        split_money(Decimal(1), weights, "USD")


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1234.5", "GBP", "£1,234.50"),
        ("-3", "USD", "-$3.00"),
        ("1234.50", "JPY", "¥1,234"),
        ("12", "XYZ", "XYZ\N{NO-BREAK SPACE}12.00"),
        ("1000000", "KES", "KES\N{NO-BREAK SPACE}1,000,000.00"),
    ],
)
def test_format_money_reads_as_people_do(amount, currency, text):
    assert format_money(Decimal(amount), currency) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "1.234,50\N{NO-BREAK SPACE}£"),
        ("pt-br", "£\N{NO-BREAK SPACE}1.234,50"),
        ("sw", "£\N{NO-BREAK SPACE}1,234.50"),
        ("xx", "£1,234.50"),
    ],
)
def test_format_money_follows_the_language(language, text):
    with translation.override(language):
        assert format_money(Decimal("1234.5"), "GBP") == text


def test_exponent_of_follows_iso_4217():
    assert [exponent_of(code) for code in ("USD", "JPY", "KWD")] == [2, 0, 3]
