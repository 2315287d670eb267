"""A shop's reviews behind its counter: answered, reported."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from catalog.errors import AnswerChanged
from catalog.queries.reviews import RATINGS
from catalog.queries.sell_reviews import (
    MOST_COUNTED,
    ListedReview,
    ReviewTab,
    listed_review,
    listed_reviews,
    review_counts,
)
from catalog.sell_review_forms import AnswerForm, ReportForm
from catalog.services import reviews as services
from shop.errors import DomainError
from users.counter import Seller, seller_view
from users.rights import Right

TABS = {
    ReviewTab.TO_ANSWER: gettext_lazy("To answer"),
    ReviewTab.ANSWERED: gettext_lazy("Answered"),
    ReviewTab.REPORTED: gettext_lazy("Reported"),
    ReviewTab.ALL: gettext_lazy("All reviews"),
}


@never_cache
@require_safe
@seller_view(Right.ANSWER_REVIEWS)
def reviews(request: HttpRequest, seller: Seller) -> HttpResponse:
    """What waits for an answer first, by stars."""
    asked, stars = request.GET.get("tab", ""), request.GET.get("stars", "")
    tab = ReviewTab(asked) if asked in TABS else ReviewTab.TO_ANSWER
    chosen = int(stars) if stars in {str(one) for one in RATINGS} else 0
    page, rows = listed_reviews(
        shop_id=seller.shop.pk,
        tab=tab,
        stars=chosen,
        cursor=request.GET.get("cursor", ""),
    )
    counts = review_counts(shop_id=seller.shop.pk)
    context = {
        "tab": tab,
        "tabs": [
            (name, label, _count(counts.get(name, 0))) for name, label in TABS.items()
        ],
        "stars": chosen,
        "ratings": RATINGS,
        "page": page,
        "rows": rows,
    }
    return render(request, "catalog/sell_reviews.html", context)


@never_cache
@require_safe
@seller_view(Right.ANSWER_REVIEWS)
def one_review(request: HttpRequest, seller: Seller, review_id: UUID) -> HttpResponse:
    return _page(request, _find(seller, review_id))


@require_POST
@seller_view(Right.ANSWER_REVIEWS)
def answer(request: HttpRequest, seller: Seller, review_id: UUID) -> HttpResponse:
    """The shop's one answer, or another wording of it."""
    row = _find(seller, review_id)
    form = AnswerForm(request.POST)
    if form.is_valid():
        try:
            services.answer_review(
                shop_id=seller.shop.pk,
                review_id=review_id,
                answer=form.cleaned_data["answer"],
                # What a browser sends has other ends of lines.
                seen=form.cleaned_data["seen"].replace("\r\n", "\n"),
                by=seller.user,
                now=timezone.now(),
            )
        except AnswerChanged as refusal:
            form.add_error("answer", refusal.message)
            form.data = {**request.POST.dict(), "seen": refusal.answer}
            row = _find(seller, review_id)
        except DomainError as refusal:
            form.add_error("answer", refusal.message)
        else:
            messages.success(request, _("Everybody can read the answer now."))
            return redirect("sell:review", seller.shop.slug, review_id)
    return _page(request, row, answer_form=form)


@require_POST
@seller_view(Right.ANSWER_REVIEWS)
def remove_answer(
    request: HttpRequest, seller: Seller, review_id: UUID
) -> HttpResponse:
    _find(seller, review_id)
    services.remove_answer(
        shop_id=seller.shop.pk,
        review_id=review_id,
        by=seller.user,
        now=timezone.now(),
    )
    messages.success(request, _("The answer is gone."))
    return redirect("sell:review", seller.shop.slug, review_id)


@require_POST
@seller_view(Right.ANSWER_REVIEWS)
def report(request: HttpRequest, seller: Seller, review_id: UUID) -> HttpResponse:
    """To the operators of the market, who decide."""
    row = _find(seller, review_id)
    form = ReportForm(request.POST)
    if form.is_valid():
        try:
            services.report_review(
                shop_id=seller.shop.pk,
                review_id=review_id,
                by=seller.user,
                now=timezone.now(),
                **form.cleaned_data,
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The market looks at it, and decides."))
            return redirect("sell:review", seller.shop.slug, review_id)
    return _page(request, row, report_form=form)


# ------------------------------------------------------------------ what they share


def _find(seller: Seller, review_id: UUID) -> ListedReview:
    row = listed_review(shop_id=seller.shop.pk, review_id=review_id)
    if row is None:
        raise Http404
    return row


def _page(request: HttpRequest, row: ListedReview, **forms: Any) -> HttpResponse:
    answer = row.review.answer
    context = {
        "row": row,
        "review": row.review,
        "answer_form": AnswerForm(initial={"answer": answer, "seen": answer}),
        "report_form": ReportForm(),
        **forms,
    }
    return render(request, "catalog/sell_review.html", context)


def _count(count: int) -> str:
    if not count:
        return ""
    return f"{MOST_COUNTED - 1}+" if count >= MOST_COUNTED else str(count)
