"""Product search behind one function: PostgreSQL's full text, then spelling tolerance."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.postgres.search import (
    SearchQuery,
    SearchRank,
    TrigramWordSimilarity,
)
from django.db.models import F, QuerySet

from catalog.models import Product
from catalog.queries.listings import product_cards

# A count stops here: nobody pages through more, and a common word matches half the market.
MOST_FOUND = 1_000


@dataclass(frozen=True)
class Found:
    """What a search found: cards in order of rank, how many (at most MOST_FOUND), and
    whether they only resemble the words."""

    products: QuerySet[Product]
    count: int
    is_near: bool


def search_products(*, words: str, order: tuple[str, ...] = ()) -> Found:
    """Products on sale that match all the words, else those whose name resembles them.

    words: as a person types them, with "quotes" and -minus; empty finds nothing. order:
    columns to sort by instead of the rank. Two statements, three when spelling is at fault.
    """
    if not words:
        return Found(products=Product.objects.none(), count=0, is_near=False)
    query = SearchQuery(words, search_type="websearch", config="english")
    exact = product_cards().filter(search_vector=query)
    count = _count(Product.objects.on_sale().filter(search_vector=query))
    if count:
        ranked = exact.annotate(rank=SearchRank(F("search_vector"), query))
        return Found(
            products=ranked.order_by(*(order or ("-rank", "-review_count", "-id"))),
            count=count,
            is_near=False,
        )
    near = {"name__trigram_word_similar": words}
    likeness = TrigramWordSimilarity(words, "name")
    ranked = product_cards().filter(**near).annotate(rank=likeness)
    return Found(
        products=ranked.order_by(*(order or ("-rank", "-review_count", "-id"))),
        count=_count(Product.objects.on_sale().filter(**near)),
        is_near=True,
    )


def _count(products: QuerySet[Product]) -> int:
    return products.order_by()[:MOST_FOUND].count()
