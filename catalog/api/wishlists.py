"""Wish lists of the account that asks; another person's are 404."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import permissions, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.found import or_not_found, person_of
from catalog.models import Wishlist
from catalog.queries.wishlists import (
    Wish,
    shared_wishlist,
    wishes_of,
    wishlists_of,
)
from catalog.services import wishlists as services
from shop.ids import parse_id


class WishlistSerializer(serializers.ModelSerializer[Wishlist]):
    """`shared_url`: where whoever has the link sees the list; null when it is not shared."""

    item_count = serializers.IntegerField(read_only=True)
    shared_url = serializers.SerializerMethodField(allow_null=True)

    class Meta:
        model = Wishlist
        fields: tuple[str, ...] = ("id", "name", "item_count", "shared_url")
        read_only_fields = fields

    def get_shared_url(self, wishlist: Wishlist) -> str | None:
        if not wishlist.share_token:
            return None
        address = reverse("catalog:shared_wishlist", args=[wishlist.share_token])
        absolute: str = self.context["request"].build_absolute_uri(address)
        return absolute


class WishSerializer(serializers.Serializer[Wish]):
    """Something on a list. `product` is null when it is not sold any more."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    product = serializers.UUIDField(source="card.id", default=None, allow_null=True)
    slug = serializers.CharField(source="card.slug", default=None, allow_null=True)
    variant = serializers.UUIDField(source="variant.id", default=None, allow_null=True)
    price = serializers.DecimalField(
        source="card.price", max_digits=12, decimal_places=2, default=None
    )
    currency = serializers.CharField(source="card.currency", default=None)
    is_available = serializers.BooleanField(source="card.is_available", default=False)


class OneWishlistSerializer(WishlistSerializer):
    items = serializers.SerializerMethodField()

    class Meta(WishlistSerializer.Meta):
        fields = (*WishlistSerializer.Meta.fields, "items")
        read_only_fields = fields

    @extend_schema(responses=WishSerializer(many=True))
    def get_items(self, wishlist: Wishlist) -> list[dict[str, Any]]:
        wishes = wishes_of(wishlist_id=wishlist.pk)
        return _told(wishes)


class NameSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=services.LONGEST_NAME)


class ChangeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=services.LONGEST_NAME, required=False)
    is_shared = serializers.BooleanField(required=False)


class AddSerializer(serializers.Serializer[Any]):
    product = serializers.UUIDField()
    variant = serializers.UUIDField(required=False, allow_null=True, default=None)


class MoveSerializer(serializers.Serializer[Any]):
    wishlist = serializers.UUIDField(help_text="The list it shall stand on.")


class AddedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    wishlist = serializers.UUIDField()


class WishlistViewSet(viewsets.GenericViewSet[Wishlist]):
    """Named lists of what one would like to have."""

    queryset = Wishlist.objects.none()
    serializer_class = WishlistSerializer
    filter_backends = ()
    lookup_value_regex = "[0-9a-fA-F-]{32,36}"

    def get_queryset(self) -> QuerySet[Wishlist]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return wishlists_of(user_id=person_of(self.request))

    @extend_schema(responses=WishlistSerializer(many=True))
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(responses=OneWishlistSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._answer(_key(pk), OneWishlistSerializer)

    @extend_schema(request=NameSerializer, responses={201: WishlistSerializer})
    def create(self, request: Request) -> Response:
        name = self._sent(NameSerializer)["name"]
        made = services.create_wishlist(user_id=person_of(request), name=name)
        return self._answer(made.pk, status=HTTPStatus.CREATED)

    @extend_schema(request=ChangeSerializer, responses=WishlistSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Rename it, share it, or stop sharing it."""
        sent = self._sent(ChangeSerializer)
        mine = {"wishlist_id": _key(pk), "user_id": person_of(request)}
        with or_not_found():
            if "name" in sent:
                services.rename_wishlist(**mine, name=sent["name"])
            if "is_shared" in sent:
                services.set_shared(**mine, is_shared=sent["is_shared"])
        return self._answer(_key(pk))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        with or_not_found():
            services.delete_wishlist(wishlist_id=_key(pk), user_id=person_of(request))
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=AddSerializer, responses={201: AddedSerializer})
    @action(detail=True, methods=["post"])
    def items(self, request: Request, pk: str) -> Response:
        """Put a product on the list; one that is there stays once."""
        sent = self._sent(AddSerializer)
        with or_not_found():
            item = services.add_to_wishlist(
                user_id=person_of(request),
                wishlist_id=_key(pk),
                product_id=sent["product"],
                variant_id=sent["variant"],
            )
        body = {"id": item.pk, "wishlist": item.wishlist_id}
        return Response(AddedSerializer(body).data, status=HTTPStatus.CREATED)

    def _sent(self, shape: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        sent = shape(data=self.request.data)
        sent.is_valid(raise_exception=True)
        values: dict[str, Any] = sent.validated_data
        return values

    def _answer(
        self,
        pk: UUID,
        shape: type[WishlistSerializer] = WishlistSerializer,
        status: int = HTTPStatus.OK,
    ) -> Response:
        found = self.get_queryset().filter(pk=pk).first()
        if found is None:
            raise NotFound
        body = shape(found, context=self.get_serializer_context()).data
        return Response(body, status=status)


def _told(wishes: Sequence[Wish]) -> list[dict[str, Any]]:
    return [dict(WishSerializer(wish).data) for wish in wishes]


def _key(text: str) -> UUID:
    key = parse_id(text)
    if key is None:
        raise NotFound
    return key


class WishView(APIView):
    """Something on one of the account's lists."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, item_id: UUID) -> Response:
        """Take it off."""
        with or_not_found():
            services.remove_from_wishlist(item_id=item_id, user_id=person_of(request))
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=MoveSerializer, responses=AddedSerializer)
    def patch(self, request: Request, item_id: UUID) -> Response:
        """Move it to another list."""
        sent = MoveSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        with or_not_found():
            item = services.move_to_wishlist(
                item_id=item_id,
                user_id=person_of(request),
                wishlist_id=sent.validated_data["wishlist"],
            )
        body = {"id": item.pk, "wishlist": item.wishlist_id}
        return Response(AddedSerializer(body).data)


class SharedWishlistView(APIView):
    """A list as whoever has its link sees it."""

    permission_classes = (permissions.AllowAny,)

    @extend_schema(responses=WishSerializer(many=True), auth=[])
    def get(self, request: Request, token: str) -> Response:
        found = shared_wishlist(token=token)
        if found is None:
            raise NotFound
        wishes = [w for w in wishes_of(wishlist_id=found.pk) if w.card is not None]
        return Response(_told(wishes))
