"""What the storefront accepts in an address, and the one way it writes it.

Nonsense is left out, never refused: an address is typed by hand, cut off in a mail, made up by
a robot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from urllib.parse import quote_plus

from django.http import QueryDict

from catalog.queries.facets import RATINGS, Filters
from catalog.queries.listings import LAST_PAGE, SORTS

LONGEST_SEARCH = 200
# Of one filter, and of different facts: each is a condition of the statement.
MOST_CHOSEN = 20
MOST_FACTS = 8
LONGEST_NAME = 60
LONGEST_WORD = 100
# What the column holds.
MOST_MONEY = Decimal("9999999999.99")
FACT = "f."
AMOUNT = re.compile(r"[0-9]{1,12}(?:[.,][0-9]{1,4})?")
CURRENCY = re.compile(r"[A-Z]{3}")
SLUG = re.compile(r"[-a-zA-Z0-9_]{1,255}")
NAMES = (
    "category",
    "brand",
    "shop",
    "min",
    "max",
    "currency",
    "stock",
    "rating",
    "sale",
)


@dataclass(frozen=True)
class Asked:
    """A list as an address asks for it. words: of a search; sort: "" for the usual order."""

    filters: Filters = field(default_factory=Filters)
    sort: str = ""
    page: int = 1
    words: str = ""

    def query(self, **changed: Any) -> str:
        """The address's part after the path: `?` and parameters in one order, or nothing.

        changed: fields that are to be otherwise; the page is the first unless it is given.
        """
        asked = replace(self, **{"page": 1, **changed})
        pairs = "&".join(
            f"{quote_plus(name, safe='')}={quote_plus(value, safe='')}"
            for name, value in asked.pairs()
        )
        return f"?{pairs}" if pairs else ""

    def pairs(self) -> list[tuple[str, str]]:
        """All parameters, in the order of every address."""
        pairs = [("q", self.words)] if self.words else []
        pairs += filter_pairs(self.filters)
        if self.sort:
            pairs.append(("sort", self.sort))
        if self.page > 1:
            pairs.append(("page", str(self.page)))
        return pairs


def read_asked(data: QueryDict, *, own: str = "") -> Asked:
    """own: the filter that the page itself stands for, which an address may not repeat."""
    sort = data.get("sort", "")
    return Asked(
        filters=read_filters(data, own=own),
        sort=sort if sort in SORTS else "",
        page=_page(data.get("page", "")),
        words=_words(data.get("q", "")),
    )


def read_filters(data: QueryDict, *, own: str = "") -> Filters:
    def slugs(name: str) -> tuple[str, ...]:
        return () if name == own else _some(data.getlist(name), SLUG.fullmatch)

    least, most = _amount(data.get("min", "")), _amount(data.get("max", ""))
    if least is not None and most is not None and least > most:
        least, most = most, least
    currency = data.get("currency", "")
    has_currency = (least, most) != (None, None) and CURRENCY.fullmatch(currency)
    rating = data.get("rating", "")
    return Filters(
        categories=slugs("category"),
        brands=slugs("brand"),
        shops=slugs("shop"),
        facts=_facts(data),
        least=least,
        most=most,
        currency=currency if has_currency else "",
        in_stock=data.get("stock") == "1",
        rating=int(rating) if rating in {str(stars) for stars in RATINGS} else None,
        on_sale=data.get("sale") == "1",
    )


def filter_pairs(filters: Filters) -> list[tuple[str, str]]:
    """The parameters that read_filters reads."""
    pairs: list[tuple[str, str]] = []
    if filters.least is not None:
        pairs.append(("min", f"{filters.least:f}"))
    if filters.most is not None:
        pairs.append(("max", f"{filters.most:f}"))
    if filters.currency and filters.has_price:
        pairs.append(("currency", filters.currency))
    if filters.in_stock:
        pairs.append(("stock", "1"))
    if filters.on_sale:
        pairs.append(("sale", "1"))
    pairs += [("category", slug) for slug in filters.categories]
    pairs += [("brand", slug) for slug in filters.brands]
    pairs += [("shop", slug) for slug in filters.shops]
    for name, words in filters.facts.items():
        pairs += [(FACT + name, word) for word in words]
    if filters.rating:
        pairs.append(("rating", str(filters.rating)))
    return pairs


def has_empty(data: Mapping[str, str]) -> bool:
    """Whether a form sent fields that nobody filled in, which an address need not carry."""
    return any(not data.get(name, "-") for name in (*NAMES, "sort"))


def _facts(data: QueryDict) -> dict[str, tuple[str, ...]]:
    names = [
        name.removeprefix(FACT)
        for name in data
        if name.startswith(FACT) and len(name) <= LONGEST_NAME + len(FACT)
    ]
    facts = {}
    for name in sorted(name for name in names if name and "\x00" not in name):
        words = _some(data.getlist(FACT + name), _is_word)
        if words:
            facts[name] = words
        if len(facts) == MOST_FACTS:
            break
    return facts


def _some(values: Iterable[str], accept: Any) -> tuple[str, ...]:
    """Those that can be meant, each once, in one order."""
    return tuple(sorted({value for value in values if accept(value)})[:MOST_CHOSEN])


def _is_word(value: str) -> bool:
    return 0 < len(value) <= LONGEST_WORD and "\x00" not in value


def _amount(text: str) -> Decimal | None:
    """An amount as people type it, with a point or a comma; None when it is none."""
    text = text.strip()
    if not AMOUNT.fullmatch(text):
        return None
    return min(Decimal(text.replace(",", ".")), MOST_MONEY)


def _page(digits: str) -> int:
    if not (digits.isascii() and digits.isdigit()):
        return 1
    return max(1, min(int(digits[:9]), LAST_PAGE))


def _words(text: str) -> str:
    """Cuts what nobody types: NUL, which PostgreSQL refuses, and endless text."""
    return text.replace("\x00", " ")[:LONGEST_SEARCH].strip()
