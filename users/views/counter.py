"""Behind the counter: which shop, and its first page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from users.counter import shops_of


@require_safe
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    """The way in: straight to the only shop, or a choice of several."""
    assert request.user.pk is not None  # logged in
    shops = shops_of(user_id=request.user.pk)
    if len(shops) == 1:
        return redirect("sell:home", shops[0].slug)
    return render(request, "sell/choose.html", {"shops": shops})
