"""What a list's page shows of its filters: groups to choose from, and chips of the choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from catalog.forms import FACT, Asked
from catalog.queries.facets import Facets, Filters, Prices, Value
from catalog.queries.listings import Listing, Subtree
from shop.money import format_money

# Of a filter's values, those that are seen before "More".
SEEN = 6


@dataclass(frozen=True)
class Choice:
    """A box to tick. id: of its element, the same in every answer, so that focus stays."""

    id: str
    key: str
    label: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Group:
    """A filter with its values. name: of the parameter."""

    name: str
    title: str
    seen: list[Choice]
    more: list[Choice]

    @property
    def is_open(self) -> bool:
        """Whether something chosen would be hidden."""
        return any(choice.is_chosen for choice in self.more)


@dataclass(frozen=True)
class Chip:
    """Something chosen, and the address without it."""

    label: str
    href: str


@dataclass(frozen=True)
class Flag:
    """A yes-or-no filter."""

    name: str
    label: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Stars:
    """A least rating; None is any."""

    stars: int | None
    count: int
    is_chosen: bool


def groups(
    *, listing: Listing, subtree: Subtree, asked: Asked, own: str
) -> list[Group]:
    """own: the filter the page itself stands for, which is not offered."""
    filters, facets = asked.filters, listing.facets
    offered: list[tuple[str, str, Sequence[Value], Sequence[str]]] = [
        ("category", _("Category"), subtree.values(facets), filters.categories),
        ("brand", _("Brand"), facets.brands, filters.brands),
        ("shop", _("Shop"), facets.shops, filters.shops),
    ]
    names = [
        *facets.facts,
        *(name for name in filters.facts if name not in facets.facts),
    ]
    for name in names:
        values, chosen = facets.facts.get(name, []), filters.facts.get(name, ())
        offered.append((FACT + name, name, values, chosen))
    made = [
        _group(place, *group) for place, group in enumerate(offered) if group[0] != own
    ]
    return [group for group in made if _is_useful(group)]


def _group(
    place: int, name: str, title: str, values: Sequence[Value], chosen: Sequence[str]
) -> Group:
    known = {value.key for value in values}
    # What was chosen can be taken back, even where nothing has it any more.
    gone = [Value(key=key, label=key, count=0) for key in chosen if key not in known]
    choices = [
        Choice(
            id=f"facet-{place}-{number}",
            key=value.key,
            label=value.label,
            count=value.count,
            is_chosen=value.key in chosen,
        )
        for number, value in enumerate([*values, *gone])
        if value.count or value.key in chosen
    ]
    seen = SEEN if len(choices) > SEEN + 1 else len(choices)
    return Group(name=name, title=title, seen=choices[:seen], more=choices[seen:])


def _is_useful(group: Group) -> bool:
    """One value that everything has narrows nothing."""
    return len(group.seen) > 1 or any(choice.is_chosen for choice in group.seen)


def flags(facets: Facets, filters: Filters) -> list[Flag]:
    made = [
        Flag("stock", _("In stock"), facets.in_stock, filters.in_stock),
        Flag("sale", _("On sale"), facets.on_sale, filters.on_sale),
    ]
    return [flag for flag in made if flag.count or flag.is_chosen]


def ratings(facets: Facets, filters: Filters) -> list[Stars]:
    made = [
        Stars(stars, count, filters.rating == stars)
        for stars, count in facets.ratings.items()
        if count or filters.rating == stars
    ]
    return [Stars(None, 0, filters.rating is None), *made] if made else []


def prices(facets: Facets, filters: Filters) -> list[Prices]:
    """Per currency; the one a price is chosen in comes first."""
    return sorted(facets.prices, key=lambda p: p.currency != filters.currency)


def chips(*, asked: Asked, labels: Mapping[tuple[str, str], str]) -> list[Chip]:
    """labels: (parameter, value) -> what people call it, where that is not the value."""
    filters = asked.filters
    made: list[Chip] = []

    def add(label: str, **without: Any) -> None:
        left = replace(filters, **without)
        made.append(Chip(label=label, href=asked.query(filters=left) or "?"))

    if filters.has_price:
        add(_price_label(filters), least=None, most=None, currency="")
    if filters.in_stock:
        add(_("In stock"), in_stock=False)
    if filters.on_sale:
        add(_("On sale"), on_sale=False)
    several = {
        "category": ("categories", filters.categories),
        "brand": ("brands", filters.brands),
        "shop": ("shops", filters.shops),
    }
    for name, (kind, chosen) in several.items():
        for slug in chosen:
            rest = tuple(other for other in chosen if other != slug)
            add(labels.get((name, slug), slug), **{kind: rest})
    for name, words in filters.facts.items():
        for word in words:
            add(f"{name}: {word}", facts=_without(filters.facts, name, word))
    if filters.rating:
        label = _("%(stars)s stars and up") % {"stars": filters.rating}
        add(label, rating=None)
    return made


def _without(
    facts: Mapping[str, tuple[str, ...]], name: str, word: str
) -> dict[str, tuple[str, ...]]:
    rest = {**facts, name: tuple(other for other in facts[name] if other != word)}
    return {name: words for name, words in rest.items() if words}


def _price_label(filters: Filters) -> str:
    least, most, currency = filters.least, filters.most, filters.currency
    if least is not None and most is not None:
        return f"{format_money(least, currency)} – {format_money(most, currency)}"
    if least is not None:
        return _("from %(least)s") % {"least": format_money(least, currency)}
    assert most is not None  # A price has one of the two.
    return _("up to %(most)s") % {"most": format_money(most, currency)}


def labels(groups: Sequence[Group]) -> dict[tuple[str, str], str]:
    return {
        (group.name, choice.key): choice.label
        for group in groups
        for choice in [*group.seen, *group.more]
    }
