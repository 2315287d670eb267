"""A person's own words about themselves, and what follows from their e-mail address."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import transaction

from shop.encryption import email_hash
from users.models import User, UserProfile

MARKETING = "marketing_email"
LOW_STOCK = "low_stock_email"
# What a page needs of the profile, kept in the session so that no page asks for it.
TIMEZONE, LANGUAGE = "timezone", "language"


@transaction.atomic
def follow_email(*, user_id: UUID) -> None:
    """Bring what is kept beside the address in line with it. Safe to repeat."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    user.email_hash = email_hash(user.email)
    user.email_verified = EmailAddress.objects.filter(
        user=user, email__iexact=user.email, verified=True
    ).exists()
    user.save(update_fields=["email_hash", "email_verified", "updated_at"])


@transaction.atomic
def change_profile(
    *,
    user_id: UUID,
    first_name: str,
    last_name: str,
    bio: str,
    is_public: bool,
    language: str,
    timezone: str,
) -> UserProfile:
    """language, timezone: '' for what the browser and the market say."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    user.first_name, user.last_name = first_name, last_name
    user.save(update_fields=["first_name", "last_name", "updated_at"])
    profile = _locked_profile(user_id)
    profile.bio, profile.language, profile.timezone = bio, language, timezone
    profile.settings = {**profile.settings, "is_public": is_public}
    profile.save(
        update_fields=["bio", "language", "timezone", "settings", "updated_at"]
    )
    return profile


@transaction.atomic
def choose_marketing(*, user_id: UUID, is_wanted: bool, now: datetime) -> UserProfile:
    """Whether the market may write about offers; when that was said is kept as the proof.

    Saying the same again leaves the first time.
    """
    profile = _locked_profile(user_id)
    if wants_marketing(profile=profile) != is_wanted:
        choice: dict[str, Any] = {"is_wanted": is_wanted, "since": now.isoformat()}
        profile.preferences = {**profile.preferences, MARKETING: choice}
        profile.save(update_fields=["preferences", "updated_at"])
    return profile


def wants_marketing(*, profile: UserProfile | None) -> bool:
    """Nobody is written to who has not asked for it."""
    choice = profile.preferences.get(MARKETING, {}) if profile else {}
    return bool(choice.get("is_wanted", False))


def marketing_since(*, profile: UserProfile | None) -> datetime | None:
    """When the person chose as they have; None while they have not chosen at all."""
    choice = profile.preferences.get(MARKETING, {}) if profile else {}
    return datetime.fromisoformat(choice["since"]) if "since" in choice else None


@transaction.atomic
def choose_low_stock(*, user_id: UUID, is_wanted: bool) -> UserProfile:
    """Whether somebody is written to when the stock of their shops is low."""
    profile = _locked_profile(user_id)
    if wants_low_stock(profile=profile) != is_wanted:
        profile.preferences = {**profile.preferences, LOW_STOCK: is_wanted}
        profile.save(update_fields=["preferences", "updated_at"])
    return profile


def wants_low_stock(*, profile: UserProfile | None) -> bool:
    """It is part of running a shop: who does not say otherwise is told."""
    return bool(profile.preferences.get(LOW_STOCK, True)) if profile else True


def _locked_profile(user_id: UUID) -> UserProfile:
    UserProfile.objects.get_or_create(user_id=user_id)
    return UserProfile.objects.select_for_update().get(user_id=user_id)
