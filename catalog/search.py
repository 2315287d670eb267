"""Product search behind one function: PostgreSQL's full text, then spelling tolerance."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.postgres.search import (
    SearchQuery,
    SearchRank,
    TrigramWordSimilarity,
)
from django.db.models import F, FloatField, QuerySet, Value

from catalog.models import Product


@dataclass(frozen=True)
class Found:
    """What a search found, annotated with its `rank` (higher is better), in no order; and
    whether the products only resemble the words."""

    products: QuerySet[Product]
    is_near: bool


def search_products(*, words: str) -> Found:
    """Products on sale that match all the words, else those whose name resembles them.

    words: as a person types them, with "quotes" and -minus; empty finds nothing. One
    statement, which looks whether anything matches.
    """
    on_sale = Product.objects.on_sale()
    if not words:
        no_rank = Value(0.0, output_field=FloatField())
        return Found(products=on_sale.none().annotate(rank=no_rank), is_near=False)
    query = SearchQuery(words, search_type="websearch", config="english")
    exact = on_sale.filter(search_vector=query)
    if exact.exists():
        rank = SearchRank(F("search_vector"), query)
        return Found(products=exact.annotate(rank=rank), is_near=False)
    near = on_sale.filter(name__trigram_word_similar=words)
    likeness = TrigramWordSimilarity(words, "name")
    return Found(products=near.annotate(rank=likeness), is_near=True)
