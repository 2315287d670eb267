"""Behind the counter: opening a shop, its profile, its holidays, and who works there."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.core import get_global
from django.conf import settings as conf
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from shop.errors import DomainError
from shop.ids import uuid7
from users.counter import Seller, seller_view
from users.errors import LastOwner
from users.inviting import InvitationNotSent, TooManyInvitations, invite
from users.models import MemberRole, ShopMember
from users.rights import Right
from users.services.members import (
    RANK,
    accept_invitation,
    open_invitation,
    remove_member,
    set_member_role,
    withdraw_invitation,
)
from users.services.shops import change_shop, open_shop, set_closure
from users.shop_forms import (
    ClosureForm,
    InviteForm,
    OpenShopForm,
    ShopProfileForm,
    roles_to_give,
)

FORM = ["GET", "HEAD", "POST"]


@never_cache
@login_required
@require_http_methods(FORM)
def open_new(request: HttpRequest) -> HttpResponse:
    at_home = {
        "country": conf.MARKET_COUNTRY,
        "currency": conf.MARKET_CURRENCY,
        "timezone": _zone_at_home(),
    }
    form = OpenShopForm(request.POST or None, initial=at_home)
    if form.is_valid():
        try:
            shop = open_shop(
                owner=request.user, now=timezone.now(), **form.cleaned_data
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(
                request, _("Your shop is there. What it needs stands below.")
            )
            return redirect("sell:home", shop.slug)
    return render(request, "sell/open.html", {"form": form})


def _zone_at_home() -> str:
    """The person's own; of somebody who has none, the country's where it has one alone."""
    name: str = timezone.get_current_timezone_name()
    zones = get_global("territory_zones").get(conf.MARKET_COUNTRY, ())
    return zones[0] if name == "UTC" and len(zones) == 1 else name


@never_cache
@require_http_methods(FORM)
@seller_view(Right.SETTINGS)
def settings(request: HttpRequest, seller: Seller) -> HttpResponse:
    form = ShopProfileForm(
        request.POST or None, request.FILES or None, instance=seller.shop
    )
    if form.is_valid():
        change_shop(shop_id=seller.shop.pk, changes=_changes(form), now=timezone.now())
        messages.success(request, _("The profile is changed."))
        return redirect("sell:settings", seller.shop.slug)
    seller.shop.refresh_from_db()
    context = {"form": form, "shop": seller.shop, "closure": _closure(seller, None)}
    return render(request, "sell/settings.html", context)


@require_POST
@seller_view(Right.SETTINGS)
def closure(request: HttpRequest, seller: Seller) -> HttpResponse:
    """Away from … until …; "open again" ends it."""
    shop = seller.shop
    if "open" in request.POST:
        set_closure(
            shop_id=shop.pk, closed_from=None, closed_until=None, note="", now=timezone.now()
        )  # fmt: skip
        messages.success(request, _("Your shop is open."))
        return redirect("sell:settings", shop.slug)
    with timezone.override(ZoneInfo(shop.timezone)):
        form = _closure(seller, request.POST)
        if form.is_valid():
            try:
                set_closure(shop_id=shop.pk, now=timezone.now(), **form.cleaned_data)
            except DomainError as refusal:
                form.add_error("closed_until", refusal.message)
            else:
                messages.success(request, _("The closure is kept."))
                return redirect("sell:settings", shop.slug)
    context = {"form": ShopProfileForm(instance=shop), "shop": shop, "closure": form}
    return render(request, "sell/settings.html", context)


@never_cache
@require_http_methods(FORM)
@seller_view(Right.MEMBERS)
def members(request: HttpRequest, seller: Seller) -> HttpResponse:
    """Who works here, and who is asked to."""
    form = InviteForm(request.POST or None, mine=seller.role)
    if form.is_valid() and _invite(request, seller, form):
        return redirect("sell:members", seller.shop.slug)
    people = ShopMember.objects.filter(shop=seller.shop).select_related("user")
    giveable = [role for role, _words in roles_to_give(seller.role)]
    context = {
        "form": form,
        "people": sorted(
            ((member, member.role in giveable) for member in people.order_by("id")),
            key=lambda one: -RANK[MemberRole(one[0].role)],
        ),
        "roles": [(role, MemberRole(role).label) for role in giveable],
        "role_words": [words for _role, words in roles_to_give(seller.role)],
        "waiting": seller.shop.invitations.filter(accepted_at=None).order_by("-id"),
        "now": timezone.now(),
    }
    return render(request, "sell/members.html", context)


@require_POST
@seller_view(Right.MEMBERS)
def member_role(request: HttpRequest, seller: Seller, member_id: UUID) -> HttpResponse:
    member = get_object_or_404(ShopMember, pk=member_id, shop=seller.shop)
    role = request.POST.get("role", "")
    if role not in MemberRole:
        messages.error(request, _("Choose a role from the list."))
        return redirect("sell:members", seller.shop.slug)
    _tried(
        request,
        _("The role is changed."),
        set_member_role,
        shop_id=seller.shop.pk,
        member_id=member.pk,
        role=MemberRole(role),
        by=request.user,
    )
    return redirect("sell:members", seller.shop.slug)


@require_POST
@seller_view(Right.MEMBERS)
def member_remove(
    request: HttpRequest, seller: Seller, member_id: UUID
) -> HttpResponse:
    member = get_object_or_404(ShopMember, pk=member_id, shop=seller.shop)
    _tried(
        request,
        _("This person is removed."),
        remove_member,
        shop_id=seller.shop.pk,
        member_id=member.pk,
        by=request.user,
    )
    return redirect("sell:members", seller.shop.slug)


@require_POST
@seller_view(Right.SEE_SHOP)
def leave(request: HttpRequest, seller: Seller) -> HttpResponse:
    """Work here no more."""
    mine = ShopMember.objects.filter(user=seller.user, shop=seller.shop).first()
    if mine is None:
        # The shop is theirs without a row that says so.
        messages.error(request, LastOwner().message)
    elif _tried(
        request,
        _("You work here no more."),
        remove_member,
        shop_id=seller.shop.pk,
        member_id=mine.pk,
        by=request.user,
    ):
        return redirect("sell:choose")
    return redirect("sell:home", seller.shop.slug)


@require_POST
@seller_view(Right.MEMBERS)
def invitation_withdraw(
    request: HttpRequest, seller: Seller, invitation_id: UUID
) -> HttpResponse:
    found = get_object_or_404(seller.shop.invitations, pk=invitation_id)
    _tried(
        request,
        _("The invitation is withdrawn."),
        withdraw_invitation,
        shop_id=seller.shop.pk,
        invitation_id=found.pk,
        by=request.user,
    )
    return redirect("sell:members", seller.shop.slug)


@never_cache
@login_required
@require_http_methods(FORM)
def invitation(request: HttpRequest, key: str) -> HttpResponse:
    """What the link in the mail leads to."""
    found = open_invitation(key=key, now=timezone.now())
    if request.method == "POST":
        try:
            member = accept_invitation(key=key, user=request.user, now=timezone.now())
        except DomainError as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, _("Welcome. This is where you work."))
            return redirect("sell:home", member.shop.slug)
    return render(request, "sell/invitation.html", {"invitation": found})


# ------------------------------------------------------------------ pieces


def _changes(form: ShopProfileForm) -> dict[str, Any]:
    changes = {
        name: form.cleaned_data[name]
        for name in form.changed_data
        if name in form.Meta.fields
    }
    for name in ("logo", "banner"):
        if pictures := form.cleaned_data.get(f"{name}_file"):
            content = ContentFile(pictures[0])
            changes[name] = default_storage.save(f"shops/{uuid7().hex}.webp", content)
    return changes


def _closure(seller: Seller, data: Any) -> ClosureForm:
    zone, shop = ZoneInfo(seller.shop.timezone), seller.shop

    def local(moment: datetime | None) -> str:
        return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if moment else ""

    initial = {
        "closed_from": local(shop.closed_from),
        "closed_until": local(shop.closed_until),
        "note": shop.closed_note,
    }
    return ClosureForm(data, initial=initial, prefix="closure")


def _invite(request: HttpRequest, seller: Seller, form: InviteForm) -> bool:
    try:
        invite(
            seller=seller,
            email=form.cleaned_data["email"],
            role=MemberRole(form.cleaned_data["role"]),
            now=timezone.now(),
        )
    except (TooManyInvitations, InvitationNotSent) as refusal:
        form.add_error(None, refusal.message)
        return False
    except DomainError as refusal:
        form.add_error("email", refusal.message)
        return False
    messages.success(request, _("The invitation is sent."))
    return True


def _tried(request: HttpRequest, done: str, service: Any, **values: Any) -> bool:
    try:
        service(**values)
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return False
    messages.success(request, done)
    return True
