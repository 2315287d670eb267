"""The editor of one product: its fields, and what two people do who edit at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from catalog.errors import InvalidLevel, InvalidPrice
from catalog.models import Brand, Category, Product, ProductStatus
from catalog.queries.sell_product import (
    fact_names,
    find_brands,
    find_categories,
    missing,
    shop_product,
)
from catalog.sell_product_forms import STATES, NewProductForm, ProductForm
from catalog.services.copies import duplicate_product
from catalog.services.editor import (
    FIELDS,
    FieldRefused,
    ProductChanged,
    create_product,
    fields_changed,
    read_values,
    save_product,
    version_of,
)
from shop.ids import parse_id
from users.counter import Seller, seller_view
from users.rights import Right

FORM = ["GET", "HEAD", "POST"]
KEEP, THEIRS, MINE = "keep-", "theirs", "mine"
NOT_SENT_AGAIN = {"csrfmiddlewaretoken", "version", "do"}
LISTS = {"category": find_categories, "brand": find_brands}


@dataclass(frozen=True)
class Differing:
    """A field of which two people have written different things.

    is_mine: this person has changed it; otherwise only the colleague has.
    """

    name: str
    label: str
    theirs: str
    mine: str
    is_mine: bool


def of_product(
    view: Callable[..., HttpResponse],
) -> Callable[..., HttpResponse]:
    """Inside `seller_view`: the view gets the product in place of its key, in the shop's time.

    Whoever may only look may not send anything.
    """

    @wraps(view)
    def found(
        request: HttpRequest, seller: Seller, product_id: UUID, **kwargs: Any
    ) -> HttpResponse:
        product = shop_product(shop_id=seller.shop.pk, product_id=product_id)
        if product is None:
            raise Http404
        if request.method == "POST" and not seller.may(Right.EDIT_PRODUCTS):
            return render(request, "sell/refused.html", status=HTTPStatus.FORBIDDEN)
        with timezone.override(ZoneInfo(seller.shop.timezone)):
            return view(request, seller, product, **kwargs)

    return found


def page_of(seller: Seller, product: Product, **context: Any) -> dict[str, Any]:
    """What every page about one product shows."""
    return {
        "product": product,
        "state": dict(STATES)[product.status],
        "missing": missing(product=product),
        "may_edit": seller.may(Right.EDIT_PRODUCTS),
        **context,
    }


# ------------------------------------------------------------------ fields
@never_cache
@require_http_methods(FORM)
@seller_view(Right.SEE_PRODUCTS)
@of_product
def product(request: HttpRequest, seller: Seller, product: Product) -> HttpResponse:
    """The fields. POST saves them all, or says what is wrong and where."""
    if request.method != "POST":
        version = version_of(read_values(product))
        form = ProductForm.of(product, ZoneInfo(seller.shop.timezone), version)
        return _page(request, seller, product, form)
    if request.POST.get("do") == "find":
        form = ProductForm.again(product, request.POST)
        return _page(request, seller, product, form)
    form = ProductForm(request.POST, product=product, words=request.POST)
    if form.is_valid():
        try:
            _save(request, seller, product, form)
        except ProductChanged as conflict:
            return _conflict(request, seller, product, form, conflict)
        except FieldRefused as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            messages.success(request, _("The product is saved."))
            return redirect("sell:product", seller.shop.slug, product.pk)
    return _page(request, seller, product, form)


def _page(
    request: HttpRequest, seller: Seller, product: Product, form: ProductForm
) -> HttpResponse:
    context = page_of(
        seller,
        product,
        form=form,
        fact_names=fact_names(category_id=product.category_id),
        find=request.POST,
        address=request.build_absolute_uri(product.get_absolute_url()),
    )
    return render(request, "catalog/sell_product.html", context)


def _save(
    request: HttpRequest, seller: Seller, product: Product, form: ProductForm
) -> None:
    changes = {
        name: value
        for name, value in form.changes.items()
        if request.POST.get(f"{KEEP}{name}") != THEIRS
    }
    save_product(
        shop_id=seller.shop.pk,
        product_id=product.pk,
        changes=changes,
        version=form.cleaned_data["version"],
        now=timezone.now(),
        by=request.user,
    )


def _conflict(
    request: HttpRequest,
    seller: Seller,
    product: Product,
    form: ProductForm,
    conflict: ProductChanged,
) -> HttpResponse:
    """Theirs beside mine, field by field; what is chosen is sent with the rest of the form."""
    mine = {**read_values(product), **form.changes}
    by_me = fields_changed(version=form.cleaned_data["version"], values=mine)
    kept = {key for key in request.POST if key.startswith(KEEP)}
    context = page_of(
        seller,
        product,
        differing=[
            Differing(
                name=name,
                label=str(form.fields[name].label),
                theirs=shown(name, conflict.theirs[name]),
                mine=shown(name, mine[name]),
                is_mine=name in by_me,
            )
            for name in FIELDS
            if mine[name] != conflict.theirs[name]
        ],
        version=conflict.version,
        sent=[
            (name, value)
            for name in request.POST
            if name not in NOT_SENT_AGAIN and name not in kept
            for value in request.POST.getlist(name)
        ],
    )
    return render(
        request,
        "catalog/sell_product_conflict.html",
        context,
        status=HTTPStatus.CONFLICT,
    )


def shown(name: str, value: Any) -> str:
    """A field's value as a person reads it; empty for none."""
    if not value:
        return ""
    if name == "status":
        return str(dict(STATES)[value])
    if name in ("publish_at", "withdraw_at"):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if name in ("category", "brand"):
        model: Any = Category if name == "category" else Brand
        row = model.objects.filter(pk=value).first()
        return row.name if row else ""
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {text}" for key, text in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value)


@never_cache
@require_safe
@seller_view(Right.EDIT_PRODUCTS)
def choices(request: HttpRequest, seller: Seller) -> HttpResponse:
    """The list of categories, or of brands, narrowed by words: a part of the editor."""
    kind = "brand" if request.GET.get("kind") == "brand" else "category"
    words = request.GET.get(f"find_{kind}", "").replace("\0", "")[:100]
    chosen = parse_id(request.GET.get(kind, ""))
    found = LISTS[kind](words=words, chosen=chosen)
    context = {"kind": kind, "found": found, "chosen": str(chosen or "")}
    return render(request, "catalog/_sell_choices.html", context)


# ------------------------------------------------------------------ begin, copy, put away
@never_cache
@require_http_methods(FORM)
@seller_view(Right.EDIT_PRODUCTS)
def new(request: HttpRequest, seller: Seller) -> HttpResponse:
    """Name and price make a draft; the rest is said in its editor."""
    form = NewProductForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = _create(seller, form)
        if made is not None:
            messages.success(request, _("It is here as a draft. Say the rest."))
            return redirect("sell:product", seller.shop.slug, made.pk)
    context = {"form": form}
    return render(request, "catalog/sell_product_new.html", context)


def _create(seller: Seller, form: NewProductForm) -> Product | None:
    """None with the refusal beside its field."""
    found = form.cleaned_data
    try:
        return create_product(
            shop_id=seller.shop.pk,
            name=found["name"],
            sku=found["sku"],
            price=found["price"],
            units=found["units"] or 0,
            now=timezone.now(),
            by=seller.user,
        )
    except FieldRefused as refusal:
        form.add_error(refusal.field, refusal.message)
    except InvalidPrice as refusal:
        form.add_error("price", refusal.message)
    except InvalidLevel as refusal:
        form.add_error("units", refusal.message)
    return None


@require_POST
@seller_view(Right.EDIT_PRODUCTS)
@of_product
def duplicate(request: HttpRequest, seller: Seller, product: Product) -> HttpResponse:
    copy = duplicate_product(
        shop_id=seller.shop.pk,
        product_id=product.pk,
        now=timezone.now(),
        by=request.user,
    )
    messages.success(
        request, _("This is the copy: a draft, with SKUs of its own and no stock.")
    )
    return redirect("sell:product", seller.shop.slug, copy.pk)


@require_POST
@seller_view(Right.EDIT_PRODUCTS)
@of_product
def set_state(request: HttpRequest, seller: Seller, product: Product) -> HttpResponse:
    """Publish, archive, or bring back as a draft, by one button."""
    status = request.POST.get("status", "")
    try:
        save_product(
            shop_id=seller.shop.pk,
            product_id=product.pk,
            changes={"status": status},
            # The button is about the product as it is, whatever else was changed.
            version=version_of(read_values(product)),
            now=timezone.now(),
            by=request.user,
        )
    except (FieldRefused, ProductChanged) as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, STATE_NEWS[status]())
    return redirect("sell:product", seller.shop.slug, product.pk)


STATE_NEWS: dict[str, Callable[[], str]] = {
    ProductStatus.ACTIVE: lambda: _("It is in the store."),
    ProductStatus.DRAFT: lambda: _("It is not in the store any more."),
    ProductStatus.ARCHIVED: lambda: _("It is archived: its page says that it is gone."),
}
