"""The variants of one product: a table to edit, and the maker of combinations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from catalog.models import Product, ProductVariant
from catalog.queries.sell_product import (
    VariantFilter,
    option_values,
    product_variants,
    variant_counts,
)
from catalog.sell_product_forms import OptionsForm, PriceForm, amount
from catalog.services.editor import FieldRefused
from catalog.services.matrix import (
    MOST_VARIANTS,
    MatrixPlan,
    TooManyVariants,
    make_matrix,
    plan_matrix,
)
from catalog.services.variants import (
    ROW,
    RowsRefused,
    VariantEdit,
    edit_variants,
    price_variants,
    remove_variants,
    seen_of,
    switch_variants,
)
from catalog.views.sell_product import of_product, page_of
from shop.errors import DomainError
from shop.ids import parse_id
from shop.keyset import keyset_page
from users.counter import Seller, seller_view
from users.rights import Right

FORM = ["GET", "HEAD", "POST"]
PAGE = 50
ORDER = ["position", "id"]
TYPED = ("sku", "price", "compare_price", "barcode", "weight")
NUMBERS = {"price", "compare_price", "weight"}
SHOWN_KEYS = 12


@dataclass
class Cells:
    """A row of the table: what stands in its cells, and what is wrong with it."""

    variant: ProductVariant
    values: dict[str, str]
    is_active: bool
    seen: str
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def error(self) -> str:
        """Of the row as a whole."""
        return self.errors.get(ROW, "")

    @property
    def cells(self) -> list[tuple[str, str, str]]:
        return [(name, self.values[name], self.errors.get(name, "")) for name in TYPED]


@never_cache
@require_http_methods(FORM)
@seller_view(Right.SEE_PRODUCTS)
@of_product
def variants(request: HttpRequest, seller: Seller, product: Product) -> HttpResponse:
    """A page of the table. POST saves its rows, all or none."""
    if request.method != "POST":
        return _table(request, seller, product)
    edits, typed, errors = _edits(product, request.POST)
    if not errors:
        try:
            changed = edit_variants(
                shop_id=seller.shop.pk,
                product_id=product.pk,
                edits=edits,
                now=timezone.now(),
                by=request.user,
            )
        except RowsRefused as refusal:
            errors = refusal.errors
        except DomainError as refusal:
            messages.error(request, refusal.message)
        else:
            words = ngettext(
                "%(count)d variant is changed.",
                "%(count)d variants are changed.",
                changed,
            )
            messages.success(request, words % {"count": changed})
            return redirect(request.get_full_path())
    return _table(request, seller, product, typed=typed, errors=errors)


def _edits(
    product: Product, values: QueryDict
) -> tuple[list[VariantEdit], dict[UUID, dict[str, str]], dict[UUID, dict[str, str]]]:
    """What was typed, as edits, as texts, and what of it is no number."""
    edits, typed, errors = [], {}, {}
    for text in values.getlist("row")[: 2 * PAGE]:
        key = parse_id(text)
        if key is None:
            continue
        cells = {name: values.get(f"{name}-{key}", "") for name in TYPED}
        is_active = f"is_active-{key}" in values
        typed[key] = {**cells, "is_active": "1" if is_active else ""}
        read, wrong = _read(cells)
        if wrong:
            errors[key] = wrong
        seen = values.get(f"seen-{key}", "")
        edits.append(VariantEdit(key, {**read, "is_active": is_active}, seen))
    return edits, typed, errors


def _read(cells: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    read: dict[str, Any] = {}
    wrong = {}
    for name, text in cells.items():
        try:
            read[name] = amount(text) if name in NUMBERS else text
        except forms.ValidationError as refusal:
            wrong[name] = str(refusal.message)
        if name == "price" and read.get("price", "") is None:
            wrong[name] = _("Say what it costs.")
    return read, wrong


def _table(
    request: HttpRequest,
    seller: Seller,
    product: Product,
    *,
    typed: Mapping[UUID, Mapping[str, str]] | None = None,
    errors: Mapping[UUID, Mapping[str, str]] | None = None,
    price_form: PriceForm | None = None,
) -> HttpResponse:
    wanted = VariantFilter.of(request.GET)
    page = keyset_page(
        product_variants(product_id=product.pk, wanted=wanted),
        order=ORDER,
        cursor=request.GET.get("at", ""),
        size=PAGE,
    )
    query = urlencode(wanted.chosen())
    values = option_values(product_id=product.pk)
    context = page_of(
        seller,
        product,
        page=page,
        query=query,
        here=request.get_full_path(),
        rows=[_cells(row, typed or {}, errors or {}) for row in page.rows],
        has_errors=bool(errors),
        wanted=wanted,
        options=list(_options(product, values, wanted)),
        counts=variant_counts(product_id=product.pk),
        price_form=price_form or PriceForm(),
        picked=request.POST.getlist("pick"),
    )
    return render(request, "catalog/sell_product_variants.html", context)


def _cells(
    variant: ProductVariant,
    typed: Mapping[UUID, Mapping[str, str]],
    errors: Mapping[UUID, Mapping[str, str]],
) -> Cells:
    values = {name: _text(getattr(variant, name)) for name in TYPED}
    is_active = variant.is_active
    if variant.pk in typed:
        values = {name: typed[variant.pk][name] for name in TYPED}
        is_active = bool(typed[variant.pk]["is_active"])
    wrong = dict(errors.get(variant.pk, {}))
    return Cells(variant, values, is_active, seen_of(variant), wrong)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _options(
    product: Product, values: list[list[str]], wanted: VariantFilter
) -> Iterator[tuple[int, str, list[str], str]]:
    """Number, name, values, and the chosen one of each option that there is."""
    for number, words in enumerate(values, 1):
        names = product.option_names
        name = names[number - 1] if number <= len(names) else ""
        if words:
            yield (
                number,
                name or _("Option %(number)d") % {"number": number},
                words,
                wanted.options[number - 1],
            )


# ------------------------------------------------------------------ many at once
@require_POST
@seller_view(Right.EDIT_PRODUCTS)
@of_product
def change(request: HttpRequest, seller: Seller, product: Product) -> HttpResponse:
    """Price, switch or remove the picked ones, or all that the filters find."""
    ids = _picked(request, product)
    back = _back(request, seller, product)
    if not ids:
        messages.error(request, _("Choose some variants first."))
        return redirect(back)
    whose = {
        "shop_id": seller.shop.pk,
        "product_id": product.pk,
        "variant_ids": ids,
        "now": timezone.now(),
        "by": request.user,
    }
    try:
        told = _do(request.POST, whose)
    except forms.ValidationError as refusal:
        messages.error(request, refusal.messages[0])
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, told)
    return redirect(back)


def _picked(request: HttpRequest, product: Product) -> list[UUID]:
    if "all" in request.POST:
        wanted = VariantFilter.of(request.POST)
        found = product_variants(product_id=product.pk, wanted=wanted)
        return list(found.values_list("pk", flat=True))
    keys = [parse_id(text) for text in request.POST.getlist("pick")[:MOST_VARIANTS]]
    return [key for key in dict.fromkeys(keys) if key]


def _do(values: QueryDict, whose: dict[str, Any]) -> str:
    """Returns what to say. Raises DomainError, and ValidationError for what is no price."""
    action = values.get("do", "")
    if action == "price":
        form = PriceForm(values)
        if not form.is_valid():
            raise forms.ValidationError(list(next(iter(form.errors.values()))))
        count = price_variants(**whose, **form.cleaned_data)
        words = ngettext(
            "The price of %(count)d variant is set.",
            "The prices of %(count)d variants are set.",
            count,
        )
        return words % {"count": count}
    if action in ("on", "off"):
        count = switch_variants(**whose, is_active=action == "on")
        words = ngettext(
            "%(count)d variant is switched.", "%(count)d variants are switched.", count
        )
        return words % {"count": count}
    if action == "remove":
        deleted, rested = remove_variants(**whose)
        return _(
            "Removed: %(deleted)d. Switched off, because they were ordered or counted:"
            " %(rested)d."
        ) % {"deleted": deleted, "rested": rested}
    raise forms.ValidationError(_("Choose what shall happen."))


def _back(request: HttpRequest, seller: Seller, product: Product) -> str:
    address = reverse("sell:product_variants", args=[seller.shop.slug, product.pk])
    query = urlencode(VariantFilter.of(request.POST).chosen())
    return f"{address}?{query}" if query else address


# ------------------------------------------------------------------ combinations
@never_cache
@require_http_methods(FORM)
@seller_view(Right.EDIT_PRODUCTS)
@of_product
def options(request: HttpRequest, seller: Seller, product: Product) -> HttpResponse:
    """Names and values; then what they make, with its exact number; then it is made."""
    if request.method != "POST":
        values = option_values(product_id=product.pk, only_active=True)
        form = OptionsForm.of(product.option_names, values)
        return _maker(request, seller, product, form)
    form = OptionsForm(request.POST)
    if not form.is_valid():
        return _maker(request, seller, product, form)
    try:
        if "version" in request.POST and "make" in request.POST:
            plan = make_matrix(
                shop_id=seller.shop.pk,
                product_id=product.pk,
                options=form.options,
                version=request.POST["version"],
                now=timezone.now(),
                by=request.user,
            )
            messages.success(request, _made(plan))
            address = "sell:product_variants"
            return redirect(address, seller.shop.slug, product.pk)
        plan = plan_matrix(product=product, options=form.options)
    except FieldRefused as refusal:
        form.add_error(refusal.field.replace("option", "values"), refusal.message)
    except TooManyVariants as refusal:
        form.add_error(None, refusal.message)
    except DomainError as refusal:
        messages.error(request, refusal.message)
        plan = plan_matrix(product=product, options=form.options)
        return _maker(request, seller, product, form, plan)
    else:
        return _maker(request, seller, product, form, plan)
    return _maker(request, seller, product, form)


def _made(plan: MatrixPlan) -> str:
    words = ngettext(
        "The product has %(count)d variant.",
        "The product has %(count)d variants.",
        plan.total,
    )
    return words % {"count": plan.total}


def _maker(
    request: HttpRequest,
    seller: Seller,
    product: Product,
    form: OptionsForm,
    plan: MatrixPlan | None = None,
) -> HttpResponse:
    shown = [" / ".join(key) for key in plan.new[:SHOWN_KEYS]] if plan else []
    context = page_of(
        seller,
        product,
        form=form,
        plan=plan,
        shown=shown,
        others=len(plan.new) - len(shown) if plan else 0,
        gone=plan.gone[:SHOWN_KEYS] if plan else [],
        most=MOST_VARIANTS,
    )
    return render(request, "catalog/sell_product_options.html", context)
