"""The account's API: who one is, where one is logged in, whom one follows."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.exceptions import Throttled
from rest_framework.generics import get_object_or_404
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.rate_limits import is_within_limit
from users.api.serializers import (
    AvatarSerializer,
    ConnectionSerializer,
    FollowedShopSerializer,
    ProfileSerializer,
    SessionSerializer,
)
from users.models import ShopFollower, User, UserConnection, UserSession
from users.queries import open_sessions, people_to_meet
from users.services.accounts import (
    change_profile,
    choose_low_stock,
    choose_marketing,
)
from users.services.avatars import remove_avatar, set_avatar
from users.services.connections import (
    block_person,
    follow_person,
    follow_shop,
    unblock_person,
    unfollow_person,
    unfollow_shop,
)
from users.services.sessions import end_session

# To make a picture safe is work.
AVATARS_AN_HOUR = 20
BLOCK = UserConnection.Kind.BLOCK


class ProfileView(APIView):
    """The account that asks."""

    @extend_schema(responses=ProfileSerializer)
    def get(self, request: Request) -> Response:
        return Response(_profile(request))

    @extend_schema(request=ProfileSerializer, responses=ProfileSerializer)
    def patch(self, request: Request) -> Response:
        """Changes what is sent, and leaves the rest."""
        user = _with_profile(request)
        sent = ProfileSerializer(data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        wanted = {**ProfileSerializer(user).data, **sent.validated_data}
        names = ("first_name", "last_name", "bio", "is_public", "language", "timezone")
        change_profile(user_id=user.pk, **{name: wanted[name] for name in names})
        choose_marketing(
            user_id=user.pk,
            is_wanted=wanted["marketing_email"],
            now=timezone.now(),
        )
        choose_low_stock(user_id=user.pk, is_wanted=wanted["low_stock_email"])
        return Response(_profile(request))


class AvatarView(APIView):
    """The account's picture: `PUT` stores it in place of the one before."""

    parser_classes = (MultiPartParser,)

    @extend_schema(request=AvatarSerializer, responses=ProfileSerializer)
    def put(self, request: Request) -> Response:
        if not is_within_limit(
            what="avatar",
            who=str(_person(request)),
            most=AVATARS_AN_HOUR,
            period_s=3600,
        ):
            raise Throttled(wait=3600)
        sent = AvatarSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        set_avatar(user_id=_person(request), content=sent.validated_data["avatar"])
        return Response(_profile(request))

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        remove_avatar(user_id=_person(request))
        return Response(status=HTTPStatus.NO_CONTENT)


class SessionViewSet(
    mixins.ListModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[UserSession],
):
    """Where the account is logged in; deleting one logs that device out."""

    queryset = UserSession.objects.none()
    serializer_class = SessionSerializer

    def get_queryset(self) -> QuerySet[UserSession]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return open_sessions(user_id=_person(self.request), now=timezone.now())

    def perform_destroy(self, instance: UserSession) -> None:
        try:
            end_session(
                user_id=_person(self.request),
                session_id=instance.pk,
                now=timezone.now(),
            )
        except UserSession.DoesNotExist:
            raise Http404 from None


class ConnectionViewSet(
    mixins.ListModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[UserConnection],
):
    """People that the account follows or has blocked. Making one twice makes one."""

    queryset = UserConnection.objects.none()
    serializer_class = ConnectionSerializer
    filterset_fields = ("kind",)

    def get_queryset(self) -> QuerySet[UserConnection]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        mine = UserConnection.objects.filter(user_id=_person(self.request))
        return mine.select_related("target")

    @extend_schema(responses={201: ConnectionSerializer})
    def create(self, request: Request) -> Response:
        sent = self.get_serializer(data=request.data)
        sent.is_valid(raise_exception=True)
        kind = sent.validated_data.get("kind", UserConnection.Kind.FOLLOW)
        people = people_to_meet(viewer_id=_person(request))
        target = get_object_or_404(people, pk=sent.validated_data["target_id"])
        connect = block_person if kind == BLOCK else follow_person
        made = connect(user_id=_person(request), target_id=target.pk)
        return Response(self.get_serializer(made).data, status=HTTPStatus.CREATED)

    def perform_destroy(self, instance: UserConnection) -> None:
        end = unblock_person if instance.kind == BLOCK else unfollow_person
        end(user_id=_person(self.request), target_id=instance.target_id)


class FollowedShopViewSet(
    mixins.ListModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[ShopFollower],
):
    """Shops that the account follows. Making one twice makes one."""

    queryset = ShopFollower.objects.none()
    serializer_class = FollowedShopSerializer

    def get_queryset(self) -> QuerySet[ShopFollower]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        mine = ShopFollower.objects.filter(user_id=_person(self.request))
        return mine.select_related("shop")

    @extend_schema(responses={201: FollowedShopSerializer})
    def create(self, request: Request) -> Response:
        sent = self.get_serializer(data=request.data)
        sent.is_valid(raise_exception=True)
        shop = sent.validated_data["shop"]
        made = follow_shop(user_id=_person(request), shop_id=shop.pk)
        return Response(self.get_serializer(made).data, status=HTTPStatus.CREATED)

    def perform_destroy(self, instance: ShopFollower) -> None:
        unfollow_shop(user_id=_person(self.request), shop_id=instance.shop_id)


def _profile(request: Request) -> Any:
    shown = ProfileSerializer(_with_profile(request), context={"request": request})
    return shown.data


def _with_profile(request: Request) -> User:
    return User.objects.select_related("profile").get(pk=_person(request))


def _person(request: Any) -> UUID:
    """Whose account it is; nobody else's is ever asked for."""
    return cast(UUID, request.user.pk)
