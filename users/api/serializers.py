"""Shapes of the account's API."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from rest_framework import serializers

from shop.api.fields import KnownSlugField
from shop.forms import PICTURE_BYTES
from shop.models import Shop
from shop.pictures import NotAPicture, clean_picture
from users.forms import BIO_LENGTH, NAME_LENGTH, zone_names
from users.models import ShopFollower, User, UserConnection, UserSession
from users.services.accounts import wants_low_stock, wants_marketing
from users.services.sessions import SESSION_ROW


class ProfileSerializer(serializers.Serializer[User]):
    """The account itself. `email` is changed on the site, where it is confirmed."""

    id = serializers.UUIDField(read_only=True)
    email = serializers.EmailField(read_only=True)
    email_verified = serializers.BooleanField(read_only=True)
    first_name = serializers.CharField(max_length=NAME_LENGTH, allow_blank=True)
    last_name = serializers.CharField(max_length=NAME_LENGTH, allow_blank=True)
    bio = serializers.CharField(max_length=BIO_LENGTH, allow_blank=True)
    is_public = serializers.BooleanField()
    language = serializers.ChoiceField(choices=settings.LANGUAGES, allow_blank=True)
    timezone = serializers.CharField(max_length=64, allow_blank=True)
    marketing_email = serializers.BooleanField()
    low_stock_email = serializers.BooleanField(
        help_text="For those who run a shop: when its stock is low."
    )
    avatar_url = serializers.URLField(read_only=True, allow_null=True)

    def validate_timezone(self, value: str) -> str:
        if value and value not in zone_names():
            raise serializers.ValidationError(
                "Use a name of the IANA time zone database.", code="invalid_choice"
            )
        return value

    def to_representation(self, instance: User) -> dict[str, Any]:
        profile = getattr(instance, "profile", None)
        return {
            "id": str(instance.pk),
            "email": instance.email,
            "email_verified": instance.email_verified,
            "first_name": instance.first_name,
            "last_name": instance.last_name,
            "bio": profile.bio if profile else "",
            "is_public": bool(profile and profile.settings.get("is_public", False)),
            "language": profile.language if profile else "",
            "timezone": profile.timezone if profile else "",
            "marketing_email": wants_marketing(profile=profile),
            "low_stock_email": wants_low_stock(profile=profile),
            "avatar_url": self._address(instance),
        }

    def _address(self, user: User) -> str | None:
        if not user.avatar:
            return None
        address = default_storage.url(str(user.avatar))
        request = self.context.get("request")
        return request.build_absolute_uri(address) if request else address


class AvatarSerializer(serializers.Serializer[Any]):
    """avatar: a file of a multipart request."""

    avatar = serializers.FileField()

    def validate_avatar(self, file: Any) -> bytes:
        if file.size > PICTURE_BYTES:
            raise serializers.ValidationError(
                _("This is larger than %(most)d MB.")
                % {"most": PICTURE_BYTES // 1024**2}
            )
        try:
            return clean_picture(content=file.read())
        except NotAPicture as refusal:
            raise serializers.ValidationError(refusal.message) from refusal


class SessionSerializer(serializers.ModelSerializer[UserSession]):
    """A device that is logged in; the session's key itself is never shown."""

    browser = serializers.CharField(
        source="device_info.browser", default="", read_only=True
    )
    system = serializers.CharField(
        source="device_info.system", default="", read_only=True
    )
    is_current = serializers.SerializerMethodField()

    class Meta:
        model = UserSession
        fields: tuple[str, ...] = (
            "id",
            "device_type",
            "browser",
            "system",
            "ip_address",
            "last_activity",
            "created_at",
            "expires_at",
            "is_current",
        )
        read_only_fields = fields

    def get_is_current(self, session: UserSession) -> bool:
        mine = self.context["request"].session.get(SESSION_ROW)
        return str(session.pk) == mine


class ConnectionSerializer(serializers.ModelSerializer[UserConnection]):
    """Somebody that the account follows or has blocked."""

    first_name = serializers.CharField(source="target.first_name", read_only=True)
    person = serializers.UUIDField(source="target_id")

    class Meta:
        model = UserConnection
        fields: tuple[str, ...] = ("id", "person", "first_name", "kind", "created_at")
        read_only_fields: tuple[str, ...] = ("id", "created_at")


class FollowedShopSerializer(serializers.ModelSerializer[ShopFollower]):
    """A shop that the account follows."""

    shop: KnownSlugField[Shop] = KnownSlugField(
        slug_field="slug", queryset=Shop.objects.on_sale()
    )
    name = serializers.CharField(source="shop.name", read_only=True)

    class Meta:
        model = ShopFollower
        fields: tuple[str, ...] = ("id", "shop", "name", "created_at")
        read_only_fields: tuple[str, ...] = ("id", "created_at")
