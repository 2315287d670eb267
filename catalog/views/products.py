"""A product's own page."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from catalog.errors import CanBeBought, NoSuchThing
from catalog.limits import may_ask_for_alert
from catalog.product_forms import (
    AlertForm,
    read_picture,
    read_variant,
)
from catalog.queries import products as queries
from catalog.queries.choices import Choice, VariantRow, choose
from catalog.queries.listings import Card
from catalog.queries.prices import Reduction, price_reduction
from catalog.queries.products import ProductPage
from catalog.queries.reviews import FIRST_SHOWN, AskedReviews, product_reviews
from catalog.seen import forget_seen, remember_seen, seen_products
from catalog.services.alerts import ask_for_alert
from catalog.structured_data import breadcrumbs_data, organization_data, product_data
from catalog.views.fragments import varied

OG_PICTURES = 4
# The parts of the page that HTMX may ask for, by the id of their element.
PARTS = {
    "offer": "catalog/_offer_swap.html",
    "pictures": "catalog/_gallery.html",
}


@require_safe
def product(request: HttpRequest, slug: str) -> HttpResponse:
    page = queries.product_page(slug=slug)
    if page is None:
        return _gone(request, slug)
    context = _offer(request, page)
    part = PARTS.get(request.htmx.target or "")  # type: ignore[attr-defined]
    if part and not request.htmx.history_restore_request:  # type: ignore[attr-defined]
        return varied(render(request, part, context))
    return varied(_whole(request, page, context))


@require_POST
def alert(request: HttpRequest, slug: str) -> HttpResponse:
    """Tell me when it is back. The answer is the same whoever waits already."""
    page = queries.product_page(slug=slug)
    if page is None:
        return _gone(request, slug)
    context = _offer(request, page)
    if context["variant"] is None:
        raise Http404
    form = None if request.user.is_authenticated else AlertForm(request.POST)
    if form is not None and not form.is_valid():
        return _whole(request, page, {**context, "alert_form": form})
    email = form.cleaned_data["email"] if form is not None else ""
    if may_ask_for_alert(request):
        _ask(request, context["variant"], email)
    else:
        messages.error(request, _("These were many requests. Try again in an hour."))
    return redirect(context["address"])


@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """Empties the row of what was looked at lately."""
    response = redirect("catalog:home")
    forget_seen(response)
    return response


def _ask(request: HttpRequest, variant: VariantRow, email: str) -> None:
    try:
        ask_for_alert(
            variant_id=variant.id,
            user_id=request.user.pk,
            email=email,
            language=get_language() or "",
        )
    except (NoSuchThing, CanBeBought) as refusal:
        messages.info(request, refusal.message)
    else:
        messages.success(request, _("We will tell you once when it is back."))


def _offer(request: HttpRequest, page: ProductPage) -> dict[str, Any]:
    """The variant that is meant, its price, stock and picture."""
    found = page.product
    variants = queries.product_variants(product_id=found.pk)
    asked = read_variant(request.GET)
    choice = choose(rows=variants, names=found.option_names, asked=asked)
    variant = choice.variant if choice else None
    images = queries.product_images(product_id=found.pk, variant=variant)
    number = read_picture(request.GET)
    return {
        "product": found,
        "variants": variants,
        "choice": choice,
        "variant": variant,
        "address": _address(page, choice, asked_for=asked.sku or asked.options[0]),
        "reduction": _reduction(variant),
        "is_closed": found.shop.is_closed_at(timezone.now()),
        "images": images,
        "shown": queries.shown_image(images=images, variant=variant, number=number),
        "alert_form": AlertForm(),
    }


def _address(page: ProductPage, choice: Choice | None, *, asked_for: str) -> str:
    address = page.product.get_absolute_url()
    if choice is None or not (asked_for or choice.options):
        return address
    return f"{address}{choice.href}"


def _reduction(variant: VariantRow | None) -> Reduction | None:
    if variant is None or (variant.compare_price or 0) <= variant.price:
        return None
    return price_reduction(
        variant_id=variant.id, price=variant.price, now=timezone.now()
    )


def _whole(
    request: HttpRequest, page: ProductPage, context: dict[str, Any]
) -> HttpResponse:
    found = page.product
    reviews = product_reviews(
        product_id=found.pk,
        counts=page.rating_counts,
        asked=AskedReviews(),
        reader_id=request.user.pk,
        per_page=FIRST_SHOWN,
    )
    seen = seen_products(request)
    others, lately = _rows(page, seen)
    images = context["images"]
    context |= {
        "path": page.path,
        "current_department_id": page.path[0].id if page.path else None,
        "reviews": reviews,
        "others": others,
        "lately": lately,
        "picture_addresses": [
            request.build_absolute_uri(default_storage.url(image.src.name))
            for image in images[:OG_PICTURES]
        ],
        "canonical": request.build_absolute_uri(found.get_absolute_url()),
        "structured_data": [
            product_data(request, page, context["variants"], images, reviews),
            breadcrumbs_data(request, page.path),
            organization_data(request, settings.MARKET_NAME),
        ],
    }
    response = render(request, "catalog/product.html", context)
    remember_seen(response, product_id=found.pk, before=seen)
    return response


def _rows(page: ProductPage, seen: list[UUID]) -> tuple[list[Card], list[Card]]:
    """What else the shop sells, and what was looked at before; one statement."""
    before = [id_ for id_ in seen if id_ != page.product.pk][: queries.SEEN_SHOWN]
    found = queries.cards_by_id(ids=[*page.other_ids, *before])
    others = [found[id_] for id_ in page.other_ids if id_ in found]
    return others, [found[id_] for id_ in before if id_ in found]


def _gone(request: HttpRequest, slug: str) -> HttpResponse:
    """On to a new address; 410 for what was sold here once, with what there is instead."""
    gone = queries.gone_product(slug=slug)
    if gone is None:
        moved = queries.moved_product(slug=slug)
        if moved is None or moved.slug == slug:
            raise Http404
        return redirect(moved, permanent=True)
    context = {"gone": gone, "instead": queries.instead_of(gone=gone)}
    return render(request, "catalog/gone.html", context, status=HTTPStatus.GONE)
