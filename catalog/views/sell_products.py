"""A shop's products behind its counter: the list, its saved views, and changes to many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from catalog.errors import ViewRefused
from catalog.models import Brand, Product, ProductStatus
from catalog.queries.sell_products import (
    IN_STOCK,
    LOW_STOCK,
    NEWEST,
    SOLD_OUT,
    SORTS,
    Picture,
    ProductFilter,
    StockOfProduct,
    first_pictures,
    listed_products,
    shop_products,
    stock_of_products,
)
from catalog.sell_forms import ACTIONS, BulkForm, category_choices
from catalog.services.views import save_view as save_view_as
from catalog.services.views import saved_views, view_query
from shop.errors import DomainError
from shop.ids import parse_id, uuid7
from shop.keyset import keyset_page
from shop.services import jobs
from users.counter import Seller, seller_view
from users.rights import Right

PAGE = 50
PREVIEWED = 10
SUGGESTED_BRANDS = 200
SORT_LABELS = {
    "newest": gettext_lazy("Newest"),
    "name": gettext_lazy("Name"),
    "sku": gettext_lazy("SKU"),
    "price": gettext_lazy("Price, low first"),
    "-price": gettext_lazy("Price, high first"),
}
STATUS_LABELS = {
    ProductStatus.ACTIVE.value: gettext_lazy("Published"),
    ProductStatus.DRAFT.value: gettext_lazy("Not published"),
    ProductStatus.ARCHIVED.value: gettext_lazy("Archived"),
}
STATUS_CLASSES = {"active": "state-good", "draft": "state-wait"}
STOCK_LABELS = {
    IN_STOCK: gettext_lazy("In stock"),
    LOW_STOCK: gettext_lazy("Low"),
    SOLD_OUT: gettext_lazy("Sold out"),
}
STOCK_CLASSES = {IN_STOCK: "state-good", LOW_STOCK: "state-wait", SOLD_OUT: "state-bad"}


@dataclass(frozen=True)
class ListedProduct:
    """A row of the list."""

    product: Product
    picture: Picture | None
    stock: StockOfProduct | None

    @property
    def status(self) -> str:
        return str(STATUS_LABELS[self.product.status])

    @property
    def status_class(self) -> str:
        return STATUS_CLASSES.get(self.product.status, "")

    @property
    def stock_words(self) -> str:
        return str(STOCK_LABELS[self.stock.state]) if self.stock else ""

    @property
    def stock_class(self) -> str:
        return STOCK_CLASSES[self.stock.state] if self.stock else ""


@require_safe
@seller_view(Right.SEE_PRODUCTS)
def product_list(request: HttpRequest, seller: Seller) -> HttpResponse:
    """Every page costs what the first does; nothing is counted."""
    wanted = ProductFilter.of(request.GET)
    sort = request.GET.get("sort", "")
    sort = sort if sort in SORTS else NEWEST
    found = listed_products(shop_id=seller.shop.pk, wanted=wanted)
    page = keyset_page(
        found.defer("description", "search_vector", "attributes"),
        order=SORTS[sort],
        cursor=request.GET.get("at", ""),
        size=PAGE,
    )
    query = urlencode(wanted.chosen() | ({"sort": sort} if sort != NEWEST else {}))
    context = {
        "page": page,
        "rows": _rows(page.rows),
        "wanted": wanted,
        "hidden": _fields(wanted.chosen()),
        "query": query,
        "sort": sort,
        "sorts": SORT_LABELS.items(),
        "statuses": STATUS_LABELS.items(),
        "stocks": STOCK_LABELS.items(),
        "categories": category_choices(),
        "brands": _brands(),
        "views": saved_views(shop_id=seller.shop.pk, user_id=seller.user.pk),
    }
    return render(request, "catalog/sell_products.html", context)


def _rows(products: Sequence[Product]) -> list[ListedProduct]:
    ids = [product.pk for product in products]
    pictures = first_pictures(product_ids=ids)
    stocks = stock_of_products(product_ids=ids)
    return [
        ListedProduct(one, pictures.get(one.pk), stocks.get(one.pk)) for one in products
    ]


def _brands() -> list[tuple[str, str]]:
    brands = Brand.objects.order_by("name").values_list("slug", "name")
    return list(brands[:SUGGESTED_BRANDS])


@require_POST
@seller_view(Right.SEE_PRODUCTS)
def save_view(request: HttpRequest, seller: Seller) -> HttpResponse:
    """Keep the filters under a name; a name that there is gets the new filters."""
    wanted, sort = ProductFilter.of(request.POST), request.POST.get("sort", "")
    sort = sort if sort in SORTS else ""
    try:
        save_view_as(
            shop_id=seller.shop.pk,
            user_id=seller.user.pk,
            name=request.POST.get("name", ""),
            wanted=wanted,
            sort=sort,
        )
    except ViewRefused as refusal:
        messages.error(request, refusal.message)
    return redirect(_list(seller, view_query(wanted=wanted, sort=sort)))


@require_POST
@seller_view(Right.SEE_PRODUCTS)
def remove_view(request: HttpRequest, seller: Seller) -> HttpResponse:
    """By its name, of one's own; may be repeated."""
    name = request.POST.get("name", "").replace("\0", "")
    mine = saved_views(shop_id=seller.shop.pk, user_id=seller.user.pk)
    mine.filter(name=name).delete()
    return redirect(_list(seller))


def _list(seller: Seller, query: str = "") -> str:
    address = reverse("sell:products", args=[seller.shop.slug])
    return f"{address}?{query}" if query else address


# ------------------------------------------------------------------ many at once
@dataclass(frozen=True)
class Choice:
    """Which products: picked ones, or all that match."""

    shop_id: UUID
    ids: tuple[UUID, ...]
    wanted: ProductFilter | None

    @classmethod
    def of(cls, seller: Seller, values: QueryDict) -> Choice:
        if values.get("all"):
            return cls(seller.shop.pk, (), ProductFilter.of(values))
        return cls(seller.shop.pk, tuple(_uuids(values.getlist("id"))), None)

    def products(self) -> QuerySet[Product]:
        if self.wanted is not None:
            return shop_products(shop_id=self.shop_id, wanted=self.wanted)
        return Product.objects.filter(shop_id=self.shop_id, pk__in=self.ids)

    @property
    def fields(self) -> list[tuple[str, str]]:
        """What says the same in the next form."""
        if self.wanted is not None:
            return [("all", "1"), *_fields(self.wanted.chosen())]
        return [("id", str(id_)) for id_ in self.ids]


def _fields(chosen: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in chosen.items()]


def _uuids(texts: Sequence[str]) -> list[UUID]:
    return [key for text in texts[: jobs.CHUNK] if (key := parse_id(text))]


@dataclass(frozen=True)
class Foreseen:
    """What a change would do to one product."""

    label: str
    before: str
    after: str
    refusal: str


@require_http_methods(["GET", "HEAD", "POST"])
@seller_view(Right.EDIT_PRODUCTS)
def change_many(request: HttpRequest, seller: Seller) -> HttpResponse:
    """Choose what to do, see what it would do, then confirm: that opens the job."""
    values = request.POST if request.method == "POST" else request.GET
    choice = Choice.of(seller, values)
    count = choice.products().count()
    if not count:
        messages.error(request, _("Choose some products first."))
        return redirect(_list(seller))
    action = ACTIONS.get(values.get("do", ""))
    has_fields = request.method == "POST" or "preview" in values
    form = None
    if action is not None:
        # The filters' own names stand beside the form's.
        sent = values if has_fields else None
        form = action.form(sent, shop=seller.shop, prefix="to")
    is_right = form is not None and has_fields and form.is_valid()
    if request.method == "POST" and is_right and form is not None:
        try:
            job = _open(seller, choice, form, values)
        except DomainError as refusal:
            messages.error(request, refusal.message)
        else:
            return redirect("sell:job", seller.shop.slug, job.pk)
    context = {
        "choice": choice,
        "count": count,
        "actions": ACTIONS.values(),
        "action": action,
        "form": form,
        "link": urlencode(choice.fields),
        "brands": _brands() if action and action.name == "brand" else [],
        "back": _list(
            seller, urlencode(choice.wanted.chosen() if choice.wanted else {})
        ),
    }
    if is_right and form is not None:
        context |= {
            "foreseen": _foresee(seller, choice, form),
            "sent": [*choice.fields, *_sent(values, form)],
            "token": uuid7(),
        }
    return render(request, "catalog/sell_change_many.html", context)


def _sent(values: QueryDict, form: BulkForm) -> list[tuple[str, str]]:
    names = [form.add_prefix(name) for name in form.fields]
    return [
        ("do", str(values["do"])),
        *((name, str(values.get(name, ""))) for name in names),
    ]


def _foresee(seller: Seller, choice: Choice, form: BulkForm) -> list[Foreseen]:
    """The first ones, done and taken back."""
    products = choice.products().order_by("id").only("id", "name")[:PREVIEWED]
    names = {product.pk: product.name for product in products}
    params = form.params()
    results = jobs.rehearse(
        shop_id=seller.shop.pk,
        by=seller.user,
        kind=form.kind,
        params=params,
        items=[(id_, None) for id_ in names],
        now=timezone.now(),
    )
    shown = jobs.kind_of(form.kind).shown
    return [
        Foreseen(
            label=name,
            before=shown(results[id_].before, params),
            after=shown(results[id_].after, params),
            refusal=results[id_].refusal,
        )
        for id_, name in names.items()
        if id_ in results
    ]


def _open(seller: Seller, choice: Choice, form: BulkForm, values: QueryDict) -> Any:
    expected = values.get("expected", "")
    return jobs.open_job(
        shop_id=seller.shop.pk,
        by=seller.user,
        kind=form.kind,
        params=form.params(),
        rows=choice.products()
        .order_by("id")
        .annotate(entity_id=F("id"), label=F("name")),
        expected=int(expected) if expected.isdecimal() and len(expected) < 10 else None,
        token=parse_id(values.get("token", "")),
        now=timezone.now(),
    )
