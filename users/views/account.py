"""The pages of an account: profile, security, devices, notices."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import get_adapter as get_social_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from shop.paging import BoundedPages
from shop.rate_limits import is_within_limit
from users.forms import AvatarForm, NoticesForm, ProfileForm
from users.models import User, UserProfile, UserSession
from users.queries import open_sessions, runs_a_shop
from users.services.accounts import (
    LANGUAGE,
    TIMEZONE,
    change_profile,
    choose_low_stock,
    choose_marketing,
    marketing_since,
    wants_low_stock,
    wants_marketing,
)
from users.services.avatars import remove_avatar, set_avatar
from users.services.sessions import SESSION_ROW, end_other_sessions, end_session

SESSIONS_PER_PAGE = 50

# To make one safe is work.
AVATARS_AN_HOUR = 20


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    kept = UserProfile.objects.filter(user=user).first() or UserProfile(user=user)
    form = ProfileForm(request.POST or None, initial=_initial(user, kept))
    if not form.is_valid():
        context = {"form": form, "profile": kept, "avatar_form": AvatarForm()}
        return render(request, "users/profile.html", context)
    kept = change_profile(user_id=user.pk, **form.cleaned_data)
    request.session[TIMEZONE] = kept.timezone
    request.session[LANGUAGE] = kept.language
    response = redirect("users:profile")
    if kept.language:
        translation.activate(kept.language)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            kept.language,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            samesite="Lax",
        )
    else:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
    messages.success(request, _("Your profile is changed."))
    return response


@never_cache
@login_required
@require_POST
def avatar(request: HttpRequest) -> HttpResponse:
    """A new picture; the profile's page again when it is none."""
    may = is_within_limit(
        what="avatar", who=str(request.user.pk), most=AVATARS_AN_HOUR, period_s=3600
    )
    # To look at a picture is the work that there is a limit for.
    form = AvatarForm(request.POST, request.FILES if may else None)
    if not may:
        messages.error(request, _("These were many pictures. Try again in an hour."))
    elif form.is_valid():
        set_avatar(user_id=_person(request), content=form.cleaned_data["avatar"][0])
        messages.success(request, _("Your picture is changed."))
    else:
        return render(request, "users/profile.html", _profile_page(request, form))
    return redirect("users:profile")


@login_required
@require_POST
def remove_picture(request: HttpRequest) -> HttpResponse:
    remove_avatar(user_id=_person(request))
    messages.success(request, _("Your picture is removed."))
    return redirect("users:profile")


def _profile_page(request: HttpRequest, avatar_form: AvatarForm) -> dict[str, Any]:
    """The page with both forms; that of the words as it is kept."""
    user = cast(User, request.user)
    kept = UserProfile.objects.filter(user=user).first() or UserProfile(user=user)
    form = ProfileForm(initial=_initial(user, kept))
    return {"form": form, "profile": kept, "avatar_form": avatar_form}


def _initial(user: User, kept: UserProfile) -> dict[str, Any]:
    return {
        "first_name": user.first_name,
        "last_name": user.last_name,
        "bio": kept.bio,
        "language": kept.language,
        "timezone": kept.timezone,
        "is_public": kept.settings.get("is_public", False),
    }


@never_cache
@login_required
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Password, second step, keys and devices on one page, with the way to each."""
    user = cast(User, request.user)
    kinds = list(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    context = {
        "has_password": user.has_usable_password(),
        "has_app": Authenticator.Type.TOTP in kinds,
        "has_codes": Authenticator.Type.RECOVERY_CODES in kinds,
        "keys": kinds.count(Authenticator.Type.WEBAUTHN),
        "sessions": open_sessions(user_id=user.pk, now=timezone.now()).count(),
        "has_providers": bool(get_social_adapter().list_providers(request)),
    }
    return render(request, "users/security.html", context)


@never_cache
@login_required
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    mine = open_sessions(user_id=_person(request), now=timezone.now())
    page = BoundedPages(mine, SESSIONS_PER_PAGE).get_page(request.GET.get("page"))
    current = request.session.get(SESSION_ROW)
    context = {
        "sessions": [(one, str(one.pk) == current) for one in page],
        "others": page.paginator.count - bool(current),
        "page": page,
    }
    return render(request, "users/sessions.html", context)


@login_required
@require_POST
def end_one_session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    try:
        end_session(user_id=_person(request), session_id=session_id, now=timezone.now())
    except UserSession.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("That device is logged out."))
    return redirect("users:sessions")


@login_required
@require_POST
def end_all_others(request: HttpRequest) -> HttpResponse:
    current = request.session.get(SESSION_ROW)
    end_other_sessions(
        user_id=_person(request),
        keep=UUID(current) if current else None,
        now=timezone.now(),
    )
    messages.success(request, _("All your other devices are logged out."))
    return redirect("users:sessions")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def notices(request: HttpRequest) -> HttpResponse:
    kept = UserProfile.objects.filter(user_id=_person(request)).first()
    initial = {
        "marketing": wants_marketing(profile=kept),
        "low_stock": wants_low_stock(profile=kept),
    }
    sells = runs_a_shop(user_id=_person(request))
    if request.method == "POST":
        form = NoticesForm(request.POST, sells=sells)
        if form.is_valid():
            choose_marketing(
                user_id=_person(request),
                is_wanted=form.cleaned_data["marketing"],
                now=timezone.now(),
            )
            if sells:
                choose_low_stock(
                    user_id=_person(request), is_wanted=form.cleaned_data["low_stock"]
                )
            messages.success(request, _("Your choice is kept."))
            return redirect("users:notices")
    form = NoticesForm(initial=initial, sells=sells)
    context = {"form": form, "since": marketing_since(profile=kept), **initial}
    return render(request, "users/notices.html", context)


def _person(request: HttpRequest) -> UUID:
    """Whose pages these are; strangers are sent to log in before."""
    return cast(UUID, request.user.pk)
