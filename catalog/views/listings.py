"""Lists: the home page, categories, shops, brands, search."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.forms import Asked, has_empty, read_asked
from catalog.models import Brand, Product
from catalog.queries import listings as queries
from catalog.queries.facets import Filters
from catalog.queries.listings import Card, Listing, Subtree
from catalog.search import search_products
from catalog.structured_data import breadcrumbs_data, shop_data
from catalog.views import filtering
from catalog.views.fragments import varied
from shop.models import Shop
from shop.paging import BoundedPages

SHOPS_PER_PAGE = 30
BRANDS_PER_PAGE = 60
FORM = "facets"


@dataclass(frozen=True)
class PageLink:
    """number: None is a gap between pages."""

    number: int | None
    href: str = ""


class KnownCount(Paginator):
    """A paginator that is told how many rows and pages there are."""

    def __init__(self, listing: Listing):
        super().__init__(listing.cards, queries.PER_PAGE)
        self.listing = listing

    @cached_property
    def count(self) -> int:
        return self.listing.count

    @cached_property
    def num_pages(self) -> int:
        return self.listing.last


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    newest = queries.newest_products()
    context = {
        "newest": newest,
        "best_rated": queries.best_rated_products(),
        "shops": queries.shops_on_sale()[:6],
        "hero": [product for product in newest if product.picture][:6],
    }
    return render(request, "catalog/home.html", context)


@require_safe
def category(request: HttpRequest, slug: str) -> HttpResponse:
    path = queries.category_path(slug=slug)
    if not path:
        raise Http404
    subtree = queries.subtree(category_id=path[-1].id)
    context = {
        "nothing_title": _("Nothing here yet"),
        "nothing_words": _("No shop sells anything in this department at the moment."),
        "path": path[:-1],
        "category": path[-1],
        "current_department_id": path[0].id,
        "structured_data": breadcrumbs_data(request, path),
    }
    products = Product.objects.on_sale().filter(category__in=subtree.category_ids)
    return _list(
        request, "catalog/category.html", context, products=products, subtree=subtree
    )


@require_safe
def shop(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Shop.objects.on_sale(), slug=slug)
    context = {
        "shop": found,
        "is_closed": found.is_closed_at(timezone.now()),
        "hide_shop": True,
        "structured_data": shop_data(request, found),
        "nothing_title": _("Nothing on the shelves"),
        "nothing_words": _(
            "This shop has nothing on sale at the moment. Look in again soon."
        ),
    }
    products = Product.objects.on_sale().filter(shop=found)
    return _list(request, "catalog/shop.html", context, products=products, own="shop")


@require_safe
def shops(request: HttpRequest) -> HttpResponse:
    pages = BoundedPages(queries.shops_on_sale(), SHOPS_PER_PAGE)
    context = {
        "page": pages.get_page(read_asked(request.GET).page),
        "own_address": request.build_absolute_uri(request.path),
    }
    return render(request, "catalog/shops.html", context)


@require_safe
def brand(request: HttpRequest, slug: str) -> HttpResponse:
    known = Brand.objects.select_related("merged_into")
    found = get_object_or_404(known, slug=slug)
    if found.merged_into is not None:
        return redirect(found.merged_into, permanent=True)
    if not found.is_active:
        raise Http404
    products = Product.objects.on_sale().filter(brand=found)
    return _list(
        request,
        "catalog/brand.html",
        {
            "brand": found,
            "nothing_title": _("Nothing of this brand at the moment"),
            "nothing_words": _(
                "No shop has anything of it on sale. Look in again soon."
            ),
        },
        products=products,
        own="brand",
    )


@require_safe
def brands(request: HttpRequest) -> HttpResponse:
    pages = BoundedPages(queries.brands_on_sale(), BRANDS_PER_PAGE)
    context = {
        "page": pages.get_page(read_asked(request.GET).page),
        "own_address": request.build_absolute_uri(request.path),
    }
    return render(request, "catalog/brands.html", context)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    words = read_asked(request.GET).words
    found = search_products(words=words)
    if words:
        title = _("Nothing found")
        advice = _(
            "Try fewer or other words: the thing itself, rather than its number."
        )
    else:
        title = _("What are you looking for?")
        advice = _(
            "Write it in the box above: a word or two is enough, and small slips of"
            " spelling do not matter."
        )
    context = {
        "q": words,
        "found": found,
        "nothing_title": title,
        "nothing_words": advice,
    }
    return _list(
        request,
        "catalog/search.html",
        context,
        products=found.products,
        is_ranked=True,
    )


def _list(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    products: QuerySet[Product],
    subtree: Subtree | None = None,
    own: str = "",
    is_ranked: bool = False,
) -> HttpResponse:
    """A page of a list, or the parts of it that HTMX swaps.

    own: the filter the page itself stands for. is_ranked: the products carry a `rank`.
    """
    asked = read_asked(request.GET, own=own)
    if not is_ranked:
        asked = replace(asked, words="")
    is_fragment = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    if has_empty(request.GET) and not is_fragment:
        return HttpResponseRedirect(request.path + asked.query(page=asked.page))
    usual = queries.BY_RANK if is_ranked else queries.DEFAULT_SORT
    asked = replace(asked, sort="" if asked.sort == usual else asked.sort)
    subtree = subtree or queries.subtree(category_id=None)
    listing = queries.list_products(
        products=products,
        subtree=subtree,
        filters=asked.filters,
        sort=asked.sort or usual,
        number=asked.page,
        is_ranked=is_ranked,
    )
    asked = replace(asked, filters=listing.filters, page=listing.number)
    context["own_address"] = request.build_absolute_uri(request.path)
    context |= _shown(asked, listing, subtree, own=own, is_ranked=is_ranked)
    if not is_fragment:
        return varied(render(request, template, context))
    # Whoever is typing a price keeps the field.
    context["keeps_price"] = request.htmx.trigger == FORM  # type: ignore[attr-defined]
    response = varied(render(request, "catalog/_swapped.html", context))
    response["HX-Push-Url"] = request.path + asked.query(page=asked.page)
    return response


def _shown(
    asked: Asked, listing: Listing, subtree: Subtree, *, own: str, is_ranked: bool
) -> dict[str, Any]:
    facets, filters = listing.facets, listing.filters
    groups = filtering.groups(listing=listing, subtree=subtree, asked=asked, own=own)
    page: Page[Card] = Page(listing.cards, listing.number, KnownCount(listing))
    usual = queries.RANKED if is_ranked else queries.SORTS[queries.DEFAULT_SORT]
    sorts = [("", usual[0])]
    sorts += [
        (name, label)
        for name, (label, _order) in queries.SORTS.items()
        if is_ranked or name != queries.DEFAULT_SORT
    ]
    return {
        "asked": asked,
        "listing": listing,
        "page": page,
        "page_links": _page_links(asked, listing),
        "previous_page": asked.query(page=page.number - 1) or "?",
        "next_page": asked.query(page=page.number + 1),
        "count": listing.count,
        "has_filters": bool(filters) or listing.count > 1,
        "is_plain": not filters and not asked.sort,
        "sorts": [
            (asked.query(sort=name) or "?", label, name == asked.sort)
            for name, label in sorts
        ],
        "children": [v for v in subtree.values(facets) if v.count],
        "groups": groups,
        "flags": filtering.flags(facets, filters),
        "ratings": filtering.ratings(facets, filters),
        "prices": filtering.prices(facets, filters),
        "chips": filtering.chips(asked=asked, labels=filtering.labels(groups)),
        "cleared": asked.query(filters=Filters()) or "?",
    }


def _page_links(asked: Asked, listing: Listing) -> list[PageLink]:
    """First, last and the neighbours of a page; none where there is but one."""
    if listing.last == 1:
        return []
    near = range(max(1, listing.number - 1), min(listing.last, listing.number + 1) + 1)
    links: list[PageLink] = []
    before = 0
    for number in sorted({1, *near, listing.last}):
        if number - before > 1:
            links.append(PageLink(None))
        links.append(PageLink(number, asked.query(page=number) or "?"))
        before = number
    return links
