"""Following and blocking, and the page about a person."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from shop.errors import DomainError
from shop.paging import BoundedPages
from users.models import User, UserConnection
from users.queries import (
    connected_people,
    followed_shops,
    people_count,
    people_to_meet,
    people_to_see,
    shop_is_followed,
    shops_to_follow,
    ties_to,
)
from users.services.connections import (
    block_person,
    follow_person,
    follow_shop,
    unblock_person,
    unfollow_person,
    unfollow_shop,
)

PER_PAGE = 50
ACTIONS = {
    "follow": follow_person,
    "unfollow": unfollow_person,
    "block": block_person,
    "unblock": unblock_person,
}


@never_cache
@login_required
@require_safe
def following(request: HttpRequest) -> HttpResponse:
    me = _person(request)
    people = [connected_people(user_id=me, kind=kind) for kind in UserConnection.Kind]
    lists = {
        "shops": BoundedPages(followed_shops(user_id=me), PER_PAGE),
        "followed": BoundedPages(people[0], PER_PAGE),
        "blocked": BoundedPages(people[1], PER_PAGE),
    }
    # They are turned together, as far as the longest goes.
    longest = max(lists.values(), key=lambda pages: pages.num_pages)
    page = longest.get_page(request.GET.get("page"))
    context = {
        name: pages.page(page.number).object_list
        for name, pages in lists.items()
        if page.number <= pages.num_pages
    }
    context["page"] = page
    return render(request, "users/following.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def shop_follow(request: HttpRequest, slug: str) -> HttpResponse:
    """The button on a shop's page: a fragment that the page loads, or a page of its own."""
    shop = get_object_or_404(shops_to_follow(), slug=slug)
    if request.method == "POST":
        if not request.user.is_authenticated:
            return redirect(
                f"{reverse('account_login')}?next={shop.get_absolute_url()}"
            )
        change = unfollow_shop if "unfollow" in request.POST else follow_shop
        change(user_id=_person(request), shop_id=shop.pk)
        if not request.htmx:  # type: ignore[attr-defined]
            return HttpResponseRedirect(_back(request, shop.get_absolute_url()))
    is_followed = request.user.is_authenticated and shop_is_followed(
        user_id=_person(request), shop_id=shop.pk
    )
    context = {"shop": shop, "is_followed": is_followed}
    is_fragment = request.htmx  # type: ignore[attr-defined]
    name = "users/_follow_shop.html" if is_fragment else "users/follow_shop.html"
    return render(request, name, context)


@never_cache
@require_safe
def person(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """What a person shows of themselves; those who show nothing are not found."""
    viewer = _person(request) if request.user.is_authenticated else None
    shown = get_object_or_404(
        people_to_see(viewer_id=viewer).select_related("profile"), pk=user_id
    )
    ties = ties_to(user_id=viewer, target_id=shown.pk) if viewer else None
    context = {
        "person": shown,
        "followers": people_count(user_id=shown.pk),
        "ties": ties,
        "is_me": viewer == shown.pk,
    }
    return render(request, "users/person.html", context)


@login_required
@require_POST
def connect(request: HttpRequest, user_id: UUID, action: str) -> HttpResponse:
    """Follow, unfollow, block or unblock, and back to where one was."""
    target = get_object_or_404(people_to_meet(viewer_id=_person(request)), pk=user_id)
    try:
        ACTIONS[action](user_id=_person(request), target_id=target.pk)
    except User.DoesNotExist:
        return redirect("users:following")
    except DomainError as refusal:
        messages.error(request, refusal.message)
    return HttpResponseRedirect(_back(request, reverse("users:following")))


def _back(request: HttpRequest, otherwise: str) -> str:
    """The page of ours that the form names; never another site's."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()})
    return wanted if is_ours else otherwise


def _person(request: HttpRequest) -> UUID:
    """Who looks; only asked where somebody is logged in."""
    return cast(UUID, request.user.pk)
