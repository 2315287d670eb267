"""Lists: the home page, categories, shops, search."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import cached_property
from django.views.decorators.http import require_safe

from catalog.forms import ListingForm, SearchForm
from catalog.models import Product
from catalog.queries import listings as queries
from catalog.search import search_products
from catalog.structured_data import breadcrumbs_data, shop_data
from catalog.views.fragments import varied
from shop.models import Shop

SHOPS_PER_PAGE = 30


class KnownCount(Paginator):
    """A paginator that is told how many rows there are, so that it need not count again."""

    def __init__(self, rows: Any, *, count: int, per_page: int = queries.PER_PAGE):
        super().__init__(rows, per_page)
        self.known = count

    @cached_property
    def count(self) -> int:
        return self.known


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    newest = queries.newest_products()
    context = {
        "newest": newest,
        "best_rated": queries.best_rated_products(),
        "shops": queries.shops_on_sale()[:6],
        "hero": [product for product in newest if product.picture][:6],  # type: ignore[attr-defined]
    }
    return render(request, "catalog/home.html", context)


@require_safe
def category(request: HttpRequest, slug: str) -> HttpResponse:
    path = queries.category_path(slug=slug)
    if not path:
        raise Http404
    below = queries.subtree(category_id=path[-1].id)
    products = queries.product_cards().filter(category__in=below.category_ids)
    context = {
        "path": path[:-1],
        "category": path[-1],
        "current_department_id": path[0].id,
        "children": [child for child in below.children if child.count],
        "structured_data": breadcrumbs_data(request, path),
        **_listing(request, products, count=below.count),
    }
    return _page_or_list(request, "catalog/category.html", context)


@require_safe
def shop(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Shop.objects.on_sale(), slug=slug)
    products = queries.product_cards().filter(shop=found)
    count = Product.objects.on_sale().filter(shop=found).count()
    context = {
        "shop": found,
        "structured_data": shop_data(request, found),
        **_listing(request, products, count=count),
    }
    return _page_or_list(request, "catalog/shop.html", context)


@require_safe
def shops(request: HttpRequest) -> HttpResponse:
    form = ListingForm.read(request.GET)
    page = Paginator(queries.shops_on_sale(), SHOPS_PER_PAGE)
    context = {"page": page.get_page(form.page_number)}
    return render(request, "catalog/shops.html", context)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    form.is_valid()
    order = queries.SORTS[form.sort_name][1] if form.sort_name else ()
    found = search_products(words=form.words, order=order)
    context = {
        "q": form.words,
        "found": found,
        **_listing(request, found.products, count=found.count, is_ordered=True),
    }
    return _page_or_list(request, "catalog/search.html", context)


def _listing(
    request: HttpRequest,
    products: QuerySet[Product],
    *,
    count: int,
    is_ordered: bool = False,
) -> dict[str, Any]:
    """One page of a list of cards, and how it may be sorted."""
    form = ListingForm.read(request.GET)
    if not is_ordered:
        sort = form.sort_name or queries.DEFAULT_SORT
        products = products.order_by(*queries.SORTS[sort][1])
    page: Page[Product] = KnownCount(products, count=count).get_page(form.page_number)
    choices = [(name, label) for name, (label, _) in queries.SORTS.items()]
    if is_ordered:
        choices.insert(0, ("", "Best match"))
    return {
        "page": page,
        "count": count,
        "sorts": choices,
        "sort": form.sort_name or ("" if is_ordered else queries.DEFAULT_SORT),
    }


def _page_or_list(
    request: HttpRequest, template: str, context: dict[str, Any]
) -> HttpResponse:
    """HTMX asks for the list alone; the same address is the whole page otherwise."""
    if request.htmx and not request.htmx.history_restore_request:  # type: ignore[attr-defined]
        template = "catalog/_listing.html"
    return varied(render(request, template, context))
