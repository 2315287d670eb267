"""The door to a shop's own pages: who comes in, and what they may do there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from shop.models import Shop
from users.models import MemberRole, ShopMember
from users.rights import RIGHTS, Right

P = ParamSpec("P")
View = Callable[P, HttpResponse]


@dataclass(frozen=True)
class Seller:
    """Somebody at work in one shop."""

    user: Any
    shop: Shop
    role: str

    @property
    def rights(self) -> frozenset[Right]:
        return RIGHTS[self.role]

    def may(self, right: Right) -> bool:
        return right in self.rights


def find_seller(*, user: AbstractBaseUser | Any, slug: str) -> Seller | None:
    """None for those who do not work there, as for a shop that there is not; one statement."""
    role = ShopMember.objects.filter(shop=OuterRef("pk"), user_id=user.pk)
    shop: Any = (
        Shop.objects.filter(slug=slug)
        .annotate(member_role=Subquery(role.values("role")))
        .first()
    )
    if shop is None:
        return None
    if shop.owner_id == user.pk:
        return Seller(user, shop, MemberRole.OWNER)
    return Seller(user, shop, shop.member_role) if shop.member_role else None


def shops_of(*, user_id: UUID) -> list[Shop]:
    """Where somebody works, by name."""
    return list(Shop.objects.worked_in_by(user_id).order_by("name", "id"))


def seller_view(
    right: Right,
) -> Callable[
    [Callable[Concatenate[HttpRequest, Seller, P], HttpResponse]],
    Callable[..., HttpResponse],
]:
    """A page of a shop: the view gets the Seller in place of the address's shop.

    404 for those who do not work there; 403 with a sentence for those whose role is too small.
    """

    def decorate(
        view: Callable[Concatenate[HttpRequest, Seller, P], HttpResponse],
    ) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(view)
        def guarded(
            request: HttpRequest, shop: str, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
            seller = find_seller(user=request.user, slug=shop)
            if seller is None:
                raise Http404
            request.seller = seller  # type: ignore[attr-defined]
            if not seller.may(right):
                return render(request, "sell/refused.html", status=HTTPStatus.FORBIDDEN)
            return view(request, seller, *args, **kwargs)

        # What a test of all doors reads.
        guarded.right = right  # type: ignore[attr-defined]
        return guarded

    return decorate
