"""Wish lists: the person's own pages, and what others see of a shared one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from catalog.errors import InvalidName, NoSuchThing, TooMany
from catalog.models import Product, ProductVariant, Wishlist
from catalog.product_forms import WishlistForm
from catalog.queries.wishlists import shared_wishlist, wishes_of, wishlists_of
from catalog.services import wishlists as services
from catalog.views.person import person_id
from shop.ids import parse_id

PER_PAGE = 48


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def wishlists(request: HttpRequest) -> HttpResponse:
    """All lists of a person, and a new one."""
    form = WishlistForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = services.create_wishlist(
                user_id=person_id(request), name=form.cleaned_data["name"]
            )
        except (InvalidName, TooMany) as refusal:
            form.add_error("name", refusal.message)
        else:
            return redirect("catalog:wishlist", made.pk)
    lists = wishlists_of(user_id=person_id(request))
    return render(request, "catalog/wishlists.html", {"lists": lists, "form": form})


@login_required
@require_safe
def wishlist(request: HttpRequest, wishlist_id: UUID) -> HttpResponse:
    return _one(request, wishlist_id)


@login_required
@require_POST
def rename(request: HttpRequest, wishlist_id: UUID) -> HttpResponse:
    form = WishlistForm(request.POST)
    if not form.is_valid():
        return _one(request, wishlist_id, form=form)
    try:
        services.rename_wishlist(
            wishlist_id=wishlist_id,
            user_id=person_id(request),
            name=form.cleaned_data["name"],
        )
    except InvalidName as refusal:
        form.add_error("name", refusal.message)
        return _one(request, wishlist_id, form=form)
    except NoSuchThing as refusal:
        raise Http404 from refusal
    return redirect("catalog:wishlist", wishlist_id)


@login_required
@require_POST
def delete(request: HttpRequest, wishlist_id: UUID) -> HttpResponse:
    try:
        services.delete_wishlist(wishlist_id=wishlist_id, user_id=person_id(request))
    except NoSuchThing as refusal:
        raise Http404 from refusal
    messages.success(request, _("The list is deleted."))
    return redirect("catalog:wishlists")


@login_required
@require_POST
def share(request: HttpRequest, wishlist_id: UUID) -> HttpResponse:
    is_shared = request.POST.get("is_shared") == "yes"
    try:
        services.set_shared(
            wishlist_id=wishlist_id, user_id=person_id(request), is_shared=is_shared
        )
    except NoSuchThing as refusal:
        raise Http404 from refusal
    return redirect("catalog:wishlist", wishlist_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def save(request: HttpRequest) -> HttpResponse:
    """Which list a product shall stand on; without scripts and with several lists."""
    asked = request.POST or request.GET
    product_id = parse_id(asked.get("product", ""))
    if product_id is None:
        raise Http404
    on_sale = Product.objects.on_sale().select_related("shop")
    product = get_object_or_404(on_sale, pk=product_id)
    variant_id = parse_id(asked.get("variant", ""))
    variants = ProductVariant.objects.filter(product=product)
    variant = variants.filter(pk=variant_id).first() if variant_id else None
    form = WishlistForm()
    if request.method == "POST":
        form = WishlistForm(request.POST)
        target = _save(request, form, product, variant)
        if target is not None:
            return redirect("catalog:wishlist", target)
    context = {
        "product": product,
        "variant": variant,
        "lists": wishlists_of(user_id=person_id(request)),
        "form": form,
    }
    return render(request, "catalog/wishlist_save.html", context)


@login_required
@require_POST
def remove(request: HttpRequest, item_id: UUID) -> HttpResponse:
    try:
        item = services.remove_from_wishlist(
            item_id=item_id, user_id=person_id(request)
        )
    except NoSuchThing as refusal:
        raise Http404 from refusal
    return redirect("catalog:wishlist", item.wishlist_id)


@login_required
@require_POST
def move(request: HttpRequest, item_id: UUID) -> HttpResponse:
    target = parse_id(request.POST.get("wishlist", ""))
    if target is None:
        raise Http404
    try:
        item = services.move_to_wishlist(
            item_id=item_id, user_id=person_id(request), wishlist_id=target
        )
    except NoSuchThing as refusal:
        raise Http404 from refusal
    except TooMany as refusal:
        messages.error(request, refusal.message)
        return redirect("catalog:wishlists")
    messages.success(request, _("It is on this list now."))
    return redirect("catalog:wishlist", item.wishlist_id)


@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """What whoever has the link sees: the things, and the first name of the person."""
    found = shared_wishlist(token=token)
    if found is None:
        raise Http404
    context = {"wishlist": found, **_part(request, found, found.items.count())}
    response = render(request, "catalog/wishlist_shared.html", context)
    # The link is the key to the list: pages it leads to need not learn it.
    response["Referrer-Policy"] = "no-referrer"
    return response


def _part(request: HttpRequest, wishlist: Wishlist, count: int) -> dict[str, Any]:
    """A page of a list of so many things."""
    page = Paginator(range(count), PER_PAGE).get_page(request.GET.get("page"))
    start = (page.number - 1) * PER_PAGE
    wishes = wishes_of(wishlist_id=wishlist.pk, start=start, most=PER_PAGE)
    return {"wishes": wishes, "page": page}


def _one(
    request: HttpRequest, wishlist_id: UUID, *, form: WishlistForm | None = None
) -> HttpResponse:
    lists = list(wishlists_of(user_id=person_id(request)))
    found = next((one for one in lists if one.pk == wishlist_id), None)
    if found is None:
        raise Http404
    context = {
        "wishlist": found,
        "others": [one for one in lists if one.pk != wishlist_id],
        **_part(request, found, found.item_count),  # type: ignore[attr-defined]
        "form": form or WishlistForm(initial={"name": found.name}),
    }
    return render(request, "catalog/wishlist.html", context)


def _save(
    request: HttpRequest,
    form: WishlistForm,
    product: Product,
    variant: ProductVariant | None,
) -> UUID | None:
    """The list it stands on now; None when the form says what is wrong."""
    ids: dict[str, Any] = {
        "user_id": person_id(request),
        "product_id": product.pk,
        "variant_id": variant.pk if variant else None,
    }
    target = parse_id(request.POST.get("wishlist", ""))
    try:
        if target is None:
            if not form.is_valid():
                return None
            target = services.create_wishlist(
                user_id=person_id(request), name=form.cleaned_data["name"]
            ).pk
        item = services.add_to_wishlist(wishlist_id=target, **ids)
    except NoSuchThing as refusal:
        raise Http404 from refusal
    except (InvalidName, TooMany) as refusal:
        form.is_valid()
        form.add_error("name", refusal.message)
        return None
    return item.wishlist_id
