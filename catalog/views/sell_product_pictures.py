"""The pictures of one product: added, put in order, told about."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from catalog.errors import NotAPicture, TooMany
from catalog.models import Product
from catalog.queries.sell_product import picture_variants, product_pictures
from catalog.sell_product_forms import UploadForm
from catalog.services import pictures as services
from catalog.services.editor import FieldRefused
from catalog.views.sell_product import of_product, page_of
from shop.errors import DomainError
from shop.ids import parse_id
from users.counter import Seller, seller_view
from users.rights import Right

FORM = ["GET", "HEAD", "POST"]
STEPS = {"earlier": -1, "later": 1, "first": -services.MOST_PICTURES}


@never_cache
@require_http_methods(FORM)
@seller_view(Right.SEE_PRODUCTS)
@of_product
def pictures(request: HttpRequest, seller: Seller, product: Product) -> HttpResponse:
    """POST adds pictures, keeps words, or moves or removes one: by the button pressed."""
    if request.method != "POST":
        return _page(request, seller, product, UploadForm())
    if "upload" in request.POST:
        return _upload(request, seller, product)
    whose = {
        "shop_id": seller.shop.pk,
        "product_id": product.pk,
        "now": timezone.now(),
        "by": request.user,
    }
    try:
        _change(request, product, whose)
    except FieldRefused as refusal:
        errors = {refusal.field: refusal.message}
        return _page(request, seller, product, UploadForm(), errors=errors)
    except DomainError as refusal:
        messages.error(request, refusal.message)
    if request.htmx:  # type: ignore[attr-defined]
        return _page(request, seller, product, UploadForm())
    return redirect("sell:product_pictures", seller.shop.slug, product.pk)


def _change(request: HttpRequest, product: Product, whose: dict[str, Any]) -> None:
    """What is written beside the pictures is kept with every button. Raises DomainError."""
    sent = request.POST
    words = _words(request, product)
    if words:
        services.describe_pictures(**whose, words=words)
    for action, steps in STEPS.items():
        if key := parse_id(sent.get(action, "")):
            services.move_picture(**whose, picture_id=key, steps=steps)
            return
    # Not "remove": a control of that name hides the form's own method from HTMX.
    if key := parse_id(sent.get("discard", "")):
        services.remove_picture(**whose, picture_id=key)
        messages.success(request, _("The picture is removed."))
    elif "order" in sent:
        keys = [parse_id(text) for text in sent.get("order", "").split(",")]
        services.order_pictures(**whose, ids=[key for key in keys if key])
    else:
        messages.success(request, _("The words are kept."))


def _words(request: HttpRequest, product: Product) -> dict[UUID, services.PictureWords]:
    """Of pictures that are there: one that a colleague removed meanwhile needs no words."""
    there = set(product.images.values_list("pk", flat=True))
    words = {}
    for name, alt in request.POST.items():
        key = parse_id(name.removeprefix("alt-")) if name.startswith("alt-") else None
        if key in there and key is not None:
            variant = parse_id(request.POST.get(f"variant-{key}", ""))
            words[key] = services.PictureWords(alt=str(alt), variant_id=variant)
    return words


def _upload(request: HttpRequest, seller: Seller, product: Product) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            added = services.add_pictures(
                shop_id=seller.shop.pk,
                product_id=product.pk,
                pictures=form.cleaned_data["pictures"],
                now=timezone.now(),
                by=request.user,
            )
        except (NotAPicture, TooMany) as refusal:
            form.add_error("pictures", refusal.message)
        else:
            words = ngettext(
                "%(count)d picture is here. Say what it shows.",
                "%(count)d pictures are here. Say what they show.",
                len(added),
            )
            messages.success(request, words % {"count": len(added)})
            address = "sell:product_pictures"
            return redirect(address, seller.shop.slug, product.pk)
    return _page(request, seller, product, form)


def _page(
    request: HttpRequest,
    seller: Seller,
    product: Product,
    form: UploadForm,
    *,
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    there = product_pictures(product_id=product.pk)
    context = page_of(
        seller,
        product,
        form=form,
        pictures=[
            (
                picture,
                request.POST.get(f"alt-{picture.pk}", picture.alt)
                if errors
                else picture.alt,
                (errors or {}).get(f"alt-{picture.pk}", ""),
            )
            for picture in there
        ],
        variants=picture_variants(product_id=product.pk),
        silent=sum(not picture.alt for picture in there),
    )
    template = "catalog/sell_product_pictures.html"
    if request.htmx and request.htmx.target == "pictures":  # type: ignore[attr-defined]
        template = "catalog/_sell_product_pictures.html"
    return render(request, template, context)
