"""What buyers say: read, write, find helpful."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from catalog.errors import InvalidReview, NoSuchThing, OwnReview
from catalog.limits import may_send_photos
from catalog.models import Product, ProductReview
from catalog.product_forms import ReviewForm, read_reviews
from catalog.queries.products import product_page
from catalog.queries.reviews import (
    approved_reviews,
    my_review,
    product_reviews,
    reviews_by,
)
from catalog.services import reviews as services
from catalog.structured_data import breadcrumbs_data
from catalog.views.fragments import varied
from catalog.views.person import person_id
from shop.paging import BoundedPages

MINE_PER_PAGE = 20


@require_safe
def reviews(request: HttpRequest, slug: str) -> HttpResponse:
    """All reviews of a product; HTMX asks for the list alone."""
    page = product_page(slug=slug)
    if page is None:
        return redirect("catalog:product", slug)
    context = {
        "product": page.product,
        "path": page.path,
        "reviews": product_reviews(
            product_id=page.product.pk,
            counts=page.rating_counts,
            asked=read_reviews(request.GET),
            reader_id=request.user.pk,
        ),
        "structured_data": breadcrumbs_data(request, page.path),
    }
    is_part = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    template = "catalog/_reviews.html" if is_part else "catalog/reviews.html"
    return varied(render(request, template, context))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, slug: str) -> HttpResponse:
    product = get_object_or_404(
        Product.objects.on_sale().select_related("shop"), slug=slug
    )
    mine = my_review(product_id=product.pk, user_id=person_id(request))
    is_sent = request.method == "POST"
    has_too_many = bool(request.FILES) and not may_send_photos(request)
    form = ReviewForm(
        request.POST if is_sent else None,
        # To look at them is the work that there is a limit for.
        request.FILES if is_sent and not has_too_many else None,
        initial=_initial(mine),
        there=list(mine.images.all()) if mine else (),
    )
    if has_too_many:
        form.add_error("photos", _("These were many photos. Try again in an hour."))
    if form.is_valid() and _write(request, product, form):
        return redirect(f"{product.get_absolute_url()}#reviews")
    context = {"product": product, "form": form, "mine": mine}
    return render(request, "catalog/review_form.html", context)


@login_required
@require_POST
def delete(request: HttpRequest, review_id: UUID) -> HttpResponse:
    try:
        services.delete_review(
            review_id=review_id, user_id=person_id(request), now=timezone.now()
        )
    except NoSuchThing as refusal:
        raise Http404 from refusal
    messages.success(request, _("Your review is deleted."))
    return redirect("catalog:my_reviews")


@login_required
@require_POST
def vote(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """Helpful, or no longer."""
    is_helpful = request.POST.get("is_helpful") != "no"
    try:
        services.set_vote(
            review_id=review_id, user_id=person_id(request), is_helpful=is_helpful
        )
    except NoSuchThing as refusal:
        raise Http404 from refusal
    except OwnReview as refusal:
        messages.info(request, refusal.message)
    shown = approved_reviews(reader_id=person_id(request))
    review = get_object_or_404(shown, pk=review_id)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "catalog/_vote.html", {"review": review})
    if review.product is None:
        return redirect("catalog:home")
    address = reverse("catalog:reviews", args=[review.product.slug])
    return redirect(f"{address}#review-{review.pk}")


@login_required
@require_safe
def my_reviews(request: HttpRequest) -> HttpResponse:
    pages = BoundedPages(reviews_by(user_id=person_id(request)), MINE_PER_PAGE)
    page = pages.get_page(request.GET.get("page"))
    context = {"reviews": page.object_list, "page": page}
    return render(request, "catalog/my_reviews.html", context)


def _initial(mine: ProductReview | None) -> dict[str, Any]:
    if mine is None:
        return {}
    return {"rating": mine.rating, "title": mine.title, "review": mine.review}


def _write(request: HttpRequest, product: Product, form: ReviewForm) -> bool:
    try:
        written = services.write_review(
            product_id=product.pk,
            user_id=person_id(request),
            rating=form.cleaned_data["rating"],
            title=form.cleaned_data["title"],
            review=form.cleaned_data["review"],
            photos=form.wanted_photos(),
            now=timezone.now(),
        )
    except (InvalidReview, OwnReview, NoSuchThing) as refusal:
        form.add_error(None, refusal.message)
        return False
    if written.is_approved:
        messages.success(request, _("Thank you. Your review is on the page."))
    else:
        messages.success(
            request, _("Thank you. Your review appears once somebody has read it.")
        )
    return True
