"""Who works for a shop, who is asked to, and opening a shop, for programs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar, cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.models import Shop
from users.api.counter import OfShop
from users.counter import shops_of
from users.inviting import invite
from users.models import MemberRole, ShopInvitation, ShopMember
from users.rights import Right
from users.services.members import (
    accept_invitation,
    remove_member,
    set_member_role,
    withdraw_invitation,
)
from users.services.shops import open_shop
from users.shop_forms import OpenShopForm


class OpenShopSerializer(serializers.Serializer[Any]):
    """The currency stays: every price and every book of the shop is in it."""

    name = serializers.CharField(max_length=100)
    country = serializers.CharField(max_length=2, help_text="ISO 3166-1, such as KE.")
    currency = serializers.CharField(max_length=3, help_text="ISO 4217, such as KES.")
    timezone = serializers.CharField(max_length=64, help_text="Such as Africa/Nairobi.")


class MyShopSerializer(serializers.ModelSerializer[Shop]):
    class Meta:
        model = Shop
        fields = ("slug", "name", "currency", "country", "timezone", "status")
        read_only_fields = fields


class RoleSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=MemberRole.choices)


class InviteSerializer(RoleSerializer):
    email = serializers.EmailField(max_length=254)


class MemberSerializer(serializers.ModelSerializer[ShopMember]):
    name = serializers.CharField(source="user.get_full_name", read_only=True)
    email = serializers.CharField(source="user.email", read_only=True)

    class Meta:
        model = ShopMember
        fields = ("id", "name", "email", "role")
        read_only_fields = fields


class InvitationSerializer(serializers.ModelSerializer[ShopInvitation]):
    class Meta:
        model = ShopInvitation
        fields = ("id", "email", "role", "created_at", "expires_at")
        read_only_fields = fields


class PeopleSerializer(serializers.Serializer[Any]):
    people = MemberSerializer(many=True)
    invitations = InvitationSerializer(many=True)


class ShopsView(APIView):
    """Where you work."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(responses=MyShopSerializer(many=True))
    def get(self, request: Request) -> Response:
        """By name."""
        shops = shops_of(user_id=cast(UUID, request.user.pk))
        return Response(MyShopSerializer(shops, many=True).data)

    @extend_schema(request=OpenShopSerializer, responses={201: MyShopSerializer})
    def post(self, request: Request) -> Response:
        """Open another one; it waits to be let in."""
        sent = OpenShopSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        form = OpenShopForm(sent.validated_data)
        if not form.is_valid():
            raise serializers.ValidationError(form.errors.get_json_data())
        shop = open_shop(owner=request.user, now=timezone.now(), **form.cleaned_data)
        return Response(MyShopSerializer(shop).data, status=HTTPStatus.CREATED)


class PeopleView(OfShop, APIView):
    """The people of the shop."""

    rights: ClassVar[dict[str, Right]] = dict.fromkeys(
        ("get", "options"), Right.MEMBERS
    )

    @extend_schema(responses=PeopleSerializer)
    def get(self, request: Request, **_: Any) -> Response:
        """Who works here, and who is asked to."""
        shop = self.seller.shop
        people = ShopMember.objects.filter(shop=shop).select_related("user")
        waiting = shop.invitations.filter(accepted_at=None)
        body = {
            "people": people.order_by("-role", "id"),
            "invitations": waiting.order_by("-id"),
        }
        return Response(PeopleSerializer(body).data)


class PersonView(OfShop, APIView):
    """One of them."""

    rights: ClassVar[dict[str, Right]] = dict.fromkeys(
        ("patch", "delete", "options"), Right.MEMBERS
    )

    @extend_schema(request=RoleSerializer, responses=MemberSerializer)
    def patch(self, request: Request, member_id: Any, **_: Any) -> Response:
        """Give another role, below your own. May be repeated."""
        member = self._member(member_id)
        sent = RoleSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        set_member_role(
            shop_id=self.seller.shop.pk,
            member_id=member.pk,
            role=MemberRole(sent.validated_data["role"]),
            by=self.seller.user,
        )
        return Response(MemberSerializer(self._member(member_id)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, member_id: Any, **_: Any) -> Response:
        """They work here no more."""
        member = self._member(member_id)
        remove_member(
            shop_id=self.seller.shop.pk, member_id=member.pk, by=self.seller.user
        )
        return Response(status=HTTPStatus.NO_CONTENT)

    def _member(self, member_id: Any) -> ShopMember:
        people = ShopMember.objects.select_related("user")
        return get_object_or_404(people, pk=member_id, shop=self.seller.shop)


class InvitationsView(OfShop, APIView):
    """Asking people to work here."""

    rights: ClassVar[dict[str, Right]] = dict.fromkeys(
        ("post", "options"), Right.MEMBERS
    )

    @extend_schema(request=InviteSerializer, responses={201: InvitationSerializer})
    def post(self, request: Request, **_: Any) -> Response:
        """By mail. Asked again, the link of before is good no more."""
        sent = InviteSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        invitation = invite(
            seller=self.seller,
            email=sent.validated_data["email"],
            role=MemberRole(sent.validated_data["role"]),
            now=timezone.now(),
        )
        body = InvitationSerializer(invitation).data
        return Response(body, status=HTTPStatus.CREATED)


class InvitationView(OfShop, APIView):
    """One that waits."""

    rights: ClassVar[dict[str, Right]] = dict.fromkeys(
        ("delete", "options"), Right.MEMBERS
    )

    @extend_schema(responses={204: None})
    def delete(self, request: Request, invitation_id: Any, **_: Any) -> Response:
        """The link is good no more."""
        found = get_object_or_404(self.seller.shop.invitations, pk=invitation_id)
        withdraw_invitation(
            shop_id=self.seller.shop.pk, invitation_id=found.pk, by=self.seller.user
        )
        return Response(status=HTTPStatus.NO_CONTENT)


class AcceptView(APIView):
    """What the link in the mail leads to."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="sell_invitation_accept", request=None, responses=MyShopSerializer
    )
    def post(self, request: Request, key: str) -> Response:
        """Work there from now on. May be repeated by the same person."""
        member = accept_invitation(key=key, user=request.user, now=timezone.now())
        return Response(MyShopSerializer(member.shop).data)


urlpatterns = [
    path("sell/", ShopsView.as_view(), name="sell-shops"),
    path(
        "sell/invitations/<str:key>/",
        AcceptView.as_view(),
        name="sell-invitation-accept",
    ),
    path("sell/<slug:shop>/people/", PeopleView.as_view(), name="sell-people"),
    path(
        "sell/<slug:shop>/people/<uuid:member_id>/",
        PersonView.as_view(),
        name="sell-person",
    ),
    path(
        "sell/<slug:shop>/invitations/",
        InvitationsView.as_view(),
        name="sell-invitations",
    ),
    path(
        "sell/<slug:shop>/invitations/<uuid:invitation_id>/",
        InvitationView.as_view(),
        name="sell-invitation",
    ),
]
